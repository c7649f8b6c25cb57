"""What only a machine with a GPU can tell, in one run of under 8 minutes.

    python -m tests.bench.device                 # on a GPU: a 4B shape, 151,936 items, 37 sites
    python -m tests.bench.device --rehearse      # the same steps on the CPU, on a tiny model

First that the device reduces states to the same signs, sums and poles as NumPy; then the states
stage, the file and the findings against their bars.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import transformers

from catalog.features import findings
from catalog.model.reduce import SiteReducer
from catalog.model.stage import run as run_stage
from catalog.signs.bits import pack
from catalog.signs.moments import Frozen, Moments, Pole
from catalog.store import file
from catalog.store.catalog import Catalog
from catalog.store.checkpoint import Checkpoint
from tests.bench import shapes
from tests.bench.figures import Figure

TINY = transformers.LlamaConfig(
    vocab_size=6_000,
    hidden_size=64,
    intermediate_size=128,
    num_hidden_layers=3,
    num_attention_heads=4,
)


def main() -> int:
    """Exit 1 where a figure misses its bar, or the device gives other signs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rehearse", action="store_true")
    asked = parser.parse_args()
    where = "cpu" if asked.rehearse else "cuda"
    _check_reducing(torch.device(where))
    print("the device reduces as NumPy does", flush=True)
    config = TINY if asked.rehearse else shapes.QWEN3_4B
    dtype = torch.float32 if asked.rehearse else torch.bfloat16
    model = shapes.random_model(config, where, dtype)
    work = shapes.work_on(model, config.vocab_size, batch=1024 if asked.rehearse else 8192)
    shapes.bare_passes(shapes.work_on(model, 2 * work.batch_size, work.batch_size))  # warm
    failed = False
    for figure in _measured(work):
        print(figure.line(), flush=True)
        failed |= figure.fails(1.0) and not asked.rehearse
    return failed


def _measured(work: shapes.Work) -> list[Figure]:
    started = time.perf_counter()
    shapes.bare_passes(work)
    bare = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = Checkpoint(Path(folder) / "building")
        checkpoint.folder.mkdir()
        started = time.perf_counter()
        progress = run_stage(work, checkpoint, lambda *_: None)
        states = time.perf_counter() - started
        path = Path(folder) / "catalog.duckdb"
        started = time.perf_counter()
        shapes.written(work, checkpoint, progress, path)
        writing = time.perf_counter() - started
        with file.open_readonly(path) as connection:
            rows = connection.execute("SELECT count(*) FROM signs_by_item").fetchone()
        assert rows == (work.items * len(work.sites) * 2,)
        started = time.perf_counter()
        findings.measure(Catalog(path), matched_nulls="primary", until="primary")
        primary = time.perf_counter() - started
    size = f"{work.items:,} items, {len(work.sites)} sites of {work.model.parts.hidden_size:,}"
    return [
        Figure(f"bare forward passes, {size}", bare, "s"),
        Figure("states stage", states, "s", 30),
        Figure("states stage / bare forward passes", states / bare, "ratio", 1.15),
        Figure("writing the file", writing, "s", 60),
        Figure("findings, primary cell", primary, "s"),
    ]


def _check_reducing(where: torch.device) -> None:
    """Signs and poles bit for bit, sums to the last digits of float64."""
    states = np.random.default_rng(0).normal(size=(3_000, 200)).astype(np.float32)
    states[:, 3] = np.round(states[:, 3])  # ties
    frozen = Frozen.of(states)
    twin, given = SiteReducer.on(where, frozen), torch.from_numpy(states).to(where)
    assert np.array_equal(twin.bits(given, "zero"), pack(states))
    assert np.array_equal(twin.bits(given, "median"), pack(states, frozen.median))
    found, expected = twin.moments(given), Moments.of(states, frozen)
    assert np.array_equal(found.histogram, expected.histogram)
    assert np.allclose(found.squares, expected.squares, rtol=1e-12)
    empty = Pole.empty(200, 32)
    items = np.arange(len(states))
    pole = empty.merged(*twin.candidates(given, items, {"positive": empty.bar})["positive"])
    order = np.lexsort((items[:, None].repeat(200, 1), -states), axis=0)[:32].T
    assert np.array_equal(pole.items, order)


if __name__ == "__main__":
    sys.exit(main())

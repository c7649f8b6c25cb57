"""Writing signs to a finished, hashed, indexed file, and the memory of a build at a large size.

States are drawn, so that no model stands between.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import transformers

from catalog.model import stage, states
from catalog.store.checkpoint import Checkpoint
from tests.bench import shapes
from tests.bench.figures import Figure, peak_memory

ITEMS, DIMS = 151_936, 5_120
QUICK_ITEMS, QUICK_DIMS = 20_480, 1_024


def run(quick: bool) -> list[Figure]:
    """MB of signs a second (as its inverse: lower is better), and peak memory above the model."""
    items, dims = (QUICK_ITEMS, QUICK_DIMS) if quick else (ITEMS, DIMS)
    config = transformers.GPT2Config(vocab_size=64, n_embd=dims, n_layer=1, n_head=8, n_inner=64)
    work = shapes.work_on(shapes.random_model(config), items)
    sites = work.sites[:2]
    work = shapes.Work(**{**vars(work), "sites": sites})
    before = peak_memory()
    plain = states.batches
    states.batches = _drawn(dims)  # type: ignore[assignment]
    try:
        with tempfile.TemporaryDirectory() as folder:
            checkpoint = Checkpoint(Path(folder) / "building")
            checkpoint.folder.mkdir()
            progress = stage.run(work, checkpoint, lambda *_: None)
            started = time.perf_counter()
            shapes.written(work, checkpoint, progress, Path(folder) / "catalog.duckdb")
            took = time.perf_counter() - started
    finally:
        states.batches = plain
    signs = 3 * items * dims / 8 * len(sites) / 1e6  # both thresholds by item, one by dimension
    size = f"{items:,} x {dims:,} x {len(sites)}"
    return [
        Figure(f"writing 100 MB of signs, {size}", 100 * took / signs, "s", 1 / 1.5),
        Figure(f"memory above the model, {size}", peak_memory() - before, "GB", 1.2),
    ]


def _drawn(dims: int) -> Any:
    """What gives random states in place of a model's."""

    def batches(_model: Any, _items: Any, sites: Any, items: Any, size: int, *_: Any) -> Iterator:
        generator = torch.Generator().manual_seed(int(items[0]))
        for start in range(0, len(items), size):
            some = items[start : start + size]
            yield some, {s: torch.randn(len(some), dims, generator=generator) for s in sites}

    return batches

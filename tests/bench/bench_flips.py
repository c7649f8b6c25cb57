"""Flips: six rows of one batch against one pass of the prompts, whole runs, their stages.

GPT-2-like tiny sizes tell nothing, so the model is a random Llama of 8 M parameters, the shipped
storyteller's shape; prompts are 16 ids, logits are made at the read position only. `before` is what
the rows of a run took while each was an edit made by a hook and all logits were read, a prompt at a
time: measured here beside the run as it is, with as many rows.
"""

import contextlib
import gc
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
import transformers

from catalog.edits import Edit
from catalog.flips import controls, passes, report
from catalog.flips import plan as planning
from catalog.flips import run as flips
from catalog.flips.controls import Signed
from catalog.flips.prompts import Prompt
from catalog.flips.readouts import Vocabulary
from catalog.flips.together import Pool
from catalog.model import generating, loading
from catalog.model.token_machine import Machine
from catalog.sites import Site
from tests.bench.figures import Figure, seconds

VOCABULARY, DIMS, LAYERS, LENGTH = 12_288, 256, 6, 16


class _Tokenizer:
    """Ids of a prompt are numbers in its text."""

    all_special_ids = (0,)
    model_max_length = 256

    def __call__(self, text: str, **_: Any) -> dict[str, list[int]]:
        return {"input_ids": [int(word) for word in text.split()]}

    def decode(self, ids: list[int], **_: Any) -> str:
        return " ".join(map(str, ids))


def _machine() -> Machine:
    torch.manual_seed(0)
    config = transformers.LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=DIMS,
        intermediate_size=688,
        num_hidden_layers=LAYERS,
        num_attention_heads=8,
        num_key_value_heads=8,
        max_position_embeddings=256,
    )
    module = transformers.LlamaForCausalLM(config).eval().requires_grad_(False)
    cpu = torch.device("cpu")
    held: Any = SimpleNamespace(
        name="random",
        module=module,
        parts=loading.find_parts(module, cpu),
        tokenizer=_Tokenizer(),
        causal=True,
        device=cpu,
        longest=None,
    )
    return Machine(held)


def run(quick: bool) -> list[Figure]:
    """The ratio has the issue's bar (6.5), the whole run 10 s on two free cores."""
    machine, count = _machine(), 8 if quick else 32
    generator = np.random.default_rng(0)
    ids = generator.integers(1, VOCABULARY, (count, LENGTH))
    texts = [" ".join(map(str, row)) for row in ids.tolist()]
    dimensions = np.arange(0, DIMS, 4)
    signs = generator.choice([-1, 1], len(dimensions))
    edit = Edit(
        Site("resid", 3), tuple(dimensions.tolist()), "flip", tuple(signs.astype(float).tolist())
    )

    def passes(rows: list[tuple[Edit, ...]]) -> float:
        return seconds(lambda: [machine.outputs(one, rows) for one in ids])

    one = passes([()])
    six = passes([(), *[(edit,)] * 5])
    setup = flips.Setup(
        name="bench",
        site=Site("resid", 3),
        threshold="zero",
        feature=Signed(dimensions, signs),
        cut=np.zeros(DIMS),
        readout=Vocabulary(
            np.arange(100, 140), generator.integers(200, 9000, (40, 20)), np.arange(100, 180)
        ),
        prompts=tuple(Prompt(text, str(n)) for n, text in enumerate(texts)),
    )
    whole = seconds(lambda: flips.run(machine, setup), 2) * 32 / count
    first = seconds(lambda: flips.run(machine, setup, drawn=20), 2) * 32 / count
    return [
        Figure("flip: baseline and five conditions / one pass", six / one, "x", 6.5),
        Figure("flip: whole run, 32 prompts, 100 random features", whole, "s", 10),
        Figure("flip: the same with 20 random features", first, "s"),
        *_stages(machine, setup, 32 / count),
        Figure("flip: layer sweep, 7 sites", _sweep(machine, setup) * 32 / count, "s", 60),
        Figure("flip: first token of a generation", _first_token(machine, texts[0]), "s", 1),
        Figure("flip: memory after 50 runs / after 1", _growth(machine, setup, quick), "x", 1.05),
    ]


def _stages(machine: Machine, setup: flips.Setup, times: float) -> list[Figure]:
    """Seconds of each stage of a run, and of its rows by hooks a prompt at a time (`before`)."""
    site, dims = setup.site, machine.dims
    traced = flips.trace(machine, setup, [site])
    pool = Pool.of(traced, site)
    where = controls.Where(site, Site("resid", machine.layers), setup.cut)
    plan = planning.of(setup, where, pool, controls.CONDITIONS, setup.draws)
    named = [row.applied(pool.states) for row in plan.named]
    (group,) = traced
    ends = passes._ends(machine, plan, group, named)
    found = flips.run(machine, setup, traced=traced)
    edits = [row.at(group.positions) for row in plan.named]
    for target in plan.fixed.targets:
        inside = np.flatnonzero(target)
        signed = Signed(inside, target[inside].astype(np.int64))
        edits.append((controls.flip(where, signed, group.positions, toward=True),))
    away = controls.flip(where, setup.feature, None, toward=False)
    for direction in plan.directions:
        turn = Edit(site, (), "turn", tuple(direction.tolist()), like=away)
        edits.append((replace(turn, positions=group.positions),))
    work: dict[str, Callable[[], object]] = {
        "states of the prompts": lambda: flips.trace(machine, setup, [site]),
        "random features matched": lambda: planning.features(setup, where, pool, 0, setup.draws),
        "blocks after the site": lambda: passes._ends(machine, plan, group, named),
        "logits of the concept": lambda: machine.scores(ends, setup.readout.needed),
        "all logits of named rows": lambda: machine.scores(ends[plan.described]),
        "intervals and verdict": lambda: report.summarize(found),
        "before: rows by hooks, all logits": lambda: [
            machine.outputs(one, edits) for one in group.ids
        ],
    }
    assert ends.shape[2] == dims
    return [
        Figure(f"flip, stage: {name}", seconds(each, 2) * (1 if "verdict" in name else times), "s")
        for name, each in work.items()
    ]


def _sweep(machine: Machine, setup: flips.Setup) -> float:
    """Seconds for the same feature at every residual site, controls and all."""
    start = time.perf_counter()
    for layer in range(LAYERS + 1):
        flips.run(machine, replace(setup, site=Site("resid", layer)))
    return time.perf_counter() - start


class _First(Exception):
    """The first token is there."""


def _first_token(machine: Machine, text: str) -> float:
    edit = Edit(Site("resid", 3), (1, 2, 3), "zero")
    start = time.perf_counter()

    def emit(pair: generating.Pair) -> None:
        if pair.plain.ids:
            raise _First

    with contextlib.suppress(_First):
        generating.generate(machine, generating.Wanted(text, (edit,)), emit)
    return time.perf_counter() - start


def _growth(machine: Machine, setup: flips.Setup, quick: bool) -> float:
    """Resident memory after 50 runs of two prompts over that after the first three."""
    small = replace(setup, prompts=setup.prompts[:2])
    for _ in range(3):
        flips.run(machine, small)
    before = _resident()
    for _ in range(10 if quick else 50):
        flips.run(machine, small)
    gc.collect()
    return _resident() / before


def _resident() -> float:
    """Resident memory of this process in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096.0

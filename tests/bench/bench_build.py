"""The states stage against bare forward passes, on models of real shapes with random weights."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.bench import shapes
from tests.bench.figures import Figure, peak_memory

QUICK_ITEMS = 8_192


def run(quick: bool) -> list[Figure]:
    """Build ratios, time an item, memory above the model, bits a sign."""
    every = QUICK_ITEMS if quick else shapes.GPT2.vocab_size
    found = _shape("GPT-2-small", shapes.GPT2, every, 1.10, quick)
    if not quick:
        found += _shape("SmolLM2", shapes.SMOLLM2, shapes.SMOLLM2.vocab_size, 1.15, True)
    return found


def _shape(name: str, config: Any, items: int, bar: float, quick: bool) -> list[Figure]:
    work = shapes.work_on(shapes.random_model(config), items)
    shapes.bare_passes(replace(work, modality=shapes.work_on(work.model, 2_048).modality))  # warm
    before = peak_memory()
    whole, size = _timed(work)
    memory = peak_memory() - before
    started = time.perf_counter()
    shapes.bare_passes(work)
    bare = time.perf_counter() - started
    signs = work.items * len(work.sites) * work.model.parts.hidden_size
    figures = [
        Figure(f"build / bare forward passes, {name}, {items:,} items", whole / bare, "ratio", bar),
        Figure("states stage: time per 1,000 items", whole / items * 1e3, "s"),
        Figure("memory above the loaded model", memory, "GB", 1.5),
    ]
    if not quick:
        _, small = _timed(replace(work, thresholds=("zero",)))
        figures.append(Figure("disk, both thresholds", size * 8 / signs, "bit/sign", 3.4))
        figures.append(Figure("disk, threshold zero only", small * 8 / signs, "bit/sign", 2.3))
    return figures


def _timed(work: shapes.Work) -> tuple[float, int]:
    """Seconds from the first forward pass to the finished file, and its bytes."""
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        path = shapes.states_stage(work, Path(folder))
        return time.perf_counter() - started, path.stat().st_size

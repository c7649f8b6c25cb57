"""The states stage against bare forward passes, on a model of GPT-2-small's shape."""

import tempfile
import time
from dataclasses import replace
from pathlib import Path

import torch
import transformers

from catalog.building import build
from catalog.modalities import text
from catalog.model import loading, stage
from catalog.model.loading import LoadedModel
from catalog.model.work import Work
from catalog.sites import wanted
from catalog.store import assemble
from catalog.store.checkpoint import Checkpoint
from tests.bench.figures import Figure, peak_memory

VOCABULARY, QUICK_VOCABULARY = 50257, 8192
BATCH = 1024


def run(quick: bool) -> list[Figure]:
    """Build ratio, items/s, memory above the model, bits per sign."""
    torch.manual_seed(0)
    config = transformers.GPT2Config(vocab_size=VOCABULARY)
    module = transformers.GPT2LMHeadModel(config).eval().requires_grad_(False)
    model = LoadedModel(
        name="gpt2-small-shape",
        source="",
        revision="random",
        weights_hash="",
        module=module,
        parts=loading.find_parts(module, torch.device("cpu")),
        tokenizer=None,
        causal=True,
        device=torch.device("cpu"),
        dtype="float32",
        attention=config._attn_implementation,
    )
    items = text.item_frame(Numbers(), QUICK_VOCABULARY if quick else VOCABULARY)
    work = Work(
        model=model,
        modality=text.Text("bare", items, (), ()),
        sites=tuple(wanted(None, None, len(model.parts.blocks))[0]),
        thresholds=("zero", "median"),
        batch_size=BATCH,
        seed=0,
    )
    before = peak_memory()
    with tempfile.TemporaryDirectory() as folder:
        whole, size = _states_stage(work, Path(folder))
    memory = peak_memory() - before
    bare = _bare(work)
    signs = work.items * sum(768 for _ in work.sites)
    one = replace(work, thresholds=("zero",))
    with tempfile.TemporaryDirectory() as folder:
        _, small = _states_stage(one, Path(folder)) if not quick else (0.0, 0)
    figures = [
        Figure("build (states stage) / bare forward passes", whole / bare, "ratio", 1.25),
        Figure("states stage: time per 1,000 items", whole / work.items * 1e3, "s"),
        Figure("memory above the loaded model", memory, "GB", 1.5),
        Figure("disk, both thresholds", size * 8 / signs, "bit/sign", None if quick else 3.4),
    ]
    if not quick:
        figures.append(Figure("disk, threshold zero only", small * 8 / signs, "bit/sign", 2.3))
    return figures


class Numbers:
    """A tokenizer whose tokens are numbers: only the item table needs it."""

    all_special_ids: tuple[int, ...] = ()

    def __len__(self) -> int:
        return VOCABULARY

    def __call__(self, text: str, *, add_special_tokens: bool = True) -> dict[str, list[int]]:
        return {"input_ids": [0]}

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        return [f"Ġ{number}" for number in ids]


def _states_stage(work: Work, folder: Path) -> tuple[float, int]:
    """Seconds from the first forward pass to the finished file, and its bytes."""
    checkpoint = Checkpoint(folder / "building")
    checkpoint.folder.mkdir()
    started = time.perf_counter()
    progress = stage.run(work, checkpoint, lambda *_: None)
    path = folder / "catalog.duckdb"
    plan = build.Plan(build.Settings("x"), work, {}, {}, path)
    row = build.build_row(plan, progress.seconds)
    known = assemble.Known(row, work.modality.items, work.order(), {})
    assemble.assemble(path, checkpoint, progress, known)
    return time.perf_counter() - started, path.stat().st_size


@torch.inference_mode()
def _bare(work: Work) -> float:
    """Seconds of forward passes over the same items and nothing else."""
    order = work.order()
    started = time.perf_counter()
    for first in range(0, len(order), work.batch_size):
        ids = work.modality.inputs(order[first : first + work.batch_size])["input_ids"]
        work.model.parts.trunk(input_ids=torch.from_numpy(ids), use_cache=False)
    return time.perf_counter() - started

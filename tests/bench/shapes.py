"""Models of real sizes with random weights, and work on them, for timing."""

from pathlib import Path
from typing import Any

import numpy as np
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

GPT2 = transformers.GPT2Config(vocab_size=50_257)
SMOLLM2 = transformers.LlamaConfig(
    vocab_size=49_152,
    hidden_size=576,
    intermediate_size=1_536,
    num_hidden_layers=30,
    num_attention_heads=9,
    num_key_value_heads=3,
    tie_word_embeddings=True,
)
QWEN3_4B = transformers.Qwen3Config(
    vocab_size=151_936,
    hidden_size=2_560,
    intermediate_size=9_728,
    num_hidden_layers=36,
    num_attention_heads=32,
    num_key_value_heads=8,
    head_dim=128,
    tie_word_embeddings=True,
)


class Numbers:
    """A tokenizer whose tokens are numbers: only the item table needs it."""

    all_special_ids: tuple[int, ...] = ()

    def __init__(self, size: int) -> None:
        self.size = size

    def __len__(self) -> int:
        return self.size

    def __call__(self, text: str, *, add_special_tokens: bool = True) -> dict[str, list[int]]:
        return {"input_ids": [0]}

    def convert_ids_to_tokens(self, ids: list[int]) -> list[str]:
        return [f"Ġ{number}" for number in ids]


def random_model(config: Any, device: str = "cpu", dtype: Any = torch.float32) -> LoadedModel:
    """A causal LM of this shape."""
    torch.manual_seed(0)
    with torch.device(device):
        module = transformers.AutoModelForCausalLM.from_config(config, dtype=dtype)
    module = module.eval().requires_grad_(False)
    where = torch.device(device)
    return LoadedModel(
        name=config.model_type,
        source="",
        revision="random",
        weights_hash="",
        module=module,
        parts=loading.find_parts(module, where),
        tokenizer=None,
        causal=True,
        device=where,
        dtype=str(dtype).removeprefix("torch."),
        attention=config._attn_implementation,
    )


def work_on(model: LoadedModel, items: int, batch: int = 1024) -> Work:
    """Its states at all residual sites and `final`, both thresholds."""
    return Work(
        model=model,
        modality=text.Text("bare", text.item_frame(Numbers(items), items), (), ()),
        sites=tuple(wanted(None, None, len(model.parts.blocks))[0]),
        thresholds=("zero", "median"),
        batch_size=batch,
        seed=0,
    )


def written(work: Work, checkpoint: Checkpoint, progress: Any, path: Path) -> None:
    """Write the catalog of a finished states stage."""
    plan = build.Plan(build.Settings("x"), work, {}, {}, path)
    row = build.build_row(plan, progress.seconds)
    known = assemble.Known(row, work.modality.items, work.order(), {})
    assemble.assemble(path, checkpoint, progress, known)


def states_stage(work: Work, folder: Path) -> Path:
    """Run the states stage and write the file; its path."""
    checkpoint = Checkpoint(folder / "building")
    checkpoint.folder.mkdir()
    progress = stage.run(work, checkpoint, lambda *_: None)
    path = folder / "catalog.duckdb"
    written(work, checkpoint, progress, path)
    return path


@torch.inference_mode()
def bare_passes(work: Work) -> None:
    """Forward passes over the same items and nothing else."""
    order = work.order()
    for first in range(0, len(order), work.batch_size):
        ids = work.modality.inputs(order[first : first + work.batch_size])["input_ids"]
        given = torch.from_numpy(np.ascontiguousarray(ids)).to(work.model.device)
        work.model.parts.trunk(input_ids=given, use_cache=False)
    if work.model.device.type == "cuda":
        torch.cuda.synchronize()

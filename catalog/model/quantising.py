"""A model with its matrices rounded to int8, row by row, and back, as quantising does."""

import json
import shutil
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from catalog.errors import ModelUnavailable

LEVELS = 127


def to_int8(source: Path, target: Path) -> Path:
    """Write a copy of the model folder `source` to `target` with int8 precision; returns `target`.

    Symmetric, one scale a row: w -> round(w / s) s with s = max |w| / 127. Vectors (norms, biases)
    stay as they are. Stored in the number format of the original, so that it loads as before.
    """
    files = sorted(source.glob("*.safetensors"))
    if not files:
        raise ModelUnavailable(f"{source} has no weights (*.safetensors). Name another folder.")
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        if path.is_file() and path not in files and path.suffix in (".json", ".txt", ".model"):
            shutil.copy(path, target / path.name)
    for path in files:
        with safe_open(path, framework="pt") as opened:
            told = opened.metadata()
        rounded = {name: rounded_rows(tensor) for name, tensor in load_file(path).items()}
        save_file(rounded, target / path.name, metadata=told)
    about = {"made_from": source.name, "weights": "int8 per row, stored as before"}
    (target / "quantised.json").write_text(json.dumps(about, indent=2))
    return target


def rounded_rows(weights: torch.Tensor) -> torch.Tensor:
    """A matrix with each row rounded to 255 levels; anything else unchanged."""
    if weights.ndim != 2 or not weights.is_floating_point():
        return weights
    whole = weights.float()
    scale = whole.abs().amax(dim=1, keepdim=True) / LEVELS
    scale = torch.where(scale > 0, scale, torch.ones_like(scale))
    return (torch.round(whole / scale) * scale).to(weights.dtype).contiguous()

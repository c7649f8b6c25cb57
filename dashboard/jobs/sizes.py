"""What a build of a model on this machine will take, from its config and the size of its files."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from catalog import places
from catalog.errors import CatalogError

BITS_PER_SIGN = 3.4
"""On disk, with both thresholds: docs/method.md."""
BESIDES = 1.5e9
"""Bytes of memory that a build needs besides the model."""


class Size(NamedTuple):
    """Of a build that has not begun; about."""

    signs: float
    """Items x dimensions x sites."""
    disk: float
    """Bytes."""
    memory: float
    """Bytes."""


def of(model: str) -> Size | None:
    """Size of the build of a model by name or folder; None where only its download would say."""
    folder = _folder(model)
    config = _config(folder) if folder is not None else {}
    text: dict[str, Any] = config.get("text_config") or config
    layers = text.get("num_hidden_layers") or text.get("n_layer")
    dims, items = text.get("hidden_size") or text.get("n_embd"), text.get("vocab_size")
    if folder is None or not (layers and dims and items):
        return None
    signs = float(items) * float(dims) * (float(layers) + 2)
    weights = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
    return Size(signs, signs * BITS_PER_SIGN / 8, 2 * weights + BESIDES)


def _folder(model: str) -> Path | None:
    shipped = places.shipped_models().get(model)
    if shipped is not None:
        return shipped
    packaged = places.PACKAGED.get(model)
    try:
        place = packaged.place() if packaged else Path(model).expanduser()
        return place if place.is_dir() else None
    except (CatalogError, OSError, ValueError, RuntimeError):
        return None


def _config(folder: Path) -> dict[str, Any]:
    try:
        read = json.loads((folder / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}

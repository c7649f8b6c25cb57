"""Signs of every patch of images and sounds: at which site, how large, and as rows of a table."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from catalog.errors import SettingRefused
from catalog.model.loading import LoadedModel
from catalog.model.work import Work
from catalog.sites import Site
from catalog.store import file
from catalog.store.checkpoint import Checkpoint, Chunk

_PIECE = 1 << 25
"""Bytes of patch signs written at once."""


def site(asked: str | None, model: LoadedModel, grid: tuple[int, int] | None) -> Site | None:
    """The site of --per-patch: a residual or final one that the model has."""
    if asked is None:
        return None
    if grid is None:
        raise SettingRefused(f"The items of {model.name} have no patches. Leave --per-patch out.")
    found = Site.parse(asked)
    reason = None
    if found.kind not in ("resid", "final"):
        reason = "patch signs are kept at residual sites and final only."
    elif (found.layer or 0) > len(model.parts.blocks):
        reason = f"it has {len(model.parts.blocks)} blocks."
    reason = reason or model.parts.absent(found)
    if reason:
        raise SettingRefused(f"--per-patch {found} does not fit {model.name}: {reason}")
    return found


def width(work: Work) -> int:
    """Bytes of one item's patches; 0 where none are kept."""
    grid = work.modality.grid
    if work.per_patch is None or grid is None:
        return 0
    return grid[0] * grid[1] * -(-work.model.parts.hidden_size // 8)


def tables(
    work: Work, checkpoint: Checkpoint, chunks: Sequence[Chunk]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of `patch_signs`, in pieces that fit memory."""
    if work.per_patch is None:
        return
    order, step = work.order(), max(1, _PIECE // width(work))
    for chunk in chunks:
        bits = checkpoint.patches(chunk.chunk, width(work))
        numbers = order[chunk.first_item : chunk.first_item + chunk.items].astype(np.int32)
        for start in range(0, chunk.items, step):
            some = numbers[start : start + step]
            columns = {"site": [str(work.per_patch)] * len(some), "item": some}
            held = np.ascontiguousarray(bits[start : start + step])
            yield "patch_signs", {**columns, "bits": file.blobs(held)}

"""The table `example`: what was collected of every dimension while texts were read, as rows."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from catalog.model.work import Work
from catalog.signs import examples
from catalog.signs.moments import Pole
from catalog.store import file
from catalog.store.checkpoint import Checkpoint, Progress

TINTED = 8
"""Examples of a pole whose windows are kept: the strongest."""
NO_CODES = np.uint8(0)


def tables(
    work: Work, checkpoint: Checkpoint, progress: Progress
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Rows of `example`, site by site; none where items stand in no text."""
    if not work.modality.windowed:
        return
    for site in work.sites:
        sums = progress.sums[str(site)]
        for name in (*examples.POLES, *examples.BAND_NAMES):
            room = TINTED if name in examples.POLES else examples.OF_BAND
            pole = _first(sums.poles[name], room)
            codes = _codes(checkpoint, len(progress.chunks), str(site), name, pole)
            passed = None
            if name in examples.POLES:
                every = sums.poles[examples.ALL_NAMES[name]].scores
                passed = _passed_over(every, sums.poles[name].scores)
            yield "example", _rows(str(site), name, pole, codes, passed)


def _first(pole: Pole, room: int) -> Pole:
    return Pole(pole.scores[:, :room], pole.items[:, :room], pole.values[:, :room])


def _codes(
    checkpoint: Checkpoint, chunks: int, site: str, name: str, pole: Pole
) -> NDArray[np.uint8]:
    """Windows of a pole's items: uint8[dims, room, bytes]."""
    dims, room = pole.items.shape
    width = -(-examples.WINDOW // 2)
    found = np.zeros((dims, room, width), np.uint8)
    wanted = np.arange(dims, dtype=np.int64)[:, None] << 32 | pole.items.astype(np.int64)
    order = np.argsort(wanted, axis=None)
    keys = wanted.ravel()[order]
    flat = found.reshape(-1, width)
    for chunk in range(chunks):
        dimension, item, codes = checkpoint.windows(chunk, site, name)
        key = dimension.astype(np.int64) << 32 | item.astype(np.int64)
        place = np.searchsorted(keys, key)
        here = (place < len(keys)) & (keys[np.minimum(place, len(keys) - 1)] == key)
        flat[order[place[here]]] = codes[here]
    return found


def _passed_over(every: NDArray[np.float32], kept: NDArray[np.float32]) -> NDArray[np.int32]:
    """Positions stronger than the last one kept that the rules left out: int32[dims]."""
    count = np.isfinite(kept).sum(axis=1)
    last = np.where(np.isfinite(kept), kept, np.inf).min(axis=1)
    stronger = (every >= last[:, None]).sum(axis=1)
    return np.asarray(np.maximum(stronger - count, 0), np.int32)


def _rows(
    site: str,
    name: str,
    pole: Pole,
    codes: NDArray[np.uint8],
    passed: NDArray[np.int32] | None,
) -> dict[str, Any]:
    """One row a dimension."""
    dims = len(pole.items)
    real = np.isfinite(pole.scores)
    told = real if passed is None else np.zeros_like(real)  # poles have a table of their own
    ends = np.concatenate([[0], np.cumsum(told.sum(axis=1))]).astype(np.int32)
    items = pa.ListArray.from_arrays(ends, pa.array(pole.items[told]))
    values = pa.ListArray.from_arrays(ends, pa.array(pole.values[told]))
    filled = np.where(real[:, :, None], codes, NO_CODES)
    return {
        "site": [site] * dims,
        "dimension": np.arange(dims, dtype=np.int32),
        "part": [name] * dims,
        "items": items,
        "values": values,
        "tints": file.blobs(filled.reshape(dims, -1)),
        "passed_over": pa.array(passed) if passed is not None else pa.nulls(dims, pa.int32()),
    }

"""Images and sounds as items: what both share. Each has a Medium that decodes and prepares it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from catalog.errors import MediaUnreadable, SettingRefused
from catalog.modalities import folders, spelling
from catalog.modalities.grids import Grid
from catalog.modalities.passes import OneEach
from catalog.modalities.scanning import WORKERS, Looks, Scan, Seen, Unfit, sha256

_PREVIEWS = 512
"""Previews written at once."""
MEAN_OVER = "mean_over"
"""Entry of the preprocessing that says what `mean` is over; older catalogs have none."""


class Medium(Protocol):
    """What tells images from sounds: decoding, and the model's own preparation."""

    @property
    def name(self) -> str:
        """image or audio."""
        ...

    @property
    def kind(self) -> str:
        """image or sound: as in `item.kind`."""
        ...

    @property
    def endings(self) -> tuple[str, ...]:
        """Endings of its files, in lower case."""
        ...

    @property
    def usual_batch(self) -> int:
        """Items per forward pass where nobody asks for another number."""
        ...

    @property
    def identity(self) -> Mapping[str, Any]:
        """How files are prepared."""
        ...

    @property
    def window(self) -> float | None:
        """Seconds of a sound that the model hears; None for images."""
        ...

    @property
    def padded(self) -> bool:
        """Whether items may be padded, so that part of the grid is not their own."""
        ...

    def examine(self, stream: BinaryIO) -> Looks:
        """Decode a file fully, once. Raises Unfit."""
        ...

    def decode(self, stream: BinaryIO) -> Any:
        """A file as the model's processor takes it. Raises Unfit."""
        ...

    def prepared(self, decoded: Sequence[Any]) -> dict[str, NDArray[Any]]:
        """The processor's own output for some items, stacked."""
        ...

    def own(self, decoded: Any, prepared: Mapping[str, NDArray[Any]], layout: Grid) -> int | None:
        """Columns of the grid that one item fills, the rest being padding; None for all."""
        ...

    def plain(self, decoded: Any) -> NDArray[np.float32]:
        """float32[numbers]: coarse pixels or mean log-mel, the control without a model."""
        ...


@dataclass(frozen=True)
class Media(OneEach):
    """Files shown to a vision or audio model; see `catalog.modalities.Modality`."""

    medium: Medium
    originals: folders.Originals
    items: pd.DataFrame
    reading: str
    layout: Grid
    paths: Sequence[str]
    """Path of each item's file in the folder."""
    hashes: Sequence[str]
    """SHA-256 of each item's file, which must still be its hash."""
    source: Mapping[str, Any]
    """The row of `media_source`."""
    scan: Scan | None = None
    """While building: what the files look like."""
    seen: Sequence[Seen] = ()
    """While building: every file of the listing."""
    _filled: dict[int, int] = field(default_factory=dict, compare=False, repr=False)
    """Columns of the grid that an item fills, by its number; noted when it is prepared."""
    _workers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(WORKERS, "media"), compare=False, repr=False
    )

    def __getstate__(self) -> dict[str, Any]:
        """What a worker process needs to show the items: no threads, nothing of the scan."""
        own: dict[str, Any] = {"_workers": None, "scan": None, "seen": (), "_filled": {}}
        return {**self.__dict__, **own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """In the worker: threads of its own."""
        self.__dict__.update(state)
        self.__dict__["_workers"] = ThreadPoolExecutor(WORKERS, "media")

    @property
    def name(self) -> str:
        """image or audio."""
        return self.medium.name

    @property
    def usual_batch(self) -> int:
        """As the medium has it."""
        return self.medium.usual_batch

    @property
    def grid(self) -> tuple[int, int] | None:
        """Rows and columns of the patches; None where each image has a grid of its own."""
        if self.medium.padded and self.medium.window is None:
            return None
        return self.layout.rows, self.layout.columns

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """How files are prepared, and a hash of all paths, classes and contents."""
        return {**self.medium.identity, "items": self.source["items_hash"]}

    def inputs(self, items: NDArray[np.integer]) -> dict[str, NDArray[Any]]:
        """Decode these items side by side and prepare them as the model's processor does.

        Repeated items (a padded batch) are decoded once.
        """
        distinct, place = np.unique(items, return_inverse=True)
        parts = list(self._workers.map(self._prepared, distinct.tolist()))
        self._check_equal(parts, distinct)
        return {name: np.concatenate([p[name] for p in parts])[place] for name in parts[0]}

    def read(self, hidden: Any, items: NDArray[np.integer]) -> Any:
        """Mean over the item's own patches, over all of them, or the first position: [items, dims].

        Own ones are summed in float32. An item without padding is read alike by both means, bit for
        bit, whatever items are its neighbours.
        """
        if self.reading == "cls":
            return hidden[:, 0]
        patches = self.patches(hidden)
        whole = patches.mean(1)
        own = self._own(items) if self.leaves_padding_out else None
        if own is None or own.all():
            return whole
        kept = hidden.new_tensor(own, dtype=None).bool()[:, :, None]
        mean = patches.masked_fill(~kept, 0).float().sum(1) / kept.sum(1)
        return mean.where(~kept.all(1), whole.float())

    @cached_property
    def leaves_padding_out(self) -> bool:
        """Whether the reading is the mean over own patches, as the catalog's source has it."""
        return self.reading == "mean" and MEAN_OVER in json.loads(self.source["preprocessing"])

    def patches(self, hidden: Any) -> Any:
        """The positions that are patches, row after row."""
        return hidden[:, self.layout.prefix :]

    def baseline(self, items: NDArray[np.integer]) -> NDArray[np.float32]:
        """Coarse pixels, or the mean log-mel spectrum: float32[items, numbers]."""
        return np.stack(
            list(self._workers.map(lambda n: self.medium.plain(self._decode(n)), items))
        )

    def tables(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """media_source, media_skipped, media, and media_preview in pieces."""
        assert self.scan is not None
        yield "media_source", {name: pa.array([value]) for name, value in self.source.items()}
        left_out = [*self.scan.listing.refused]
        left_out += [(one.path, one.problem) for one in self.seen if one.problem]
        if left_out:
            paths, reasons = zip(*sorted(left_out), strict=True)
            shown = [spelling.escape(path, keep_space=True) for path in paths]
            yield "media_skipped", {"path": pa.array(shown), "reason": pa.array(reasons)}
        whole = [one for one in self.seen if one.problem is None]
        yield "media", self._rows(whole)
        for start in range(0, len(whole), _PREVIEWS):
            some = whole[start : start + _PREVIEWS]
            images, sounds = zip(*self.scan.previews([o.path for o in some]), strict=True)
            yield (
                "media_preview",
                {
                    "item": np.arange(start, start + len(some), dtype=np.int32),
                    "image": pa.array(images, pa.binary()),
                    "sound": pa.array(sounds, pa.binary()),
                },
            )

    def done(self) -> None:
        """Remove the scan."""
        if self.scan is not None:
            self.scan.remove()

    def _rows(self, whole: Sequence[Seen]) -> dict[str, Any]:
        assert self.scan is not None
        entries = {entry.path: entry for entry in self.scan.listing.entries}
        family = self.items["family"].to_numpy()
        own = np.arange(len(whole), dtype=np.int32)
        return {
            "item": own,
            "path": pa.array([one.path for one in whole]),
            "label": pa.array([entries[one.path].label for one in whole], pa.string()),
            "superclass": pa.array([entries[one.path].superclass for one in whole], pa.string()),
            "sha256": pa.array([one.sha256 for one in whole]),
            "duplicate_of": pa.array(np.where(family == own, 0, family), mask=family == own),
            "width": pa.array([one.looks.width for one in whole], pa.int32()),
            "height": pa.array([one.looks.height for one in whole], pa.int32()),
            "seconds": pa.array([one.looks.seconds for one in whole], pa.float64()),
            "rate": pa.array([one.looks.rate for one in whole], pa.int32()),
        }

    def _prepared(self, item: int) -> dict[str, NDArray[Any]]:
        """The processor's output for one item; how much of the grid it fills is noted."""
        decoded = self._decode(item)
        made = self.medium.prepared([decoded])
        filled = self.medium.own(decoded, made, self.layout)
        self._filled[item] = self.layout.columns if filled is None else filled
        return made

    def _own(self, items: NDArray[np.integer]) -> NDArray[np.bool_]:
        """Which patches are the items' own: bool[items, rows x columns]."""
        for item in set(items.tolist()) - self._filled.keys():
            self._prepared(item)
        filled = np.array([self._filled[item] for item in items.tolist()])
        columns = np.arange(self.layout.columns) < filled[:, None]
        return np.tile(columns, self.layout.rows)

    def _decode(self, item: int) -> Any:
        path = self.paths[item]
        try:
            with self.originals.open(path) as stream:
                if sha256(stream) != self.hashes[item]:
                    raise MediaUnreadable(
                        f"{path} is no longer the file that was first looked at. Put it back, or "
                        "build the catalog again."
                    )
                return self.medium.decode(stream)
        except Unfit as error:
            raise MediaUnreadable(f"{path} cannot be read any more: {error}") from error

    def _check_equal(
        self, parts: Sequence[dict[str, NDArray[Any]]], items: NDArray[np.integer]
    ) -> None:
        shapes = [{name: array.shape[1:] for name, array in part.items()} for part in parts]
        for item, shape in zip(items, shapes, strict=True):
            if shape != shapes[0]:
                raise SettingRefused(
                    f"This model's processor gives inputs of different sizes ({self.paths[item]}: "
                    f"{shape}, others: {shapes[0]}). Only models that see every item at one size "
                    "are supported."
                )

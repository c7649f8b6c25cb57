"""The folder of a build in progress: its lock, what the pilot froze, and one file a chunk.

A chunk's signs are written first, then the running sums after it; a file appears under its name
only when whole. So the newest sums name the last chunk that counts, whenever the build died.
"""

import contextlib
import fcntl
import json
import os
import shutil
import socket
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.errors import CatalogBusy
from catalog.signs.moments import Frozen, Moments, Pole


@dataclass(frozen=True)
class Chunk:
    """One finished piece of the build; see the table `chunk`."""

    chunk: int
    first_item: int
    items: int
    batch_size: int
    threads: int


@dataclass(frozen=True)
class SiteSums:
    """Running statistics of one site after some chunks."""

    moments: Moments
    poles: dict[str, Pole]


@dataclass(frozen=True)
class Progress:
    """Where a build stands: the chunks that count, their sums by site name, and the time used."""

    chunks: list[Chunk]
    sums: dict[str, SiteSums]
    seconds: float


@contextlib.contextmanager
def locked(folder: Path, work: str = "built") -> Iterator[None]:
    """Hold `folder` for one process; CatalogBusy says who holds it otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            stream.seek(0)
            holder = stream.read().strip() or "another process"
            raise CatalogBusy(
                f"This catalog is being {work} by {holder}. Wait for it, or stop it first."
            ) from error
        stream.truncate(0)
        started = time.strftime("%Y-%m-%d %H:%M:%S")
        stream.write(f"process {os.getpid()} on {socket.gethostname()} since {started}")
        stream.flush()
        yield


class Checkpoint:
    """Files of one build in progress."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def frozen(self) -> tuple[dict[str, Frozen], int] | None:
        """What the pilot froze, by site name, and its batch size; None before it is done."""
        path = self.folder / "frozen.npz"
        if not path.is_file():
            return None
        with np.load(path) as arrays:
            sites = sorted({name.split("/")[0] for name in arrays.files if "/" in name})
            return {
                site: Frozen(*(arrays[f"{site}/{field.name}"] for field in fields(Frozen)))
                for site in sites
            }, int(arrays["batch"])

    def save_frozen(self, frozen: dict[str, Frozen], batch: int) -> None:
        """Keep what the pilot froze."""
        arrays = {
            f"{site}/{field.name}": getattr(value, field.name)
            for site, value in frozen.items()
            for field in fields(Frozen)
        }
        self._write("frozen.npz", {**arrays, "batch": np.int64(batch)})

    def save(self, progress: Progress, bits: dict[str, NDArray[np.uint8]]) -> None:
        """Add the newest chunk: its signs by "site/threshold", then the sums that include it."""
        number = progress.chunks[-1].chunk
        self._write(f"signs-{number:06d}.npz", bits)
        arrays: dict[str, Any] = {}
        for site, sums in progress.sums.items():
            arrays |= {f"{site}/{k}": v for k, v in vars(sums.moments).items()}
            for pole, kept in sums.poles.items():
                arrays |= {f"{site}/{pole}/{k}": v for k, v in vars(kept).items()}
        arrays["progress"] = np.frombuffer(
            json.dumps(
                {"chunks": [vars(c) for c in progress.chunks], "seconds": progress.seconds}
            ).encode(),
            np.uint8,
        )
        self._write(f"sums-{number:06d}.npz", arrays)
        for old in self.folder.glob("sums-*.npz"):
            if old.name != f"sums-{number:06d}.npz":
                old.unlink()

    def load(self) -> Progress | None:
        """The newest state; None before the first chunk."""
        newest = max(self.folder.glob("sums-*.npz"), default=None)
        if newest is None:
            return None
        with np.load(newest) as arrays:
            told = json.loads(arrays["progress"].tobytes())
            sums = _sums(dict(arrays))
        return Progress([Chunk(**c) for c in told["chunks"]], sums, told["seconds"])

    def signs(self, chunk: int, name: str) -> NDArray[np.uint8]:
        """Signs of one chunk at "site/threshold": uint8[items, bytes]."""
        with np.load(self.folder / f"signs-{chunk:06d}.npz") as arrays:
            found: NDArray[np.uint8] = arrays[name]
        return found

    def save_patches(self, chunk: int, bits: NDArray[np.uint8]) -> None:
        """Keep the patch signs of a chunk's items: uint8[items, width]."""
        with (self.folder / f"patches-{chunk:06d}.bits").open("wb") as stream:
            stream.write(np.ascontiguousarray(bits).data)

    def patches(self, chunk: int, width: int) -> NDArray[np.uint8]:
        """Patch signs of one chunk, mapped from disk: uint8[items, width]."""
        path = self.folder / f"patches-{chunk:06d}.bits"
        return np.memmap(path, np.uint8, "r").reshape(-1, width)

    def save_windows(
        self,
        chunk: int,
        candidates: Mapping[str, Mapping[str, tuple[NDArray[Any], ...]]],
        windows: Mapping[str, Mapping[str, NDArray[np.uint8]]],
    ) -> None:
        """Keep the windows of a chunk's candidates, by site and pole: dimension, item, codes."""
        arrays: dict[str, NDArray[Any]] = {}
        for site, found in windows.items():
            for name, codes in found.items():
                dimensions, _, items, _ = candidates[site][name]
                arrays[f"{site}/{name}/dimension"] = dimensions.astype(np.int32)
                arrays[f"{site}/{name}/item"] = items.astype(np.int32)
                arrays[f"{site}/{name}/codes"] = codes
        self._write(f"windows-{chunk:06d}.npz", arrays)

    def windows(self, chunk: int, site: str, name: str) -> tuple[NDArray[Any], ...]:
        """Dimension, item and codes of the windows that a chunk kept of one site's pole."""
        with np.load(self.folder / f"windows-{chunk:06d}.npz") as arrays:
            return tuple(arrays[f"{site}/{name}/{one}"] for one in ("dimension", "item", "codes"))

    def add_pilot(self, site: str, states: NDArray[np.float32]) -> None:
        """Append pilot states of one site on disk, where they take no memory."""
        with (self.folder / f"pilot-{site}.f32").open("ab") as stream:
            stream.write(np.ascontiguousarray(states).data)  # tofile hides a full disk

    def pilot(self, site: str, dims: int, first: int = 0, count: int = -1) -> NDArray[np.float32]:
        """Pilot states of one site: float32[count, dims] from row `first` (-1: all the rest)."""
        values = np.fromfile(
            self.folder / f"pilot-{site}.f32",
            np.float32,
            count=count * dims if count >= 0 else -1,
            offset=first * dims * 4,
        )
        return values.reshape(-1, dims)

    def drop_frozen(self) -> None:
        """Forget what the pilot froze, so that it runs again."""
        (self.folder / "frozen.npz").unlink(missing_ok=True)

    def drop_pilot(self) -> None:
        """Remove the pilot's states."""
        for path in self.folder.glob("pilot-*.f32"):
            path.unlink()

    def remove(self) -> None:
        """Remove the folder after the catalog is in place."""
        shutil.rmtree(self.folder)

    def _write(self, name: str, arrays: dict[str, Any]) -> None:
        partial = self.folder / f"{name}.partial"
        with partial.open("wb") as stream:
            np.savez(stream, **arrays)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, self.folder / name)


def _sums(arrays: dict[str, Any]) -> dict[str, SiteSums]:
    sites = sorted({name.split("/")[0] for name in arrays if "/" in name})
    found = {}
    for site in sites:
        poles = sorted(
            {n.split("/")[1] for n in arrays if n.startswith(f"{site}/") and n.count("/") == 2}
        )
        moments = {f.name: arrays[f"{site}/{f.name}"] for f in fields(Moments)}
        moments["count"] = int(moments["count"])
        found[site] = SiteSums(
            Moments(**moments),
            {p: Pole(*(arrays[f"{site}/{p}/{f.name}"] for f in fields(Pole))) for p in poles},
        )
    return found

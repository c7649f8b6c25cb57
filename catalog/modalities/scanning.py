"""Look at every file once before the model runs: is it whole, how large, what does it look like?

What is found is kept in a small SQLite file beside the catalog to be, so that an interrupted scan
goes on, and memory does not grow with the number of files. It is removed with the build.
"""

import contextlib
import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TypeVar

from catalog.errors import MediaUnreadable, SettingRefused
from catalog.modalities.folders import Entry, Listing

T = TypeVar("T")
U = TypeVar("U")
WORKERS = min(8, os.cpu_count() or 1)
"""Threads that decode: Pillow and soundfile let others work meanwhile."""
_WINDOW = 256
"""Files in flight at once, and written in one transaction."""


class Unfit(Exception):
    """A file that cannot be shown to a model; the message says why, in one sentence."""


@dataclass(frozen=True)
class Looks:
    """What a whole file was found to be."""

    width: int | None = None
    """Pixels, upright; None for sounds."""
    height: int | None = None
    seconds: float | None = None
    """Length of a sound; None for images."""
    rate: int | None = None
    """Samples a second in the file."""
    preview: bytes | None = None
    """WebP: a thumbnail, or a spectrogram."""
    sound: bytes | None = None
    """OGG of the first seconds."""


@dataclass(frozen=True)
class Seen:
    """One file of the listing after the scan."""

    path: str
    sha256: str
    problem: str | None
    """Why it was skipped; None where it is an item."""
    looks: Looks


Examine = Callable[[BinaryIO], Looks]


class Scan:
    """The scan of one listing."""

    def __init__(self, store: Path, listing: Listing) -> None:
        self.store, self.listing = store, listing

    def run(self, examine: Examine, report: Callable[[str, int, int], None]) -> None:
        """Look at every file that has not been looked at, or has changed since."""
        entries = self.listing.entries
        told = time.monotonic()
        with self._open() as db:
            known = dict(db.execute("SELECT path, stamp FROM seen"))
            fresh = [e for e in entries if known.get(e.path) != self._stamp(e.path)]
            done = len(entries) - len(fresh)
            report("items", done, len(entries))
            for some in _windows(in_order(lambda e: self._look(e, examine), fresh), _WINDOW):
                marks = ", ".join("?" * (4 + len(fields(Looks))))
                rows = [(s.path, self._stamp(s.path), s.sha256, s.problem, *astuple(s.looks))
                        for s in some]  # fmt: skip
                db.executemany(f"INSERT OR REPLACE INTO seen VALUES ({marks})", rows)
                db.commit()
                done += len(some)
                if time.monotonic() - told > 0.2 or done == len(entries):
                    report("items", done, len(entries))
                    told = time.monotonic()

    def seen(self) -> Iterator[Seen]:
        """Every file of the listing in order of paths, previews left out."""
        columns = "path, sha256, problem, width, height, seconds, rate"
        wanted = {entry.path for entry in self.listing.entries}
        with self._open() as db:
            for path, sha, problem, *looks in db.execute(
                f"SELECT {columns} FROM seen ORDER BY path"
            ):
                if path in wanted:
                    yield Seen(path, sha, problem, Looks(*looks))

    def previews(self, paths: Sequence[str]) -> Iterator[tuple[bytes | None, bytes | None]]:
        """(WebP, OGG) of some files, one after the other."""
        with self._open() as db:
            for path in paths:
                row = db.execute(
                    "SELECT preview, sound FROM seen WHERE path = ?", [path]
                ).fetchone()
                yield row[0], row[1]

    def remove(self) -> None:
        """Forget what was found."""
        for ending in ("", "-journal"):
            Path(f"{self.store}{ending}").unlink(missing_ok=True)

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.store.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(sqlite3.connect(self.store)) as db:
                columns = ", ".join(field.name for field in fields(Looks))
                db.execute(
                    "CREATE TABLE IF NOT EXISTS seen "
                    f"(path TEXT PRIMARY KEY, stamp TEXT, sha256 TEXT, problem TEXT, {columns})"
                )
                yield db
        except (sqlite3.Error, OSError) as error:
            raise SettingRefused(
                f"{self.store} cannot be written ({error}). Free some disk, delete it, or choose "
                "another folder with --out."
            ) from error

    def _stamp(self, path: str) -> str:
        """Changes when the file does; the row of a dataset has no date of its own."""
        try:
            stat = (self.listing.originals.folder / path).stat()
        except OSError:
            return "held"
        return f"{stat.st_size} {stat.st_mtime_ns}"

    def _look(self, entry: Entry, examine: Examine) -> Seen:
        sha = ""
        try:
            with self.listing.originals.open(entry.path) as stream:
                sha = sha256(stream)
                return Seen(entry.path, sha, None, examine(stream))
        except (Unfit, MediaUnreadable) as error:
            return Seen(entry.path, sha, str(error), Looks())


def sha256(stream: BinaryIO) -> str:
    """SHA-256 of a whole file, read from its beginning; it stands at its beginning afterwards."""
    digest = hashlib.sha256()
    while block := stream.read(1 << 20):
        digest.update(block)
    stream.seek(0)
    return digest.hexdigest()


def in_order(work: Callable[[T], U], given: Iterable[T]) -> Iterator[U]:
    """Results in order, made by WORKERS threads, at most a window of them waiting."""
    with ThreadPoolExecutor(WORKERS) as workers:
        for some in _windows(iter(given), _WINDOW):
            yield from workers.map(work, some)


def _windows(given: Iterator[T], size: int) -> Iterator[list[T]]:
    while some := list(islice(given, size)):
        yield some

"""Where images and sounds come from: subfolders, a CSV of labels, or a saved Hugging Face dataset.

A listing names every file with its class and opens it only from within its folder: a link or a
path that leads outside is refused.
"""

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from catalog.errors import MediaUnreadable, SettingRefused, listed
from catalog.modalities import datasets

LABELS = "labels.csv"
"""A CSV of this name in a folder says what its files are."""


@dataclass(frozen=True)
class Entry:
    """One file to show to a model."""

    path: str
    """Relative to the folder, with forward slashes."""
    label: str | None
    superclass: str | None = None


class Originals(Protocol):
    """Opens files by their path in a listing."""

    @property
    def folder(self) -> Path:
        """The folder they lie in."""
        ...

    def open(self, path: str) -> BinaryIO:
        """The file's bytes; MediaUnreadable where it is gone or outside the folder."""
        ...


@dataclass(frozen=True)
class Listing:
    """The files of a folder, in order of their paths."""

    originals: Originals
    kind: str
    """subfolders, labels (a CSV) or dataset."""
    entries: tuple[Entry, ...]
    refused: tuple[tuple[str, str], ...] = ()
    """Paths left out, with the reason."""
    ignored: int = 0
    """Files of other kinds."""


@dataclass(frozen=True)
class Folder:
    """Plain files in a folder."""

    folder: Path

    def open(self, path: str) -> BinaryIO:
        """Open a file; where it really lies is checked each time."""
        reason = outside(self.folder, path)
        if reason:
            raise MediaUnreadable(f"{path} is not opened: it {reason}")
        try:
            return (self.folder / path).open("rb")
        except OSError as error:
            raise MediaUnreadable(
                f"{self.folder / path} cannot be read ({error.strerror}). Put it back, or build "
                "the catalog again."
            ) from error


def outside(folder: Path, path: str) -> str | None:
    """Why `path` may not be opened below `folder`; None where it may."""
    real, root = Path(os.path.realpath(folder / path)), Path(os.path.realpath(folder))
    return None if real.is_relative_to(root) else "leads outside the items folder."


def originals(folder: Path) -> Originals:
    """What opens the files of a folder that a catalog was built from."""
    return datasets.Dataset.at(folder) if datasets.is_dataset(folder) else Folder(folder)


def listing(place: Path, endings: tuple[str, ...], column: str) -> Listing:
    """The files at `place`: a folder, a CSV `path,label[,superclass]`, or a saved dataset.

    A folder's first-level subfolders are its classes; files beside them have none; a `labels.csv`
    in it counts instead. `endings` are those of the files wanted, `column` is the dataset's.
    Raises SettingRefused where there is nothing to show.
    """
    if not place.exists():
        raise SettingRefused(f"There is no {place}. Give --items a folder or a CSV of labels.")
    if place.is_file():
        return _labelled(place, endings)
    if datasets.is_dataset(place):
        dataset = datasets.Dataset.at(place)
        rows = dataset.rows(column)
        return Listing(dataset, "dataset", tuple(Entry(path, label) for path, label in rows))
    if (place / LABELS).is_file():
        return _labelled(place / LABELS, endings)
    return _subfolders(place, endings)


def _subfolders(folder: Path, endings: tuple[str, ...]) -> Listing:
    entries, refused, ignored = [], [], 0
    for path in sorted(_files(folder)):
        if path.endswith("/"):
            refused.append((path, "A link to a folder is not followed."))
            continue
        if not path.lower().endswith(endings):
            ignored += 1
            continue
        reason = outside(folder, path)
        if reason:
            refused.append((path, reason[0].upper() + reason[1:]))
            continue
        parts = PurePosixPath(path).parts
        entries.append(Entry(path, parts[0] if len(parts) > 1 else None))
    return Listing(Folder(folder), "subfolders", tuple(entries), tuple(refused), ignored)


def _files(folder: Path) -> Iterator[str]:
    """Relative paths of all files but hidden ones; links to folders end with a slash."""
    for here, folders, files in os.walk(folder, followlinks=False):
        relative = Path(here).relative_to(folder)
        links = [name for name in folders if (Path(here) / name).is_symlink()]
        folders[:] = sorted(n for n in folders if not n.startswith(".") and n not in links)
        shown = [name for name in files if not name.startswith(".")] + [f"{n}/" for n in links]
        yield from (
            name if here == str(folder) else f"{relative.as_posix()}/{name}" for name in shown
        )


def _labelled(table: Path, endings: tuple[str, ...]) -> Listing:
    """Files named in a CSV, relative to its folder."""
    entries: dict[str, Entry] = {}
    refused = []
    for path, label, superclass in _rows(table):
        reason = _unfit(table.parent, path, endings)
        if path in entries:
            reason = "Named twice in the CSV; the first row counts."
        if reason:
            refused.append((path, reason))
            continue
        entries[path] = Entry(path, label or None, superclass or None)
    ordered = tuple(entries[path] for path in sorted(entries))
    return Listing(Folder(table.parent), "labels", ordered, tuple(refused))


def _unfit(folder: Path, path: str, endings: tuple[str, ...]) -> str | None:
    leads = outside(folder, path)
    if leads or PurePosixPath(path).is_absolute():
        return "Leads outside the items folder."
    if not path.lower().endswith(endings):
        return f"Not one of {', '.join(endings)}."
    return None if (folder / path).is_file() else "Named in the CSV, but there is no such file."


def _rows(table: Path) -> Iterator[tuple[str, str, str]]:
    """(path, label, superclass) of every line of a CSV."""
    try:
        with table.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            known = [name.strip().lower() for name in reader.fieldnames or ()]
            if "path" not in known or "label" not in known:
                raise SettingRefused(
                    f"{table} has the columns {listed(known) or 'none'}; it needs path and "
                    "label, and may have superclass."
                )
            reader.fieldnames = known
            for row in reader:
                values = [(row.get(name) or "").strip() for name in ("path", "label", "superclass")]
                if values[0]:
                    yield values[0].replace("\\", "/"), values[1], values[2]
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingRefused(f"{table} is no CSV in UTF-8. Save it anew as one.") from error

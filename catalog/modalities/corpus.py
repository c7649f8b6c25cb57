"""Texts to read positions from: .txt and .jsonl files of a folder, or a saved dataset, one by one.

Nothing here holds more than one text: a corpus may be far larger than memory.
"""

import codecs
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from catalog.errors import SettingRefused
from catalog.modalities import datasets

COLUMN = "text"
"""Field of a .jsonl line, and column of a dataset, that holds the text."""
_PIECE = 1 << 20
"""Bytes of a file read at a time."""


class Document(Protocol):
    """One text of a corpus."""

    @property
    def name(self) -> str:
        """Where it stands: file, or file and line."""
        ...

    @property
    def characters(self) -> int:
        """Its length."""
        ...

    @property
    def sha256(self) -> str:
        """Of its text in UTF-8: copies of a text have the same."""
        ...

    def excerpt(self, first: int, count: int) -> str:
        """`count` characters from place `first` on."""
        ...


@dataclass(frozen=True)
class Unfit:
    """A file or line that cannot be read as a text."""

    name: str
    reason: str


@dataclass(frozen=True)
class _Held:
    """A line or a row."""

    name: str
    text: str

    @property
    def characters(self) -> int:
        return len(self.text)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    def excerpt(self, first: int, count: int) -> str:
        return self.text[first : first + count]


@dataclass(frozen=True)
class _File:
    """A file, of which no more than a piece is in memory."""

    path: Path
    name: str
    characters: int
    sha256: str

    @classmethod
    def read(cls, path: Path, name: str) -> "_File | Unfit":
        """Look at a whole file once: is it UTF-8, how long is it, what is its hash?"""
        digest, characters = hashlib.sha256(), 0
        try:
            for piece in _pieces(path):
                characters += len(piece)
                digest.update(piece.encode())
        except (UnicodeDecodeError, OSError) as error:
            told = "It is not UTF-8" if isinstance(error, UnicodeDecodeError) else "Not readable"
            return Unfit(name, f"{told}. Save it as UTF-8 text.")
        return cls(path, name, characters, digest.hexdigest())

    def excerpt(self, first: int, count: int) -> str:
        """Characters from `first` on, without those before them in memory."""
        found, seen = "", 0
        for piece in _pieces(self.path):
            if seen + len(piece) > first:
                found += piece[max(0, first - seen) :]
            if len(found) >= count:
                break
            seen += len(piece)
        return found[:count]


def _pieces(path: Path) -> Iterator[str]:
    """A file's text, without a first line that begins with a hash: that one tells its source.

    Where no other line follows in the first piece, it is the text.
    """
    decoder, beginning = codecs.getincrementaldecoder("utf-8")(), True
    with path.open("rb") as stream:
        while raw := stream.read(_PIECE):
            piece = decoder.decode(raw)
            if beginning:
                beginning = False
                piece = piece.removeprefix("\ufeff")
                first, ended, rest = piece.partition("\n")
                piece = rest if ended and first.startswith("#") else piece
            yield piece
    yield decoder.decode(b"", final=True)


def documents(folder: Path) -> Iterator[Document | Unfit]:
    """Every text below `folder`, by path and line; SettingRefused where there is no such folder."""
    if folder.is_file():
        yield from _of_file(folder, folder.name)
        return
    if not folder.is_dir():
        raise SettingRefused(
            f"There is no folder {folder}. --texts takes a folder of .txt or .jsonl files, or a "
            "saved dataset."
        )
    if datasets.is_dataset(folder):
        yield from _of_dataset(folder)
        return
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".txt", ".jsonl") and path.is_file():
            yield from _of_file(path, path.relative_to(folder).as_posix())


def kind(folder: Path) -> str:
    """files or dataset: how the texts of a folder are kept."""
    return "dataset" if datasets.is_dataset(folder) else "files"


def _of_file(path: Path, name: str) -> Iterator[Document | Unfit]:
    if path.suffix.lower() != ".jsonl":
        yield _File.read(path, name)
        return
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            if raw.strip():
                yield _of_line(raw, f"{name}:{number}")


def _of_line(raw: bytes, name: str) -> Document | Unfit:
    try:
        told: Any = json.loads(raw.decode("utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError):
        return Unfit(name, "The line is no JSON in UTF-8. Write one object a line.")
    text = told.get(COLUMN) if isinstance(told, dict) else None
    if not isinstance(text, str):
        return Unfit(name, f"The line has no field {COLUMN!r} that is a string.")
    return _held(name, text)


def _held(name: str, text: str) -> Document | Unfit:
    try:
        text.encode()
    except UnicodeEncodeError:
        return Unfit(name, "It holds half of a character (a lone surrogate).")
    return _Held(name, text)


def _of_dataset(folder: Path) -> Iterator[Document | Unfit]:
    found = datasets.Dataset.at(folder)
    for path, _ in found.rows(COLUMN):
        file, _, place = path.partition("#")
        row = int(place.partition(".")[0])
        text = found.tables[file].column(COLUMN)[row].as_py()
        name = path.removesuffix(f".{COLUMN}")
        yield _held(name, text) if isinstance(text, str) else Unfit(name, "The row has no text.")

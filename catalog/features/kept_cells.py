"""What the findings stage has measured so far, a file a cell: a stage that was ended goes on.

The folder is beside the catalog and goes when the stage is done. Its name holds a digest of all
that decides about a cell: signs, categories, the nulls asked for and the code that measures.
"""

import contextlib
import functools
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from catalog.errors import CatalogBusy
from catalog.features.cell_findings import Measured, Nulls
from catalog.features.cell_nulls import Cell, Key, Sample
from catalog.features.tables import Findings
from catalog.places import SUFFIX
from catalog.store.catalog import Catalog
from catalog.store.checkpoint import locked

CODE = ("catalog.features", "catalog.signs")
"""Packages that decide about a cell."""


@dataclass(frozen=True)
class KeptCells:
    """Cells of one catalog that are measured, each (site, threshold) in a file of its own."""

    folder: Path

    def get(self, site: str, threshold: str) -> Measured | None:
        """A cell, or None where it is still to measure."""
        path = self._path(site, threshold)
        if not path.is_file():
            return None
        with np.load(path) as arrays:
            told = json.loads(arrays["told"].tobytes())
            samples = [
                Sample(Cell(*cell), Key(*key), tuple(names), arrays[f"{place}"])
                for place, (cell, key, names) in enumerate(told["samples"])
            ]
        return Measured(Findings(told["tables"]), samples, told["signs"])

    def keep(self, site: str, threshold: str, found: Measured) -> None:
        """Keep a cell; it is there wholly or not at all."""
        path = self._path(site, threshold)
        partial = path.with_suffix(".partial")
        told = {
            "tables": found.findings.tables,
            "samples": [(_fields(s.cell), _fields(s.key), s.categories) for s in found.samples],
            "signs": found.signs,
        }
        text = json.dumps(told, default=lambda value: value.item()).encode()
        arrays: dict[str, Any] = {f"{n}": one.aucs for n, one in enumerate(found.samples)}
        arrays["told"] = np.frombuffer(text, np.uint8)
        with partial.open("wb") as stream:
            np.savez(stream, **arrays)
        os.replace(partial, path)

    def _path(self, site: str, threshold: str) -> Path:
        return self.folder / f"{site}-{threshold}.npz"


def _fields(one: Cell | Key) -> list[object]:
    return list(vars(one).values())


@contextlib.contextmanager
def kept(catalog: Catalog, folder: Path, nulls: Nulls, stays: bool) -> Iterator[KeptCells]:
    """The cells measured so far, held for one process; removed at the end unless it `stays`.

    Those made for other categories, nulls or code are removed. Raises CatalogBusy where another
    process measures this catalog.
    """
    stem = catalog.path.name.removesuffix(SUFFIX)
    own = catalog.path.with_name(f"{stem}-{_digest(catalog, folder, nulls)[:6]}.findings")
    for old in catalog.path.parent.glob(f"{stem}-??????.findings"):
        if old != own and not _held(old):
            shutil.rmtree(old, ignore_errors=True)
    with locked(own, "measured"):
        yield KeptCells(own)
        if not stays:
            shutil.rmtree(own)


def _held(folder: Path) -> bool:
    """Whether another process measures with this folder."""
    try:
        with locked(folder, "measured"):
            return False
    except CatalogBusy:
        return True


def _digest(catalog: Catalog, folder: Path, nulls: Nulls) -> str:
    """Hash of all that decides about a cell."""
    digest = hashlib.sha256(
        f"{catalog.build['content_hash']} {catalog.tau} {nulls} {_code()}".encode()
    )
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


@functools.cache
def _code() -> str:
    """Hash of the code that measures."""
    digest = hashlib.sha256()
    for package in CODE:
        for part in sorted(resources.files(package).iterdir(), key=lambda one: one.name):
            if part.name.endswith(".py"):
                digest.update(part.read_bytes())
    return digest.hexdigest()

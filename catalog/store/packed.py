"""Packed signs in memory: loaded once per site, shared, read-only, bounded in bytes."""

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from catalog.errors import CatalogUnreadable, NotInCatalog
from catalog.signs import bits
from catalog.store import queries, reading
from catalog.store.file import Stamp, rows_of

Layout = Literal["by item", "by dimension"]
Key = tuple[Stamp, str, str, Layout]


def limit() -> int:
    """Most bytes kept: $DIMS_MEMORY (bytes), else 1 GB."""
    return int(float(os.environ.get("DIMS_MEMORY", 1e9)))


class Shelf:
    """Arrays kept in order of last use; the least recent ones leave when the limit is reached.

    The newest array always stays, even where it alone is larger than the limit.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[Key, NDArray[Any]] = OrderedDict()
        self._loading: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Key, load: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """The array of `key`, loaded by one caller while the others wait."""
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    return self._kept[key]
            array = load()
            array.setflags(write=False)
            with self._lock:
                self._keep(key, array)
                self._loading.pop(key, None)
        return array

    def _keep(self, key: Key, array: NDArray[Any]) -> None:
        outdated = [k for k in self._kept if k[0].path == key[0].path and k[0] != key[0]]
        for old in outdated:
            del self._kept[old]
        self._kept[key] = array
        while len(self._kept) > 1 and self._bytes() > limit():
            self._kept.popitem(last=False)

    def _bytes(self) -> int:
        return sum(array.nbytes for array in self._kept.values())

    def held(self) -> list[tuple[Key, int]]:
        """What is in memory, least recently used first: (key, bytes)."""
        with self._lock:
            return [(key, array.nbytes) for key, array in self._kept.items()]

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._kept.clear()


shelf = Shelf()
"""The one of this process."""


def by_item(path: Path, site: str, threshold: str) -> bits.Words:
    """Word-major signs of a site: read-only uint64[ceil(D / 64), N]; see `bits.words`.

    Raises NotInCatalog where the catalog has no signs of this site at this threshold.
    """
    key: Key = (Stamp.of(path), site, threshold, "by item")
    return shelf.get(key, lambda: bits.words(_rows(path, site, threshold)))


def by_dimension(path: Path, site: str, threshold: str) -> bits.Packed:
    """Signs of a site by dimension: read-only uint8[D, ceil(N / 8)]; turned where not stored.

    Raises NotInCatalog where the catalog has no signs of this site at this threshold.
    """
    key: Key = (Stamp.of(path), site, threshold, "by dimension")
    return shelf.get(key, lambda: _turned(path, site, threshold))


def _rows(path: Path, site: str, threshold: str) -> bits.Packed:
    table = reading.fetch_arrow(path, queries.bits_by_item(site, threshold))
    if not len(table):
        raise NotInCatalog(
            f"{path.stem} has no signs of {site} with threshold {threshold}. "
            "Choose another site or threshold."
        )
    numbers = table.column("item").to_numpy()
    if not np.array_equal(numbers, np.arange(len(numbers))):
        raise CatalogUnreadable(f"{path} misses the signs of some items. Build it again.")
    return rows_of(table.column("bits"), len(table.column("bits")[0].as_py()))


def _turned(path: Path, site: str, threshold: str) -> bits.Packed:
    table = reading.fetch_arrow(path, queries.bits_by_dimension(site, threshold))
    if len(table):
        return rows_of(table.column("bits"), len(table.column("bits")[0].as_py()))
    dims = len(reading.fetch(path, queries.positives(site, threshold)))
    return bits.transpose(_rows(path, site, threshold), dims)

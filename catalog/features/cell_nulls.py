"""The nulls of one site, threshold and background, and how they are drawn further in workers."""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.features import lexicon, nulls, splits
from catalog.features.lexicon import Lexicon
from catalog.features.pools import Pools
from catalog.features.shared_nulls import Shared
from catalog.features.splits import Splits
from catalog.modalities.backgrounds import OWN, Background
from catalog.signs.prototypes import Ints
from catalog.signs.site_signs import SiteSigns
from catalog.store.catalog import Catalog


class FolderSplits:
    """Pools and splits of the categories of a folder: the same at all sites and thresholds."""

    def __init__(self, words: Lexicon, ground: Pools) -> None:
        self.words, self.ground = words, ground
        self._matched: dict[int, Splits] = {}

    @classmethod
    def of(cls, catalog: Catalog, folder: Path) -> "FolderSplits":
        """Made once per catalog and process."""

        def make() -> FolderSplits:
            return cls(lexicon.lexicon(catalog, folder), lexicon.pools_of(catalog))

        return catalog.remembered(("drawn", folder), make)

    def splits(self, background: Background, name: str, place: int) -> Splits:
        """A category's splits. Those of `matched`, which take time and are small, are kept."""
        members = self.words.matches[name].members
        if background not in OWN:
            return splits.drawn(self.ground, name, place, members, background)
        if place not in self._matched:
            self._matched[place] = splits.drawn(self.ground, name, place, members, background)
        return self._matched[place]


@dataclass(frozen=True)
class Cell:
    """A site, threshold and background."""

    site: str
    threshold: str
    background: Background


@dataclass(frozen=True)
class Key:
    """One null of a cell."""

    size: int
    """Families in each random set."""
    category: str | None
    """Whose strata it draws from; None where all categories of one size share it."""


@dataclass(frozen=True)
class Sample:
    """The first draws of one null."""

    cell: Cell
    key: Key
    categories: tuple[str, ...]
    """Whose AUCs are judged by it."""
    aucs: NDArray[np.float64]


class CellNulls:
    """What random sets are drawn from in one cell."""

    def __init__(self, folder: FolderSplits, site: SiteSigns, background: Background) -> None:
        self.folder, self.site, self.background = folder, site, background
        self._places = {name: place for place, name in enumerate(folder.words.measured)}

    @functools.cached_property
    def positives(self) -> Ints | None:
        """Positive items of a shared background: int64[dims]; None where each has its own."""
        if self.background in OWN:
            return None
        return self.site.positives(self.folder.ground.items(self.background))

    @functools.cached_property
    def _shared(self) -> Shared:
        items, generator = self.folder.ground.items(self.background), np.random.default_rng(0)
        assert self.positives is not None
        ground = nulls.Ground.shared(self.site, items, self.positives, generator)
        return Shared(self.site, ground, seed=1)

    def key(self, category: str) -> Key:
        """Which null a category is judged by."""
        members = len(self.folder.words.matches[category].members)
        return Key(members, category if self.background in OWN else None)

    def make(self, key: Key) -> nulls.Draws:
        """A null, from the same seed wherever it is made."""
        if key.category is None:
            return self._shared.of(key.size)
        place = self._places[key.category]
        pool = self.folder.splits(self.background, key.category, place).pool
        return nulls.Null(
            self.site, nulls.Ground.matched(self.site, pool), key.size, seed=2 + place
        )


@dataclass(frozen=True)
class Further:
    """Some nulls of a cell to draw further."""

    catalog: Catalog
    folder: Path
    cell: Cell
    wanted: tuple[tuple[Key, int, int], ...]
    """Each with the draws to begin and to end at."""


def further(task: Further) -> list[NDArray[np.float64]]:
    """Draws `start` to `stop` of each null of the task, in order."""
    folder = FolderSplits.of(task.catalog, task.folder)
    site = task.catalog.signs(task.cell.site, task.cell.threshold)
    made = CellNulls(folder, site, task.cell.background)
    return [made.make(key).between(start, stop) for key, start, stop in task.wanted]

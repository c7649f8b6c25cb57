"""The primary cell of a catalog, and the seeded sample of it that the model is run on again."""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.features import findings, measure
from catalog.features.categories import SMALL
from catalog.features.pools import BACKGROUNDS, Background, Pool, Pools
from catalog.features.scoring import Contest, Outcome, run
from catalog.signs.prototypes import halves
from catalog.signs.site_signs import SiteSigns
from catalog.sites import Site
from catalog.store import packed, queries, reading

Report = Callable[[str, int, int], None]
"""Told the stage, what is done and what there is in all; may raise to cancel."""
SAMPLE = 20_000
"""Items that the model is run on again."""
FEWEST = 8
"""Categories below which nothing is said of categories in general."""

Ints = NDArray[np.int64]
Ranks = list[NDArray[np.float64]]
"""Per category, the mean rank of each member among the negatives while it was held out."""


@dataclass(frozen=True)
class Member:
    """One category with its pool and splits: those of the findings, drawn from the same seed."""

    name: str
    place: int
    """Its number among the measured categories; seeds are made from it."""
    pool: Pool
    anchors: NDArray[np.bool_]
    """bool[splits, members]"""
    generator: np.random.Generator
    """As it stood before the splits were drawn."""


@dataclass(frozen=True)
class Cell:
    """The build's reading, and the primary site, threshold and background."""

    path: Path
    build: dict[str, Any]
    site: Site
    threshold: str
    level: NDArray[np.float32]
    """The threshold's value for each dimension: float32[dims]."""
    signs: SiteSigns
    words: findings.Lexicon
    ground: Pools
    categories: list[Member]
    """Those of at least 40 families."""
    background: Background = "matched"

    @classmethod
    def read(cls, path: Path, folder: Path) -> "Cell":
        """Read a catalog; `folder` holds the category files. Raises a CatalogError."""
        first = findings.primary(path)
        words, ground = findings.lexicon(path, folder), findings.pools_of(path)
        cuts = reading.fetch(path, _threshold(first.site, first.threshold))
        return cls(
            path,
            reading.fetch(path, queries.build()).iloc[0].to_dict(),
            Site.parse(first.site),
            first.threshold,
            cuts["value"].to_numpy(np.float32),
            SiteSigns(
                packed.by_item(path, first.site, first.threshold),
                packed.by_dimension(path, first.site, first.threshold),
            ),
            words,
            ground,
            list(_members(words, ground, first.background)),
            first.background,
        )

    @property
    def name(self) -> str:
        """The cell in words."""
        return (
            f"{self.site}, threshold {self.threshold}, background {self.background}, "
            f"reading {self.build['reading']}"
        )

    @property
    def representatives(self) -> Ints:
        """One item per family."""
        return self.ground.items("all")

    @property
    def too_few(self) -> str | None:
        """Why nothing can be said of categories here; None where there are enough."""
        found = len(self.categories)
        if found >= FEWEST:
            return None
        return f"Only {found} categories have 40 families of items here; {FEWEST} are needed."


def _members(words: findings.Lexicon, ground: Pools, background: Background) -> Sequence[Member]:
    found = []
    for place, (name, match) in enumerate(words.measured.items()):
        if match.small:
            continue
        generator = np.random.default_rng([place, BACKGROUNDS.index(background)])
        pool = ground.pool(background, match.members, generator)
        before = copy.deepcopy(generator)
        anchors = halves(len(match.members), measure.SPLITS, generator)
        found.append(Member(name, place, pool, anchors, before))
    return found


def _threshold(site: str, threshold: str) -> reading.Query:
    return reading.Query(
        "SELECT value FROM dimension_sign WHERE site = ? AND threshold = ? ORDER BY dimension",
        (site, threshold),
    )


@dataclass(frozen=True)
class Sample:
    """At most SAMPLE items, with the categories whose whole pools are among them."""

    items: Ints
    """Ascending."""
    categories: list[Member]
    """Their pools hold rows of `items`, not items."""
    labels: NDArray[np.bool_]
    """Which of these categories each item is in: bool[items, categories]."""

    @classmethod
    def of(cls, cell: Cell, most: int = SAMPLE, seed: int = 0) -> "Sample":
        """Categories in random order while their pools fit, then random items up to `most`.

        Where pools are the whole catalog and it is larger, random items, and pools cut to them.
        """
        generator = np.random.default_rng(seed)
        if cell.background != "matched" and len(cell.representatives) > most:
            items = np.sort(generator.choice(cell.representatives, most, replace=False))
            return cls._made(items, [_cut(one, items) for one in cell.categories])
        chosen = np.zeros(len(cell.ground.family), np.bool_)
        kept: list[Member] = []
        for place in generator.permutation(len(cell.categories)):
            one = cell.categories[place]
            wider = chosen.copy()
            wider[one.pool.members] = wider[one.pool.negatives] = True
            if wider.sum() <= most:
                chosen, kept = wider, [*kept, one]
        others = cell.representatives[~chosen[cell.representatives]]
        room = min(most - int(chosen.sum()), len(others))
        chosen[generator.choice(others, room, replace=False)] = True
        kept.sort(key=lambda one: one.place)
        return cls._made(np.flatnonzero(chosen), kept)

    @classmethod
    def _made(cls, items: Ints, categories: Sequence[Member]) -> "Sample":
        kept = [one for one in categories if len(one.pool.members) >= SMALL]
        labels = (
            np.stack([np.isin(items, one.pool.members) for one in kept], axis=1)
            if kept
            else (np.zeros((len(items), 0), np.bool_))
        )
        return cls(items, [_moved(one, items) for one in kept], labels)


def _cut(one: Member, items: Ints) -> Member:
    """The category as far as it is among `items`, split anew."""
    members, negatives = (np.intersect1d(p, items) for p in (one.pool.members, one.pool.negatives))
    pool = replace(one.pool, members=members, negatives=negatives)
    generator = copy.deepcopy(one.generator)
    anchors = (
        halves(len(members), measure.SPLITS, generator)
        if len(members) >= SMALL
        else one.anchors[:, :0]
    )
    return replace(one, pool=pool, anchors=anchors)


def _moved(one: Member, items: Ints) -> Member:
    """The category with its pool's items as places among `items`."""
    pool = replace(
        one.pool,
        members=np.searchsorted(items, one.pool.members),
        negatives=np.searchsorted(items, one.pool.negatives),
        left_out=one.pool.left_out[:0],
    )
    return replace(one, pool=pool)


def outcomes(site: SiteSigns, categories: Sequence[Member]) -> list[Outcome]:
    """Every category's contest at a site, over its own splits."""
    return [run(Contest.of(site, one.pool), one.anchors) for one in categories]


def held_out_ranks(found: Sequence[Outcome]) -> Ranks:
    """Per category: mean rank of each member over the splits in which it is held out."""
    ranks = []
    for one in found:
        held = ~one.anchors
        times = held.sum(axis=0)
        mean = (one.member_ranks * held).sum(axis=0) / np.maximum(times, 1)
        ranks.append(mean[times > 0])
    return ranks

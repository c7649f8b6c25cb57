"""Who writes the features of a site: coalitions and single neurons beside their nulls, as rows."""

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.circuits import coalitions as writers
from catalog.circuits.coalitions import Columns, Draws, Match
from catalog.features import lexicon, nulls, splits
from catalog.features.pools import Pools
from catalog.progress import Report, silent
from catalog.signs import significance
from catalog.signs.prototypes import anchor_count, contrast
from catalog.signs.site_signs import SiteSigns
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

DRAWS, ENOUGH, FURTHER = 200, 10, 10
"""Null item sets of a feature (and draws of Gaussian weights for a number of dimensions); while
fewer than ENOUGH reach the feature's value they go on, to FURTHER times as many."""
WITHOUT_VERDICT = 4
"""A feature that cannot have a verdict is shown beside a quarter of the draws."""
PERMUTED = 40
"""Draws of signs permuted across neurons, for each feature."""
TOP = 20
"""Neurons kept of each feature, the strongest first."""
DISCOVERED = 50
"""Discovered features looked at, the strongest first."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Subject:
    """A feature whose writers are looked for."""

    kind: str
    """category or discovered"""
    name: str
    dimensions: Ints
    signs: Ints
    small: bool

    @property
    def able(self) -> bool:
        """Whether it can have a verdict."""
        return not self.small and len(self.dimensions) >= writers.FEWEST


@dataclass(frozen=True)
class Found:
    """Rows of the tables `coalition` and `writer`."""

    coalitions: list[dict[str, Any]]
    writers: list[dict[str, Any]]


@dataclass(frozen=True)
class _Search:
    """One site and threshold of a catalog, and the neurons that can write to it."""

    catalog: Catalog
    site: str
    threshold: str
    columns: Columns
    draws: int

    @cached_property
    def signs(self) -> SiteSigns:
        """Signs of the items, for the prototypes of null item sets."""
        return self.catalog.signs(self.site, self.threshold)

    @cached_property
    def ground(self) -> Pools:
        """Backgrounds of the items."""
        return lexicon.pools_of(self.catalog)

    @cached_property
    def coins(self) -> dict[int, Draws]:
        """Gaussian weights by number of dimensions: they depend on nothing else."""
        return {}

    def gaussian(self, dims: int) -> Draws:
        """The procedure on Gaussian weights, drawn once for every number of dimensions."""
        if dims not in self.coins:
            generator = np.random.default_rng([3, dims])
            drawn = writers.coins(dims, self.columns.neurons, self.draws, generator)
            self.coins[dims] = writers.draws(drawn, generator)
        return self.coins[dims]


def measure(
    catalog: Catalog,
    columns: Columns,
    site: str,
    threshold: str,
    report: Report = silent,
    draws: int = DRAWS,
    only: Callable[[Subject], bool] = lambda _subject: True,
) -> Found:
    """Look for the writers of every feature of a site among `columns` (those that can reach it).

    Features are those the catalog holds at its primary background, and the strongest discovered.
    Nulls repeat everything: the real weights against prototypes of null item sets with as many
    dimensions as the feature; Gaussian weights; signs permuted across neurons per dimension.
    """
    search = _Search(catalog, site, threshold, columns, draws)
    subjects = [one for one in _subjects(catalog, site, threshold) if only(one)]
    for dims in sorted({len(one.dimensions) for one in subjects}):
        report("Gaussian weights", 0, 0)
        search.gaussian(dims)
    coalitions: list[dict[str, Any]] = []
    found: list[dict[str, Any]] = []
    report("writers", 0, len(subjects))
    with nulls.single_threaded(), ThreadPoolExecutor(nulls.THREADS) as workers:
        for row, own in workers.map(lambda one: _feature(search, one), subjects):
            coalitions.append(row)
            found += own
            report("writers", len(coalitions), len(subjects))
    _judge(coalitions)
    return Found(coalitions, found)


def _subjects(catalog: Catalog, site: str, threshold: str) -> Iterator[Subject]:
    background = catalog.primary.background
    rows = catalog.fetch(feature_queries.features(threshold, background))
    small = {str(r.category): bool(r.small) for r in rows[rows["site"] == site].itertuples()}
    prototypes = catalog.fetch(feature_queries.prototypes(site, threshold, background))
    for name, own in prototypes.groupby("category"):
        yield _subject("category", str(name), own, small[str(name)])
    listed = catalog.fetch(feature_queries.discovered(site, threshold))
    for name in listed["name"][:DISCOVERED]:
        own = catalog.fetch(feature_queries.discovered_prototype(str(name)))
        yield _subject("discovered", str(name), own, False)


def _subject(kind: str, name: str, own: Any, small: bool) -> Subject:
    dimensions, signs = own["dimension"].to_numpy(np.int64), own["sign"].to_numpy(np.int64)
    return Subject(kind, name, dimensions, signs, small)


def _feature(search: _Search, one: Subject) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of `coalition` and those of `writer` of one feature."""
    dims, columns = len(one.dimensions), search.columns
    generator = np.random.default_rng([4, *name_seed(one.name)])
    found = writers.match(columns.signs, one.dimensions, one.signs)
    held = writers.coalition(found, writers.dimension_halves(dims, generator))
    best = writers.strength(found)
    shuffled = writers.draws(writers.permuted(found, PERMUTED, generator), generator)
    drawn = _null(search, one, float(held.mean()), generator)
    normal = search.gaussian(dims)
    level = max(writers.best_of_coins(dims, columns.neurons), shuffled.best_p95, drawn.best_p95)
    key = {"kind": one.kind, "name": one.name, "site": search.site, "threshold": search.threshold}
    is_writer = (best > max(level, writers.WRITES)) & one.able
    row = {
        **key,
        "dimensions": dims,
        "neurons": columns.neurons,
        "held_out": float(held.mean()),
        "sd": float(held.std(ddof=1)),
        "null_mean": float(drawn.held_out.mean()),
        "null_p95": drawn.held_out_p95,
        "p": (1 + int((drawn.held_out >= held.mean()).sum())) / (1 + len(drawn.held_out)),
        "q": None,
        "gaussian_p95": normal.held_out_p95,
        "permuted_p95": shuffled.held_out_p95,
        "in_sample": writers.in_sample(found),
        "gaussian_in_sample": float(normal.in_sample.mean()),
        "null_in_sample": float(drawn.in_sample.mean()),
        "best": float(best.max()),
        "best_null_p95": drawn.best_p95,
        "best_gaussian_p95": writers.best_of_coins(dims, columns.neurons),
        "best_permuted_p95": shuffled.best_p95,
        "writers": int(is_writer.sum()),
        "nulls": drawn.held_out.astype(np.float32).tolist(),
        "null_writers": float(np.mean(drawn.best > max(level, writers.WRITES))),
        "verdict": "" if one.able else "no verdict",
    }
    return row, list(_neurons(key, found, best, is_writer, columns))


def _neurons(
    key: dict[str, Any],
    found: Match,
    best: NDArray[np.float64],
    is_writer: NDArray[np.bool_],
    columns: Columns,
) -> Iterator[dict[str, Any]]:
    """The strongest neurons; ties by length of the column, the longest first."""
    agreement = writers.agreements(found)
    order = np.lexsort((-columns.norms, -best))[:TOP]
    for rank, place in enumerate(order.tolist(), 1):
        yield {
            **key,
            "rank": rank,
            "layer": int(columns.layer[place]),
            "neuron": int(columns.neuron[place]),
            "agreement": float(agreement[place]),
            "polarity": 1 if agreement[place] >= 0.5 else -1,
            "norm": float(columns.norms[place]),
            "writer": bool(is_writer[place]),
        }


def name_seed(name: str) -> list[int]:
    """Numbers that seed the draws of a feature, whatever else is measured beside it."""
    return list(name.encode())


def _null(search: _Search, one: Subject, observed: float, generator: np.random.Generator) -> Draws:
    """The procedure on null item sets, drawn until p is settled."""
    draws = search.draws if one.able else max(1, search.draws // WITHOUT_VERDICT)
    most = draws * FURTHER if one.able else draws
    matches = _null_matches(search, one, most, generator)
    # The splits have a generator of their own: that of the sets is read as the draws go on.
    splits = np.random.default_rng([5, *name_seed(one.name)])
    found = writers.draws(itertools.islice(matches, draws), splits)
    while len(found.held_out) < most and (found.held_out >= observed).sum() < ENOUGH:
        found = found.joined(writers.draws(itertools.islice(matches, draws), splits))
    return found


def _null_matches(
    search: _Search, one: Subject, draws: int, generator: np.random.Generator
) -> Iterator[Match]:
    """The real weights against prototypes of random item sets of the same size and background."""
    signs = search.signs
    if one.kind == "category":
        pool = splits.of(search.catalog, one.name).pool
        ground, size = nulls.Ground.of(signs, pool), len(pool.members)
    else:
        items = search.ground.items("all")
        positives = signs.positives(items)
        ground, size = nulls.Ground.shared(signs, items, positives, generator), _SEEDED
    for dimensions, expected in prototypes_of_sets(
        signs, ground, size, len(one.dimensions), draws, generator
    ):
        yield writers.match(search.columns.signs, dimensions, expected)


_SEEDED = 50
"""Items that a discovered feature is made from: half of them register it."""


def prototypes_of_sets(
    signs: SiteSigns,
    ground: nulls.Ground,
    size: int,
    dims: int,
    draws: int,
    generator: np.random.Generator,
) -> Iterator[tuple[Ints, Ints]]:
    """Prototypes of random sets of items: dimensions int64[dims] and their expected signs.

    As for a feature, half of a set (at most 50 items) are anchors. Choice where the method is
    silent: a null prototype has as many dimensions as the feature (the strongest; those tied for
    the last place at random), since fewer dimensions reach a high agreement by chance.
    """
    count, total = anchor_count(size), len(ground.items)
    for places in ground.sets(size, draws, generator):
        anchors = generator.permutation(places)[:count]
        positive = signs.bits(ground.items[anchors]).sum(axis=0, dtype=np.int64)
        found = contrast(positive, count, ground.positives, total)
        order = np.lexsort((generator.random(len(found)), -np.abs(found)))[:dims]
        yield order, np.sign(found[order]).astype(np.int64)


def _judge(rows: list[dict[str, Any]]) -> None:
    """q over the features of a kind that can have a verdict, then the verdicts, in place.

    Written: q < 0.05 against null item sets, and above the 95th percentiles of Gaussian and of
    permuted weights.
    """
    for kind in ("category", "discovered"):
        able = [row for row in rows if row["kind"] == kind and row["verdict"] != "no verdict"]
        if not able:
            continue
        for row, q in zip(
            able, significance.benjamini_hochberg(np.array([r["p"] for r in able])), strict=True
        ):
            others = max(row["gaussian_p95"], row["permuted_p95"])
            written = q < 0.05 and row["held_out"] > others
            row["q"], row["verdict"] = (
                float(q),
                "written" if written else "not above its nulls",
            )

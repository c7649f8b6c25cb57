"""Who writes the features of a site: coalitions and single neurons beside their nulls, as rows.

`measured` is the whole of `dims writers`: it runs nothing, but reads the weights of the model.
"""

import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from catalog.circuits import coalitions, subjects, writers
from catalog.circuits.coalitions import Draws
from catalog.circuits.item_sets import ItemSets
from catalog.circuits.subjects import Subject
from catalog.errors import NotInCatalog
from catalog.features import nulls, threads
from catalog.model import columns as reach
from catalog.model.columns import Columns
from catalog.progress import Report, silent
from catalog.signs import significance
from catalog.sites import Site
from catalog.store import replacing
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.model.down_projection import Strongest

DRAWS, ENOUGH, FURTHER = 200, 10, 10
"""Null item sets of a feature (and draws of Gaussian weights for a number of dimensions); while
fewer than ENOUGH reach the feature's value they go on, to FURTHER times as many."""
WITHOUT_VERDICT = 4
"""A feature that cannot have a verdict is shown beside a quarter of the draws."""
PERMUTED = 40
"""Draws of signs permuted across neurons, for each feature."""


@dataclass(frozen=True)
class Rows:
    """Rows of the tables `coalition` and `writer`."""

    coalitions: list[dict[str, Any]]
    writers: list[dict[str, Any]]


def measured(
    catalog: Catalog,
    site: str | None = None,
    threshold: str | None = None,
    model: str | None = None,
    report: Report = silent,
    draws: int = DRAWS,
) -> tuple[str, str]:
    """Measure a site and write a copy that replaces the catalog; returns site and threshold.

    By default the cell that verdicts are made in; `model` says where the model lies now. Raises
    SettingRefused for a site that no FFN writes to and for other weights, ModelUnavailable where
    the model cannot be had, NotInCatalog before the categories were measured.
    """
    first = catalog.primary
    where = site or first.site
    chosen = catalog.checked(where, threshold or first.threshold, first.background)
    replacing.ask(catalog.path)
    if not catalog.measured:
        raise NotInCatalog(
            f"The categories of {catalog.slug} have not been measured yet. Measure them with: "
            f"dims features {catalog.slug}"
        )
    reach.check(Site.parse(where))
    from catalog.model import down_projection, opening  # torch and transformers take seconds

    report("loading the model", 0, 0)
    found = down_projection.before(opening.of(catalog, model), Site.parse(where))
    rows = measure(catalog, found.columns, where, chosen, report, draws)
    tables: dict[str, list[dict[str, Any]]] = {
        "coalition": rows.coalitions,
        "writer": rows.writers,
    }
    if where != "final":  # its norm is folded in: no writers of the stream's dimensions
        tables["dimension_writer"] = list(strongest_rows(found.strongest))
    replacing.replace_writers(catalog.path, where, chosen, tables)
    return where, chosen


def strongest_rows(found: "Iterable[Strongest]") -> Iterator[dict[str, Any]]:
    """Rows of `dimension_writer`."""
    for block in found:
        for dimension, (neurons, weights, rms) in enumerate(
            zip(block.neuron.tolist(), block.weight.tolist(), block.rms.tolist(), strict=True)
        ):
            for rank, (neuron, weight) in enumerate(zip(neurons, weights, strict=True), 1):
                yield {
                    "dimension": dimension,
                    "layer": block.layer,
                    "rank": rank,
                    "neuron": neuron,
                    "weight": weight,
                    "times_rms": abs(weight) / rms if rms else 0.0,
                }


def measure(
    catalog: Catalog,
    columns: Columns,
    site: str,
    threshold: str,
    report: Report = silent,
    draws: int = DRAWS,
    only: Callable[[Subject], bool] = lambda _subject: True,
) -> Rows:
    """Look for the writers of every feature of a site among `columns` (those that can reach it).

    Features are those the catalog holds at its primary background, and the strongest discovered.
    Nulls repeat everything: the real weights against prototypes of null item sets with as many
    dimensions as the feature; Gaussian weights; signs permuted across neurons per dimension.
    """
    search = _Search(ItemSets(catalog, site, threshold), columns, draws)
    listed = [one for one in subjects.of(catalog, site, threshold) if only(one)]
    for dims in sorted({len(one.dimensions) for one in listed}):
        report("Gaussian weights", 0, 0)
        search.gaussian(dims)
    rows = Rows([], [])
    report("writers", 0, len(listed))
    with threads.single(), ThreadPoolExecutor(nulls.THREADS) as workers:
        for row, own in workers.map(lambda one: _feature(search, one), listed):
            rows.coalitions.append(row)
            rows.writers.extend(own)
            report("writers", len(rows.coalitions), len(listed))
    _judge(rows.coalitions)
    return rows


@dataclass(frozen=True)
class _Search:
    """One site and threshold of a catalog, and the neurons that can write to it."""

    sets: ItemSets
    columns: Columns
    draws: int

    @cached_property
    def coins(self) -> dict[int, Draws]:
        """Gaussian weights by number of dimensions: they depend on nothing else."""
        return {}

    def gaussian(self, dims: int) -> Draws:
        """The procedure on Gaussian weights, drawn once for every number of dimensions."""
        if dims not in self.coins:
            generator = np.random.default_rng([3, dims])
            drawn = coalitions.coins(dims, self.columns.neurons, self.draws, generator)
            self.coins[dims] = coalitions.draws(drawn, generator)
        return self.coins[dims]


def _feature(search: _Search, one: Subject) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The row of `coalition` and those of `writer` of one feature."""
    dims, columns = len(one.dimensions), search.columns
    generator = np.random.default_rng([4, *one.seed])
    found = writers.match(columns.signs, one.dimensions, one.signs)
    held = coalitions.coalition(found, coalitions.dimension_halves(dims, generator))
    best = writers.strength(found)
    shuffled = coalitions.draws(coalitions.permuted(found, PERMUTED, generator), generator)
    drawn = _null(search, one, float(held.mean()), generator)
    normal = search.gaussian(dims)
    best_normal = writers.best_of_coins(dims, columns.neurons)
    above = max(best_normal, shuffled.best_p95, drawn.best_p95, writers.WRITES)
    is_writer = (best > above) & one.able
    key = {
        "kind": one.kind,
        "name": one.name,
        "site": search.sets.site,
        "threshold": search.sets.threshold,
    }
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
        "in_sample": coalitions.in_sample(found),
        "gaussian_in_sample": float(normal.in_sample.mean()),
        "null_in_sample": float(drawn.in_sample.mean()),
        "best": float(best.max()),
        "best_null_p95": drawn.best_p95,
        "best_gaussian_p95": best_normal,
        "best_permuted_p95": shuffled.best_p95,
        "writers": int(is_writer.sum()),
        "nulls": drawn.held_out.astype(np.float32).tolist(),
        "null_writers": float(np.mean(drawn.best > above)),
        "verdict": "" if one.able else "no verdict",
    }
    return row, [{**key, **neuron} for neuron in writers.rows(found, is_writer, columns)]


def _null(search: _Search, one: Subject, observed: float, generator: np.random.Generator) -> Draws:
    """The procedure on null item sets, drawn until p is settled."""
    draws = search.draws if one.able else max(1, search.draws // WITHOUT_VERDICT)
    most = draws * FURTHER if one.able else draws
    matches = (
        writers.match(search.columns.signs, dimensions, expected)
        for dimensions, expected in search.sets.prototypes(one, most, generator)
    )
    # The splits have a generator of their own: that of the sets is read as the draws go on.
    own = np.random.default_rng([5, *one.seed])
    found = coalitions.draws(itertools.islice(matches, draws), own)
    while len(found.held_out) < most and (found.held_out >= observed).sum() < ENOUGH:
        found = found.joined(coalitions.draws(itertools.islice(matches, draws), own))
    return found


def _judge(rows: list[dict[str, Any]]) -> None:
    """q over the features of a kind that can have a verdict, then the verdicts, in place.

    Written: q < 0.05 against null item sets, and above the 95th percentiles of Gaussian and of
    permuted weights.
    """
    for kind in ("category", "discovered"):
        able = [row for row in rows if row["kind"] == kind and row["verdict"] != "no verdict"]
        if not able:
            continue
        every_q = significance.benjamini_hochberg(np.array([row["p"] for row in able]))
        for row, q in zip(able, every_q, strict=True):
            others = max(row["gaussian_p95"], row["permuted_p95"])
            written = q < 0.05 and row["held_out"] > others
            row["q"], row["verdict"] = float(q), "written" if written else "not above its nulls"

"""`dims discover`: search a site for unsupervised features, with nulls, and keep what is found."""

import hashlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.features import lexicon, unsupervised
from catalog.features.measure import agreement_of
from catalog.features.nulls import FURTHEST, reached
from catalog.progress import Report, silent
from catalog.signs import gaussian, independence, significance
from catalog.signs.bits import Packed
from catalog.signs.prototypes import auc
from catalog.signs.site_signs import SiteSigns
from catalog.store import feature_queries, replacing
from catalog.store.catalog import Catalog

SEEDS = 1500
_SMALLEST = 20
"""Members a category needs to be named as a discovered feature's nearest."""


@dataclass(frozen=True)
class _Place:
    """What is searched: the family representatives of one site and threshold."""

    catalog: Catalog
    site: str
    threshold: str
    signs: SiteSigns
    items: NDArray[np.int64]
    """The representatives; a place in the field is a place in here."""
    field: unsupervised.Field

    @classmethod
    def of(cls, catalog: Catalog, site: str, threshold: str) -> "_Place":
        signs = catalog.signs(site, threshold)
        items = lexicon.pools_of(catalog).items("all")
        field = unsupervised.Field(signs.columns(items), len(items))
        return cls(catalog, site, threshold, signs, items, field)


def discover(
    catalog: Catalog,
    site: str,
    threshold: str | None = None,
    seeds: int = SEEDS,
    seed: int = 0,
    report: Report = silent,
) -> dict[str, Any]:
    """Search, write the findings into a copy that replaces the catalog, and return the summary.

    Other sites' discoveries stay. Items are family representatives. Raises NotInCatalog or
    SettingRefused.
    """
    here = _Place.of(catalog, site, catalog.checked(site, threshold, "all"))
    replacing.ask(catalog.path)
    generator = np.random.default_rng(seed)
    field, count = here.field, min(seeds, here.field.items)
    places = generator.choice(field.items, count, replace=False)

    def find(where: unsupervised.Field, stage: str, same: bool = False) -> unsupervised.Found:
        def told(done: int, total: int) -> None:
            report(stage, done, total)

        return unsupervised.discover(where, places, generator, same, told)

    found = find(field, "discover")
    coins = unsupervised.Field(
        independence.permuted(field.by_dimension, field.items, generator), field.items
    )
    null = find(coins, "permuted")
    correlated = medians(catalog, site, here.threshold).columns(here.items)
    like = find(gaussian_field(field, correlated, generator), "gaussian")
    paper = find(field, "paper", True)
    flips = find(coins, "coin flips", True)
    random = unsupervised.random_neighbours(field, places, generator)
    drawn = further(found.auc, null.auc, coins, np.random.default_rng([seed, 1]), report)
    tested = unsupervised.yield_against(found.auc, drawn)
    rows, dimensions = _rows(here, found, tested)
    summary = {
        "site": site,
        "threshold": here.threshold,
        "seeds": count,
        "yield": tested.share,
        "auc": float(found.auc.mean()),
        "null_auc": float(null.auc.mean()),
        "null_p95": float(np.quantile(null.auc, 0.95)),
        "null_sparsity": float(np.median(null.sparsity)),
        "gaussian_yield": unsupervised.yield_against(like.auc, drawn).share,
        "gaussian_auc": float(like.auc.mean()),
        "sparsity": float(np.median(found.sparsity)),
        "kept": len(rows),
        "paper_yield": unsupervised.yield_against(paper.auc, random).share,
        "paper_coin_yield": unsupervised.yield_against(flips.auc, random).share,
    }
    tables = {"discovery": [summary], "discovered": rows, "discovered_dimension": dimensions}
    replacing.replace_site(catalog.path, site, here.threshold, tables)
    return {**summary, "features": rows}


def further(
    auc: NDArray[np.float64],
    null: NDArray[np.float64],
    coins: unsupervised.Field,
    generator: np.random.Generator,
    report: Report = silent,
) -> NDArray[np.float64]:
    """AUCs of seeds on permuted signs: those of `null`, doubled while they could decide more.

    As many null seeds as seeds leave a few clear features without any q < 0.05: the rule is that of
    `significance.undecided`, to FURTHEST null seeds.
    """
    while _undecided(auc, null):
        count = min(len(null), coins.items, FURTHEST - len(null))
        report("further draws", len(null), FURTHEST)
        chosen = generator.choice(coins.items, count, replace=False)
        null = np.concatenate([null, unsupervised.discover(coins, chosen, generator).auc])
    return null


def _undecided(auc: NDArray[np.float64], null: NDArray[np.float64]) -> bool:
    return bool(significance.undecided(reached(null, auc), len(null), FURTHEST).any())


def medians(catalog: Catalog, site: str, threshold: str) -> SiteSigns:
    """Signs that a site's correlations are read from: about medians where the catalog has them."""
    return catalog.signs(site, "median" if "median" in catalog.thresholds else threshold)


def gaussian_field(
    field: unsupervised.Field, correlated: Packed, generator: np.random.Generator
) -> unsupervised.Field:
    """The Gaussian null of a field: its shares positive, and the correlations of `correlated`.

    `correlated` is signs of the same items about their medians; see `catalog.signs.gaussian`.
    """
    drawn = gaussian.signs(field.by_dimension, correlated, field.items, generator)
    return unsupervised.Field(drawn, field.items)


def _rows(
    here: _Place, found: unsupervised.Found, tested: unsupervised.Yield
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of discovered and discovered_dimension, duplicates merged, strongest first."""
    into = unsupervised.merge(found)
    merged = np.bincount(into, minlength=len(into))
    kept = np.flatnonzero(into == np.arange(len(into)))
    members = _members(here.catalog)
    rows: list[dict[str, Any]] = []
    dimensions: list[dict[str, Any]] = []
    seen: set[str] = set()
    for row in kept[np.argsort(-found.auc[kept], kind="stable")]:
        dims, expected = found.prototypes.of(row)
        name = name_of(here.site, here.threshold, dims, expected)
        if name in seen:  # nothing fires, so that the firing sets could not tell them alike
            continue
        seen.add(name)
        agreement = agreement_of(here.signs.by_dimension, here.signs.items, dims, expected)
        category, best = _nearest(agreement, members, here.items)
        rows.append(
            {
                "name": name,
                "site": here.site,
                "threshold": here.threshold,
                "seed_item": int(here.items[found.seeds[row]]),
                "auc": float(found.auc[row]),
                "p": float(tested.p[row]),
                "q": float(tested.q[row]),
                "sparsity": float(found.sparsity[row]),
                "dimensions": len(dims),
                "fallback": bool(found.prototypes.fallback[row]),
                "merged": int(merged[row]),
                "category": category,
                "category_auc": best,
            }
        )
        dimensions += [
            {"name": name, "dimension": int(d), "sign": int(s)}
            for d, s in zip(dims, expected, strict=True)
        ]
    return rows, dimensions


def _members(catalog: Catalog) -> dict[str, NDArray[np.int64]]:
    """Members of every category that is large enough to be named."""
    members = catalog.fetch(feature_queries.all_members())
    return {
        str(name): rows["item"].to_numpy(np.int64)
        for name, rows in members.groupby("category")
        if len(rows) >= _SMALLEST
    }


def name_of(
    site: str, threshold: str, dimensions: NDArray[np.integer], signs: NDArray[np.integer]
) -> str:
    """Name of a discovered feature: 12 digits of the hash of its site and signed dimensions."""
    text = f"{site} {threshold} " + " ".join(
        f"{'+' if s > 0 else '-'}{d}" for d, s in zip(dimensions, signs, strict=True)
    )
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _nearest(
    agreement: NDArray[np.float32], members: dict[str, NDArray[np.int64]], items: NDArray[np.int64]
) -> tuple[str | None, float | None]:
    """Category whose members agree most, and the AUC of its members against all other items."""
    if not members:
        return None, None
    mean = {name: float(agreement[own].mean()) for name, own in members.items()}
    best = max(mean, key=lambda name: mean[name])
    return best, auc(agreement[items], np.isin(items, members[best]))

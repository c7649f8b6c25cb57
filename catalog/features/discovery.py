"""`dims discover`: search a site for unsupervised features, with nulls, and keep what is found."""

import hashlib
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.features import from_words, unsupervised
from catalog.features.measure import agreement_of
from catalog.progress import Report, silent
from catalog.signs import gaussian, independence
from catalog.signs.prototypes import auc
from catalog.signs.site_signs import SiteSigns
from catalog.store import feature_queries
from catalog.store import replacing as store
from catalog.store.catalog import Catalog

SEEDS = 1500
_SMALLEST = 20
"""Members a category needs to be named as a discovered feature's nearest."""


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
    chosen = catalog.checked(site, threshold, "all")
    signs, base = catalog.signs(site, chosen), from_words.ground(catalog)
    items = base.pools.items("all")
    field = unsupervised.Field(signs.columns(items), len(items))
    generator = np.random.default_rng(seed)
    places = generator.choice(len(items), min(seeds, len(items)), replace=False)

    def told(stage: str) -> Callable[[int, int], None]:
        return lambda done, total: report(stage, done, total)

    found = unsupervised.discover(field, places, generator, progress=told("discover"))
    coins = unsupervised.Field(
        independence.permuted(field.by_dimension, field.items, generator), field.items
    )
    null = unsupervised.discover(coins, places, generator, progress=told("permuted"))
    tested = unsupervised.yield_against(found.auc, null.auc)
    normal = unsupervised.Field(
        _gaussian(catalog, site, signs, items, field, generator), field.items
    )
    like = unsupervised.discover(normal, places, generator, progress=told("gaussian"))
    paper = unsupervised.discover(field, places, generator, True, progress=told("paper"))
    flips = unsupervised.discover(coins, places, generator, True, progress=told("coin flips"))
    random = unsupervised.random_neighbours(field, places, generator)
    into = unsupervised.merge(found)
    kept = np.flatnonzero(into == np.arange(len(into)))
    summary = {
        "site": site,
        "threshold": chosen,
        "seeds": len(places),
        "yield": tested.share,
        "auc": float(found.auc.mean()),
        "null_auc": float(null.auc.mean()),
        "null_p95": float(np.quantile(null.auc, 0.95)),
        "null_sparsity": float(np.median(null.sparsity)),
        "gaussian_yield": unsupervised.yield_against(like.auc, null.auc).share,
        "gaussian_auc": float(like.auc.mean()),
        "sparsity": float(np.median(found.sparsity)),
        "kept": len(kept),
        "paper_yield": unsupervised.yield_against(paper.auc, random).share,
        "paper_coin_yield": unsupervised.yield_against(flips.auc, random).share,
    }
    rows, dimensions = _rows(catalog, summary, found, tested, into, kept, items, signs)
    summary["kept"] = len(rows)
    store.replace_site(
        catalog.path,
        site,
        chosen,
        {"discovery": [summary], "discovered": rows, "discovered_dimension": dimensions},
    )
    return {**summary, "features": rows}


def _gaussian(
    catalog: Catalog,
    site: str,
    signs: SiteSigns,
    items: NDArray[np.int64],
    field: unsupervised.Field,
    generator: np.random.Generator,
) -> NDArray[np.uint8]:
    """Gaussian signs like the site's; correlations from median signs where these are stored."""
    stored = catalog.thresholds
    median = catalog.signs(site, "median") if "median" in stored else signs
    return gaussian.signs(field.by_dimension, median.columns(items), field.items, generator)


def _rows(
    catalog: Catalog,
    summary: dict[str, Any],
    found: unsupervised.Found,
    tested: unsupervised.Yield,
    into: NDArray[np.int64],
    kept: NDArray[np.int64],
    items: NDArray[np.int64],
    signs: SiteSigns,
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Rows of discovered and discovered_dimension, strongest first."""
    members = catalog.fetch(feature_queries.all_members())
    by_category = {
        n: g["item"].to_numpy() for n, g in members.groupby("category") if len(g) >= _SMALLEST
    }
    merged = np.bincount(into, minlength=len(into))
    rows: list[dict[str, Any]] = []
    dimensions: list[dict[str, Any]] = []
    seen: set[str] = set()
    for row in kept[np.argsort(-found.auc[kept], kind="stable")]:
        dims, expected = found.prototypes.of(row)
        name = name_of(summary["site"], summary["threshold"], dims, expected)
        if name in seen:  # nothing fires, so that the firing sets could not tell them alike
            continue
        seen.add(name)
        agreement = agreement_of(signs.by_dimension, signs.items, dims, expected)
        category, best = _nearest(agreement, by_category, items)
        rows.append(
            {
                "name": name,
                "site": summary["site"],
                "threshold": summary["threshold"],
                "seed_item": int(items[found.seeds[row]]),
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

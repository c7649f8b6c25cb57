"""Layers of one catalog and versions of one model, computed once, then read from the cache."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from catalog import places
from catalog.comparing import allowed, layers, sides, versions
from catalog.comparing.cached_pairs import States, settings_of
from catalog.comparing.phi import Bits
from catalog.comparing.sides import Side
from catalog.errors import CatalogError, SettingRefused
from catalog.progress import Report, silent
from catalog.store import cache, feature_queries, queries
from catalog.store.cache import Result
from catalog.store.catalog import Catalog


def stored_layers(catalog: Catalog, threshold: str) -> Result | None:
    """Similarity of the sites of a catalog, where it was computed."""
    return cache.load(_layers_path(catalog, threshold))


def _layers_path(catalog: Catalog, threshold: str) -> Path:
    build = catalog.build
    return cache.path_of("layers", [str(build["content_hash"])], {"threshold": threshold})


def similarity(catalog: Catalog, threshold: str, report: Report = silent) -> Result:
    """Every site of a catalog against every other: see `layers.similarity`."""
    found = stored_layers(catalog, threshold)
    if found is not None:
        return found
    own = sides.shared(catalog, catalog).a
    generator = np.random.default_rng(0)
    size = min(layers.SAMPLE, len(own))
    chosen = np.sort(generator.choice(own, size, replace=False))
    signs = {
        str(row.site): sides.bits(Side(catalog, str(row.site), threshold, int(row.dims)), chosen)
        for row in sides.sites_of(catalog).itertuples()
    }
    frame = layers.similarity(signs, report)
    result = Result({"families": size, "sites": len(signs)}, {"similarity": frame})
    return cache.save(_layers_path(catalog, threshold), result)


def first_readable(catalog: Catalog, threshold: str) -> tuple[pd.DataFrame, str]:
    """First readable layer of every category, and against which null: see `layers`.

    Judged on background matched where its nulls were drawn at every residual site, else on words,
    else all; NotInCatalog is never raised: an empty frame where nothing was measured.
    """
    sites = residual(catalog)
    for background in ("matched", "words", "all"):
        known = catalog.fetch(feature_queries.features(threshold, background))
        known = known[known["site"].isin(sites) & ~known["small"].astype(bool)]
        if len(known) and known["p"].notna().all():
            return layers.first_readable(known, sites), background
    return pd.DataFrame(columns=["category", "site", "auc", "q"]), ""


def residual(catalog: Catalog) -> list[str]:
    """Residual sites in order."""
    found = sides.sites_of(catalog)
    return [str(site) for site in found.loc[found["kind"] == "resid", "site"]]


def track(catalog: Catalog, category: str, threshold: str) -> pd.DataFrame:
    """A category through the residual sites: AUC, null, dimensions, and what is kept on the way."""
    query = feature_queries.across(category, threshold, "matched")
    known = catalog.fetch(query)
    known = known[known["kind"] == "resid"][["site", "layer", "auc", "sd", "null_p95", "gain"]]
    query = feature_queries.prototype_everywhere(category, threshold, "matched")
    registered = catalog.fetch(query)
    dims = int(sides.sites_of(catalog)["dims"].iloc[0])
    return known.merge(layers.carried(registered, residual(catalog), dims), on="site", how="left")


def rebuilds(base: Catalog) -> list[Catalog]:
    """Other catalogs of the same weights, items and reading with another dtype or batch size."""
    own = base.build
    same = ("weights_hash", "reading", "modality", "items")
    found = []
    for one in map(Catalog, places.catalog_files()):
        if one.path.resolve() == base.path.resolve():
            continue
        try:
            other = one.build
        except CatalogError:
            continue  # unreadable ones are listed on the overview
        alike = all(other[name] == own[name] for name in same)
        if alike and any(other[name] != own[name] for name in ("dtype", "batch_size")):
            found.append(one)
    return found


def how_to_rebuild(base: Side) -> str:
    """The command that makes a second build of the base."""
    build = base.build
    other = "bfloat16" if build["dtype"] != "bfloat16" else "float32"
    named = build["model"] if build["model"] in places.shipped_models() else build["source"]
    return f"dims build {named} --dtype {other} --name {base.slug}-{other} --no-findings"


def check_versions(base: Side, version: Side) -> None:
    """SettingRefused with the reason where two places cannot be two versions of one model."""
    same = sides.same_items(base.catalog, version.catalog)
    allowed.check(allowed.differences(base.place, version.place, same), "versions")
    if base.build["weights_hash"] == version.build["weights_hash"]:
        raise SettingRefused(
            f"{base.slug} and {version.slug} hold the same weights: two builds of one model, not "
            "two versions. Such a pair is the rebuild null of a comparison with a third."
        )
    if base.site != version.site:
        raise SettingRefused("Versions are compared at one site: choose the same on both sides.")
    first, second = (sides.bits(one, _families(base)) for one in (base, version))
    found = versions.kappa(first, second)
    if found < versions.UNRELATED:
        raise SettingRefused(
            f"The signs of {base.slug} and {version.slug} at {base.site} agree no more than by "
            f"chance (kappa {found:.2f}): these are two models, not two versions of one. Match "
            "their dimensions instead."
        )


def _families(base: Side) -> "np.ndarray[Any, np.dtype[np.int64]]":
    return sides.shared(base.catalog, base.catalog).a


def stored_versions(base: Side, version: Side, rebuilt: Catalog) -> Result | None:
    """What changed, where it was computed; with magnitudes if there are any."""
    for magnitudes in (True, False):
        found = cache.load(_versions_path(base, version, rebuilt, magnitudes))
        if found is not None:
            return found
    return None


def _versions_path(base: Side, version: Side, rebuilt: Catalog, magnitudes: bool) -> Path:
    hashes = [base.content_hash, version.content_hash]
    hashes.append(str(rebuilt.build["content_hash"]))
    return cache.path_of("versions", hashes, settings_of(base, version, magnitudes=magnitudes))


def changed(
    base: Side,
    version: Side,
    rebuilt: Catalog,
    states: States | None,
    report: Report = silent,
) -> Result:
    """Which signs changed from base to version beyond the rebuild null: see `versions`.

    `states` are the base's, for the curve by magnitude; without them it is left out.
    """
    path = _versions_path(base, version, rebuilt, states is not None)
    found = cache.load(path)
    if found is not None:
        return found
    check_versions(base, version)
    items = _families(base)
    trio = [base, version, sides.side(rebuilt, base.site, base.threshold)]
    first, second, third = (sides.bits(one, items) for one in trio)
    dimensions = versions.by_dimension(first, second, third)
    rows = versions.by_item(first, second, third)
    text = base.catalog.items.iloc[items]
    rows["item"], rows["text"] = items[rows["row"]], text["text"].to_numpy()[rows["row"]]
    known = base.catalog.fetch(queries.scatter(base.site, base.threshold))
    dimensions = dimensions.merge(known[["dimension", "mean_abs", "std", "share_positive"]])
    tables = {
        "dimensions": dimensions.sort_values(["q", "p", "rate"], ascending=[True, True, False]),
        "items": rows.drop(columns="row").sort_values(["p", "rate"], ascending=[True, False]),
        "sites": _by_site(trio, items, report),
    }
    if states is not None:
        tables["magnitude"] = _by_magnitude(base, first, second, third, states, report)
    return cache.save(path, Result(_summary(base, rebuilt, tables, len(items)), tables))


def _by_magnitude(
    base: Side, first: Bits, second: Bits, third: Bits, states: States, report: Report
) -> pd.DataFrame:
    values = states(base, _families(base), report)
    cuts = base.catalog.fetch(queries.threshold_values(base.site, base.threshold))
    sd = values.std(axis=0)
    distance = np.abs(values - cuts["value"].to_numpy(np.float32)) / np.where(sd > 0, sd, 1)
    return versions.by_magnitude(first, second, third, distance)


def _by_site(
    trio: list[Side], items: "np.ndarray[Any, np.dtype[np.int64]]", report: Report
) -> pd.DataFrame:
    """All sites that the three builds share: rate, null_rate, kappa, dimensions beyond the null."""
    named = [set(sides.sites_of(one.catalog)["site"]) for one in trio]
    common = [
        site for site in sides.sites_of(trio[0].catalog)["site"] if all(site in n for n in named)
    ]
    rows = []
    for done, site in enumerate(common):
        report("sites", done, len(common))
        places_ = [sides.side(one.catalog, site, trio[0].threshold) for one in trio]
        first, second, third = (sides.bits(one, items) for one in places_)
        found = versions.by_dimension(first, second, third)
        beyond = int((found["q"] < versions.LEVEL).sum())
        directed = int((found["directed_q"] < versions.LEVEL).sum())
        row = (site, len(found), (first != second).mean(), (first != third).mean())
        rows.append((*row, versions.kappa(first, second), beyond, directed))
    columns = ["site", "dims", "rate", "null_rate", "kappa", "beyond", "directed"]
    return pd.DataFrame(rows, columns=columns)


def _summary(
    base: Side, rebuilt: Catalog, tables: dict[str, pd.DataFrame], families: int
) -> dict[str, Any]:
    dimensions, items = tables["dimensions"], tables["items"]
    return {
        "site": base.site,
        "families": families,
        "rebuilt": rebuilt.slug,
        "rebuilt_dtype": str(rebuilt.build["dtype"]),
        "rate": float(dimensions["rate"].mean()),
        "null_rate": float(dimensions["null_rate"].mean()),
        "dimensions_beyond": int((dimensions["q"] < versions.LEVEL).sum()),
        "dimensions_directed": int((dimensions["directed_q"] < versions.LEVEL).sum()),
        "items_beyond": int((items["q"] < versions.LEVEL).sum()),
        "by_magnitude": "magnitude" in tables,
    }

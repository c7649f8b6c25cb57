"""Two versions of one model, compared once and then read: what may be asked, and what changed."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from catalog import places
from catalog.comparing import allowed, sides, versions
from catalog.comparing.cached_pairs import States, settings_of
from catalog.comparing.pairs import Items
from catalog.comparing.sides import Side
from catalog.errors import CatalogError, SettingRefused
from catalog.progress import Report, silent
from catalog.store import cache, queries
from catalog.store.cache import Result
from catalog.store.catalog import Catalog

SAME = ("weights_hash", "reading", "modality", "items")
"""What two builds of one model have in common, as columns of table build."""
OTHER = ("dtype", "batch_size")
"""In which of these they may differ: one at least."""


def rebuilds(base: Catalog) -> list[Catalog]:
    """Other catalogs of the same weights, items and reading with another dtype or batch size."""
    found = []
    for one in map(Catalog, places.catalog_files()):
        try:
            if _is_rebuild(base, one):
                found.append(one)
        except CatalogError:
            continue  # unreadable ones are listed on the overview
    return found


def _is_rebuild(base: Catalog, other: Catalog) -> bool:
    own, again = base.build, other.build
    alike = all(own[name] == again[name] for name in SAME)
    differ = any(own[name] != again[name] for name in OTHER)
    return alike and differ and sides.same_items(base, other)


def rebuild_of(base: Side, named: Catalog | None = None) -> Catalog:
    """The second build of the base whose sign changes are the null: the named one, or the first.

    SettingRefused where there is none, or where the one named is no such build.
    """
    if named is not None:
        if not _is_rebuild(base.catalog, named):
            raise SettingRefused(
                f"{named.slug} is no second build of {base.slug}: it takes the same weights, items "
                f"and reading, and another dtype or batch size. Make one with: {command(base)}"
            )
        return named
    found = rebuilds(base.catalog)
    if not found:
        raise SettingRefused(
            f"There is no second build of {base.slug} to say how many signs change by themselves. "
            f"Make one with: {command(base)}"
        )
    return found[0]


def command(base: Side) -> str:
    """The command that makes a second build of the base."""
    build = base.build
    other = "bfloat16" if build["dtype"] != "bfloat16" else "float32"
    named = build["model"] if build["model"] in places.by_name() else build["source"]
    return f"dims build {named} --dtype {other} --name {base.slug}-{other} --no-findings"


def check(base: Side, version: Side) -> None:
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
    found = _kappa(base, version)
    if found < versions.UNRELATED:
        raise SettingRefused(
            f"The signs of {base.slug} and {version.slug} at {base.site} agree no more than by "
            f"chance (kappa {found:.2f}): these are two models, not two versions of one. Match "
            "their dimensions instead."
        )


def _kappa(base: Side, version: Side) -> float:
    """Agreement of all signs of the two, counted once for each pair of files."""

    def counted() -> float:
        items = _families(base)
        return versions.kappa(sides.bits(base, items), sides.bits(version, items))

    what = ("versions", version.catalog.stamp, base.site, base.threshold)
    return base.catalog.remembered(what, counted)


def _families(base: Side) -> Items:
    return sides.shared(base.catalog, base.catalog).a


def stored_changes(
    base: Side, version: Side, rebuilt: Catalog, magnitudes: bool = False
) -> Result | None:
    """What changed, with magnitudes where they were computed, else (unless asked) without."""
    whole = cache.load(_path(base, version, rebuilt, True))
    if whole is not None or magnitudes:
        return whole
    return cache.load(_path(base, version, rebuilt, False))


def _path(base: Side, version: Side, rebuilt: Catalog, magnitudes: bool) -> Path:
    hashes = [base.content_hash, version.content_hash, str(rebuilt.build["content_hash"])]
    return cache.path_of("versions", hashes, settings_of(base, version, magnitudes=magnitudes))


def changes(
    base: Side,
    version: Side,
    rebuilt: Catalog,
    states: States | None,
    report: Report = silent,
) -> Result:
    """Which signs changed from base to version beyond the rebuild null: see `versions`.

    `states` are the base's, for the curve by magnitude; without them it is left out.
    """
    found = stored_changes(base, version, rebuilt, magnitudes=states is not None)
    if found is not None:
        return found
    check(base, version)
    items = _families(base)
    trio = [base, version, sides.side(rebuilt, base.site, base.threshold)]
    first, second, third = (sides.bits(one, items) for one in trio)
    tables = {
        "dimensions": _dimensions(base, versions.by_dimension(first, second, third)),
        "items": _items(base, items, versions.by_item(first, second, third)),
        "sites": _by_site(trio, items, report),
    }
    if states is not None:
        distance = _distance(base, states(base, items, report))
        tables["magnitude"] = versions.by_magnitude(first, second, third, distance)
    path = _path(base, version, rebuilt, states is not None)
    return cache.save(path, Result(_summary(base, rebuilt, tables, len(items)), tables))


def _dimensions(base: Side, found: pd.DataFrame) -> pd.DataFrame:
    """Those beyond the null first, each with its own statistics in the base."""
    known = base.catalog.fetch(queries.scatter(base.site, base.threshold))
    wider = found.merge(known[["dimension", "mean_abs", "std", "share_positive"]])
    order = ["q", "p", "rate"]
    return wider.sort_values(order, ascending=[True, True, False], ignore_index=True)


def _items(base: Side, items: Items, found: pd.DataFrame) -> pd.DataFrame:
    """Those beyond the null first, by their numbers and texts in the base."""
    numbers = items[found["row"]]
    named = found.assign(item=numbers, text=base.catalog.texts[numbers]).drop(columns="row")
    return named.sort_values(["p", "rate"], ascending=[True, False], ignore_index=True)


def _distance(base: Side, values: "np.ndarray[Any, np.dtype[np.float32]]") -> Any:
    """How far each state lies from its threshold, in sds of its dimension: float[items, dims]."""
    sd = values.std(axis=0)
    cuts = base.catalog.cuts(base.site, base.threshold)
    return np.abs(values - cuts) / np.where(sd > 0, sd, 1)


def _by_site(trio: list[Side], items: Items, report: Report) -> pd.DataFrame:
    """All sites that the three builds share: rate, null_rate, kappa, dimensions beyond the null."""
    named = [one.catalog.site_names for one in trio]
    common = [site for site in named[0] if site in named[1] and site in named[2]]
    rows = []
    for done, site in enumerate(common):
        report("sites", done, len(common))
        there = [sides.side(one.catalog, site, trio[0].threshold) for one in trio]
        first, second, third = (sides.bits(one, items) for one in there)
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

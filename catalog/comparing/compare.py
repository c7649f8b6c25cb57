"""Everything that `dims compare` says of two catalogs, as one dictionary and its tables."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from catalog.comparing import allowed, cached_pairs, cached_versions, matching_nulls, sides
from catalog.comparing.allowed import Difference
from catalog.comparing.cached_pairs import States
from catalog.comparing.sides import Side
from catalog.errors import CatalogError, NotInCatalog, SettingRefused
from catalog.progress import Report, silent
from catalog.store import cells, compare_queries
from catalog.store.cache import Result
from catalog.store.catalog import Catalog

Opener = Callable[[Side], States | None]
"""How to get states of a side; None where its model cannot be had."""


def no_states(_side: Side) -> States | None:
    """An opener that opens no model: one null and the curve by magnitude are left out."""
    return None


@dataclass(frozen=True)
class Asked:
    """What to compare and how."""

    a: Catalog
    b: Catalog
    site_a: str | None = None
    site_b: str | None = None
    """By default the primary site of A and the one of B at equal relative depth."""
    threshold: str | None = None
    draws: int = matching_nulls.DRAWS
    seed: int = 0
    rebuilt: Catalog | None = None
    """Another build of A's weights; by default any that lies in the data folder."""

    def sides(self) -> tuple[Side, Side]:
        """Both sides, settled."""
        return sides.settled(self.a, self.b, self.site_a, self.site_b, self.threshold)


def compare(
    asked: Asked,
    opener: Opener = no_states,
    report: Report = silent,
) -> tuple[dict[str, Any], dict[str, pd.DataFrame]]:
    """Compare two catalogs: the JSON form, and every table by name. CatalogError where it cannot.

    Between modalities only the evidence tables stand side by side; `refused` says why.
    """
    if asked.draws < 10:
        raise SettingRefused("--draws is 10 or more: fewer say nothing about a share of matches.")
    evidence = compare_queries.fetch(asked.a, asked.b, compare_queries.evidence())
    tables = {"evidence": evidence}
    known: dict[str, Any] = {"evidence": _records(evidence)}
    try:
        both = sides.shared(asked.a, asked.b)
    except SettingRefused as error:  # another modality
        return known | _only_evidence(asked, str(error)), tables
    a, b = asked.sides()
    differ = allowed.differences(a.place, b.place, sides.same_items(a.catalog, b.catalog))
    known |= {"a": _told(a), "b": _told(b), "shared_items": len(both), "shared_how": both.how}
    known["differences"] = [_difference(one) for one in differ]
    found = cached_pairs.categories(a, b, report)
    known["categories"] = _records(found.tables["categories"])
    matched = matches(a, b, opener, asked.draws, asked.seed, report)
    known["matches"] = {**matched.summary, "site_a": a.site, "site_b": b.site}
    known["matches"]["pairs_found"] = _records(matched.tables["pairs"])
    tables |= {"categories": found.tables["categories"], **matched.tables}
    versions, reason = _versions(a, b, asked, opener, report)
    known["versions"] = versions.summary if versions else None
    known["refused"] = [reason] if reason else []
    if versions:
        tables |= {f"versions_{name}": frame for name, frame in versions.tables.items()}
        known["versions"]["sites"] = _records(versions.tables["sites"])
    return known, tables


def _only_evidence(asked: Asked, reason: str) -> dict[str, Any]:
    """What is said where nothing was shown to both."""
    named = {"a": {"catalog": asked.a.slug}, "b": {"catalog": asked.b.slug}}
    return {**named, "categories": [], "matches": None, "versions": None, "refused": [reason]}


def _versions(
    a: Side, b: Side, asked: Asked, opener: Opener, report: Report
) -> tuple[Result | None, str]:
    """What changed, or why it is not asked."""
    try:
        cached_versions.check(a, b)
        rebuilt = cached_versions.rebuild_of(a, asked.rebuilt)
        return changes(a, b, rebuilt, opener, report), ""
    except (SettingRefused, NotInCatalog) as error:
        return None, str(error)


def matches(
    a: Side,
    b: Side,
    opener: Opener,
    draws: int = matching_nulls.DRAWS,
    seed: int = 0,
    report: Report = silent,
) -> Result:
    """Matches as stored, with the rotation null; else made, B's model opened for it."""
    found = cached_pairs.stored_matches(a, b, draws, seed, rotation=True)
    return found or cached_pairs.matches(a, b, opener(b), draws, seed, report)


def changes(
    base: Side, version: Side, rebuilt: Catalog, opener: Opener, report: Report = silent
) -> Result:
    """Changed signs as stored; else found, the base's model opened for the curve by magnitude."""
    found = cached_versions.stored_changes(base, version, rebuilt, magnitudes=True)
    return found or cached_versions.changes(base, version, rebuilt, opener(base), report)


def _told(side: Side) -> dict[str, Any]:
    build = side.build
    names = ("model", "revision", "modality", "reading", "dtype", "content_hash")
    told = {"catalog": side.slug, **{name: str(build[name]) for name in names}}
    return told | {"site": side.site, "threshold": side.threshold, "dims": side.dims}


def _difference(one: Difference) -> dict[str, str]:
    return {"what": one.what, "a": one.a, "b": one.b, "means": one.means, "refuses": one.refuses}


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as JSON values: missing ones None."""
    plain = frame.astype(object).where(frame.notna(), None)
    return [
        {str(name): _plain(value) for name, value in row.items()}
        for row in plain.to_dict("records")
    ]


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def export(tables: dict[str, pd.DataFrame], folder: Path) -> list[Path]:
    """Write every table as CSV and as Parquet; returns the files. CatalogError where it cannot."""
    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in tables.items():
            written += [folder / f"{name}.csv", folder / f"{name}.parquet"]
            written[-2].write_text(cells.csv(frame), "utf-8")
            frame.to_parquet(written[-1], index=False)
    except OSError as error:
        raise CatalogError(
            f"{folder} cannot be written: {error.strerror}. Name another."
        ) from error
    return written

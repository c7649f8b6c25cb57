"""The catalogs there are, and what one of them holds: tables, columns, memory, console."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from catalog import places
from catalog.browse import describe
from catalog.errors import CatalogError
from catalog.modalities import facts
from catalog.store import console as sql_console
from catalog.store import packed, queries
from catalog.store.catalog import Catalog
from catalog.store.file import Stamp
from dashboard.common import answers
from dashboard.common.answers import Answer


class Entry(NamedTuple):
    """One catalog file: its build row, or what is wrong with it."""

    catalog: Catalog
    build: Mapping[str, Any] | None
    problem: str = ""


def listed() -> list[Entry]:
    """Every catalog file; unreadable ones, with their problem, last.

    The one that `dims open` names first, measured ones before those without findings, text before
    images before sounds, by name.
    """
    return sorted((_entry(Catalog(path)) for path in places.catalog_files()), key=_order)


def _order(entry: Entry) -> tuple[bool, bool, bool, int, str]:
    about, slug = entry.build, entry.catalog.slug
    if about is None:
        return True, True, True, 0, slug
    kind = list(facts.OF).index(about["modality"])
    other = slug != os.environ.get("DIMS_CATALOG")
    return False, other, bool(pd.isna(about["findings_hash"])), kind, slug


def _entry(catalog: Catalog) -> Entry:
    try:
        return Entry(catalog, catalog.build)
    except CatalogError as error:
        return Entry(catalog, None, str(error))


def verified(catalog: Catalog) -> str | None:
    """When the catalog was last verified against its model; None where it never was."""
    if not places.workspace_exists():
        return None
    from catalog.browse import verifications  # SQLAlchemy takes half a second to import

    when = verifications.verified_at(str(catalog.build["content_hash"]))
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else None


def summary(catalog: Catalog) -> Answer:
    """Per site and threshold: dims, degenerate, mean entropy, mean |value|, stability, chance."""
    return answers.answer(catalog, queries.site_summary())


def trials(catalog: Catalog) -> pd.DataFrame:
    """Readings tried before the build: reading, entropy_bits, outliers, degenerate, chosen."""
    columns = ["reading", "entropy_bits", "outliers", "degenerate", "chosen"]
    return pd.DataFrame(describe.readings(catalog), columns=columns)


def tables(catalog: Catalog) -> Answer:
    """Tables of a catalog: table, rows, comment."""
    return answers.answer(catalog, queries.tables())


def columns(catalog: Catalog) -> Answer:
    """Columns of a catalog: table, column, type, comment."""
    return answers.answer(catalog, queries.columns())


def console(catalog: Catalog, sql: str, blind: bool = False) -> sql_console.Result:
    """Run one SELECT typed by a person; see `catalog.store.console`. QueryRefused otherwise."""
    return sql_console.run(catalog.path, sql, blind=blind)


def in_memory() -> pd.DataFrame:
    """Packed signs held by this process: catalog, site, threshold, layout, megabytes."""
    rows = [
        (Path(stamp.path).stem, *what, size / 1e6)
        for (stamp, *what), size in packed.shelf.held()
        if isinstance(stamp, Stamp)
    ]
    return pd.DataFrame(rows, columns=["catalog", "site", "threshold", "layout", "megabytes"])


def missing(build: Mapping[str, Any]) -> str:
    """Why the model of a catalog cannot be run on this machine; empty where nothing is known."""
    source, shipped = str(build["source"]), build["model"] in places.by_name()
    if shipped or not Path(source).is_absolute() or Path(source).exists():
        return ""
    return (
        f"The weights of {build['model']} are not on this machine (they lay at {source}), so "
        "nothing can be run. Everything that the catalog holds can be browsed without them."
    )

"""What pages may ask for: frames, cached until the catalog file changes.

The only module of the dashboard that opens catalogs. An `Answer` is a frame with the SQL or the
Python call that gives it, so that every panel can be copied.
"""

import re
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from catalog import places
from catalog.browse import neighbours as browse
from catalog.errors import CatalogError, NotInCatalog
from catalog.store import console as sql_console
from catalog.store import glossary as schema_glossary
from catalog.store import packed, queries, reading
from catalog.store.catalog import Catalog
from catalog.store.file import Stamp
from catalog.store.queries import SORTS, Filter
from catalog.store.reading import Query
from dashboard.common import numbers

__all__ = ["SORTS", "Answer", "Entry", "Filter", "Here"]


class Here(NamedTuple):
    """What the left rail has chosen; every page starts from it."""

    catalog: Catalog
    site: str
    threshold: str

    @property
    def slug(self) -> str:
        """Name of the catalog in links."""
        return self.catalog.slug


class Answer(NamedTuple):
    """A frame and how to get it elsewhere."""

    frame: pd.DataFrame
    copy: str
    language: Literal["sql", "python"] = "sql"


Row: TypeAlias = "pd.Series[Any]"
"""One row of a frame."""


class Entry(NamedTuple):
    """One catalog file: its build row, or what is wrong with it."""

    catalog: Catalog
    build: "pd.Series[Any] | None"
    problem: str = ""


def catalogs() -> list[Entry]:
    """Every catalog file; unreadable ones, with their problem, last.

    Measured ones before those without findings, text before images before sounds, by name.
    """
    return sorted((_entry(path) for path in places.catalog_files()), key=_order)


def _order(entry: Entry) -> tuple[bool, bool, int, str]:
    about = entry.build
    if about is None:
        return True, True, 0, entry.catalog.slug
    kind = ("text", "image", "audio").index(about["modality"])
    return False, pd.isna(about["findings_hash"]), kind, entry.catalog.slug


def _entry(catalog: Catalog) -> Entry:
    try:
        return Entry(catalog, build(catalog))
    except CatalogError as error:
        return Entry(catalog, None, str(error))


def build(catalog: Catalog) -> "pd.Series[Any]":
    """The build row of a catalog, with `items`."""
    return _read(catalog.stamp, queries.build()).iloc[0]


def verified(catalog: Catalog) -> str | None:
    """When the catalog was last verified against its model; None where it never was."""
    if not places.workspace_exists():
        return None
    from catalog.browse import verifications  # SQLAlchemy takes half a second to import

    when = verifications.verified_at(str(build(catalog)["content_hash"]))
    return f"{when:%Y-%m-%d %H:%M} UTC" if when else None


def sites(catalog: Catalog) -> pd.DataFrame:
    """Sites of a catalog in order, absent ones included: the columns of table site."""
    return _read(catalog.stamp, queries.sites())


def summary(catalog: Catalog) -> Answer:
    """Per site and threshold: dims, degenerate, mean entropy, mean |value|, stability, chance."""
    return _answer(catalog, queries.site_summary())


def tables(catalog: Catalog) -> Answer:
    """Tables of a catalog: table, rows, comment."""
    return _answer(catalog, queries.tables())


def columns(catalog: Catalog) -> Answer:
    """Columns of a catalog: table, column, type, comment."""
    return _answer(catalog, queries.columns())


def term(name: str) -> str:
    """What a table or column of the schema means, such as dimension_sign.kappa."""
    return schema_glossary.comments().get(name, "")


def count_dimensions(here: Here, where: Filter) -> int:
    """Dimensions the filter keeps."""
    query = queries.count_dimensions(here.site, here.threshold, where)
    return int(_read(here.catalog.stamp, query).dimensions[0])


def dimensions(here: Here, where: Filter, sort: str, descending: bool, page: int) -> Answer:
    """Page `page` (from 1) of a site's dimensions; see `queries.dimensions`."""
    size = numbers.PAGE
    query = queries.dimensions(
        here.site, here.threshold, where, sort, descending, size, (page - 1) * size
    )
    return _answer(here.catalog, query)


def scatter(here: Here) -> Answer:
    """All dimensions of a site with share positive, entropy, mean, mean |value|, std."""
    return _answer(here.catalog, queries.scatter(here.site, here.threshold))


def dimension(here: Here, number: int) -> "pd.Series[Any]":
    """Statistics of one dimension; NotInCatalog where there is no such one."""
    frame = _read(here.catalog.stamp, queries.dimension(here.site, here.threshold, number))
    if frame.empty:
        raise NotInCatalog(
            f"{here.slug} has no dimension {number} at {here.site} with threshold "
            f"{here.threshold}. Choose another one."
        )
    return frame.iloc[0]


def dimension_copy(here: Here, number: int) -> Answer:
    """`dimension` as an answer that can be copied."""
    return _answer(here.catalog, queries.dimension(here.site, here.threshold, number))


def poles(here: Here, number: int) -> Answer:
    """Items at both poles and near the thresholds: pole, rank, value, item, text, kind."""
    return _answer(here.catalog, queries.poles(here.site, number))


def across(here: Here, number: int) -> Answer:
    """The dimension of this number at every site of the same kind."""
    return _answer(here.catalog, queries.across(here.site, here.threshold, number))


class Derived(NamedTuple):
    """An answer computed from packed signs, with the figures that belong beside it."""

    answer: Answer
    excluded: int
    reference: float
    """What to compare with: the chance level of the measure."""


def partners(here: Here, number: int) -> Derived:
    """Most dependent dimensions; reference = MI of two independent signs; excluded = degenerate."""
    found = _partners(here.catalog.stamp, here.site, number, here.threshold)
    call = _call("partners", here, number, numbers.PARTNERS)
    return Derived(Answer(found.frame, call, "python"), found.excluded, found.floor)


def neighbours(here: Here, item: int, family: bool) -> Derived:
    """Nearest items by Hamming distance; reference = median share; excluded = family members."""
    found = _neighbours(here.catalog.stamp, here.site, item, here.threshold, family)
    more = ", family=True" if family else ""
    call = _call("neighbours", here, item, numbers.NEIGHBOURS, more)
    return Derived(Answer(found.frame, call, "python"), found.excluded, found.typical)


def strip(here: Here, item: int) -> tuple[NDArray[np.bool_], Answer]:
    """Signs of one item, bool[D], and the same as a frame: dimension, positive."""
    bits = _strip(here.catalog.stamp, here.site, item, here.threshold)
    frame = pd.DataFrame({"dimension": np.arange(len(bits)), "positive": bits})
    call = (
        "from catalog.browse import neighbours\n\n"
        f"neighbours.strip({str(here.catalog.path)!r}, {here.site!r}, {item}, threshold={here.threshold!r})"
    )
    return bits, Answer(frame, call, "python")


def rarest(here: Here, number: int) -> Answer:
    """Dimensions in which fewest items share the item's sign: dimension, sign, share."""
    frame = _rarest(here.catalog.stamp, here.site, number, here.threshold)
    return Answer(frame, _call("rarest", here, number, numbers.RAREST, field=""), "python")


def find_items(catalog: Catalog, wanted: str) -> Answer:
    """Items that match a word, part of a token, or #number, the best first.

    Columns: item, text, token, kind, family.
    """
    if re.fullmatch(r"#\d{1,9}", wanted):
        return _answer(catalog, queries.items([int(wanted[1:])]))
    return _answer(catalog, queries.find_items(wanted, numbers.MATCHES))


def item(catalog: Catalog, number: int) -> "pd.Series[Any]":
    """One row of table item; NotInCatalog where there is none."""
    frame = _read(catalog.stamp, queries.items([number]))
    if frame.empty:
        raise NotInCatalog(f"{catalog.slug} has no item {number}. Search for another one.")
    return frame.iloc[0]


def extremes(here: Here, number: int) -> Answer:
    """Dimensions at whose poles an item stands, this site first; see `queries.extremes`."""
    return _answer(here.catalog, queries.extremes(here.site, number))


def console(catalog: Catalog, sql: str, blind: bool = False) -> sql_console.Result:
    """Run one SELECT typed by a person; see `catalog.store.console`. QueryRefused otherwise."""
    return sql_console.run(catalog, sql, blind=blind)


def in_memory() -> pd.DataFrame:
    """Packed signs held by this process: catalog, site, threshold, layout, megabytes."""
    rows = [
        (Path(stamp.path).stem, site, threshold, layout, size / 1e6)
        for (stamp, site, threshold, layout), size in packed.shelf.held()
    ]
    return pd.DataFrame(rows, columns=["catalog", "site", "threshold", "layout", "megabytes"])


def _call(name: str, here: Here, number: int, k: int, more: str = "", field: str = ".frame") -> str:
    return (
        "from catalog.browse import neighbours\n\n"
        f"neighbours.{name}({str(here.catalog.path)!r}, {here.site!r}, {number}, "
        f"threshold={here.threshold!r}, k={k}{more}){field}"
    )


def _answer(catalog: Catalog, query: Query) -> Answer:
    return Answer(_read(catalog.stamp, query), query.text)


@st.cache_data(max_entries=numbers.CACHED, show_spinner=False)
def _read(stamp: Stamp, query: Query) -> pd.DataFrame:
    return reading.fetch(Path(stamp.path), query)


@st.cache_data(max_entries=numbers.CACHED, show_spinner="Reading signs ...")
def _partners(stamp: Stamp, site: str, number: int, threshold: str) -> browse.Partners:
    return browse.partners(stamp.path, site, number, threshold, numbers.PARTNERS)


@st.cache_data(max_entries=numbers.CACHED, show_spinner="Reading signs ...")
def _neighbours(
    stamp: Stamp, site: str, item: int, threshold: str, family: bool
) -> browse.Neighbours:
    return browse.neighbours(stamp.path, site, item, threshold, numbers.NEIGHBOURS, family)


@st.cache_data(max_entries=numbers.CACHED, show_spinner=False)
def _rarest(stamp: Stamp, site: str, item: int, threshold: str) -> pd.DataFrame:
    return browse.rarest(stamp.path, site, item, threshold, numbers.RAREST)


@st.cache_data(max_entries=numbers.CACHED, show_spinner=False)
def _strip(stamp: Stamp, site: str, item: int, threshold: str) -> NDArray[np.bool_]:
    return browse.strip(stamp.path, site, item, threshold)

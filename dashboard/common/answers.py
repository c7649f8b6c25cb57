"""Where a page is, what it is answered, and the one cached read behind all of them.

An `Answer` is a frame with the SQL or the Python that gives it elsewhere, so that every panel can
be copied. The Python is that of notebooks (`catalog.open(...)`), never of this dashboard.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple, TypeAlias, TypeVar, cast

import pandas as pd
import streamlit as st

from catalog import places
from catalog.store.catalog import Catalog
from catalog.store.reading import Query
from dashboard.common import numbers

Function = TypeVar("Function", bound=Callable[..., Any])
Row: TypeAlias = "pd.Series[Any]"
"""One row of a frame."""


class Here(NamedTuple):
    """What the left rail has chosen; every page starts from it."""

    catalog: Catalog
    site: str
    threshold: str

    @classmethod
    def start(cls, catalog: Catalog) -> "Here":
        """Where looking at a catalog begins: the site of verdicts, the first threshold stored."""
        return cls(catalog, catalog.primary.site, catalog.thresholds[0])

    @property
    def slug(self) -> str:
        """Name of the catalog in links."""
        return self.catalog.slug


class Answer(NamedTuple):
    """A frame and how to get it elsewhere."""

    frame: pd.DataFrame
    copy: str
    language: Literal["sql", "python"] = "sql"


def _stamp(catalog: Catalog) -> tuple[str, int, int]:
    stamp = catalog.stamp
    return stamp.path, stamp.modified_ns, stamp.size


def cached(spinner: bool | str = False) -> Callable[[Function], Function]:
    """Keep what a function gives until the file of a catalog among its arguments is replaced."""
    keep = st.cache_data(
        max_entries=numbers.CACHED, show_spinner=spinner, hash_funcs={Catalog: _stamp}
    )
    return cast(Callable[[Function], Function], keep)


def shared(entries: int, spinner: bool | str = False) -> Callable[[Function], Function]:
    """The same for values that are not copied: everybody gets one, and nobody may change it."""
    keep = st.cache_resource(
        max_entries=entries, show_spinner=spinner, hash_funcs={Catalog: _stamp}
    )
    return cast(Callable[[Function], Function], keep)


@cached()
def read(catalog: Catalog, query: Query) -> pd.DataFrame:
    """Rows of one of the store's queries."""
    return catalog.fetch(query)


def answer(catalog: Catalog, query: Query) -> Answer:
    """The same, with its SQL."""
    return Answer(read(catalog, query), query.text)


def python(catalog: Catalog, call: str) -> str:
    """Python that runs anywhere: the catalog is opened as `c`, then `call`, which uses it."""
    return f"import catalog\n\nc = catalog.open({opened(catalog)!r})\n{call}"


def opened(catalog: Catalog) -> str:
    """What `catalog.open` takes for a catalog: its name, or its path where it lies elsewhere."""
    usual = catalog.path.resolve().parent == places.catalogs().resolve()
    return catalog.slug if usual else str(catalog.path)

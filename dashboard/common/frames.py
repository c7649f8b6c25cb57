"""Dimensions and items: what pages may ask for, cached until the catalog file changes."""

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse import neighbours as browse
from catalog.browse.poles import Pole
from catalog.browse.poles import pole as pole_of
from catalog.browse.poles import poles as poles_of
from catalog.errors import NotInCatalog
from catalog.store import queries
from catalog.store.catalog import Catalog
from catalog.store.queries import SORTS, Filter
from dashboard.common import answers, numbers
from dashboard.common.answers import Answer, Here

__all__ = ["SORTS", "Filter", "Pole"]


def count_dimensions(here: Here, where: Filter) -> int:
    """Dimensions the filter keeps."""
    query = queries.count_dimensions(here.site, here.threshold, where)
    return int(answers.read(here.catalog, query).dimensions[0])


def dimensions(here: Here, where: Filter, sort: str, descending: bool, page: int) -> Answer:
    """Page `page` (from 1) of a site's dimensions; see `queries.dimensions`."""
    size = numbers.PAGE
    query = queries.dimensions(
        here.site, here.threshold, where, sort, descending, size, (page - 1) * size
    )
    return answers.answer(here.catalog, query)


def scatter(here: Here) -> Answer:
    """All dimensions of a site with share positive, entropy, mean, mean |value|, std."""
    return answers.answer(here.catalog, queries.scatter(here.site, here.threshold))


def dimension(here: Here, number: int) -> "pd.Series[Any]":
    """Statistics of one dimension; NotInCatalog where there is no such one."""
    frame = answers.read(here.catalog, queries.dimension(here.site, here.threshold, number))
    if frame.empty:
        raise NotInCatalog(
            f"{here.slug} has no dimension {number} at {here.site} with threshold "
            f"{here.threshold}. Choose another one."
        )
    return frame.iloc[0]


def dimension_copy(here: Here, number: int) -> Answer:
    """`dimension` as an answer that can be copied."""
    return answers.answer(here.catalog, queries.dimension(here.site, here.threshold, number))


def poles(here: Here, number: int) -> Answer:
    """Items at both poles and near the threshold; see `catalog.browse.poles`."""
    cut = float(dimension(here, number)["value"])
    frame = _poles(here.catalog, here.site, number, here.threshold, cut)
    return Answer(frame, _of_dimension(here, number, "frame()"), "python")


def pole(here: Here, number: int, name: Pole, k: int | None = None) -> Answer:
    """The first `k` items of one pole, or near the threshold; all of them for None."""
    frame = pole_of(poles(here, number).frame, name, k)
    some = repr(name) if k is None else f"{name!r}, {k}"
    return Answer(frame, _of_dimension(here, number, f"pole({some})"), "python")


def across(here: Here, number: int) -> Answer:
    """The dimension of this number at every site of the same kind."""
    return answers.answer(here.catalog, queries.across(here.site, here.threshold, number))


class Derived(NamedTuple):
    """An answer computed from packed signs, with the figures that belong beside it."""

    answer: Answer
    excluded: int
    reference: float
    """What to compare with: the chance level of the measure."""


def partners(here: Here, number: int) -> Derived:
    """Most dependent dimensions; reference = MI of two independent signs; excluded = degenerate."""
    found = _partners(here.catalog, here.site, number, here.threshold)
    call = _of_dimension(here, number, f"partners({numbers.PARTNERS}).frame()")
    return Derived(Answer(found.frame, call, "python"), found.excluded, found.floor)


def neighbours(here: Here, item: int, family: bool) -> Derived:
    """Nearest items by Hamming distance; reference = median share; excluded = family members."""
    found = _neighbours(here.catalog, here.site, item, here.threshold, family)
    more = ", family=True" if family else ""
    asked = f"{item}, {here.site!r}, {here.threshold!r}, {numbers.NEIGHBOURS}{more}"
    call = answers.python(here.catalog, f"c.neighbours({asked}).frame()")
    return Derived(Answer(found.frame, call, "python"), found.excluded, found.typical)


def strip(here: Here, item: int) -> tuple[NDArray[np.bool_], Answer]:
    """Signs of one item, bool[D], and the same as a frame: dimension, positive."""
    bits = _strip(here.catalog, here.site, item, here.threshold)
    frame = pd.DataFrame({"dimension": np.arange(len(bits)), "positive": bits})
    return bits, Answer(frame, _of_item(here, item, "frame()"), "python")


def rarest(here: Here, number: int) -> Answer:
    """Dimensions in which fewest items share the item's sign: dimension, sign, share."""
    frame = _rarest(here.catalog, here.site, number, here.threshold)
    return Answer(frame, _of_item(here, number, f"rarest({numbers.RAREST})"), "python")


def find_items(catalog: Catalog, wanted: str) -> Answer:
    """Items that match a word, part of a token, or #number, the best first.

    Columns: item, text, token, kind, family.
    """
    if re.fullmatch(r"#\d{1,9}", wanted):
        return answers.answer(catalog, queries.items([int(wanted[1:])]))
    return answers.answer(catalog, queries.find_items(wanted, numbers.MATCHES))


def item(catalog: Catalog, number: int) -> "pd.Series[Any]":
    """One row of table item; NotInCatalog where there is none."""
    frame = answers.read(catalog, queries.items([number]))
    if frame.empty:
        raise NotInCatalog(f"{catalog.slug} has no item {number}. Search for another one.")
    return frame.iloc[0]


def extremes(here: Here, number: int) -> Answer:
    """Dimensions at whose poles an item stands, this site first; see `queries.extremes`."""
    return answers.answer(here.catalog, queries.extremes(here.site, number))


def _of_dimension(here: Here, number: int, call: str) -> str:
    place = f"{here.site!r}, {number}, {here.threshold!r}"
    return answers.python(here.catalog, f"c.dimension({place}).{call}")


def _of_item(here: Here, number: int, call: str) -> str:
    place = f"{number}, {here.site!r}, {here.threshold!r}"
    return answers.python(here.catalog, f"c.item({place}).{call}")


@answers.cached()
def _poles(catalog: Catalog, site: str, number: int, threshold: str, cut: float) -> pd.DataFrame:
    return poles_of(catalog, site, number, threshold, cut)


@answers.cached("Reading signs ...")
def _partners(catalog: Catalog, site: str, number: int, threshold: str) -> browse.Partners:
    return browse.partners(catalog, site, number, threshold, numbers.PARTNERS)


@answers.cached("Reading signs ...")
def _neighbours(
    catalog: Catalog, site: str, item: int, threshold: str, family: bool
) -> browse.Neighbours:
    return browse.neighbours(catalog, site, item, threshold, numbers.NEIGHBOURS, family)


@answers.cached()
def _rarest(catalog: Catalog, site: str, item: int, threshold: str) -> pd.DataFrame:
    return browse.rarest(catalog, site, item, threshold, numbers.RAREST)


@answers.cached()
def _strip(catalog: Catalog, site: str, item: int, threshold: str) -> NDArray[np.bool_]:
    return browse.strip(catalog, site, item, threshold)

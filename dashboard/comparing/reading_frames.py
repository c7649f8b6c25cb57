"""What the view of two readings asks for: what context keeps of signs, with what to copy."""

import pandas as pd

from catalog.browse import retained
from catalog.notebook import readings
from catalog.signs.resampling import Interval
from catalog.store.catalog import Catalog
from dashboard.common import answers
from dashboard.common.answers import Answer, Here


def dimensions(here: Here) -> Answer:
    """A row a dimension of the catalog in context; see `Readings.frame`."""
    return _answer(here, _dimensions(*here), "frame()")


def by_site(here: Here) -> Answer:
    """Every site: site, own, other, retained, low, high."""
    return _answer(here, _by_site(here.catalog, here.threshold), "by_site()")


def by_place(here: Here) -> Answer:
    """By place in the text: first, past, positions, own, other, retained, low, high."""
    return _answer(here, _by_place(*here), "by_place()")


def whole(here: Here) -> tuple[Interval, int]:
    """Retained share of all dimensions together, and positions compared."""
    return _whole(*here)


def _answer(here: Here, frame: pd.DataFrame, call: str) -> Answer:
    asked = f"c.readings({here.site!r}, {here.threshold!r}).{call}"
    return Answer(frame, answers.python(here.catalog, asked), "python")


@answers.cached()
def _dimensions(catalog: Catalog, site: str, threshold: str) -> pd.DataFrame:
    return readings.readings(catalog, site, threshold).frame()


@answers.cached(spinner="Comparing both readings at every site")
def _by_site(catalog: Catalog, threshold: str) -> pd.DataFrame:
    return retained.by_site(catalog, threshold)


@answers.cached()
def _by_place(catalog: Catalog, site: str, threshold: str) -> pd.DataFrame:
    return retained.of(catalog, site, threshold).by_place


@answers.cached()
def _whole(catalog: Catalog, site: str, threshold: str) -> tuple[Interval, int]:
    found = retained.of(catalog, site, threshold)
    return found.whole, len(found.positions)

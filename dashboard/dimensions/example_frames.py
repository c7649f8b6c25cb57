"""Examples of a dimension in real text: what its panel may ask for."""

from catalog.browse import examples, retained
from catalog.errors import NotInCatalog
from catalog.signs.resampling import Interval
from catalog.store.catalog import Catalog
from dashboard.common import answers
from dashboard.common.answers import Answer, Here


def found(here: Here, number: int) -> examples.Examples:
    """Examples of one dimension; NotInCatalog where the catalog holds no texts."""
    return _found(here.catalog, here.site, number)


def answer(here: Here, number: int) -> Answer:
    """The same as a frame, with the Python that gives it."""
    place = f"{here.site!r}, {number}, {here.threshold!r}"
    call = answers.python(here.catalog, f"c.dimension({place}).examples().frame()")
    return Answer(found(here, number).frame(), call, "python")


@answers.cached()
def _found(catalog: Catalog, site: str, number: int) -> examples.Examples:
    return examples.of(catalog, site, number)


def kept(here: Here, number: int) -> tuple[float, Interval] | None:
    """Retained share of a dimension's signs, and of its site's; None without single tokens."""
    try:
        found = retained.of(here.catalog, here.site, here.threshold)
    except NotInCatalog:
        return None
    return float(found.dimensions["retained"].iloc[number]), found.whole

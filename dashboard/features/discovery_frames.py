"""What pages may ask of the features that were found without any categories."""

from catalog.notebook import discoveries
from catalog.notebook.feature_answers import Top
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers
from dashboard.common.answers import Answer, Here

TOP = 50
"""Items listed by agreement."""


def searches(catalog: Catalog) -> Answer:
    """Searches for unsupervised features, one row for each site and threshold."""
    return answers.answer(catalog, feature_queries.discoveries())


def discovered(here: Here) -> Answer:
    """Unsupervised features kept here, strongest first."""
    return answers.answer(here.catalog, feature_queries.discovered(here.site, here.threshold))


def prototype(here: Here, name: str) -> Answer:
    """Signed dimensions of a discovered feature."""
    return answers.answer(here.catalog, feature_queries.discovered_prototype(name))


def top(here: Here, name: str) -> Answer:
    """Items that agree most with a discovered feature: item, text, agreement, member (none)."""
    found = _top(here.catalog, here.site, here.threshold, name)
    call = (
        f"c.feature({here.site!r}, discovered={name!r}, threshold={here.threshold!r})"
        f".top({TOP}).frame()"
    )
    return Answer(found.frame(), answers.python(here.catalog, call), "python")


@answers.cached()
def _top(catalog: Catalog, site: str, threshold: str, name: str) -> Top:
    return discoveries.feature(catalog, site, name, threshold).top(TOP)

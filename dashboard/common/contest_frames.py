"""The contest with a learned dictionary: what its panels may ask for."""

import pandas as pd

from catalog.store import contest_queries
from catalog.store.catalog import Catalog
from catalog.store.reading import Query
from dashboard.common import answers, catalogs
from dashboard.common.answers import Answer

SIZES = (1, 2, 4, 8, 16, 64)
"""Numbers of units that are compared."""


def dictionaries(catalog: Catalog) -> Answer:
    """The dictionary that was compared with; no rows before a contest was held."""
    return _of(catalog, contest_queries.dictionaries())


def means(catalog: Catalog) -> Answer:
    """Mean AUC of each kind of unit at each k."""
    return _of(catalog, contest_queries.mean_aucs())


def by_category(catalog: Catalog, k: int) -> Answer:
    """One row a category at k units."""
    return _of(catalog, contest_queries.by_category(k))


def of_category(catalog: Catalog, category: str) -> Answer:
    """One category: unit, k, auc; no rows where it was not in the contest."""
    return _of(catalog, contest_queries.of_category(category))


def _of(catalog: Catalog, query: Query) -> Answer:
    if not {"contest", "dictionary"} <= set(catalogs.tables(catalog).frame["table"]):
        return Answer(pd.DataFrame(), query.text)  # a catalog of an earlier version
    return answers.answer(catalog, query)

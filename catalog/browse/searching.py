"""Search a catalog and the workspace: the reads behind `catalog.browse.search`."""

from catalog.browse import search
from catalog.browse.search import Hit
from catalog.store import queries, search_queries
from catalog.store.catalog import Catalog
from catalog.workspace import reading as label_reading
from catalog.workspace.file import Workspace

ITEMS = 50
"""Items read; their families are merged afterwards."""
LABELS = 200


def find(catalog: Catalog, query: str, limit: int = 12) -> list[Hit]:
    """Features, items and discovered features that match, the best first."""
    return search.rank(in_catalog(catalog, query), limit)


def in_catalog(catalog: Catalog, query: str) -> list[Hit]:
    """The same, unranked: every hit of every kind."""
    if not search.plain(query):
        return []
    wanted = " ".join(query.split())
    categories = catalog.fetch(search_queries.categories())
    members = catalog.fetch(search_queries.members(wanted))
    found = catalog.fetch(queries.find_items(wanted, ITEMS))
    unnamed = catalog.fetch(search_queries.discovered(wanted))
    return [
        *search.features(wanted, categories, members),
        *search.items(wanted, found),
        *search.discovered(wanted, unnamed),
    ]


def said(workspace: Workspace, viewer: str | None, query: str, catalog: Catalog) -> list[Hit]:
    """Labels of the catalog's model that match and that `viewer` may see; None sees all."""
    build = catalog.build
    where = {field: str(build[field]) for field in ("model", "revision", "reading")}
    wanted = " ".join(query.split())
    frame = label_reading.search(workspace, viewer, wanted, LABELS, **where)
    return search.labels(wanted, frame)

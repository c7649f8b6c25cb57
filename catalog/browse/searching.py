"""Search a catalog and the workspace: the reads behind `catalog.browse.search`."""

from pathlib import Path

from catalog.browse import search
from catalog.browse.search import Hit
from catalog.store import queries, reading, search_queries
from catalog.workspace import reading as label_reading
from catalog.workspace.file import Workspace

ITEMS = 50
"""Items read; their families are merged afterwards."""
LABELS = 200


def find(path: Path, query: str, limit: int = 12) -> list[Hit]:
    """Features, items and discovered features that match, the best first."""
    return search.rank(in_catalog(path, query), limit)


def in_catalog(path: Path, query: str) -> list[Hit]:
    """The same, unranked: every hit of every kind."""
    if not search.plain(query):
        return []
    wanted = " ".join(query.split())
    categories = reading.fetch(path, search_queries.categories())
    members = reading.fetch(path, search_queries.members(wanted))
    found = reading.fetch(path, queries.find_items(wanted, ITEMS))
    unnamed = reading.fetch(path, search_queries.discovered(wanted))
    return [
        *search.features(wanted, categories, members),
        *search.items(wanted, found),
        *search.discovered(wanted, unnamed),
    ]


def said(workspace: Workspace, viewer: str | None, query: str, path: Path) -> list[Hit]:
    """Labels of the catalog's model that match and that `viewer` may see; None sees all."""
    build = reading.fetch(path, queries.build()).iloc[0]
    where = {field: str(build[field]) for field in ("model", "revision", "reading")}
    wanted = " ".join(query.split())
    frame = label_reading.search(workspace, viewer, wanted, LABELS, **where)
    return search.labels(wanted, frame)

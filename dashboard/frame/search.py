"""What the search box asks: hits in the catalog, kept until its file changes, and labels."""

import pandas as pd

from catalog import places
from catalog.browse import search
from catalog.browse.search import Hit
from catalog.store.catalog import Catalog
from dashboard.common import answers
from dashboard.common.answers import Here

SHOWN = 10
"""Hits listed."""
VIEWS = {"dimension": "dim", "feature": "category", "item": "item"}
"""Pages that open one thing, and the name of it in their link."""


def hits(here: Here, text: str, viewer: str | None) -> list[Hit]:
    """The best hits of every kind; labels only those that `viewer` may see (None sees all)."""
    found = list(_in_catalog(here.catalog, text))
    if places.workspace_exists():
        from dashboard.common import workspace  # SQLAlchemy takes half a second to import

        found = [hit for hit in found if not _suggests(hit, here)]
        found += search.said(workspace.workspace(), viewer, text, here.catalog)
    return search.rank(found, SHOWN)


def _suggests(hit: Hit, here: Here) -> bool:
    """Whether a hit names the nearest category of a feature that waits in an open queue."""
    from dashboard.common import workspace

    place = here._replace(site=hit.site) if hit.site else here
    return hit.kind == "discovered" and bool(
        workspace.hidden_features(place, [hit.name], "discovered")
    )


def table(found: list[Hit]) -> pd.DataFrame:
    """The hits as a frame: what, found, why."""
    rows = [
        (hit.kind, hit.text, f"{hit.why} · {hit.site}" if hit.site else hit.why) for hit in found
    ]
    return pd.DataFrame(rows, columns=["what", "found", "why"])


def target(hit: Hit, here: Here) -> tuple[str, Here, dict[str, object]]:
    """Page, place and parameters of a hit."""
    place = here._replace(site=hit.site) if hit.site else here
    kind, name = hit.kind, hit.name
    if kind == "label":
        said, _, name = hit.name.partition(":")
        kind = "dimension" if said == "dimension" else "feature" if said == "feature" else kind
        if kind == "label":
            kind = "discovered"
    if kind == "discovered":
        return "discover", place, {"found": name}
    return kind, place, {VIEWS[kind]: name}


@answers.cached()
def _in_catalog(catalog: Catalog, text: str) -> tuple[Hit, ...]:
    return tuple(search.in_catalog(catalog, text))

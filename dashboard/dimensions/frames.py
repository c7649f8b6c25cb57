"""What the list of dimensions asks besides their statistics: both ends, and what each tells."""

from collections.abc import Sequence

import pandas as pd

from catalog.browse import retained
from catalog.errors import NotInCatalog
from catalog.store import ends_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers, catalogs, parts, workspace
from dashboard.common.answers import Here

_LONGEST = 14


def ends(here: Here, dimensions: Sequence[int]) -> pd.DataFrame:
    """Words at both poles and the best category of these dimensions, in their order.

    Columns: positive, negative, tells. What a dimension tells is kept from who labels it blind.
    """
    tables = set(catalogs.tables(here.catalog).frame["table"])
    columns = ["positive", "negative", "tells"]
    if "feature_dimension" not in tables:
        return pd.DataFrame("", range(len(dimensions)), columns)
    background = here.catalog.primary.background
    asked = here.site, here.threshold, background, tuple(dimensions), here.catalog.contextual
    frame = answers.read(here.catalog, ends_queries.ends(*asked)).set_index("dimension")
    frame = frame.reindex(list(dimensions))
    hidden = workspace.hidden_dimensions(here)
    tells = [
        "" if pd.isna(row.best) or row.Index in hidden else _told(row.best_sign, row.best)
        for row in frame.itertuples()
    ]
    shown = {name: [_words(texts) for texts in frame[name]] for name in columns[:2]}
    return pd.DataFrame({**shown, "tells": tells})


def kept(here: Here, dimensions: Sequence[int]) -> "pd.Series[float] | None":
    """Share of each one's signs that context keeps; None where there is nothing to tell it by."""
    if not here.catalog.contextual:
        return None
    try:
        known = _retained(*here)
    except NotInCatalog:  # no catalog of single tokens lies beside
        return None
    return known.reindex(list(dimensions)).reset_index(drop=True)


@answers.cached()
def _retained(catalog: Catalog, site: str, threshold: str) -> "pd.Series[float]":
    return retained.of(catalog, site, threshold).dimensions.set_index("dimension")["retained"]


def _told(sign: float, category: object) -> str:
    return f"{'+' if sign > 0 else '−'} {parts.spaced(category)}"


def _words(texts: object) -> str:
    if not isinstance(texts, Sequence) and not hasattr(texts, "__iter__"):
        return ""
    return " · ".join(parts.visible(str(text).strip("␣ "))[:_LONGEST] for text in texts)

"""What a discovered feature is called on pages: its top words, since its own name is a hash."""

from collections.abc import Iterable

import numpy as np

from catalog.browse import search, tops
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from dashboard.common import answers, parts
from dashboard.common.answers import Here

WORDS = 3
"""Words in a name."""
_READ, _LONGEST = 12, 24
"""Items read for them, and letters of the longest word."""


def words(here: Here, name: str) -> str:
    """The top words of a feature of the rail's site and threshold; its own name for any other."""
    return _named(here.catalog, here.site, here.threshold).get(name, name)


def every(here: Here, names: Iterable[str]) -> dict[str, str]:
    """The same of several, by name."""
    found = _named(here.catalog, here.site, here.threshold)
    return {name: found.get(name, name) for name in names}


@answers.shared(16)
def _named(catalog: Catalog, site: str, threshold: str) -> dict[str, str]:
    """Of all features of a site at once."""
    frame = catalog.fetch(feature_queries.discovered_prototypes(site, threshold))
    if frame.empty:
        return {}
    groups = {str(name): rows for name, rows in frame.groupby("name")}
    signed = [
        (rows["dimension"].to_numpy(np.int64), rows["sign"].to_numpy(np.int64))
        for rows in groups.values()
    ]
    best = tops.of_each(catalog.signs(site, threshold), signed, _READ)
    texts = catalog.texts
    return {
        name: _told([str(texts[item]) for item in items]) or name
        for name, items in zip(groups, best, strict=True)
    }


def _told(texts: list[str]) -> str:
    kept: dict[str, str] = {}
    for text in texts:
        kept.setdefault(search.plain(text), parts.visible(text.strip("␣ "))[:_LONGEST])
    return ", ".join(list(kept.values())[:WORDS])

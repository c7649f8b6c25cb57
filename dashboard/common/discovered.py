"""What a discovered feature is called on pages: its top words, since its own name is a hash."""

from collections.abc import Iterable

from catalog.browse import search
from catalog.notebook import discoveries
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
    frame = answers.read(here.catalog, feature_queries.discovered(here.site, here.threshold))
    known = name in set(frame["name"])
    return _words(here.catalog, here.site, here.threshold, name) if known else name


def every(here: Here, names: Iterable[str]) -> dict[str, str]:
    """The same of several, by name."""
    return {name: words(here, name) for name in names}


@answers.cached()
def _words(catalog: Catalog, site: str, threshold: str, name: str) -> str:
    top = discoveries.feature(catalog, site, name, threshold).top(_READ).frame()
    kept: dict[str, str] = {}
    for text in top["text"]:
        kept.setdefault(search.plain(str(text)), parts.visible(str(text).strip("␣ "))[:_LONGEST])
    return ", ".join(list(kept.values())[:WORDS]) or name

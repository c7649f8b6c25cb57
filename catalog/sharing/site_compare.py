"""Comparisons that were computed, as data of a site; nothing is computed for it."""

from collections.abc import Sequence
from itertools import permutations
from pathlib import Path
from typing import Any

from catalog.comparing import cached_pairs, sides
from catalog.errors import CatalogError
from catalog.sharing import leaves
from catalog.sharing.leaves import rounded, shown
from catalog.store.catalog import Catalog

PAIRS = 200
"""Matched dimensions that are listed."""
_FIGURES = ("a", "a_low", "a_high", "b", "b_low", "b_high", "difference", "low", "high", "q")


def write(catalogs: Sequence[Catalog], folder: Path) -> list[dict[str, Any]]:
    """Write every comparison of two of the catalogs that lies in the cache; their list."""
    found: list[dict[str, Any]] = []
    for a, b in permutations(catalogs, 2):
        known = _pair(a, b)
        if known is not None:
            name = f"compare-{len(found)}"
            leaves.write(folder, name, known)
            found.append({"a": a.slug, "b": b.slug, "file": name})
    return found


def _pair(a: Catalog, b: Catalog) -> dict[str, Any] | None:
    try:
        one, two = sides.settled(a, b)
    except CatalogError:
        return None  # nothing was shown to both
    categories = cached_pairs.stored_categories(one, two)
    matches = cached_pairs.stored_matches(one, two)
    if categories is None and matches is None:
        return None
    return {
        "a": {"slug": a.slug, "site": one.site},
        "b": {"slug": b.slug, "site": two.site},
        "categories": None
        if categories is None
        else [
            [shown(row["name"]), *rounded([row[name] for name in _FIGURES], 4)]
            for row in categories.tables["categories"].to_dict("records")
        ],
        "matches": None
        if matches is None
        else {
            **matches.summary,
            "rows": [
                [int(row["a"]), int(row["b"]), int(row["polarity"]),
                 *rounded([row["phi"], row["q"], row["rotation_q"]], 3)]
                for row in matches.tables["pairs"].head(PAIRS).to_dict("records")
            ],
        },
    }  # fmt: skip

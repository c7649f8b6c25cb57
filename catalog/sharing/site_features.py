"""Features of a catalog as data of a page: the map of all, and one file a category."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from catalog.features import agreeing
from catalog.sharing import leaves
from catalog.sharing.leaves import rounded, shown
from catalog.store import feature_queries, share_queries
from catalog.store.catalog import Catalog

TOP = 40
"""Items listed by agreement."""
FIGURES = ("auc", "auc_low", "auc_high", "null_p95", "p", "q", "reliability", "coherence",
           "confusable_auc", "firing_level", "best_held_out", "best_q")  # fmt: skip


def every(catalog: Catalog, folder: Path, name: str) -> dict[str, Any]:
    """Write a file a category; the map: categories, sites, and AUC and q of each cell."""
    cell = catalog.primary
    rows = catalog.fetch(feature_queries.features(cell.threshold, cell.background))
    about = catalog.categories.set_index("category")
    names = sorted(rows["category"].unique())
    sites = list(dict.fromkeys(rows.sort_values("position")["site"]))
    grid = {column: rows.pivot(index="category", columns="site", values=column)
            for column in ("auc", "q", "small", "fallback")}  # fmt: skip
    read = _read(catalog)
    by_category = dict(tuple(rows.groupby("category")))
    for place, category in enumerate(names):
        known = _feature(catalog, category, by_category[category], read)
        leaves.write(folder, f"{name}/{place}", known)
    return {
        "categories": [shown(one) for one in names],
        "descriptions": [shown(about["description"].get(one, "")) for one in names],
        "groups": [_said(about["group"].get(one)) for one in names],
        "sites": sites,
        **{
            column: [rounded(row, 4) for row in grid[column].reindex(columns=sites).to_numpy(float)]
            for column in ("auc", "q", "small", "fallback")
        },
        "skipped": [
            [shown(one.category), int(one.families), _said(one.reason)]
            for one in about.reset_index().itertuples()
            if one.status == "skipped"
        ],
    }


def _said(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else shown(value)


class Read(NamedTuple):
    """Prototypes and members of all categories."""

    prototypes: dict[tuple[str, str], tuple[list[int], list[int]]]
    """By category and site: dimensions and their signs."""
    members: dict[str, tuple[list[int], list[str]]]
    """By category: items and the words of the list."""


def _read(catalog: Catalog) -> Read:
    cell = catalog.primary
    prototypes = catalog.fetch(share_queries.prototype_lists(cell.threshold, cell.background))
    members = catalog.fetch(share_queries.member_lists())
    return Read(
        {
            (str(row.category), str(row.site)): (list(row.dimensions), list(row.signs))
            for row in prototypes.itertuples()
        },
        {str(row.category): (list(row.items), list(row.words)) for row in members.itertuples()},
    )


def _feature(catalog: Catalog, category: str, rows: pd.DataFrame, read: Read) -> dict[str, Any]:
    items, words = read.members.get(category, ([], []))
    sites = []
    for row in rows.to_dict("records"):
        dimensions, signs = read.prototypes.get((category, str(row["site"])), ([], []))
        sites.append(
            {
                "site": row["site"],
                **{name: rounded([row[name]])[0] for name in FIGURES},
                "confusable": _said(row["confusable"]),
                "anchors": int(row["anchors"]),
                "held_out": int(row["held_out"]),
                "fallback": bool(row["fallback"]),
                "small": bool(row["small"]),
                "best_dimension": int(row["best_dimension"]),
                "dimensions": [int(one) for one in dimensions],
                "signs": [int(one) for one in signs],
            }
        )
    own = read.prototypes.get((category, catalog.primary.site))
    return {
        "category": shown(category),
        "members": [shown(word) for word in words],
        "sites": sites,
        "top": [] if own is None else _top(catalog, own, items),
    }


def _top(
    catalog: Catalog, prototype: tuple[list[int], list[int]], members: list[int]
) -> list[list[Any]]:
    """Items that agree most at the primary site: item, text, agreement, whether a member."""
    cell = catalog.primary
    frame = pd.DataFrame({"dimension": prototype[0], "sign": prototype[1]})
    found = agreeing.with_prototype(
        catalog, cell.site, cell.threshold, frame, np.asarray(members, np.int64)
    )
    return [
        [int(row.item), shown(row.text), round(float(row.agreement), 4), bool(row.member)]
        for row in found.top(TOP).itertuples()
    ]

"""The map of features: a sheet of cells for each group, its categories by its sites.

Every other figure of a feature is in `catalog.figures`.
"""

from collections.abc import Sequence

import pandas as pd

from catalog.figures import cells, svg, wide
from catalog.figures.cells import Sheet
from catalog.figures.colours import STEPS
from catalog.figures.text import visible

MIDDLE = 0.8
"""AUC of the middle colour: most features lie above it."""
MOST_NAMED = 14
"""Columns that can all be named in the width of the map."""
_NAMES = 42.0
"""Percent of a sheet's width that the names of categories take."""
_TOLD = {
    "figure": "AUC",
    "null": "null p95",
    "chance": "q (or p)",
    "rival": "most confusable",
    "coherence_text": "coherence",
    "flags": "dimensions",
    "sizes": "families",
}
"""What a cell tells, with the titles."""


def heat(frame: pd.DataFrame, sites: list[str], here: str) -> str:
    """Prototype AUC of every category (a row) at every site (a column), groups side by side.

    `frame`: category, group, site, auc, clear (beats its null), and the texts of `_TOLD`; a mark's
    number is the place of its row. Cells that do not beat their null are faint; the column of
    `here` is framed. HTML: as many columns of sheets as there is room for.
    """
    rows = frame.reset_index(drop=True)
    place = {(row.category, row.site): row.Index for row in rows.itertuples()}
    groups = rows.drop_duplicates("category").groupby("group", sort=True)["category"]
    tips = [_tip(row) for row in rows.to_dict("records")]
    colours = [wide.blend(STEPS, _share(auc)) for auc in rows["auc"]]
    faint = (~rows["clear"].astype(bool)).tolist()
    named = set(_named(sites, here))
    drawn = []
    for name, categories in groups:
        numbers = [[place.get((one, site), -1) for site in sites] for one in categories]
        sheet = Sheet(
            rows=[visible(one).replace("_", " ") for one in categories],
            columns=[wide.short(site) if site in named else "" for site in sites],
            colours=[[None if n < 0 else colours[n] for n in row] for row in numbers],
            tips=[["" if n < 0 else tips[n] for n in row] for row in numbers],
            numbers=numbers,
            faint=[[n >= 0 and faint[n] for n in row] for row in numbers],
            title=visible(name),
            marked=sites.index(here) if here in sites else None,
        )
        drawn.append(cells.sheet(sheet, _NAMES))
    return f'<div class="columns">{"".join(drawn)}</div>'


def _tip(row: dict[str, object]) -> str:
    lines = [f"{title}: {row[column]}" for column, title in _TOLD.items()]
    return "\n".join([f"{str(row['category']).replace('_', ' ')} at {row['site']}", *lines])


def _share(auc: float) -> float:
    """Place on the scale of colours, 0 to 1."""
    if auc < MIDDLE:
        return 0.5 * (auc - 0.5) / (MIDDLE - 0.5)
    return 0.5 + 0.5 * (auc - MIDDLE) / (1 - MIDDLE)


def _named(sites: Sequence[str], here: str) -> list[str]:
    """Sites whose columns are named: all, or of many layers some, evenly spaced, and `here`."""
    if len(sites) <= MOST_NAMED:
        return list(sites)
    step = -(-len(sites) // 8)
    place = sites.index(here) if here in sites else -step
    return [
        site
        for number, site in enumerate(sites)
        if number == place or (number % step == 0 and abs(number - place) > step // 2)
    ]


def legend() -> str:
    """The colours of the map, in one line."""
    body = [
        svg.box(4.4 * n, 0, 4.8, 22, wide.blend(STEPS, _share(0.5 + n / 100))) for n in range(51)
    ]
    for words, x, anchor in (("AUC 0.5", 4, "start"), (f"{MIDDLE:g}", 134, "middle"),
                             ("1", 222, "end")):  # fmt: skip
        body.append(svg.text(x, 15, words, 12, anchor, 'style="fill:#111111"'))
    return svg.document(226, 22, body, f"Colours from AUC 0.5 over {MIDDLE:g} to 1")

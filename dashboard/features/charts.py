"""Figures of the feature pages whose cells open something: the heat map, and signs along a circle.

Every other figure of a feature is in `catalog.figures`.
"""

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from catalog.figures.charts import NEAR, NEGATIVE, POSITIVE, figure
from catalog.figures.text import visible

HEAD = "▸ "
"""Begins the rows of a heat map that hold the name of a group."""
ROW = 15
"""Pixels of a row of the heat map."""
COLOURS = ["#9a6bd1", "#3f9f9f", "#e0b000"]
MIDDLE = 0.8
"""AUC of the middle colour: most features lie above it."""


def columns_of(frame: pd.DataFrame, count: int) -> list[list[str]]:
    """Rows of `count` heat maps side by side: every group's name, then its categories.

    `frame` has one row a category: category, group. Groups stay whole and in order.
    """
    groups = {
        str(name): list(dict.fromkeys(rows["category"]))
        for name, rows in frame.groupby("group", sort=True)
    }
    total = sum(len(rows) + 1 for rows in groups.values())
    columns: list[list[str]] = [[]]
    done = 0
    for name, rows in groups.items():
        middle = done + (len(rows) + 1) / 2
        if columns[-1] and middle > total * len(columns) / count:
            columns.append([])
        columns[-1] += [HEAD + name, *rows]
        done += len(rows) + 1
    return columns


def heat(frame: pd.DataFrame, rows: list[str], sites: list[str], here: str) -> alt.Chart:
    """Prototype AUC of every category (a row) at every site (a column); selection `cell`.

    `frame`: category, site, auc, clear (beats its null), and the texts of the tooltip. Cells that
    do not beat their null are faint; the column of `here` is ringed.
    """
    shown = frame[frame["category"].isin(rows)].assign(
        strength=lambda f: np.where(f["clear"], 1.0, 0.22),
        ring=lambda f: np.where(f["site"] == here, 1.0, 0.0),
    )
    stream = all(site.startswith("resid") or site == "final" for site in sites)
    cell = alt.selection_point(
        name="cell", fields=["category", "site"], on="click", clear=False, empty=False
    )
    return (
        alt.Chart(shown)
        .mark_rect(cursor="pointer", strokeWidth=1)
        .encode(
            x=alt.X(
                "site:N",
                sort=sites,
                scale=alt.Scale(domain=sites),
                axis=alt.Axis(
                    orient="top",
                    values=named(sites, here) if stream else sites,
                    labelAngle=0 if stream else -90,
                    labelExpr="datum.value === 'final' ? 'f' : replace(datum.value, 'resid.', '')",
                    **_PLAIN,
                ),
            ),
            y=alt.Y("category:N", sort=None, scale=alt.Scale(domain=rows), axis=_categories()),
            color=alt.Color(
                "auc:Q",
                scale=alt.Scale(
                    domain=[0.5, MIDDLE, 1],
                    range=COLOURS,
                    clamp=True,
                    interpolate="rgb",
                ),
                legend=None,
            ),
            opacity=alt.Opacity("strength:Q", scale=None, legend=None),
            stroke=alt.value(NEAR),
            strokeOpacity=alt.StrokeOpacity("ring:Q", scale=None, legend=None),
            tooltip=[alt.Tooltip(f"{name}:N", title=title) for name, title in _TOLD.items()],
        )
        .add_params(cell)
        .properties(height=ROW * len(rows) + (26 if stream else 60))
        .configure_view(stroke=None)
        .configure_scale(bandPaddingInner=0.06)
    )


MOST_NAMED = 14
"""Columns that can all be named in the width of the map."""


def named(sites: list[str], here: str) -> list[str]:
    """Sites whose columns are named: all, or of many layers some, evenly spaced, and `here`."""
    if len(sites) <= MOST_NAMED:
        return sites
    step = -(-len(sites) // 8)
    place = sites.index(here) if here in sites else -step
    return [
        site
        for number, site in enumerate(sites)
        if number == place or (number % step == 0 and abs(number - place) > step // 2)
    ]


_PLAIN = {
    "title": None,
    "ticks": False,
    "domain": False,
    "labelOverlap": False,
    "labelFontSize": 11,
}
_TOLD = {
    "category": "category",
    "site": "site",
    "figure": "AUC",
    "null": "null p95",
    "chance": "q (or p)",
    "rival": "most confusable",
    "coherence_text": "coherence",
    "flags": "dimensions",
    "sizes": "families",
}
"""Columns of a cell's tooltip, with their titles."""


def _categories() -> alt.Axis:
    """Names of categories, those of groups in bold."""
    bold = {"condition": {"test": f"datum.value[0] === '{HEAD[0]}'", "value": 600}, "value": 400}
    return alt.Axis(
        labelLimit=126,
        labelFlush=False,
        labelFontWeight=bold,
        labelExpr="replace(datum.value, /_/g, ' ')",
        **_PLAIN,
    )


def legend() -> go.Figure:
    """The colours of the heat map, in one line."""
    values = np.linspace(0.5, 1, 51)
    place = 2 * (MIDDLE - 0.5)
    scale = [[at, colour] for at, colour in zip((0, place, 1), COLOURS, strict=True)]
    bar = {
        "type": "heatmap",
        "x": values,
        "z": [values],
        "zmin": 0.5,
        "zmax": 1,
        "colorscale": scale,
        "showscale": False,
        "hoverinfo": "skip",
    }
    words = [("AUC 0.5", 0.51, "left"), (f"{MIDDLE:g}", MIDDLE, "center"), ("1", 0.99, "right")]
    notes = [
        {
            "text": text,
            "x": x,
            "y": 0,
            "xanchor": anchor,
            "showarrow": False,
            "font": {"color": "#111111", "size": 12},
        }
        for text, x, anchor in words
    ]
    return figure(
        [bar],
        28,
        margin={"l": 0, "r": 0, "t": 2, "b": 2},
        annotations=notes,
        xaxis={"visible": False},
        yaxis={"visible": False},
    )


def turns(
    words: tuple[str, ...], signs: NDArray[np.bool_], dimensions: NDArray[np.integer]
) -> alt.Chart:
    """Signs of some dimensions along the circle: words down, dimensions across; selection `turn`.

    `signs` is bool[words, dimensions].
    """
    names = [visible(word) for word in words]
    frame = pd.DataFrame(
        {
            "word": np.repeat(names, len(dimensions)),
            "dimension": np.tile(np.asarray(dimensions, int), len(names)),
            "sign": np.where(signs, "+", "−").ravel(),
        }
    )
    turn = alt.selection_point(
        name="turn", fields=["dimension"], on="click", clear=False, empty=False
    )
    order = [str(d) for d in dimensions]
    return (
        alt.Chart(frame.assign(dimension=frame["dimension"].astype(str)))
        .mark_rect(cursor="pointer")
        .encode(
            x=alt.X("dimension:N", sort=order, axis=alt.Axis(title="dimension", labelAngle=-60)),
            y=alt.Y(
                "word:N",
                sort=names,
                axis=alt.Axis(title=None, labelLimit=90, labelOverlap=False, labelFlush=False),
            ),
            color=alt.Color(
                "sign:N",
                scale=alt.Scale(domain=["+", "−"], range=[POSITIVE, NEGATIVE]),
                legend=None,
            ),
            tooltip=["word:N", "dimension:N", "sign:N"],
        )
        .add_params(turn)
        .properties(height=17 * len(names) + 60)
        .configure_view(stroke=None)
        .configure_scale(bandPaddingInner=0.08)
    )

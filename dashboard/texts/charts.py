"""The map of "Read a text": tokens x features, whose cells open.

Features never borrow the poles' colours. The page's other figures: `catalog.figures.texts`.
"""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.figures.charts import HERE, MONOSPACE
from catalog.figures.text import visible

RAREST = 1000
"""The colour scale ends where one in this many items agrees as much."""
COLOURS = ["#9a6bd1", "#3f9f9f", "#e0b000"]
_LONGEST = 14
_NAMES = 150
"""Pixels of the tokens over the map and of the legend under it."""


def token_names(tokens: Sequence[str], special: NDArray[np.bool_], first: int) -> list[str]:
    """Axis values of tokens, different for every place: 4 digits, a mark, the text.

    The mark is * for special tokens.
    """
    return [
        f"{first + n:04d}{'*' if odd else ' '}{_cut(token)}"
        for n, (token, odd) in enumerate(zip(tokens, special, strict=True))
    ]


def _cut(token: str) -> str:
    shown = visible(token)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def cells(frame: pd.DataFrame, columns: list[str], rows: list[str]) -> alt.Chart:
    """Tokens (columns) x features (rows); the selection is named `cell`: place, category.

    `frame`: token (an axis value), place, category, one_in, fires, and the texts of the tooltip.
    Cells that do not fire are faint; the clicked one is ringed.
    """
    shown = frame.assign(strength=np.where(frame["fires"], 1.0, 0.16))
    cell = alt.selection_point(
        name="cell", fields=["place", "category"], on="click", clear=False, empty=False
    )
    label = {"labelFont": MONOSPACE, "ticks": False, "domain": False, "title": None}
    return (
        alt.Chart(shown)
        .mark_rect(cursor="pointer")
        .encode(
            x=alt.X(
                "token:N",
                sort=None,
                scale=alt.Scale(domain=columns),
                axis=alt.Axis(
                    orient="top",
                    labelAngle=-90,
                    labelOverlap=False,
                    labelLimit=120,
                    labelExpr="trim(substring(datum.value, 4))",
                    **label,
                ),
            ),
            y=alt.Y(
                "category:N",
                sort=None,
                scale=alt.Scale(domain=rows),
                axis=alt.Axis(
                    title=None,
                    ticks=False,
                    domain=False,
                    labelOverlap=False,
                    labelFlush=False,
                    labelLimit=150,
                    labelExpr="replace(datum.value, /_/g, ' ')",
                ),
            ),
            color=_rarity(),
            opacity=alt.Opacity("strength:Q", scale=None, legend=None),
            stroke=alt.value(HERE),
            strokeWidth=alt.condition(cell, alt.value(2), alt.value(0)),
            tooltip=[
                alt.Tooltip("shown:N", title="token"),
                alt.Tooltip("category:N", title="feature"),
                alt.Tooltip("agreement:Q", format=".3f"),
                alt.Tooltip("level:Q", format=".3f", title="fires above"),
                alt.Tooltip("rare:N", title="items that agree as much"),
                alt.Tooltip("usual:N", title="items at which it fires"),
            ],
        )
        .add_params(cell)
        .properties(height=19 * len(rows) + _NAMES)
        .configure_view(stroke=None)
    )


def _rarity() -> alt.Color:
    """The colour of a cell: the fewer items agree as much, the warmer."""
    return alt.Color(
        "one_in:Q",
        scale=alt.Scale(
            type="log", domain=[1, 30, RAREST], range=COLOURS, clamp=True, interpolate="rgb"
        ),
        legend=alt.Legend(
            title="one in … items agrees as much",
            titleLimit=300,
            orient="bottom",
            direction="horizontal",
            values=[1, 10, 100, RAREST],
            format="~s",
            gradientLength=220,
            gradientThickness=10,
        ),
    )

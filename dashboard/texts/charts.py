"""Figures of "Read a text": tokens x features, signs that changed by layer, magnitude and token.

Features never borrow the poles' colours; own is violet, the chance level grey and dashed.
"""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from catalog.browse.texts import Changed
from catalog.figures.charts import ACCENT, FAINT, HERE, MONOSPACE, NEAR, Trace, figure
from catalog.figures.text import chart_text, number, visible

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
            color=alt.Color(
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
            ),
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


def by_layer(frame: pd.DataFrame, site: str) -> go.Figure:
    """Share of signs that differ from a token's cached ones at every site, and by chance.

    `frame`: site, own, sd, other, tokens. The band is one sd over tokens.
    """
    here = (frame["site"] == site).to_numpy()
    high = (frame["own"] + frame["sd"].fillna(0)).clip(upper=1)
    low = (frame["own"] - frame["sd"].fillna(0)).clip(lower=0)
    band = {
        "type": "scatter",
        "x": [*frame["site"], *frame["site"][::-1]],
        "y": [*high, *low[::-1]],
        "fill": "toself",
        "fillcolor": FAINT,
        "mode": "none",
        "hoverinfo": "skip",
    }
    own = {
        "type": "scatter",
        "x": frame["site"],
        "y": frame["own"],
        "mode": "lines+markers",
        "line": {"color": ACCENT},
        "marker": {
            "size": np.where(here, 11, 6),
            "color": np.where(here, HERE, ACCENT),
            "line": {"width": np.where(here, 1.5, 0), "color": NEAR},
        },
        "hovertext": [
            f"{row.site}<br>own {number(row.own)} ± {number(row.sd)}<br>chance "
            f"{number(row.other)}<br>retained {number(row.retained)}<br>{row.tokens} tokens"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    chance = _chance(frame["site"], frame["other"])
    return figure(
        [band, own, chance],
        250,
        xaxis={"type": "category", "showgrid": False, "tickangle": -45},
        yaxis={"title": "share of signs that differ", "range": [0, _top(frame["other"], high)]},
    )


def by_magnitude(one: Changed) -> go.Figure:
    """The same at one site by quarters of |state - threshold|, smallest first."""
    names = ["smallest", "2nd quarter", "3rd quarter", "largest"]
    own, other = one.mean(one.own_by_magnitude), one.mean(one.other_by_magnitude)
    bars = {
        "type": "bar",
        "x": names,
        "y": own,
        "width": 0.6,
        "marker": {"color": ACCENT},
        "text": [number(value) for value in own],
        "textposition": "inside",
        "insidetextanchor": "start",
        "textangle": 0,
        "hovertext": [
            f"own {number(mine)}<br>chance {number(chance)}"
            for mine, chance in zip(own, other, strict=True)
        ],
        "hoverinfo": "text",
    }
    return figure(
        [bars, _ticks(names, other)],
        250,
        xaxis={"type": "category", "title": "|state − threshold|"},
        yaxis={"title": "share that differs", "range": [0, _top(other, own)]},
    )


def by_token(names: list[str], one: Changed, opened: int | None) -> go.Figure:
    """The same at one site for every token; those left out of means are faint."""
    colours = np.where(np.arange(len(names)) == (-1 if opened is None else opened), HERE, ACCENT)
    bars = {
        "type": "bar",
        "x": names,
        "y": one.own,
        "marker": {"color": colours, "opacity": np.where(one.counted, 0.9, 0.3)},
        "hovertext": [
            f"{chart_text(name[4:].strip())}<br>own {number(own)}<br>chance {number(other)}"
            for name, own, other in zip(names, one.own, one.other, strict=True)
        ],
        "hoverinfo": "text",
    }
    return figure(
        [bars, _ticks(names, one.other)],
        230,
        bargap=0.25,
        xaxis={
            "type": "category",
            "tickmode": "array",
            "tickvals": names,
            "ticktext": [chart_text(name[4:].strip(), 16) for name in names],
            "tickangle": -60,
            "tickfont": {"family": MONOSPACE, "size": 11},
            "showgrid": False,
        },
        yaxis={"title": "share that differs", "range": [0, _top(one.other, one.own)]},
    )


def across(frame: pd.DataFrame, site: str) -> go.Figure:
    """One token's agreement with one feature at every site, and the level it fires above."""
    here = (frame["site"] == site).to_numpy()
    line = {
        "type": "scatter",
        "x": frame["site"],
        "y": frame["agreement"],
        "mode": "lines+markers",
        "line": {"color": ACCENT},
        "marker": {
            "size": np.where(here, 11, 7),
            "color": np.where(here, HERE, ACCENT),
            "symbol": np.where(frame["agreement"] > frame["firing_level"], "circle", "circle-open"),
        },
        "hovertext": [
            f"{row.site}<br>agreement {number(row.agreement)}<br>fires above "
            f"{number(row.firing_level)}"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    return figure(
        [line, _chance(frame["site"], frame["firing_level"])],
        280,
        xaxis={"type": "category", "showgrid": False, "tickangle": -45},
        yaxis={"title": "agreement", "range": [min(0.4, frame["agreement"].min()) - 0.02, 1.02]},
    )


def _chance(x: "pd.Series[str]", y: "pd.Series[float]") -> Trace:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": NEAR, "dash": "dash"},
        "hoverinfo": "skip",
    }


def _ticks(x: list[str], y: NDArray[np.float64]) -> Trace:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "markers",
        "marker": {
            "symbol": "line-ew-open",
            "size": 26 if len(x) < 12 else 12,
            "line": {"width": 2},
            "color": NEAR,
        },
        "hoverinfo": "skip",
    }


def _top(*series: "pd.Series[float] | NDArray[np.float64]") -> float:
    known = [float(np.nanmax(values)) for values in series if not np.isnan(values).all()]
    largest = max(known, default=0.5)
    return min(1.05, max(0.1, 1.15 * largest))

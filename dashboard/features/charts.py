"""Figures of the feature pages: frames and curves in, Plotly or (where cells open) Altair out.

Members are violet, the background and every null grey: features never borrow the poles' colours,
which mark expected signs only.
"""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from catalog.features.curves import Curves
from catalog.features.cycles import Cycle
from catalog.figures.charts import ACCENT, HERE, NEAR, NEGATIVE, POSITIVE, Trace, figure
from catalog.figures.text import chart_text, number, visible

HEAD = "▸ "
"""Begins the rows of a heat map that hold the name of a group."""
ROW = 15
"""Pixels of a row of the heat map."""
WIDEST = 400
"""Dimensions drawn in a strip; the weaker ones of a larger feature stay in its table."""
COLOURS = ["#9a6bd1", "#3f9f9f", "#e0b000"]
MIDDLE = 0.8
"""AUC of the middle colour: most features lie above it."""
_CLEAR = "rgba(0,0,0,0)"


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
    bold = {"condition": {"test": f"datum.value[0] === '{HEAD[0]}'", "value": 600}, "value": 400}
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
                    title=None,
                    labelAngle=0 if stream else -90,
                    labelOverlap=False,
                    labelExpr="datum.value === 'final' ? 'f' : replace(datum.value, 'resid.', '')",
                    ticks=False,
                    domain=False,
                    labelFontSize=11,
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
                    labelLimit=126,
                    labelOverlap=False,
                    labelFlush=False,
                    labelFontSize=11,
                    labelFontWeight=bold,
                    labelExpr="replace(datum.value, /_/g, ' ')",
                ),
            ),
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
            tooltip=[
                alt.Tooltip("category:N"),
                alt.Tooltip("site:N"),
                alt.Tooltip("figure:N", title="AUC"),
                alt.Tooltip("null:N", title="null p95"),
                alt.Tooltip("chance:N", title="q (or p)"),
                alt.Tooltip("rival:N", title="most confusable"),
                alt.Tooltip("coherence_text:N", title="coherence"),
                alt.Tooltip("flags:N", title="dimensions"),
                alt.Tooltip("sizes:N", title="families"),
            ],
        )
        .add_params(cell)
        .properties(height=ROW * len(rows) + (26 if stream else 60))
        .configure_view(stroke=None)
        .configure_scale(bandPaddingInner=0.06)
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


def strip(frame: pd.DataFrame, height: int = 170) -> alt.Chart:
    """Signed dimensions as bars of AUC - 1/2, in the poles' colours; selection `bar`.

    `frame`: dimension, sign, auc, p, q. Positive ones first, the strongest outermost.
    """
    shown = frame.head(WIDEST)
    shown = shown.assign(
        contrast=shown["auc"] - 0.5,
        expected=np.where(shown["sign"] > 0, "+", "−"),
        auc_text=[number(value) for value in shown["auc"]],
        q_text=[chance(value) for value in shown["q"]],
    ).sort_values("contrast", ascending=False)
    shown["place"] = np.arange(len(shown))
    bar = alt.selection_point(
        name="bar", fields=["dimension"], on="click", clear=False, empty=False
    )
    return (
        alt.Chart(shown)
        .mark_bar(cursor="pointer")
        .encode(
            x=alt.X("place:O", axis=None),
            y=alt.Y("contrast:Q", title="AUC − ½", axis=alt.Axis(tickCount=5)),
            color=alt.Color(
                "expected:N",
                scale=alt.Scale(domain=["+", "−"], range=[POSITIVE, NEGATIVE]),
                legend=None,
            ),
            tooltip=[
                alt.Tooltip("dimension:Q"),
                alt.Tooltip("expected:N", title="expected sign"),
                alt.Tooltip("auc_text:N", title="sign AUC"),
                alt.Tooltip("q_text:N", title="q"),
            ],
        )
        .add_params(bar)
        .properties(height=height)
        .configure_view(stroke=None)
    )


def chance(value: Any) -> str:
    """A p or q: at most three digits, below 0.001 as such; – where missing."""
    if value is None or pd.isna(value):
        return "–"
    if value < 0.001:
        return "< 0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def spread(value: Any, sd: Any) -> str:
    """A figure with its sd, both to three decimals; – where missing."""
    return "–" if value is None or pd.isna(value) else f"{value:.3f} ± {sd:.3f}"


def roc(curves: Curves) -> go.Figure:
    """Held-out ROC, mean of the splits with its sd, over the band of its null."""
    x = curves.rate
    above = np.minimum(1, curves.roc + curves.roc_sd)
    below = np.maximum(0, curves.roc - curves.roc_sd)
    traces: list[Trace] = [
        _band(x, curves.null_low, curves.null_high, "rgba(138,138,138,0.35)"),
        _band(x, below, above, "rgba(122,111,176,0.28)"),
        {
            "type": "scatter",
            "x": [0, 1],
            "y": [0, 1],
            "mode": "lines",
            "line": {"color": NEAR, "dash": "dot", "width": 1},
            "hoverinfo": "skip",
        },
        {
            "type": "scatter",
            "x": x,
            "y": curves.roc,
            "mode": "lines",
            "line": {"color": ACCENT, "width": 2.5},
            "hovertext": [
                f"at {number(rate)} of the background<br>{number(hit)} ± {number(sd)} of held-out "
                f"members<br>random sets {number(low)} to {number(high)}"
                for rate, hit, sd, low, high in zip(
                    x, curves.roc, curves.roc_sd, curves.null_low, curves.null_high, strict=True
                )
            ],
            "hoverinfo": "text",
        },
    ]
    return figure(
        traces,
        270,
        xaxis={"title": "share of background", "range": [-0.01, 1.01], "tickvals": [0, 0.5, 1]},
        yaxis={"title": "share of members", "range": [-0.01, 1.02], "tickvals": [0, 0.5, 1]},
    )


def _band(
    x: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64], colour: str
) -> Trace:
    return {
        "type": "scatter",
        "x": [*x, *x[::-1]],
        "y": [*high, *low[::-1]],
        "fill": "toself",
        "fillcolor": colour,
        "mode": "none",
        "hoverinfo": "skip",
    }


def distribution(curves: Curves, level: float) -> go.Figure:
    """Agreement of held-out members and of the background, the firing level marked."""
    centre = (curves.edges[:-1] + curves.edges[1:]) / 2
    width = float(curves.edges[1] - curves.edges[0])
    traces = [
        {
            "type": "bar",
            "x": centre,
            "y": 100 * values,
            "width": width,
            "marker": {"color": colour, "opacity": opacity, "line": {"width": 0}},
            "hovertext": [
                f"agreement {number(low)} to {number(low + width)}<br>{number(100 * v)} % of {name}"
                for low, v in zip(curves.edges[:-1], values, strict=True)
            ],
            "hoverinfo": "text",
        }
        for values, colour, opacity, name in (
            (curves.background, NEAR, 0.55, "the background"),
            (curves.members, ACCENT, 0.75, "held-out members"),
        )
    ]
    used = np.flatnonzero((curves.members > 0) | (curves.background > 0))
    low, high = curves.edges[used.min()], curves.edges[used.max() + 1]
    line = {"type": "line", "x0": level, "x1": level, "y0": 0, "y1": 1, "yref": "paper"}
    return figure(
        traces,
        270,
        barmode="overlay",
        bargap=0,
        shapes=[line | {"line": {"color": HERE, "width": 2, "dash": "dash"}}],
        xaxis={"title": "agreement", "range": [low - width, high + width]},
        yaxis={"title": "% of each", "rangemode": "tozero"},
    )


def across(frame: pd.DataFrame, site: str) -> go.Figure:
    """AUC at every site with its sd, the null's 95th percentile and the level of resid.0.

    The point that is clicked has the number of its row.
    """
    here = (frame["site"] == site).to_numpy()
    base = frame.loc[frame["site"] == "resid.0", "auc"]
    traces: list[Trace] = [
        {
            "type": "scatter",
            "x": frame["site"],
            "y": frame["null_p95"],
            "mode": "lines+markers",
            "line": {"color": NEAR, "width": 1},
            "marker": {"symbol": "line-ew-open", "size": 12, "color": NEAR, "line": {"width": 2}},
            "hovertext": [f"null p95 {number(v)}" for v in frame["null_p95"]],
            "hoverinfo": "text",
        },
        {
            "type": "scatter",
            "x": frame["site"],
            "y": frame["auc"],
            "mode": "lines+markers",
            "line": {"color": ACCENT},
            "error_y": {
                "type": "data",
                "array": frame["sd"],
                "color": ACCENT,
                "thickness": 1,
                "width": 3,
            },
            "marker": {
                "size": np.where(here, 12, 7),
                "color": np.where(here, HERE, ACCENT),
                "line": {"width": np.where(here, 1.5, 0), "color": NEAR},
            },
            "hovertext": [
                f"{row.site}<br>AUC {spread(row.auc, row.sd)}"
                f"<br>gain over resid.0 {signed(row.gain)}<br>null p95 {number(row.null_p95)}"
                f"<br>{row.dimensions} dimensions{', fallback' if row.fallback else ''}"
                for row in frame.itertuples()
            ],
            "hoverinfo": "text",
        },
    ]
    shapes = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": float(value),
            "y1": float(value),
            "line": {"color": ACCENT, "dash": "dot", "width": 1},
        }
        for value in base
    ]
    low = min(0.45, float(np.nanmin(frame[["auc", "null_p95"]].to_numpy(np.float64))) - 0.05)
    return figure(
        traces,
        270,
        shapes=shapes,
        xaxis={"type": "category", "showgrid": False, "tickangle": -45},
        yaxis={"title": "prototype AUC", "range": [low, 1.02]},
    )


def signed(value: Any) -> str:
    """A difference with its sign, to three decimals; – where missing."""
    if value is None or pd.isna(value):
        return "–"
    return f"{value:+.3f}".replace("-", "−")


def null(aucs: NDArray[np.float64], observed: float) -> go.Figure:
    """Null draws as bars, the observed AUC as a line."""
    low, high = float(min(aucs.min(), observed)), float(max(aucs.max(), observed))
    counts, edges = np.histogram(aucs, bins=30, range=(low, high + 1e-9))
    bars = {
        "type": "bar",
        "x": (edges[:-1] + edges[1:]) / 2,
        "y": counts,
        "width": edges[1] - edges[0],
        "marker": {"color": NEAR, "opacity": 0.55, "line": {"width": 0}},
        "hovertext": [
            f"{count} random sets<br>AUC {number(left)} to {number(right)}"
            for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True)
        ],
        "hoverinfo": "text",
    }
    line = {"type": "line", "x0": observed, "x1": observed, "y0": 0, "y1": 1, "yref": "paper"}
    return figure(
        [bars],
        190,
        bargap=0,
        shapes=[line | {"line": {"color": ACCENT, "width": 2.5}}],
        xaxis={"title": "held-out AUC of random sets (grey) and of the concept (line)"},
        yaxis={"title": "sets"},
    )


def waves(cycle: Cycle) -> go.Figure:
    """Share of each period in the variation of the signs, over the band of permuted orders."""
    names = [f"{period:.3g}" for period in cycle.period]
    middle = (cycle.null_low + cycle.null_high) / 2
    traces: list[Trace] = [
        {
            "type": "bar",
            "x": names,
            "y": cycle.share,
            "marker": {"color": ACCENT, "opacity": 0.8, "line": {"width": 0}},
            "width": 0.55,
            "hovertext": [
                f"period {name} words<br>share {number(share)}"
                f"<br>permuted {number(low)} to {number(high)}<br>p {chance(p)}, q {chance(q)}"
                for name, share, low, high, p, q in zip(
                    names,
                    cycle.share,
                    cycle.null_low,
                    cycle.null_high,
                    cycle.p,
                    cycle.q,
                    strict=True,
                )
            ],
            "hoverinfo": "text",
        },
        {
            "type": "scatter",
            "x": names,
            "y": middle,
            "mode": "markers",
            "marker": {"size": 1, "color": _CLEAR},
            "error_y": {
                "type": "data",
                "array": (cycle.null_high - cycle.null_low) / 2,
                "color": NEAR,
                "thickness": 9,
                "width": 0,
            },
            "hoverinfo": "skip",
        },
    ]
    return figure(
        traces,
        230,
        xaxis={"title": "period (words)", "type": "category", "showgrid": False},
        yaxis={"title": "share of variation", "rangemode": "tozero"},
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


def best(frame: pd.DataFrame) -> go.Figure:
    """Items by agreement as bars: members violet, others grey; text is escaped."""
    places = list(range(len(frame)))
    bars = {
        "type": "bar",
        "x": frame["agreement"],
        "y": places,
        "orientation": "h",
        "marker": {
            "color": np.where(frame["member"], ACCENT, NEAR),
            "opacity": np.where(frame["member"], 0.9, 0.5),
            "line": {"width": 0},
        },
        "text": [number(value) for value in frame["agreement"]],
        "textposition": "inside",
        "insidetextanchor": "end",
        "textangle": 0,
        "hovertext": [
            f"{chart_text(row.text)}<br>agreement {number(row.agreement)}"
            f"<br>{'member' if row.member else 'no member'}, item {row.item}"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    return figure(
        [bars],
        22 * len(frame) + 16,
        bargap=0.22,
        xaxis={"visible": False, "range": [0, 1]},
        yaxis={
            "tickmode": "array",
            "tickvals": places,
            "ticktext": [
                f"<b>{chart_text(row.text, 18)}</b>" if row.member else chart_text(row.text, 18)
                for row in frame.itertuples()
            ],
            "autorange": "reversed",
            "showgrid": False,
        },
    )

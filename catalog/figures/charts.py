"""Every figure: frames in, Plotly (or Altair, where cells are clicked) out. Both themes.

Positive is vermillion, negative blue, near grey, on every chart; nothing else borrows them.
"""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from catalog.figures.text import chart_text, number

POSITIVE = "#D55E00"
NEGATIVE = "#0072B2"
NEAR = "#8a8a8a"
ACCENT = "#7a6fb0"
"""Lines that belong to no pole."""
HERE = "#E0B000"
"""The place where the page stands."""
FAINT = "rgba(128,128,128,0.28)"
SCALE = [[0, "#9a6bd1"], [0.5, "#3f9f9f"], [1, "#e0b000"]]
"""From low to high, legible on light and dark."""
SHARE = ("share_positive", "share positive")
QUANTILES = {"q05": "5 %", "q25": "25 %", "q50": "median", "q75": "75 %", "q95": "95 %"}
MONOSPACE = "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"
Trace = dict[str, Any]


def figure(traces: list[Trace], height: int, **layout: Any) -> go.Figure:
    """The look of every figure: no frame, no legend, faint grid; `height` in pixels.

    Made in one step: setting parts of a Plotly figure later costs milliseconds each.
    """
    looks: Trace = {
        "height": height,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "showlegend": False,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hoverlabel": {"namelength": 0},
    }
    axes = {
        name: {"gridcolor": FAINT, "zeroline": False, "automargin": True, **value}
        for name, value in layout.items()
        if name.startswith(("xaxis", "yaxis"))
    }
    return go.Figure({"data": traces, "layout": looks | layout | axes})


def scatter(frame: pd.DataFrame, kept: NDArray[np.bool_], balanced: bool) -> go.Figure:
    """All dimensions: share positive (or mean, where shares are constant) against mean |value|.

    Coloured by entropy (by sd with threshold median); those not `kept` are faint.
    """
    x, title = ("mean", "mean (units of the state)") if balanced else SHARE
    colour, scale = ("std", "sd") if balanced else ("entropy_bits", "entropy (bits)")
    text = [
        f"dimension {row.dimension}<br>{title} {number(getattr(row, x))}"
        f"<br>mean |x| {number(row.mean_abs)}<br>{scale} {number(getattr(row, colour))}"
        for row in frame.itertuples()
    ]
    points = {
        "type": "scattergl" if len(frame) > 6000 else "scatter",
        "x": frame[x],
        "y": frame.mean_abs,
        "mode": "markers",
        "hovertext": text,
        "hoverinfo": "text",
        "marker": {
            "size": 6 if len(frame) < 3000 else 4,
            "color": frame[colour],
            "colorscale": SCALE,
            "opacity": np.where(kept, 0.85, 0.08),
            "colorbar": {"title": {"text": scale, "side": "right"}, "thickness": 10},
            "line": {"width": 0},
        },
    }
    ticks = _decades(frame.mean_abs)
    return figure(
        [points],
        380,
        xaxis={"title": title} | ({} if balanced else {"range": [-0.02, 1.02]}),
        yaxis={
            "title": "mean |x|",
            "type": "log",
            "tickvals": ticks,
            "ticktext": [f"{tick:g}" for tick in ticks],
        },
    )


def _decades(values: "pd.Series[float]") -> list[float]:
    # 1, 2 and 5 in every power of ten that the values reach.
    positive = values[values > 0]
    if positive.empty:
        return []
    first, last = np.floor(np.log10([positive.min(), positive.max()])).astype(int)
    return [m * 10.0**power for power in range(first, last + 1) for m in (1, 2, 5)]


def histogram(row: "pd.Series[Any]") -> go.Figure:
    """Values of one dimension over all items; both poles coloured, threshold and quantiles marked.

    The two open end bins are drawn one bin wide and paler.
    """
    low, high, cut = float(row["low"]), float(row["high"]), float(row["value"])
    width = (high - low) / 62
    counts = np.asarray(row["histogram"])
    left = low + width * np.arange(-1, 63)
    centre = left + width / 2
    colours = np.where(centre > cut, POSITIVE, NEGATIVE)
    colours = np.where((left < cut) & (cut < left + width), NEAR, colours)
    ends = ("below " + number(low), "from " + number(high))
    spans = [f"{number(begin)} to {number(begin + width)}" for begin in left[1:-1]]
    bars = {
        "type": "bar",
        "x": centre,
        "y": counts,
        "width": width,
        "marker": {
            "color": colours,
            "opacity": [0.5, *[0.9] * 62, 0.5],
            "line": {"width": 0},
        },
        "hovertext": [
            f"{span}<br>{count:,} items"
            for span, count in zip([ends[0], *spans, ends[1]], counts, strict=True)
        ],
        "hoverinfo": "text",
    }
    quantiles = {
        "type": "scatter",
        "x": [float(row[name]) for name in QUANTILES],
        "y": [0] * len(QUANTILES),
        "mode": "markers",
        "marker": {"symbol": "line-ns-open", "size": 12, "color": NEAR, "line": {"width": 2}},
        "hovertext": [f"{label} {number(row[name])}" for name, label in QUANTILES.items()],
        "hoverinfo": "text",
        "cliponaxis": False,
    }
    line = {"color": NEAR, "width": 1.5, "dash": "dash"}
    threshold = {"type": "line", "x0": cut, "x1": cut, "y0": 0, "y1": 1, "yref": "paper"}
    return figure(
        [bars, quantiles],
        300,
        bargap=0,
        shapes=[threshold | {"line": line}],
        xaxis={"title": "state (model's own units)"},
        yaxis={"title": "items", "rangemode": "nonnegative"},
    )


def pole(frame: pd.DataFrame, cut: float) -> go.Figure:
    """Items of one pole, the most extreme on top, as bars of their values; text is escaped.

    A bar has the colour of its sign: above `cut`, the threshold, or not.
    """
    places = list(range(len(frame)))
    low, high = min(0.0, frame.value.min()), max(0.0, frame.value.max())
    room = 0.3 if low < 0 < high else 0.02  # for numbers beside short bars
    span = [low - room * (high - low) * (low < 0), high + room * (high - low) * (high > 0)]
    bars = {
        "type": "bar",
        "x": frame.value,
        "y": places,
        "orientation": "h",
        "marker": {
            "color": np.where(frame.value > cut, POSITIVE, NEGATIVE),
            "opacity": 0.85,
            "line": {"width": 0},
        },
        "text": [number(value) for value in frame.value],
        "textposition": "auto",
        "insidetextanchor": "end",
        "textangle": 0,
        "hovertext": [
            f"{chart_text(row.text)}<br>{number(row.value)}<br>item {row.item}, {row.kind}"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    return figure(
        [bars],
        24 * len(frame) + 16,
        bargap=0.22,
        uniformtext={"minsize": 9, "mode": "hide"},
        xaxis={"showticklabels": False, "showgrid": False, "range": span},
        yaxis={
            "tickmode": "array",
            "tickvals": places,
            "ticktext": [chart_text(text, 16) for text in frame.text],
            "autorange": "reversed",
            "tickfont": {"family": MONOSPACE},
            "showgrid": False,
        },
    )


def strip(signs: NDArray[np.bool_], across: int = 64) -> alt.Chart:
    """Signs of one item as a sheet of D cells, row after row; the selection is named `cell`.

    `signs` is bool[D]; `across` cells make a row.
    """
    numbers = np.arange(len(signs))
    frame = pd.DataFrame(
        {
            "dimension": numbers,
            "sign": np.where(signs, "+", "−"),
            "column": numbers % across,
            "row": numbers // across,
        }
    )
    rows = -(-len(signs) // across)
    size = 14 if rows <= 12 else 9 if rows <= 40 else 5
    cell = alt.selection_point(name="cell", fields=["dimension"], on="click", clear=False)
    return (
        alt.Chart(frame)
        .mark_rect(cursor="pointer", stroke="transparent", strokeWidth=0.6)
        .encode(
            x=alt.X("column:O", axis=None),
            y=alt.Y("row:O", axis=None),
            color=alt.Color(
                "sign:N",
                scale=alt.Scale(domain=["+", "−"], range=[POSITIVE, NEGATIVE]),
                legend=None,
            ),
            tooltip=["dimension:Q", "sign:N"],
        )
        .add_params(cell)
        .properties(height=rows * size)
        .configure_view(stroke=None)
    )

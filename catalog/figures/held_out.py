"""Figures of how a feature reads members it was not made from: ROC, agreement. Nulls are grey."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from catalog.figures.charts import Trace, figure
from catalog.figures.colours import ACCENT, HERE, NEAR
from catalog.figures.text import number


def roc(frame: pd.DataFrame) -> go.Figure:
    """Held-out ROC, mean of the splits, over the band of its null.

    `frame`: false_positive, true_positive, null_low, null_high.
    """
    x, y = frame["false_positive"], frame["true_positive"]
    traces: list[Trace] = [
        _band(x, frame["null_low"], frame["null_high"], "rgba(138,138,138,0.35)"),
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
            "y": y,
            "mode": "lines",
            "line": {"color": ACCENT, "width": 2.5},
            "hovertext": [
                f"at {number(row.false_positive)} of the background<br>{number(row.true_positive)} "
                f"of held-out members<br>random sets {number(row.null_low)} to "
                f"{number(row.null_high)}"
                for row in frame.itertuples()
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
    x: "pd.Series[float]", low: "pd.Series[float]", high: "pd.Series[float]", colour: str
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


def distribution(frame: pd.DataFrame, level: float) -> go.Figure:
    """Agreement of held-out members and of the background, the firing level marked.

    `frame`: low and high (edges of each bin, all of one width), members, background (shares).
    """
    width = float(frame["high"].iloc[0] - frame["low"].iloc[0])
    traces = [
        {
            "type": "bar",
            "x": (frame["low"] + frame["high"]) / 2,
            "y": 100 * frame[column],
            "width": width,
            "marker": {"color": colour, "opacity": opacity, "line": {"width": 0}},
            "hovertext": [
                f"agreement {number(low)} to {number(low + width)}<br>{number(100 * v)} % of {name}"
                for low, v in zip(frame["low"], frame[column], strict=True)
            ],
            "hoverinfo": "text",
        }
        for column, colour, opacity, name in (
            ("background", NEAR, 0.55, "the background"),
            ("members", ACCENT, 0.75, "held-out members"),
        )
    ]
    used = np.flatnonzero((frame["members"] > 0) | (frame["background"] > 0))
    low, high = frame["low"].iloc[used.min()], frame["high"].iloc[used.max()]
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

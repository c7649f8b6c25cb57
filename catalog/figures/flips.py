"""Figures of the flip lab: every category as sorted dots, and curves of a sweep."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from catalog.figures.charts import Trace, figure
from catalog.figures.colours import ACCENT, FAINT, HERE, NEAR
from catalog.figures.conditions import NAMES
from catalog.figures.text import chart_text, number

SHORT = {
    "vocabulary": "away: change of log p (nats)",
    "classes": "away: change of log p (nats)",
    "layers": "away: change of agreement",
}
SORTED = {
    "vocabulary": "categories, sorted",
    "classes": "classes, sorted",
    "layers": "categories, sorted",
}
_ZERO = {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper"}


def others(frame: pd.DataFrame, reads: str = "vocabulary") -> go.Figure:
    """Away's effect on every category, sorted; this one marked. `frame`: category, away, this."""
    this = frame["this"].to_numpy()
    points = {
        "type": "scatter",
        "x": frame["away"],
        "y": np.arange(len(frame)),
        "mode": "markers",
        "marker": {
            "size": np.where(this, 13, 6),
            "color": np.where(this, HERE, NEAR),
            "line": {"width": np.where(this, 1.5, 0), "color": NEAR},
        },
        "hovertext": [
            f"{chart_text(row.category)}<br>away {number(row.away)}<br>toward {number(row.toward)}"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    return figure(
        [points],
        312,
        shapes=[_ZERO | {"line": {"color": FAINT, "width": 1.5, "dash": "dash"}}],
        xaxis={"title": SHORT[reads]},
        yaxis={"showticklabels": False, "showgrid": False, "title": SORTED[reads]},
    )


_LINES = {
    "away": (ACCENT, "solid", "rgba(122,111,176,0.22)"),
    "toward": (HERE, "solid", "rgba(224,176,0,0.18)"),
    "random": (NEAR, "dash", FAINT),
    "noise": (NEAR, "dot", FAINT),
    "direct": (ACCENT, "dot", "rgba(0,0,0,0)"),
}


def sweep(frame: pd.DataFrame, unit: str = "nats") -> go.Figure:
    """Curves of a sweep with their 95 % bands. `frame`: at, condition, effect, low, high."""
    traces: list[Trace] = []
    for name, (colour, dash, band) in _LINES.items():
        part = frame[frame["condition"] == name]
        x = list(part["at"])
        if name != "direct":
            traces.append(
                {
                    "type": "scatter",
                    "x": [*x, *x[::-1]],
                    "y": [*part["high"], *part["low"][::-1]],
                    "fill": "toself",
                    "fillcolor": band,
                    "mode": "none",
                    "hoverinfo": "skip",
                    "showlegend": False,
                }
            )
        traces.append(
            {
                "type": "scatter",
                "x": x,
                "y": part["effect"],
                "mode": "lines+markers",
                "name": NAMES[name],
                "line": {"color": colour, "dash": dash},
                "hovertext": [
                    f"{NAMES[name]} at {row.at}<br>{number(row.effect)} "
                    f"[{number(row.low)}, {number(row.high)}]<br>{row.verdict}"
                    for row in part.itertuples()
                ],
                "hoverinfo": "text",
            }
        )
    return figure(
        traces,
        360,
        margin={"l": 8, "r": 8, "t": 72, "b": 8},
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom"},
        xaxis={"type": "category", "showgrid": False},
        yaxis={"title": f"effect ({unit})", "zeroline": True, "zerolinecolor": NEAR},
    )

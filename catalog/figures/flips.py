"""Figures of the flip lab: conditions on one axis, every category as sorted dots."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from catalog.figures.charts import ACCENT, FAINT, HERE, NEAR, Trace, figure
from catalog.figures.text import chart_text, number

NAMES = {
    "away": "away",
    "toward": "toward",
    "disjoint": "disjoint features",
    "largest": "largest |x|",
    "random": "random features",
    "noise": "noise",
    "direct": "direct path alone",
    "edits": "further edits alone",
    "together": "away and further edits",
}
AXES = {
    "vocabulary": "change of log p, concept − matched tokens (nats)",
    "classes": "change of log p, concept's class − other classes (nats)",
    "layers": "change of agreement at later sites",
}
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


def conditions(frame: pd.DataFrame, reads: str = "vocabulary") -> go.Figure:
    """Effect of every condition with its 95 % interval; away and toward stand out."""
    strong = frame["condition"].isin(["away", "toward", "together"]).to_numpy()
    points = {
        "type": "scatter",
        "x": frame["effect"],
        "y": [NAMES[name] for name in frame["condition"]],
        "mode": "markers",
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": frame["high"] - frame["effect"],
            "arrayminus": frame["effect"] - frame["low"],
            "color": NEAR,
            "thickness": 1.5,
        },
        "marker": {"size": 10, "color": np.where(strong, ACCENT, NEAR)},
        "hovertext": [
            f"{NAMES[row.condition]}<br>{number(row.effect)} "
            f"[{number(row.low)}, {number(row.high)}]<br>{row.changed:.1%} of signs changed, "
            f"||delta|| {number(row.delta_norm)}"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    return figure(
        [points],
        42 * len(frame) + 60,
        shapes=[_ZERO | {"line": {"color": NEAR, "width": 1.5, "dash": "dash"}}],
        xaxis={"title": AXES[reads]},
        yaxis={"autorange": "reversed", "showgrid": False},
    )


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

"""Figures of the flip lab: conditions on one axis, every category as sorted dots."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from dashboard.charts import ACCENT, FAINT, HERE, NEAR, figure
from dashboard.parts import chart_text, number

NAMES = {
    "away": "away",
    "toward": "toward",
    "disjoint": "disjoint features",
    "random": "random signs",
    "noise": "noise",
    "direct": "direct path alone",
}
_ZERO = {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper"}


def conditions(frame: pd.DataFrame) -> go.Figure:
    """Effect of every condition with its 95 % interval; away and toward stand out."""
    strong = frame["condition"].isin(["away", "toward"]).to_numpy()
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
            f"{NAMES[row.condition]}<br>{number(row.effect)} nats "
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
        xaxis={"title": "change of log p, concept − matched tokens (nats)"},
        yaxis={"autorange": "reversed", "showgrid": False},
    )


def others(frame: pd.DataFrame) -> go.Figure:
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
            f"{chart_text(row.category)}<br>away {number(row.away)} nats<br>toward "
            f"{number(row.toward)}"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    return figure(
        [points],
        312,
        shapes=[_ZERO | {"line": {"color": FAINT, "width": 1.5, "dash": "dash"}}],
        xaxis={"title": "away: change of log p (nats)"},
        yaxis={"showticklabels": False, "showgrid": False, "title": "categories, sorted"},
    )

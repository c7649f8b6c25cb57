"""Figures of two readings: which share of a token's signs context keeps, by site and by place."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from catalog.figures.charts import Trace, figure
from catalog.figures.colours import ACCENT, FAINT, HERE, NEAR
from catalog.figures.text import number

_HEIGHT = 300


def by_site(frame: pd.DataFrame, site: str) -> go.Figure:
    """Retained share at every site: columns site, own, other, retained, low, high."""
    here = (frame["site"] == site).tolist()
    line = _points(frame, frame["site"].tolist(), here)
    line |= {"mode": "lines+markers", "line": {"color": ACCENT, "width": 1}}
    return _figure(line, {"type": "category", "tickangle": -45})


def by_place(frame: pd.DataFrame) -> go.Figure:
    """The same by place in the text: columns first, past and those of `by_site`."""
    ends = zip(frame["first"], frame["past"], strict=True)
    places = [f"{first} to {past - 1}" for first, past in ends]
    line = _points(frame, places, [False] * len(places)) | {"mode": "markers"}
    return _figure(line, {"type": "category", "title": "tokens before the position"})


def _points(frame: pd.DataFrame, x: Sequence[str], here: Sequence[bool]) -> Trace:
    error = {
        "type": "data",
        "symmetric": False,
        "array": frame["high"] - frame["retained"],
        "arrayminus": frame["retained"] - frame["low"],
        "color": ACCENT,
        "thickness": 1.5,
        "width": 4,
    }
    return {
        "type": "scatter",
        "x": x,
        "y": frame["retained"],
        "error_y": error,
        "marker": {
            "size": [12 if own else 8 for own in here],
            "color": [HERE if own else ACCENT for own in here],
            "line": {"width": [1.5 if own else 0 for own in here], "color": NEAR},
        },
        "hovertext": [
            f"{where}<br>retained {number(row.retained)} [{number(row.low)}, {number(row.high)}]"
            f"<br>differs {number(row.own)}, by chance {number(row.other)}"
            for where, row in zip(x, frame.itertuples(), strict=True)
        ],
        "hoverinfo": "text",
    }


def _figure(line: Trace, x: Trace) -> go.Figure:
    low = min(0.0, float(min(line["y"], default=0)))
    chance = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": 0, "y1": 0}
    return figure(
        [line],
        _HEIGHT,
        shapes=[chance | {"line": {"color": NEAR, "dash": "dash", "width": 1}}],
        xaxis={"showgrid": False} | x,
        yaxis={"title": "retained share", "range": [low - 0.05, 1.05], "gridcolor": FAINT},
    )

"""Named lines on one axis."""

import pandas as pd
import plotly.graph_objects as go

from catalog.figures.charts import Trace, figure

_LINES = ("#4d4d4d", "#7570b3", "#1b9e77", "#a6761d", "#666666", "#a6a6a6", "#8c6bb1", "#41ab5d")
"""Colours of named lines: none of them is a pole's."""


def curves(frame: pd.DataFrame) -> go.Figure:
    """Named lines over the first column; names are this program's own, shown in a legend."""
    axis, *names = list(frame.columns)
    traces: list[Trace] = [
        {
            "type": "scatter",
            "x": frame[axis],
            "y": frame[name],
            "name": name,
            "mode": "lines+markers",
            "marker": {"size": 5},
            "line": {"color": _LINES[place % len(_LINES)], "width": 2},
        }
        for place, name in enumerate(names)
    ]
    legend = {"orientation": "h", "y": -0.3, "yanchor": "top"}
    margin = {"l": 8, "r": 8, "t": 8, "b": 8}
    return figure(
        traces, 260, margin=margin, showlegend=True, legend=legend, xaxis={"title": {"text": axis}}
    )

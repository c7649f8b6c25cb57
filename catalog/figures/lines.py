"""Figures that run across sites: one dimension by layer, one catalog by site."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from catalog.figures.charts import ACCENT, FAINT, HERE, NEAR, Trace, figure
from catalog.figures.text import number


def across(frame: pd.DataFrame, site: str, balanced: bool) -> go.Figure:
    """One dimension across layers: share positive, mean with sd, stability against chance.

    The current site is ringed. Without the share where it is constant (`balanced`). Every line
    has the sites in order, so that the number of a clicked point is the row of `frame`.
    """
    panels: list[tuple[str, list[Trace], list[float] | None]] = [
        ("mean ± sd", [_line(frame, "mean", site), _band(frame)], None),
        (
            "stability, chance dotted",
            [_line(frame, "stability", site), _dotted(frame, "chance")],
            [0.38, 1.02],
        ),
    ]
    if not balanced:
        panels.insert(0, ("share positive", [_line(frame, "share_positive", site)], [-0.04, 1.04]))
    traces: list[Trace] = []
    layout: dict[str, object] = {}
    titles = []
    width = 1 / len(panels)
    for place, (title, lines, span) in enumerate(panels):
        end = "" if place == 0 else str(place + 1)
        domain = [place * width + (0.06 if place else 0), (place + 1) * width]
        traces += [line | {"xaxis": f"x{end}", "yaxis": f"y{end}"} for line in lines]
        layout[f"xaxis{end}"] = {
            "domain": domain,
            "anchor": f"y{end}",
            "tickangle": -45,
            "type": "category",
            "showgrid": False,
        }
        layout[f"yaxis{end}"] = {"anchor": f"x{end}"} | ({"range": span} if span else {})
        titles.append(
            {
                "text": title,
                "x": sum(domain) / 2,
                "y": 1,
                "xref": "paper",
                "yref": "paper",
                "xanchor": "center",
                "yanchor": "bottom",
                "showarrow": False,
                "font": {"size": 12},
            }
        )
    margin = {"l": 8, "r": 8, "t": 28, "b": 8}
    return figure(traces, 290, margin=margin, annotations=titles, **layout)


def _line(frame: pd.DataFrame, column: str, site: str) -> Trace:
    here = (frame.site == site).to_numpy()
    return {
        "type": "scatter",
        "x": frame.site,
        "y": frame[column],
        "mode": "lines+markers",
        "line": {"color": ACCENT},
        "marker": {
            "size": np.where(here, 11, 6),
            "color": np.where(here, HERE, ACCENT),
            "line": {"width": np.where(here, 1.5, 0), "color": NEAR},
        },
        "hovertext": _hover(frame, column),
        "hoverinfo": "text",
    }


def _dotted(frame: pd.DataFrame, column: str) -> Trace:
    return {
        "type": "scatter",
        "x": frame.site,
        "y": frame[column],
        "mode": "lines",
        "line": {"color": NEAR, "dash": "dot"},
        "hovertext": _hover(frame, column),
        "hoverinfo": "text",
    }


def _band(frame: pd.DataFrame) -> Trace:
    above, below = frame["mean"] + frame["std"], frame["mean"] - frame["std"]
    return {
        "type": "scatter",
        "x": [*frame.site, *frame.site[::-1]],
        "y": [*above, *below[::-1]],
        "fill": "toself",
        "fillcolor": FAINT,
        "mode": "none",
        "hoverinfo": "skip",
    }


def _hover(frame: pd.DataFrame, column: str) -> list[str]:
    pairs = zip(frame.site, frame[column], strict=True)
    return [f"{site}<br>{column.replace('_', ' ')} {number(value)}" for site, value in pairs]


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

"""Maps: every item, or every dimension, a point, coloured by what is asked of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from catalog.figures.charts import SCALE, Trace, figure
from catalog.figures.colours import ACCENT, NEAR
from catalog.figures.svg import NEGATIVE, POSITIVE
from catalog.figures.text import chart_text

HEIGHT = 620
MARKED, OTHERS = "#e0b000", "#9aa0a6"


def items(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    texts: Sequence[object] | NDArray[np.object_],
    values: NDArray[np.floating] | None = None,
    groups: NDArray[np.bool_] | None = None,
    sides: bool = False,
) -> go.Figure:
    """Points coloured by a share, or by two groups: the poles of a dimension (`sides`), or members
    (gold) before all others. `customdata` has the number of each point. At 262,144 points the
    figure takes about 7 MB: places go as two bytes, colours as one.
    """
    order = np.arange(len(x)) if groups is None else np.argsort(groups, kind="stable")
    size = 5.0 if len(x) <= 20_000 else 3.0
    marker: Trace = {"size": size, "opacity": 0.75, "color": NEAR}
    if values is not None:
        marker |= {
            "color": (100 * values[order]).round().astype(np.uint8),
            "colorscale": SCALE,
            "showscale": True,
            "colorbar": {"thickness": 10, "len": 0.6, "ticksuffix": " %"},
        }
    elif groups is not None:
        low, high = (NEGATIVE, POSITIVE) if sides else (OTHERS, MARKED)
        marker |= {
            "color": groups[order].astype(np.uint8),
            "colorscale": [[0, low], [1, high]],
            "cmin": 0,
            "cmax": 1,
        }
        if not sides:
            marker["size"] = np.where(groups[order], size + 2, size - 1).astype(np.uint8)
    else:
        marker["color"] = ACCENT
    trace: Trace = {
        "type": "scattergl",
        "mode": "markers",
        "x": _grid(x[order]),
        "y": _grid(y[order]),
        "customdata": order.astype(np.int32),
        "text": [chart_text(texts[place]) for place in order],
        "hovertemplate": "%{text}<extra></extra>",
        "marker": marker,
    }
    return _plane([trace])


KINDS = ("#1b9e77", "#cc79a7", "#e0b000", "#7570b3", "#8c564b", "#66a61e", "#5bb8c9", "#4d4d4d")
"""Colours of named kinds: none of them is a pole's."""


def dimensions(
    x: NDArray[np.floating],
    y: NDArray[np.floating],
    texts: Sequence[str],
    kinds: Sequence[str],
    named: Sequence[str],
) -> go.Figure:
    """Dimensions as points, those of each of the `named` kinds (at most 8) in a colour of its own.

    `texts` stand beside the mouse and may have several lines; every other kind is grey, below.
    `customdata` has the number of each point.
    """
    of = np.array(kinds, dtype=object)
    groups = [("", NEAR, ~np.isin(of, list(named)))]
    groups += [(name, colour, of == name) for name, colour in zip(named, KINDS, strict=False)]
    traces: list[Trace] = []
    for name, colour, mine in groups:
        numbers = np.flatnonzero(mine).tolist()
        traces.append(
            {
                "type": "scattergl" if len(x) > 6_000 else "scatter",
                "mode": "markers",
                "name": chart_text(name, 32) if name else "others",
                "x": x[numbers],
                "y": y[numbers],
                "customdata": numbers,
                "text": [
                    "<br>".join(chart_text(line) for line in texts[place].split("\n"))
                    for place in numbers
                ],
                "hovertemplate": "%{text}<extra></extra>",
                "marker": {
                    "size": 8 if len(x) <= 1_000 else 6,
                    "color": colour,
                    "opacity": 0.85 if name else 0.4,
                },
                "showlegend": bool(name and len(numbers)),
            }
        )
    return _plane(
        traces, showlegend=True, legend={"orientation": "h", "y": -0.02, "yanchor": "top"}
    )


def _plane(traces: list[Trace], **layout: Any) -> go.Figure:
    """A plane without axes, the same scale in both directions."""
    hidden = {"visible": False, "fixedrange": False}
    return figure(
        traces, HEIGHT, xaxis=hidden, yaxis=hidden | {"scaleanchor": "x"}, dragmode="pan",
        hovermode="closest", **layout,
    )  # fmt: skip


def _grid(places: NDArray[np.floating]) -> NDArray[np.int16]:
    """Standardised places on a fine grid, 2,000 steps a standard deviation."""
    steps: NDArray[np.int16] = np.clip(2000 * places, -32_000, 32_000).round().astype(np.int16)
    return steps

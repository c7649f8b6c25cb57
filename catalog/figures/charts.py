"""The look of every Plotly figure, and the scatter of a site's dimensions. Both themes."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from catalog.figures.colours import FAINT, STEPS
from catalog.figures.text import number

SCALE = [[place / 2, colour] for place, colour in enumerate(STEPS)]
"""From low to high."""
SHARE = ("share_positive", "share positive")
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

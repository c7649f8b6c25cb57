"""Figures of the contest: AUC by number of units, a line for each kind of unit."""

import pandas as pd
import plotly.graph_objects as go

from catalog.figures.charts import Trace, figure
from catalog.figures.colours import ACCENT

LINES = {
    "signs": {"color": ACCENT, "width": 3},
    "latents": {"color": "#1b9e77", "width": 3},
    "values": {"color": ACCENT, "width": 1.5, "dash": "dot"},
    "PCA axes": {"color": "#b58900", "width": 1.5, "dash": "dash"},
    "random dictionary": {"color": "#808080", "width": 1.5, "dash": "dot"},
}
"""Kinds of units, and how their lines look: no pole's colours."""
BESIDE = {
    "prototype": ("whole prototype", ACCENT),
    "difference of means": ("difference of means", "#808080"),
}
"""What has no number of units, a level line: its name and colour."""


def by_units(frame: pd.DataFrame) -> go.Figure:
    """Held-out AUC against the number of units; `frame` has unit, k and auc."""
    traces: list[Trace] = []
    for name, line in LINES.items():
        own = frame[frame["unit"] == name].sort_values("k")
        traces.append(
            {
                "type": "scatter",
                "mode": "lines+markers",
                "x": own["k"].tolist(),
                "y": own["auc"].tolist(),
                "name": name,
                "line": line,
                "hovertemplate": f"{name}, k = %{{x}}: %{{y:.3f}}<extra></extra>",
            }
        )
    ends = [int(frame.loc[frame["k"] > 0, "k"].min()), int(frame["k"].max())]
    for unit, (name, colour) in BESIDE.items():
        own = frame[frame["unit"] == unit]
        if len(own):
            level = float(own["auc"].iloc[0])
            traces.append(
                {
                    "type": "scatter",
                    "mode": "lines",
                    "x": ends,
                    "y": [level, level],
                    "name": name,
                    "line": {"color": colour, "width": 1, "dash": "longdash"},
                    "hovertemplate": f"{name}: {level:.3f}<extra></extra>",
                }
            )
    sizes = sorted({int(k) for k in frame["k"] if k > 0})
    title = {"text": "units, the strongest on the anchors"}
    axis: Trace = {"title": title, "type": "log", "tickvals": sizes, "ticktext": sizes}
    layout = {"xaxis": axis, "yaxis": {"title": {"text": "held-out AUC"}}, "showlegend": True}
    margin = {"l": 8, "r": 8, "t": 8, "b": 8}
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom"}  # grows away from the axis
    return figure(traces, 320, margin=margin, legend=legend, **layout)

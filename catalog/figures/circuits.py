"""Figures of circuits: a coalition against its nulls, keys and values, an ablation."""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from catalog.figures.charts import Trace, figure
from catalog.figures.colours import ACCENT, FAINT, HERE, NEAR
from catalog.figures.text import between, number


def coalition(row: "pd.Series[Any]") -> go.Figure:
    """Held-out agreement against its null draws; below, the paper's procedure beside its own."""
    nulls = np.asarray(row["nulls"], float)
    high, low = np.histogram(nulls, bins=min(24, max(6, len(nulls) // 12)))
    bars: Trace = {
        "type": "bar",
        "x": (low[:-1] + low[1:]) / 2,
        "y": high / high.max() * 0.72,
        "base": 1.0,
        "width": np.diff(low),
        "marker": {"color": FAINT, "line": {"width": 0}},
        "hovertext": [
            f"{count} of {len(nulls)} random item sets<br>{number(a)} to {number(b)}"
            for count, a, b in zip(high, low[:-1], low[1:], strict=True)
        ],
        "hoverinfo": "text",
    }
    points = [
        ("feature", row["held_out"], 1.36, "diamond", 13, HERE),
        ("random item sets, p95", row["null_p95"], 1.36, "line-ns-open", 26, NEAR),
        ("Gaussian weights, p95", row["gaussian_p95"], 1.18, "line-ns-open", 16, ACCENT),
        ("permuted signs, p95", row["permuted_p95"], 1.06, "line-ns-open", 12, ACCENT),
        ("feature", row["in_sample"], 0.5, "diamond", 13, HERE),
        ("random item sets, mean", row["null_in_sample"], 0.36, "line-ns-open", 16, NEAR),
        ("Gaussian weights, mean", row["gaussian_in_sample"], 0.22, "line-ns-open", 16, ACCENT),
    ]
    marks: list[Trace] = [
        {
            "type": "scatter",
            "x": [x],
            "y": [y],
            "mode": "markers",
            "cliponaxis": False,
            "marker": {
                "symbol": symbol,
                "size": size,
                "color": colour,
                "line": {"width": 2.5 if "open" in symbol else 1, "color": colour},
            },
            "hovertext": [f"{name}: {number(x)}"],
            "hoverinfo": "text",
        }
        for name, x, y, symbol, size, colour in points
    ]
    least = min(0.42, float(nulls.min()) - 0.02, float(row["held_out"]) - 0.02)
    chance: Trace = {"type": "line", "x0": 0.5, "x1": 0.5, "y0": 0.95, "y1": 1.8}
    return figure(
        [bars, *marks],
        236,
        shapes=[chance | {"line": {"color": NEAR, "width": 1.2, "dash": "dash"}}],
        xaxis={"title": "agreement of the majority vote", "range": [least, 1.02]},
        yaxis={
            "range": [0.05, 1.85],
            "tickvals": [1.36, 0.36],
            "ticktext": ["held out", "paper's<br>procedure"],
            "showgrid": False,
        },
    )


_KINDS = {
    "resid": ("stream", NEAR, "dash"),
    "k": ("keys", ACCENT, "solid"),
    "v": ("values", HERE, "solid"),
}


def keys_values(frame: pd.DataFrame) -> go.Figure:
    """AUC with interval by layer in stream, keys and values; ticks are the null's p95 if drawn."""
    traces: list[Trace] = []
    for kind in _KINDS:
        part = frame[frame["kind"] == kind]
        if not part.empty:
            traces += [_by_layer(part, kind), _nulls(part[part["null_p95"].notna()], kind)]
    chance: Trace = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": 0.5, "y1": 0.5}
    return figure(
        traces,
        280,
        showlegend=True,
        legend={"orientation": "h", "y": 1.14},
        shapes=[chance | {"line": {"color": NEAR, "width": 1, "dash": "dash"}}],
        xaxis={"title": "layer", "dtick": max(1, round(frame["layer"].max() / 12))},
        yaxis={"title": "prototype AUC"},
    )


def _by_layer(part: pd.DataFrame, kind: str) -> Trace:
    name, colour, dash = _KINDS[kind]
    return {
        "type": "scatter",
        "x": part["layer"],
        "y": part["auc"],
        "mode": "lines+markers",
        "name": name,
        "line": {"color": colour, "dash": dash},
        "error_y": {
            "type": "data",
            "array": part["auc_high"] - part["auc"],
            "arrayminus": part["auc"] - part["auc_low"],
            "symmetric": False,
            "thickness": 1,
            "width": 3,
        },
        "hovertext": [
            f"{row.site}<br>AUC {between(row.auc, row.auc_low, row.auc_high)}<br>"
            f"null p95 {number(row.null_p95)}<br>{row.dimensions} dimensions"
            + (" (fallback)" if row.fallback else "")
            for row in part.itertuples()
        ],
        "hoverinfo": "text",
    }


def _nulls(drawn: pd.DataFrame, kind: str) -> Trace:
    return {
        "type": "scatter",
        "x": drawn["layer"],
        "y": drawn["null_p95"],
        "mode": "markers",
        "showlegend": False,
        "marker": {
            "symbol": "line-ew-open",
            "size": 12,
            "color": _KINDS[kind][1],
            "line": {"width": 2},
        },
        "hoverinfo": "skip",
    }


def ablation(effects: pd.DataFrame, draws: pd.DataFrame) -> go.Figure:
    """Change of agreement with intervals, members above background; each random draw a dot."""
    shown = effects.iloc[::-1].reset_index(drop=True)
    colour = {"the writers": HERE, "random neurons": NEAR, "writers − random": ACCENT}
    bars: Trace = {
        "type": "scatter",
        "x": shown["change"],
        "y": list(range(len(shown))),
        "mode": "markers",
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": shown["high"] - shown["change"],
            "arrayminus": shown["change"] - shown["low"],
            "color": NEAR,
            "thickness": 1.5,
        },
        "marker": {"size": 10, "color": [colour[name] for name in shown["ablated"]]},
        "hovertext": [
            f"{row.items}, {row.ablated}<br>{number(row.change)} "
            f"[{number(row.low)}, {number(row.high)}]"
            for row in shown.itertuples()
        ],
        "hoverinfo": "text",
    }
    place = int(
        shown.index[(shown["items"] == "members") & (shown["ablated"] == "random neurons")][0]
    )
    dots: Trace = {
        "type": "scatter",
        "x": draws["change"],
        "y": [place - 0.28] * len(draws),
        "mode": "markers",
        "marker": {"size": 5, "color": FAINT, "line": {"width": 0.5, "color": NEAR}},
        "hovertext": [
            f"random draw {row.draw}: {number(row.change)}" for row in draws.itertuples()
        ],
        "hoverinfo": "text",
    }
    zero: Trace = {"type": "line", "x0": 0, "x1": 0, "y0": 0, "y1": 1, "yref": "paper"}
    return figure(
        [dots, bars],
        270,
        shapes=[zero | {"line": {"color": NEAR, "width": 1.5, "dash": "dash"}}],
        xaxis={"title": "change of agreement with the feature"},
        yaxis={
            "tickvals": list(range(len(shown))),
            "ticktext": [f"{row.items}: {row.ablated}" for row in shown.itertuples()],
            "showgrid": False,
            "range": [-0.6, len(shown) - 0.4],
        },
    )

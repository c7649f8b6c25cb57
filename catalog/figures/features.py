"""Figures of a feature: its signed dimensions, its items, its layers, its null, its waves.

Members are violet, the background and every null grey: features never borrow the poles' colours,
which mark expected signs only.
"""

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from catalog.figures.charts import Trace, figure
from catalog.figures.colours import ACCENT, HERE, NEAR
from catalog.figures.text import between, chance, chart_text, number, signed

_CLEAR = "rgba(0,0,0,0)"


def best(frame: pd.DataFrame) -> go.Figure:
    """Items by agreement as bars: members violet, others grey; text is escaped."""
    places = list(range(len(frame)))
    bars = {
        "type": "bar",
        "x": frame["agreement"],
        "y": places,
        "orientation": "h",
        "marker": {
            "color": np.where(frame["member"], ACCENT, NEAR),
            "opacity": np.where(frame["member"], 0.9, 0.5),
            "line": {"width": 0},
        },
        "text": [number(value) for value in frame["agreement"]],
        "textposition": "inside",
        "insidetextanchor": "end",
        "textangle": 0,
        "hovertext": [
            f"{chart_text(row.text)}<br>agreement {number(row.agreement)}"
            f"<br>{'member' if row.member else 'no member'}, item {row.item}"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    return figure(
        [bars],
        22 * len(frame) + 16,
        bargap=0.22,
        xaxis={"visible": False, "range": [0, 1]},
        yaxis={
            "tickmode": "array",
            "tickvals": places,
            "ticktext": [
                f"<b>{chart_text(row.text, 18)}</b>" if row.member else chart_text(row.text, 18)
                for row in frame.itertuples()
            ],
            "autorange": "reversed",
            "showgrid": False,
        },
    )


def across(frame: pd.DataFrame, site: str) -> go.Figure:
    """AUC with interval at every site, the null's 95th percentile and the level of resid.0.

    The point that is clicked has the number of its row.
    """
    base = frame.loc[frame["site"] == "resid.0", "auc"]
    traces: list[Trace] = [
        {
            "type": "scatter",
            "x": frame["site"],
            "y": frame["null_p95"],
            "mode": "lines+markers",
            "line": {"color": NEAR, "width": 1},
            "marker": {"symbol": "line-ew-open", "size": 12, "color": NEAR, "line": {"width": 2}},
            "hovertext": [f"null p95 {number(v)}" for v in frame["null_p95"]],
            "hoverinfo": "text",
        },
        _by_site(frame, site),
    ]
    shapes = [
        {
            "type": "line",
            "xref": "paper",
            "x0": 0,
            "x1": 1,
            "y0": float(value),
            "y1": float(value),
            "line": {"color": ACCENT, "dash": "dot", "width": 1},
        }
        for value in base
    ]
    low = min(
        0.45, float(np.nanmin(frame[["auc_low", "auc", "null_p95"]].to_numpy(np.float64))) - 0.05
    )
    return figure(
        traces,
        270,
        shapes=shapes,
        xaxis={"type": "category", "showgrid": False, "tickangle": -45},
        yaxis={"title": "prototype AUC", "range": [low, 1.02]},
    )


def _by_site(frame: pd.DataFrame, site: str) -> Trace:
    """The AUC of every site with its interval; the point of `site` is marked."""
    here = (frame["site"] == site).to_numpy()
    return {
        "type": "scatter",
        "x": frame["site"],
        "y": frame["auc"],
        "mode": "lines+markers",
        "line": {"color": ACCENT},
        "error_y": {
            "type": "data",
            "array": frame["auc_high"] - frame["auc"],
            "arrayminus": frame["auc"] - frame["auc_low"],
            "symmetric": False,
            "color": ACCENT,
            "thickness": 1,
            "width": 3,
        },
        "marker": {
            "size": np.where(here, 12, 7),
            "color": np.where(here, HERE, ACCENT),
            "line": {"width": np.where(here, 1.5, 0), "color": NEAR},
        },
        "hovertext": [_layer(row) for row in frame.to_dict("records")],
        "hoverinfo": "text",
    }


def _layer(row: dict[Any, Any]) -> str:
    fallback = ", fallback" if row["fallback"] else ""
    return (
        f"{row['site']}<br>AUC {between(row['auc'], row['auc_low'], row['auc_high'])}"
        f"<br>gain over resid.0 {signed(row['gain'])}<br>null p95 {number(row['null_p95'])}"
        f"<br>{row['dimensions']} dimensions{fallback}"
    )


def null(aucs: NDArray[np.float64], observed: float) -> go.Figure:
    """Null draws as bars, the observed AUC as a line."""
    low, high = float(min(aucs.min(), observed)), float(max(aucs.max(), observed))
    counts, edges = np.histogram(aucs, bins=30, range=(low, high + 1e-9))
    bars = {
        "type": "bar",
        "x": (edges[:-1] + edges[1:]) / 2,
        "y": counts,
        "width": edges[1] - edges[0],
        "marker": {"color": NEAR, "opacity": 0.55, "line": {"width": 0}},
        "hovertext": [
            f"{count} random sets<br>AUC {number(left)} to {number(right)}"
            for count, left, right in zip(counts, edges[:-1], edges[1:], strict=True)
        ],
        "hoverinfo": "text",
    }
    line = {"type": "line", "x0": observed, "x1": observed, "y0": 0, "y1": 1, "yref": "paper"}
    return figure(
        [bars],
        190,
        bargap=0,
        shapes=[line | {"line": {"color": ACCENT, "width": 2.5}}],
        xaxis={"title": "held-out AUC of random sets (grey) and of the concept (line)"},
        yaxis={"title": "sets"},
    )


def waves(frame: pd.DataFrame) -> go.Figure:
    """Share of each period in the variation of the signs, over the band of permuted orders.

    `frame`: period, share, null_low, null_high, p, q.
    """
    names = [f"{period:.3g}" for period in frame["period"]]
    middle = (frame["null_low"] + frame["null_high"]) / 2
    traces: list[Trace] = [
        {
            "type": "bar",
            "x": names,
            "y": frame["share"],
            "marker": {"color": ACCENT, "opacity": 0.8, "line": {"width": 0}},
            "width": 0.55,
            "hovertext": [
                f"period {name} words<br>share {number(row.share)}<br>permuted "
                f"{number(row.null_low)} to {number(row.null_high)}"
                f"<br>p {chance(row.p)}, q {chance(row.q)}"
                for name, row in zip(names, frame.itertuples(), strict=True)
            ],
            "hoverinfo": "text",
        },
        {
            "type": "scatter",
            "x": names,
            "y": middle,
            "mode": "markers",
            "marker": {"size": 1, "color": _CLEAR},
            "error_y": {
                "type": "data",
                "array": (frame["null_high"] - frame["null_low"]) / 2,
                "color": NEAR,
                "thickness": 9,
                "width": 0,
            },
            "hoverinfo": "skip",
        },
    ]
    return figure(
        traces,
        230,
        xaxis={"title": "period (words)", "type": "category", "showgrid": False},
        yaxis={"title": "share of variation", "rangemode": "tozero"},
    )

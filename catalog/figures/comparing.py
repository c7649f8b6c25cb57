"""Figures of two catalogs, and of the layers of one: A is violet, B is gold, nulls are grey."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from catalog.figures.charts import SCALE, Trace, figure
from catalog.figures.colours import ACCENT, FAINT, HERE, NEAR
from catalog.figures.text import chart_text, number

BAND = "states, nearest to their threshold first"
"""What bands of magnitude are."""
DIAGONAL = {"type": "line", "x0": 0, "y0": 0, "x1": 1, "y1": 1}
_LEGEND = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}


def scatter(frame: pd.DataFrame, chosen: str) -> go.Figure:
    """AUC of every category in A against B with 95 % intervals and the identity line.

    Solid: q < 0.05. Hollow: no clear difference. Faint: too small. `chosen` is ringed.
    """
    clear = (frame["q"] < 0.05).to_numpy()
    small = frame["small"].to_numpy(bool)
    barred = np.where(small & (frame["name"] != chosen), np.nan, 1.0)  # small ones: hover only
    points = {
        "type": "scatter",
        "x": frame["a"],
        "y": frame["b"],
        "mode": "markers",
        "error_x": _error(frame, "a", barred),
        "error_y": _error(frame, "b", barred),
        "marker": {
            "size": 9,
            "color": np.where(clear, ACCENT, "rgba(128,128,128,0.35)"),
            "opacity": np.where(small, 0.35, 1.0),
            "line": {
                "width": np.where(frame["name"] == chosen, 3, 1),
                "color": np.where(frame["name"] == chosen, HERE, NEAR),
            },
        },
        "hovertext": [
            f"{chart_text(row.name_)}<br>A {number(row.a)}, null p95 {number(row.a_null_p95)}"
            f"<br>B {number(row.b)}, null p95 {number(row.b_null_p95)}"
            f"<br>A − B {row.difference:+.3f} [{row.low:+.3f}, {row.high:+.3f}]"
            f"<br>{row.families} families"
            for row in frame.rename(columns={"name": "name_"}).itertuples()
        ],
        "hoverinfo": "text",
    }
    low = float(max(0, min(frame["a_low"].min(), frame["b_low"].min()) - 0.02)) if len(frame) else 0
    span = {"range": [low, 1.01]}
    return figure(
        [points],
        430,
        shapes=[DIAGONAL | {"line": {"color": NEAR, "width": 1, "dash": "dash"}, "layer": "below"}],
        xaxis={"title": "AUC in A"} | span,
        yaxis={"title": "AUC in B"} | span,
    )


def _error(frame: pd.DataFrame, side: str, barred: NDArray[np.float64]) -> Trace:
    return {
        "type": "data",
        "symmetric": False,
        "array": (frame[f"{side}_high"] - frame[side]) * barred,
        "arrayminus": (frame[side] - frame[f"{side}_low"]) * barred,
        "color": FAINT,
        "thickness": 1,
        "width": 0,
    }


def depth(frame: pd.DataFrame, names: tuple[str, str]) -> go.Figure:
    """AUC by relative depth: columns model (a, b), depth, auc, low, high, null_p95."""
    traces: list[Trace] = []
    looks = zip("ab", (ACCENT, HERE), names, strict=True)
    for model, colour, name in looks:
        own = frame[frame["model"] == model].sort_values("depth")
        error = {"array": own["high"] - own["auc"], "arrayminus": own["auc"] - own["low"]}
        traces.append(
            {
                "type": "scatter",
                "x": own["depth"],
                "y": own["auc"],
                "mode": "lines+markers",
                "name": name,
                "line": {"color": colour, "width": 2, "dash": "solid" if model == "a" else "dot"},
                "error_y": {"type": "data", "symmetric": False, "color": FAINT, **error},
                "hovertext": [
                    f"{name} {row.site}<br>AUC {number(row.auc)}" for row in own.itertuples()
                ],
                "hoverinfo": "text",
            }
        )
        null = own.dropna(subset="null_p95")
        if len(null):
            traces.append(
                {
                    "type": "scatter",
                    "x": null["depth"],
                    "y": null["null_p95"],
                    "mode": "markers",
                    "marker": {"symbol": "line-ew-open", "size": 14, "color": NEAR},
                    "hovertext": [f"{name}: null p95 {number(v)}" for v in null["null_p95"]],
                    "hoverinfo": "text",
                    "showlegend": False,
                }
            )
    return figure(
        traces,
        430,
        showlegend=True,
        legend=_LEGEND,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        xaxis={"title": "relative depth (0 = embeddings, 1 = last block)", "range": [-0.04, 1.04]},
        yaxis={"title": "prototype AUC"},
    )


def phi(frame: pd.DataFrame) -> go.Figure:
    """Held-out |phi| of the matches beside the same of both nulls, as shares of matches."""
    middle = (frame["low"] + frame["high"]) / 2
    traces: list[Trace] = [
        {
            "type": "bar",
            "x": middle,
            "y": frame["observed"],
            "width": frame["high"] - frame["low"],
            "marker": {"color": ACCENT, "line": {"width": 0}},
            "name": "observed",
            "hovertemplate": "|phi| %{x:.2f}: %{y:.1%} of the matches<extra></extra>",
        }
    ]
    nulls = (("items", "items permuted", "dot"), ("rotation", "B rotated", "solid"))
    for column, name, dash in nulls:
        if column in frame:
            traces.append(
                {
                    "type": "scatter",
                    "x": middle,
                    "y": frame[column],
                    "mode": "lines",
                    "line": {"color": NEAR, "width": 2, "dash": dash, "shape": "hvh"},
                    "name": name,
                    "hovertemplate": f"{name}: %{{y:.1%}}<extra></extra>",
                }
            )
    top = max(frame["observed"].max(), frame.get("rotation", frame["observed"]).max())
    return figure(
        traces,
        300,
        showlegend=True,
        legend=_LEGEND,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        bargap=0,
        xaxis={"title": "held-out |phi| (negative: polarity lost)"},
        yaxis={"title": "share of matches", "tickformat": ".0%", "range": [0, 1.15 * float(top)]},
    )


def similarity(frame: pd.DataFrame, measure: str, sites: Sequence[str]) -> go.Figure:
    """Site x site heat map of `measure` (cka or kappa)."""
    every = pd.concat([frame, frame.rename(columns={"site_a": "site_b", "site_b": "site_a"})])
    grid = every.drop_duplicates(["site_a", "site_b"]).pivot(
        index="site_a", columns="site_b", values=measure
    )
    grid = grid.reindex(index=sites, columns=sites)
    values = grid.to_numpy(float)
    heat = {
        "type": "heatmap",
        "z": values,
        "x": sites,
        "y": sites,
        "zmin": 0,
        "zmax": 1,
        "colorscale": SCALE,
        "texttemplate": "%{text}" if len(sites) <= 16 else None,
        "text": [["" if np.isnan(v) else f"{v:.2f}" for v in row] for row in values],
        "xgap": 1,
        "ygap": 1,
        "colorbar": {"thickness": 10},
        "hovertemplate": "%{y} × %{x}: %{z:.3f}<extra></extra>",
    }
    return figure(
        [heat],
        max(300, 34 * len(sites) + 60),
        xaxis={"type": "category", "showgrid": False},
        yaxis={"type": "category", "autorange": "reversed", "showgrid": False},
    )


def track(frame: pd.DataFrame) -> go.Figure:
    """AUC of one category by layer with its interval, and the null where it was drawn."""
    shown = frame.assign(
        model="a",
        depth=np.arange(len(frame)),
        low=frame["auc_low"],
        high=frame["auc_high"],
    )
    made = depth(shown, ("AUC", ""))
    made.update_layout(
        height=300,
        showlegend=False,
        xaxis={
            "title": None,
            "tickvals": shown["depth"],
            "ticktext": frame["site"],
            "range": [-0.4, len(frame) - 0.6],
        },
    )
    return made


def bars(frame: pd.DataFrame, sites: Sequence[str]) -> go.Figure:
    """How many categories are first readable at each site; `never` last."""
    counts = frame["site"].fillna("never").value_counts()
    names = [*sites, "never"]
    values = [int(counts.get(name, 0)) for name in names]
    bar: Trace = {"type": "bar", "x": names, "y": values, "text": values, "textposition": "outside"}
    bar["marker"] = {"color": [ACCENT] * len(sites) + [NEAR]}
    return figure(
        [bar],
        300,
        xaxis={"type": "category", "showgrid": False},
        yaxis={"title": "categories", "range": [0, 1.18 * max(1, *values)]},
    )


def changes(frame: pd.DataFrame) -> go.Figure:
    """Rate of sign changes of every dimension against that between two builds of the base."""
    beyond = (frame["q"] < 0.05).to_numpy()
    points = {
        "type": "scattergl" if len(frame) > 6000 else "scatter",
        "x": 100 * frame["null_rate"],
        "y": 100 * frame["rate"],
        "mode": "markers",
        "marker": {"size": 7, "color": np.where(beyond, ACCENT, "rgba(128,128,128,0.4)")},
        "hovertext": [
            f"dimension {row.dimension}<br>{row.rate:.2%} changed, "
            f"{row.null_rate:.2%} by rebuilding"
            f"<br>{row.up} up, {row.down} down"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    most = 105 * float(max(frame["rate"].max(), frame["null_rate"].max(), 0.001))
    line = {"color": NEAR, "width": 1, "dash": "dash"}
    return figure(
        [points],
        330,
        shapes=[DIAGONAL | {"x1": most, "y1": most, "line": line, "layer": "below"}],
        xaxis={"title": "signs changed by rebuilding the base (%)", "rangemode": "tozero"},
        yaxis={"title": "signs changed in B (%)", "rangemode": "tozero"},
    )


def two_rates(frame: pd.DataFrame, x: str, title: str) -> go.Figure:
    """Rate of changes and its null, by site or by magnitude."""
    traces: list[Trace] = [
        {
            "type": "scatter",
            "x": frame[x],
            "y": 100 * frame[column],
            "mode": "lines+markers",
            "name": name,
            "line": {"color": colour, "width": 2, "dash": dash},
            "hovertemplate": f"{name}: %{{y:.3g}} %<extra></extra>",
        }
        for column, name, colour, dash in (
            ("rate", "B against the base", ACCENT, "solid"),
            ("null_rate", "the base rebuilt", NEAR, "dot"),
        )
    ]
    return figure(
        traces,
        330,
        showlegend=True,
        legend=_LEGEND,
        margin={"l": 8, "r": 8, "t": 30, "b": 8},
        xaxis={"title": title},
        yaxis={"title": "signs changed (%)", "rangemode": "tozero"},
    )

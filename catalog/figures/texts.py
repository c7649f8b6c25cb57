"""Figures of a text: signs that context changes by layer, magnitude and token; one token's layers.

Own is violet, the chance level grey and dashed.
"""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from catalog.figures.charts import Trace, figure
from catalog.figures.colours import ACCENT, FAINT, HERE, MONOSPACE, NEAR
from catalog.figures.text import chart_text, number


def by_layer(frame: pd.DataFrame, site: str) -> go.Figure:
    """Share of signs that differ from a token's cached ones at every site, and by chance.

    `frame`: site, own, sd, other, tokens. The band is one sd over tokens.
    """
    here = (frame["site"] == site).to_numpy()
    high = (frame["own"] + frame["sd"].fillna(0)).clip(upper=1)
    low = (frame["own"] - frame["sd"].fillna(0)).clip(lower=0)
    band = {
        "type": "scatter",
        "x": [*frame["site"], *frame["site"][::-1]],
        "y": [*high, *low[::-1]],
        "fill": "toself",
        "fillcolor": FAINT,
        "mode": "none",
        "hoverinfo": "skip",
    }
    own = {
        "type": "scatter",
        "x": frame["site"],
        "y": frame["own"],
        "mode": "lines+markers",
        "line": {"color": ACCENT},
        "marker": {
            "size": np.where(here, 11, 6),
            "color": np.where(here, HERE, ACCENT),
            "line": {"width": np.where(here, 1.5, 0), "color": NEAR},
        },
        "hovertext": [
            f"{row.site}<br>own {number(row.own)} ± {number(row.sd)}<br>chance "
            f"{number(row.other)}<br>retained {number(row.retained)}<br>{row.tokens} tokens"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    chance = _chance(frame["site"], frame["other"])
    return figure(
        [band, own, chance],
        250,
        xaxis={"type": "category", "showgrid": False, "tickangle": -45},
        yaxis={"title": "share of signs that differ", "range": [0, _top(frame["other"], high)]},
    )


def by_magnitude(frame: pd.DataFrame) -> go.Figure:
    """The same at one site by quarters of |state - threshold|, smallest first.

    `frame`: own, other, a row a quarter.
    """
    names = ["smallest", "2nd quarter", "3rd quarter", "largest"]
    own, other = frame["own"].to_numpy(), frame["other"].to_numpy()
    bars = {
        "type": "bar",
        "x": names,
        "y": own,
        "width": 0.6,
        "marker": {"color": ACCENT},
        "text": [number(value) for value in own],
        "textposition": "inside",
        "insidetextanchor": "start",
        "textangle": 0,
        "hovertext": [
            f"own {number(mine)}<br>chance {number(chance)}"
            for mine, chance in zip(own, other, strict=True)
        ],
        "hoverinfo": "text",
    }
    return figure(
        [bars, _ticks(names, other)],
        250,
        xaxis={"type": "category", "title": "|state − threshold|"},
        yaxis={"title": "share that differs", "range": [0, _top(other, own)]},
    )


def by_token(names: list[str], frame: pd.DataFrame, opened: int | None) -> go.Figure:
    """The same at one site for every token; those left out of means are faint.

    `names` are axis values, different for every place: five characters, then the token. `frame`:
    own, other, counted; `opened` is the row of the token that is marked.
    """
    colours = np.where(np.arange(len(names)) == (-1 if opened is None else opened), HERE, ACCENT)
    bars = {
        "type": "bar",
        "x": names,
        "y": frame["own"],
        "marker": {"color": colours, "opacity": np.where(frame["counted"], 0.9, 0.3)},
        "hovertext": [
            f"{chart_text(name[4:].strip())}<br>own {number(own)}<br>chance {number(other)}"
            for name, own, other in zip(names, frame["own"], frame["other"], strict=True)
        ],
        "hoverinfo": "text",
    }
    return figure(
        [bars, _ticks(names, frame["other"].to_numpy())],
        230,
        bargap=0.25,
        xaxis={
            "type": "category",
            "tickmode": "array",
            "tickvals": names,
            "ticktext": [chart_text(name[4:].strip(), 16) for name in names],
            "tickangle": -60,
            "tickfont": {"family": MONOSPACE, "size": 11},
            "showgrid": False,
        },
        yaxis={"title": "share that differs", "range": [0, _top(frame["other"], frame["own"])]},
    )


def across(frame: pd.DataFrame, site: str) -> go.Figure:
    """One token's agreement with one feature at every site, and the level it fires above."""
    here = (frame["site"] == site).to_numpy()
    line = {
        "type": "scatter",
        "x": frame["site"],
        "y": frame["agreement"],
        "mode": "lines+markers",
        "line": {"color": ACCENT},
        "marker": {
            "size": np.where(here, 11, 7),
            "color": np.where(here, HERE, ACCENT),
            "symbol": np.where(frame["agreement"] > frame["firing_level"], "circle", "circle-open"),
        },
        "hovertext": [
            f"{row.site}<br>agreement {number(row.agreement)}<br>fires above "
            f"{number(row.firing_level)}"
            for row in frame.itertuples()
        ],
        "hoverinfo": "text",
    }
    return figure(
        [line, _chance(frame["site"], frame["firing_level"])],
        280,
        xaxis={"type": "category", "showgrid": False, "tickangle": -45},
        yaxis={"title": "agreement", "range": [min(0.4, frame["agreement"].min()) - 0.02, 1.02]},
    )


def _chance(x: "pd.Series[str]", y: "pd.Series[float]") -> Trace:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "lines",
        "line": {"color": NEAR, "dash": "dash"},
        "hoverinfo": "skip",
    }


def _ticks(x: list[str], y: NDArray[np.float64]) -> Trace:
    return {
        "type": "scatter",
        "x": x,
        "y": y,
        "mode": "markers",
        "marker": {
            "symbol": "line-ew-open",
            "size": 26 if len(x) < 12 else 12,
            "line": {"width": 2},
            "color": NEAR,
        },
        "hoverinfo": "skip",
    }


def _top(*series: "pd.Series[float] | NDArray[np.float64]") -> float:
    known = [float(np.nanmax(values)) for values in series if not np.isnan(values).all()]
    largest = max(known, default=0.5)
    return min(1.05, max(0.1, 1.15 * largest))

"""Every figure: frames in, Plotly (or Altair, where cells are clicked) out. Both themes.

Positive is vermillion, negative blue, near grey, on every chart; nothing else borrows them.
"""

from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from dashboard.parts import chart_text, number

POSITIVE = "#D55E00"
NEGATIVE = "#0072B2"
NEAR = "#8a8a8a"
ACCENT = "#7a6fb0"
"""Lines that belong to no pole."""
FAINT = "rgba(128,128,128,0.28)"
SCALE = [[0, "#9a6bd1"], [0.5, "#3f9f9f"], [1, "#e0b000"]]
"""From low to high, legible on light and dark."""
CONFIG = {"displayModeBar": False}
"""Plotly options of every chart."""


def _plain(figure: go.Figure, height: int, **layout: Any) -> go.Figure:
    margin = layout.pop("margin", {"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_layout(
        height=height,
        margin=margin,
        showlegend=False,
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hoverlabel={"namelength": 0},
        **layout,
    )
    figure.update_xaxes(gridcolor=FAINT, zeroline=False)
    figure.update_yaxes(gridcolor=FAINT, zeroline=False)
    return figure


def scatter(frame: pd.DataFrame, kept: NDArray[np.bool_], balanced: bool) -> go.Figure:
    """All dimensions: share positive (or mean, where shares are constant) against mean |value|.

    Coloured by entropy (by sd with threshold median); those not `kept` are faint.
    """
    x, title = ("mean", "mean (units of the state)") if balanced else ("share_positive", "share positive")
    colour, scale = ("std", "sd") if balanced else ("entropy_bits", "entropy (bits)")
    text = [
        f"dimension {row.dimension}<br>{title} {number(getattr(row, x))}"
        f"<br>mean |x| {number(row.mean_abs)}<br>{scale} {number(getattr(row, colour))}"
        for row in frame.itertuples()
    ]
    trace = go.Scattergl if len(frame) > 6000 else go.Scatter
    figure = go.Figure(
        trace(
            x=frame[x],
            y=frame.mean_abs,
            mode="markers",
            customdata=frame.dimension,
            hovertext=text,
            hoverinfo="text",
            marker={
                "size": 6 if len(frame) < 3000 else 4,
                "color": frame[colour],
                "colorscale": SCALE,
                "opacity": np.where(kept, 0.85, 0.08),
                "colorbar": {"title": {"text": scale, "side": "right"}, "thickness": 10},
                "line": {"width": 0},
            },
        )
    )
    figure.update_xaxes(title=title, range=None if balanced else [-0.02, 1.02])
    ticks = _decades(frame.mean_abs)
    figure.update_yaxes(
        title="mean |x|", type="log", tickvals=ticks, ticktext=[number(t) for t in ticks]
    )
    return _plain(figure, 380)


def _decades(values: "pd.Series[float]") -> list[float]:
    # 1, 2 and 5 in every power of ten that the values reach.
    positive = values[values > 0]
    if positive.empty:
        return []
    first, last = np.floor(np.log10([positive.min(), positive.max()])).astype(int)
    return [m * 10.0**power for power in range(first, last + 1) for m in (1, 2, 5)]


def histogram(row: "pd.Series[Any]") -> go.Figure:
    """Values of one dimension over all items; both poles coloured, threshold and quantiles marked.

    The two open end bins are drawn one bin wide and paler.
    """
    low, high, cut = float(row["low"]), float(row["high"]), float(row["value"])
    width = (high - low) / 62
    counts = np.asarray(row["histogram"])
    left = low + width * np.arange(-1, 63)
    centre = left + width / 2
    colours = np.where(centre > cut, POSITIVE, NEGATIVE)
    colours = np.where((left < cut) & (cut < left + width), NEAR, colours)
    ends = (0, 63)
    hover = [
        f"{'below' if place == 0 else 'from'} {number(begin if place else low)}"
        f"{'' if place in ends else ' to ' + number(begin + width)}<br>{count:,} items"
        for place, (begin, count) in enumerate(zip(left, counts, strict=True))
    ]
    opacity = [0.5 if place in ends else 0.9 for place in range(64)]
    figure = go.Figure(
        go.Bar(
            x=centre,
            y=counts,
            width=width * 0.96,
            marker={"color": colours, "opacity": opacity, "line": {"width": 0}},
            hovertext=hover,
            hoverinfo="text",
        )
    )
    figure.add_vline(x=cut, line={"color": NEAR, "width": 1.5, "dash": "dash"})
    names = ("q05", "q25", "q50", "q75", "q95")
    figure.add_trace(
        go.Scatter(
            x=[row[name] for name in names],
            y=[0] * len(names),
            mode="markers",
            marker={"symbol": "line-ns-open", "size": 12, "color": NEAR, "line": {"width": 2}},
            hovertext=[
                f"{label} {number(row[name])}"
                for name, label in zip(names, ("5 %", "25 %", "median", "75 %", "95 %"), strict=True)
            ],
            hoverinfo="text",
            cliponaxis=False,
        )
    )
    figure.update_xaxes(title="state (model's own units)")
    figure.update_yaxes(title="items", rangemode="nonnegative")
    return _plain(figure, 300, bargap=0)


def pole(frame: pd.DataFrame, colour: str, height: int | None = None) -> go.Figure:
    """Items of one pole, the most extreme on top, as bars of their values; text is escaped."""
    places = list(range(len(frame)))
    labels = [chart_text(text, 16) for text in frame.text]
    figure = go.Figure(
        go.Bar(
            x=frame.value,
            y=places,
            orientation="h",
            customdata=frame.item,
            marker={"color": colour, "opacity": 0.85, "line": {"width": 0}},
            text=[number(value) for value in frame.value],
            textposition="auto",
            insidetextanchor="end",
            textangle=0,
            hovertext=[
                f"{chart_text(row.text)}<br>{number(row.value)}<br>item {row.item}, {row.kind}"
                for row in frame.itertuples()
            ],
            hoverinfo="text",
        )
    )
    figure.update_yaxes(
        tickmode="array",
        tickvals=places,
        ticktext=labels,
        autorange="reversed",
        tickfont={"family": "ui-monospace, Menlo, Consolas, DejaVu Sans Mono, monospace"},
        showgrid=False,
    )
    low, high = min(0.0, frame.value.min()), max(0.0, frame.value.max())
    room = 0.3 * (high - low) if low < 0 < high else 0.02 * (high - low)
    figure.update_xaxes(
        showticklabels=False, showgrid=False, range=[low - room * (low < 0), high + room * (high > 0)]
    )
    return _plain(figure, height or 24 * len(frame) + 16, bargap=0.22, uniformtext={"minsize": 9, "mode": "hide"})


def across(frame: pd.DataFrame, site: str, balanced: bool) -> go.Figure:
    """One dimension across layers: share positive, mean with sd, stability against chance.

    The current site is ringed. Without the share where it is constant (`balanced`).
    """
    titles = ["mean ± sd", "stability, chance dotted"]
    titles = titles if balanced else ["share positive", *titles]
    figure = make_subplots(1, len(titles), subplot_titles=titles, horizontal_spacing=0.07)
    place = 1
    if not balanced:
        _line(figure, place, frame, "share_positive", site)
        figure.update_yaxes(range=[-0.04, 1.04], row=1, col=place)
        place += 1
    x = [*frame.site, *frame.site[::-1]]
    band = [*(frame["mean"] + frame["std"]), *(frame["mean"] - frame["std"])[::-1]]
    figure.add_trace(
        go.Scatter(x=x, y=band, fill="toself", fillcolor=FAINT, mode="none", hoverinfo="skip"),
        1,
        place,
    )
    _line(figure, place, frame, "mean", site)
    place += 1
    figure.add_trace(
        go.Scatter(
            x=frame.site,
            y=frame.chance,
            mode="lines",
            line={"color": NEAR, "dash": "dot"},
            hovertext=[f"{s}<br>chance {number(v)}" for s, v in zip(frame.site, frame.chance, strict=True)],
            hoverinfo="text",
        ),
        1,
        place,
    )
    _line(figure, place, frame, "stability", site)
    figure.update_yaxes(range=[0.38, 1.02], row=1, col=place)
    figure.update_annotations(font={"size": 12}, yshift=2)
    figure.update_xaxes(tickangle=-45, type="category", showgrid=False)
    return _plain(figure, 290, margin={"l": 8, "r": 8, "t": 28, "b": 8})


def _line(figure: go.Figure, place: int, frame: pd.DataFrame, column: str, site: str) -> None:
    here = (frame.site == site).to_numpy()
    figure.add_trace(
        go.Scatter(
            x=frame.site,
            y=frame[column],
            mode="lines+markers",
            customdata=frame.site,
            line={"color": ACCENT},
            marker={
                "size": np.where(here, 11, 6),
                "color": np.where(here, "#E0B000", ACCENT),
                "line": {"width": np.where(here, 1.5, 0), "color": NEAR},
            },
            hovertext=[f"{s}<br>{number(v)}" for s, v in zip(frame.site, frame[column], strict=True)],
            hoverinfo="text",
        ),
        1,
        place,
    )


def strip(signs: NDArray[np.bool_], across: int = 64) -> alt.Chart:
    """Signs of one item as a sheet of D cells, row after row; the selection is named `cell`.

    `signs` is bool[D]; `across` cells make a row.
    """
    numbers = np.arange(len(signs))
    frame = pd.DataFrame(
        {
            "dimension": numbers,
            "sign": np.where(signs, "+", "−"),
            "column": numbers % across,
            "row": numbers // across,
        }
    )
    rows = -(-len(signs) // across)
    size = 14 if rows <= 12 else 9 if rows <= 40 else 5
    cell = alt.selection_point(name="cell", fields=["dimension"], on="click", clear=False)
    return (
        alt.Chart(frame)
        .mark_rect(cursor="pointer", stroke="transparent", strokeWidth=0.6)
        .encode(
            x=alt.X("column:O", axis=None),
            y=alt.Y("row:O", axis=None),
            color=alt.Color(
                "sign:N",
                scale=alt.Scale(domain=["+", "−"], range=[POSITIVE, NEGATIVE]),
                legend=None,
            ),
            tooltip=["dimension:Q", "sign:N"],
        )
        .add_params(cell)
        .properties(height=rows * size)
        .configure_view(stroke=None)
    )


def layers(frame: pd.DataFrame) -> go.Figure:
    """Mean entropy of the sign at each site, a small line for a card."""
    figure = go.Figure(
        go.Scatter(
            x=frame.site,
            y=frame.entropy_bits,
            mode="lines+markers",
            line={"color": ACCENT, "width": 1.5},
            marker={"size": 5},
            hovertext=[
                f"{row.site}<br>mean entropy {number(row.entropy_bits)} bits"
                f"<br>{row.degenerate:.0f} of {row.dims:.0f} degenerate"
                for row in frame.itertuples()
            ],
            hoverinfo="text",
        )
    )
    figure.update_xaxes(
        type="category",
        showgrid=False,
        tickfont={"size": 10},
        tickangle=0,
        tickvals=[frame.site.iloc[0], frame.site.iloc[-1]],
    )
    figure.update_yaxes(range=[0, 1.05], title={"text": "entropy (bits)", "font": {"size": 10}}, nticks=3)
    return _plain(figure, 130)

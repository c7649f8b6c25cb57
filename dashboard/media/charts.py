"""An image, or a spectrogram over time and frequency, with what its patches say drawn over it."""

import base64
import io
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from catalog.figures import charts
from catalog.figures.colours import NEGATIVE, POSITIVE
from catalog.figures.text import number

_LARGE = 256
"""Smaller pictures are enlarged to this many pixels, keeping their edges."""
_HERTZ = (0, 250, 500, 1000, 2000, 4000, 8000, 16000)
_VEIL = 0.5
"""How much of the picture the patches hide."""


class Frame(NamedTuple):
    """Where a picture lies: (0, 0) to (width, height) in the chart's own units."""

    width: float
    """1 for images; seconds of a sound that the picture shows."""
    height: float
    """1 for images; mel of the highest frequency for sounds."""
    window: float
    """Width that the patches cover: what the model sees."""
    rate: int | None
    """Samples a second that the model hears; None for images."""


def mel(hertz: float) -> float:
    """Frequency in mel (O'Shaughnessy), the scale of spectrogram previews."""
    return float(2595 * np.log10(1 + hertz / 700))


def picture(
    image: bytes,
    frame: Frame,
    patches: NDArray[np.floating] | None = None,
    signs: bool = False,
    height: int = 300,
) -> go.Figure:
    """The picture; over it `patches`, float[rows, columns] from 0 to 1, NaN left open.

    Rows go down an image and up a spectrogram (from low frequencies). With `signs` 1 is positive
    and 0 negative, in the two colours of the poles; else the colour is a share.
    """
    sounding = frame.rate is not None
    placed = {
        "source": _source(image),
        "xref": "x",
        "yref": "y",
        "x": 0,
        "y": frame.height,
        "sizex": frame.width,
        "sizey": frame.height,
        "sizing": "stretch",
        "layer": "below",
    }
    traces = [_corners(frame)]
    if patches is not None:
        traces.append(_patches(patches, frame, signs))
    layout: dict[str, Any] = {"images": [placed]}
    if sounding:
        layout |= _scales(frame)
    else:
        layout["margin"] = {"l": 0, "r": 0, "t": 0, "b": 0}
        layout["xaxis"] = {"visible": False, "range": [0, 1], "constrain": "domain"}
        layout["yaxis"] = {"visible": False, "range": [0, 1], "scaleanchor": "x"}
    return charts.figure(traces, height, **layout)


def _corners(frame: Frame) -> charts.Trace:
    """Two unseen points: without a trace Plotly draws no axes."""
    return {
        "type": "scatter",
        "x": [0, frame.window],
        "y": [0, frame.height],
        "mode": "markers",
        "marker": {"opacity": 0},
        "hoverinfo": "skip",
    }


def _patches(patches: NDArray[np.floating], frame: Frame, signs: bool) -> charts.Trace:
    rows, columns = patches.shape
    wide, tall = frame.window / columns, frame.height / rows
    upward = frame.rate is not None
    values = patches if upward else patches[::-1]
    told = [
        [
            f"patch row {row if upward else rows - 1 - row}, column {column}<br>"
            + (("+" if cell > 0.5 else "−") if signs else f"agreement {number(cell)}")
            for column, cell in enumerate(line)
        ]
        for row, line in enumerate(values)
    ]
    two = [
        [0, NEGATIVE],
        [0.5, NEGATIVE],
        [0.5, POSITIVE],
        [1, POSITIVE],
    ]
    return {
        "type": "heatmap",
        "z": values,
        "x": (np.arange(columns) + 0.5) * wide,
        "y": (np.arange(rows) + 0.5) * tall,
        "zmin": 0,
        "zmax": 1,
        "colorscale": two if signs else charts.SCALE,
        "opacity": _VEIL,
        "showscale": not signs,
        "colorbar": {"title": {"text": "agreement", "side": "right"}, "thickness": 10},
        "hovertext": told,
        "hoverinfo": "text",
        "xgap": 1,
        "ygap": 1,
    }


def _scales(frame: Frame) -> dict[str, Any]:
    ticks = [hertz for hertz in _HERTZ if mel(hertz) <= frame.height + 1]
    return {
        "xaxis": {"title": "seconds", "range": [0, frame.window], "showgrid": False},
        "yaxis": {
            "title": "kHz (mel scale)",
            "range": [0, frame.height],
            "tickvals": [mel(hertz) for hertz in ticks],
            "ticktext": [f"{hertz / 1000:g}" for hertz in ticks],
            "showgrid": False,
        },
    }


def _source(image: bytes) -> str:
    """A data URI; a picture of few pixels is enlarged, as browsers would smear it."""
    from PIL import Image

    with Image.open(io.BytesIO(image)) as opened:
        largest = max(opened.size)
        if largest > 64:
            return f"data:image/webp;base64,{base64.b64encode(image).decode()}"
        by = -(-_LARGE // largest)
        held = io.BytesIO()
        size = (opened.width * by, opened.height * by)
        opened.convert("RGB").resize(size, Image.Resampling.NEAREST).save(held, "PNG")
    return f"data:image/png;base64,{base64.b64encode(held.getvalue()).decode()}"

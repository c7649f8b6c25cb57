"""Small SVG figures of a whole catalog: features by layer, a histogram, effects of flips."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from catalog.figures import svg
from catalog.figures.strips import Scale
from catalog.figures.text import between, ends, number, signed

_LEFT, _TOP, _BOTTOM = 44.0, 14.0, 176.0


def by_layer(frame: pd.DataFrame, at: str) -> str:
    """AUC of categories by site: median with quartiles, above the null's 95th percentile.

    `frame`: site, auc_q25, auc, auc_q75, null_p95, best_held_out; the site `at` is marked.
    """
    width = max(360.0, 72.0 * len(frame) + _LEFT + 220)
    columns = ["auc_q25", "auc_q75", "null_p95", "best_held_out"]
    values = frame[columns].to_numpy(float)
    down = Scale([0.5, float(np.nanmax(values))], _BOTTOM, _TOP)
    step = (width - _LEFT - 220) / max(1, len(frame))
    body = []
    for level in np.arange(0.5, 1.01, 0.1):
        if level <= down.high:
            y = down(float(level))
            body += [
                svg.line(_LEFT, y, width - 210, y, "currentColor", 0.25),
                svg.text(_LEFT - 6, y + 4, f"{level:.1f}", 11, "end"),
            ]
    for place, row in enumerate(frame.to_dict("records")):
        x = _LEFT + step * (place + 0.5)
        body += _site(row, x, step, down, row["site"] == at)
    names = [("median category, quartiles", svg.ACCENT), ("null, 95th percentile", svg.GREY),
             ("best single dimension, held out", svg.POSITIVE)]  # fmt: skip
    for place, (name, colour) in enumerate(names):
        y = _TOP + 14 + 20 * place
        body += [svg.box(width - 202, y - 9, 10, 10, colour), svg.text(width - 186, y, name, 11)]
    told = "; ".join(f"{row.site} {number(row.auc)}" for row in frame.itertuples())
    return svg.document(width, _BOTTOM + 34, body, f"Held-out AUC by site, median: {told}")


def _site(row: Mapping[str, object], x: float, step: float, down: Scale, here: bool) -> list[str]:
    low, middle, high, null, single = (
        float(str(row[name])) for name in ("auc_q25", "auc", "auc_q75", "null_p95", "best_held_out")
    )
    drawn = []
    if not np.isnan(null):
        y = down(null)
        drawn.append(svg.box(x - step * 0.32, y, step * 0.64, max(0.0, down(0.5) - y), svg.GREY,
                             'opacity="0.35"'))  # fmt: skip
    drawn += [
        svg.line(x, down(low), x, down(high), svg.ACCENT, 5),
        svg.dot(x, down(middle), 5, svg.ACCENT),
        svg.line(x - 9, down(single), x + 9, down(single), svg.POSITIVE, 2.5),
        svg.text(x, _BOTTOM + 16, row["site"], 11, "middle",
                 'font-weight="700"' if here else 'opacity="0.85"'),
    ]  # fmt: skip
    return drawn


def histogram(counts: Sequence[int], low: float, high: float, cut: float) -> str:
    """Values of all items in 64 bins, coloured by their sign; the threshold as a line."""
    width, height = 150.0, 34.0
    step, top = width / 64, max(1, *(int(one) for one in counts))
    bin_width = (high - low) / 62
    body = []
    for place, count in enumerate(counts):
        middle = low + bin_width * (place - 0.5)
        colour = svg.POSITIVE if middle > cut else svg.NEGATIVE
        tall = (height - 4) * int(count) / top
        body.append(svg.box(place * step, height - tall, step, tall, colour))
    x = step * (1 + (cut - low) / (bin_width or 1.0))
    body.append(svg.line(x, 0, x, height, "currentColor", 1))
    return svg.document(width, height, body, f"values from {number(low)} to {number(high)}")


def effects(rows: Mapping[str, tuple[float, float, float]]) -> str:
    """Effects of the conditions of a flip on one axis: name -> (effect, low, high), in nats."""
    width = 420.0
    every = [end for one in rows.values() for end in one if not np.isnan(end)]
    at = Scale([0.0, *every], 84, width - 150)
    body = [svg.line(at(0), 2, at(0), 4 + 20 * len(rows), "currentColor", 1)]
    for place, (name, (value, low, high)) in enumerate(rows.items()):
        y = 14 + 20.0 * place
        colour = svg.ACCENT if name == "away" else svg.GREY
        body += [
            svg.text(78, y + 4, name, 12, "end"),
            svg.line(at(low), y, at(high), y, colour, 4),
            svg.dot(at(value), y, 4.5, colour),
            svg.text(
                width - 144, y + 4, f"{signed(value)} {ends(low, high)}".replace("-", "−"), 11
            ),
        ]
    said = "; ".join(f"{name} {between(*one)}" for name, one in rows.items())
    return svg.document(width, 8 + 20 * len(rows), body, f"effects in nats: {said}")

"""Figures of one dimension: its poles, its values, the same number across layers, as wide SVG.

Positive is vermillion, negative blue, near grey. Each mark of a pole and of a layer has the number
of its row, so that a page can open what was chosen.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.figures import wide
from catalog.figures.colours import ACCENT, FAINT, HERE, MONOSPACE, NEAR, NEGATIVE, POSITIVE
from catalog.figures.text import number, shortened, visible

ROW = 23
"""Pixels of a row of a pole."""
_LETTERS = 26
_HEIGHT, _BASE = 250.0, 215.0
_QUANTILES = {"q05": "5 %", "q25": "25 %", "q50": "median", "q75": "75 %", "q95": "95 %"}


def pole(frame: pd.DataFrame, cut: float) -> str:
    """Items of one pole, the most extreme on top, as bars of their values behind their texts.

    `frame`: text, value, item, kind. A bar has the colour of its sign: above `cut` or not.
    """
    most = float(frame["value"].abs().max()) or 1.0
    body: list[str] = []
    for place, row in enumerate(frame.itertuples()):
        y = ROW * place
        told = shortened(row.text, _LETTERS)
        tip = f"{visible(row.text)[:80]}\n{number(row.value)}\nitem {row.item}, {row.kind}"
        colour = POSITIVE if float(str(row.value)) > cut else NEGATIVE
        bar = 100 * abs(float(str(row.value))) / most
        body += [
            wide.box(0, y + 1, bar, ROW - 3, colour, ' fill-opacity="0.28" rx="2"'),
            wide.box(0, y + 1, 0.9, ROW - 3, colour),
            wide.text(0, y + 16, told, 14, "start", f' dx="7" font-family="{MONOSPACE}"'),
            wide.text(100, y + 16, number(row.value), 12, "end", ' dx="-5" opacity="0.85"'),
            wide.box(0, y, 100, ROW, "transparent", wide.mark(place, tip)),
        ]
    first = "" if frame.empty else f", first {visible(frame['text'].iloc[0])}"
    return wide.document(ROW * len(frame) + 4, body, f"{len(frame)} items by value{first}")


def histogram(row: "pd.Series[Any]") -> str:
    """Values over all items; both poles coloured, threshold dashed, quantiles as ticks below.

    The two open end bins are drawn one bin wide and paler.
    """
    low, high, cut = float(row["low"]), float(row["high"]), float(row["value"])
    counts = np.asarray(row["histogram"], float)
    width = (high - low) / 62
    left = low + width * np.arange(-1, 63)
    step, top = 100 / 64, float(counts.max()) or 1.0
    spans = [f"{number(begin)} to {number(begin + width)}" for begin in left[1:-1]]
    spans = [f"below {number(low)}", *spans, f"from {number(high)}"]

    def at(value: float) -> float:
        return min(100.0, max(0.0, step * (1 + 62 * (value - low) / ((high - low) or 1.0))))

    body = [wide.text(0, 11, f"{top:,.0f} items", 11, "start", ' opacity="0.75"')]
    body.append(wide.line(0, _BASE, 100, _BASE, NEAR, 1))
    for place, count in enumerate(counts):
        inside = left[place] < cut < left[place] + width
        middle = left[place] + width / 2
        colour = NEAR if inside else POSITIVE if middle > cut else NEGATIVE
        tall = (_BASE - 18) * count / top
        more = f' opacity="{0.5 if place in (0, 63) else 0.9}"'
        body.append(wide.box(step * place, _BASE - tall, step * 0.94, tall, colour, more))
        tip = wide.mark(None, f"{spans[place]}\n{count:,.0f} items")
        body.append(wide.box(step * place, 14, step, _BASE - 14, "transparent", tip))
    body.append(wide.line(at(cut), 14, at(cut), _BASE, "currentColor", 1.5,
                          ' stroke-dasharray="5 4" opacity="0.75"'))  # fmt: skip
    for name, label in _QUANTILES.items():
        x = at(float(row[name]))
        tip = wide.mark(None, f"{label} {number(row[name])}")
        body.append(wide.line(x, _BASE - 5, x, _BASE + 6, "currentColor", 2, tip))
    for value in wide.ticks(low, high):
        body.append(wide.text(at(value), _BASE + 20, f"{value:g}", 11, "middle"))
    body.append(wide.text(50, _HEIGHT - 2, "state (model's own units)", 11, "middle",
                          ' opacity="0.75"'))  # fmt: skip
    return wide.document(
        _HEIGHT, body, f"Values from {number(low)} to {number(high)}, threshold {number(cut)}"
    )


def across(frame: pd.DataFrame, site: str, balanced: bool) -> str:
    """One dimension by layer: share positive, mean with sd, stability against chance.

    Without the share where it is constant (`balanced`). The number of a mark is its row's.
    """
    panels = [] if balanced else [("share positive", "share_positive", (0.0, 1.0))]
    mean = (frame["mean"] - frame["std"], frame["mean"] + frame["std"])
    span = (float(mean[0].min()), float(mean[1].max()))
    panels += [("mean ± sd", "mean", span), ("stability, chance dotted", "stability", (0.4, 1.0))]
    share = 100 / len(panels)
    body = []
    for place, (title, column, ends) in enumerate(panels):
        body.append(wide.inner(share * place, 0, share * 0.96, 230,
                               _panel(frame, title, column, ends, site)))  # fmt: skip
    return wide.document(232, body, f"This dimension at {len(frame)} sites; {site} is marked")


def _panel(
    frame: pd.DataFrame, title: str, column: str, ends: tuple[float, float], site: str
) -> list[str]:
    """One quantity by site; a click anywhere above a site is one on it."""
    top, base, left = 26.0, 196.0, 11.0
    low, high = ends if ends[1] > ends[0] else (ends[0] - 0.5, ends[0] + 0.5)
    step = (99 - left) / max(1, len(frame))
    xs = [left + step * (n + 0.5) for n in range(len(frame))]

    def down(values: "pd.Series[float]") -> NDArray[np.float64]:
        share = (values.to_numpy(np.float64) - low) / (high - low)
        return np.asarray(base - (base - top) * np.clip(share, -0.03, 1.03))

    body = [wide.text((left + 99) / 2, 12, title, 12, "middle")]
    for value in wide.ticks(low, high, 4):
        y = float(down(pd.Series([value]))[0])
        body.append(wide.line(left, y, 99, y, FAINT, 1))
        beside = ' dx="-4" opacity="0.75"'
        body.append(wide.text(left, y + 4, f"{value:g}", 10.5, "end", beside))
    if column == "mean":
        for x, above, below in zip(xs, down(frame["mean"] + frame["std"]),
                                   down(frame["mean"] - frame["std"]), strict=True):  # fmt: skip
            body.append(wide.box(x - step / 2, above, step, below - above, FAINT))
    if column == "stability":
        body += _joined(xs, down(frame["chance"]), NEAR, ' stroke-dasharray="2 3"')
    ys = down(frame[column])
    body += _joined(xs, ys, ACCENT)
    for place, (name, x, y) in enumerate(zip(frame["site"], xs, ys, strict=True)):
        here = name == site
        if not np.isnan(y):
            edge = f' stroke="{NEAR}" stroke-width="1.5"' if here else ""
            body.append(wide.dot(x, y, 5.5 if here else 3.2, HERE if here else ACCENT, edge))
        every = 1 + len(frame) // 14
        if here or place % every == 0:
            weight = ' font-weight="700"' if here else ' opacity="0.8"'
            body.append(wide.text(x, 214, wide.short(str(name)), 11, "middle", weight))
        tip = f"{name}\n{title.split(',')[0]} {number(frame[column].iloc[place])}"
        body.append(wide.box(x - step / 2, 16, step, 200, "transparent", wide.mark(place, tip)))
    return body


def _joined(xs: list[float], ys: NDArray[np.float64], colour: str, more: str = "") -> list[str]:
    """A line through points, broken where a value is missing."""
    ends = zip(xs, ys, xs[1:], ys[1:], strict=False)
    return [wide.line(x, y, to_x, to_y, colour, 1.8, more) for x, y, to_x, to_y in ends
            if not np.isnan(y + to_y)]  # fmt: skip


def strip(signs: NDArray[np.bool_], across: int = 64) -> str:
    """Signs of one item as a sheet of D cells, row after row; the number of a cell is its own.

    `signs` is bool[D]; `across` cells make a row.
    """
    rows = -(-len(signs) // across)
    size = 14 if rows <= 12 else 9 if rows <= 40 else 5
    step = 100 / across
    body = [
        wide.box(
            step * (place % across), size * (place // across), step * 0.95, size - 0.7,
            POSITIVE if sign else NEGATIVE,
            wide.mark(place, f"dimension {place}\nsign {'+' if sign else '−'}"),
        )
        for place, sign in enumerate(signs.tolist())
    ]  # fmt: skip
    said = f"Signs of {len(signs):,} dimensions, {int(signs.sum()):,} of them positive"
    return wide.document(size * rows + 2, body, said)

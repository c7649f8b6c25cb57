"""One figure on one line, as SVG: a value between its controls, a share, a bar of verdicts."""

from collections.abc import Mapping, Sequence

import pandas as pd

from catalog.figures import svg
from catalog.figures.svg import Mark
from catalog.figures.text import between, number

WIDTH, HEIGHT = 360.0, 88.0


class Scale:
    """From values to places on a line; a little wider than what stands on it."""

    def __init__(self, values: Sequence[float], left: float, right: float) -> None:
        low, high = min(values), max(values)
        room = (high - low or abs(high) or 1.0) * 0.06
        self.low, self.high, self.left, self.right = low - room, high + room, left, right

    def __call__(self, value: float) -> float:
        """Where a value lies; those beyond the ends stand at them."""
        share = (value - self.low) / (self.high - self.low)
        return self.left + min(1.0, max(0.0, share)) * (self.right - self.left)


def interval(
    value: float, low: float, high: float, marks: Sequence[Mark], colour: str = svg.ACCENT
) -> str:
    """A value with its interval, and what it must be read beside as ticks with their names."""
    marks = [mark for mark in marks if not pd.isna(mark.value)]
    known = [one for one in (value, low, high) if not pd.isna(one)]
    at = Scale([*known, *(mark.value for mark in marks)], 6, WIDTH - 6)
    body = [svg.line(6, 34, WIDTH - 6, 34, "currentColor", 0.4)]
    for mark in marks:
        body.append(svg.line(at(mark.value), 27, at(mark.value), 41, mark.colour, 2))
    body += _named([(at(mark.value), f"{mark.name} {number(mark.value)}") for mark in marks])
    if not pd.isna(low) and not pd.isna(high):
        body.append(svg.line(at(low), 34, at(high), 34, colour, 5))
    body.append(svg.dot(at(value), 34, 6, colour))
    shown = between(value, low, high)
    place = min(max(at(value), 4 + 3.6 * len(shown)), WIDTH - 4 - 3.6 * len(shown))
    body.append(svg.text(place, 20, shown, 13, "middle", 'font-weight="600"'))
    beside = "; ".join(f"{mark.name} {number(mark.value)}" for mark in marks)
    return svg.document(WIDTH, HEIGHT, body, f"{shown}; beside: {beside or 'nothing'}")


def _named(places: list[tuple[float, str]]) -> list[str]:
    """Names below their ticks, in as many rows as keep neighbours apart."""
    drawn: list[str] = []
    ends: list[float] = []
    for place, words in sorted(places):
        half = 3.1 * len(words)
        middle = min(max(place, half + 2), WIDTH - half - 2)
        row = next((n for n, end in enumerate(ends) if middle - half > end + 6), len(ends))
        ends[row : row + 1] = [middle + half]
        drawn.append(svg.text(middle, 54 + 13 * row, words, 10.5, "middle", 'opacity="0.8"'))
    return drawn


def share(part: int, whole: int, colour: str, expected: float | None = None) -> str:
    """How many of so many, as cells; `expected` marks what chance would give."""
    cells = min(whole, 40)
    width = (WIDTH - 12) / cells
    body = [
        svg.box(
            6 + place * width, 24, width - 2, 18, colour,
            "" if place < round(part / whole * cells) else 'opacity="0.18"',
        )
        for place in range(cells)
    ]  # fmt: skip
    said = f"{part} of {whole}"
    body.append(svg.text(6, 16, said, 13, "start", 'font-weight="600"'))
    if expected is not None:
        x = 6 + expected * (WIDTH - 12)
        body.append(svg.line(x, 20, x, 46, "currentColor", 1.5))
        body.append(svg.text(x + 4, 58, f"all items: {expected:.1%}", 10.5, "start"))
    return svg.document(WIDTH, HEIGHT, body, said)


def counts(rows: Mapping[str, tuple[int, int]]) -> str:
    """How often something came, as bars of one scale: name -> (how often, in how many tries)."""
    most = max([1, *(count for count, _ in rows.values())])
    body: list[str] = []
    for place, (name, (count, _)) in enumerate(rows.items()):
        y = 4 + 22.0 * place
        body.append(svg.text(130, y + 12, name, 12, "end"))
        body.append(svg.box(138, y, (WIDTH - 178) * count / most, 15, svg.ACCENT))
        body.append(svg.text(144 + (WIDTH - 178) * count / most, y + 12, count, 12.5, "start",
                             'font-weight="600"'))  # fmt: skip
    said = ", ".join(f"{name}: {count} in {tries}" for name, (count, tries) in rows.items())
    return svg.document(WIDTH, 6 + 22 * len(rows), body, said)


def verdicts(counts: Mapping[str, int]) -> str:
    """How many claims have each verdict, as one bar with its words below."""
    known = [(name, counts[name]) for name in svg.VERDICTS if counts.get(name)]
    whole, width = sum(count for _, count in known), 760.0
    body, x = [], 0.0
    for name, count in known:
        wide = width * count / max(1, whole)
        body.append(svg.box(x, 0, wide - 2, 16, svg.VERDICTS[name]))
        x += wide
    x = 0.0
    for name, count in known:
        said = f"{count} {name if count != 1 or name != 'holds' else 'holds'}"
        said = f"{count} hold" if name == "holds" and count != 1 else said
        said = f"{count} do not hold" if name == "does not hold" and count != 1 else said
        body += [svg.box(x, 25, 10, 10, svg.VERDICTS[name]), svg.text(x + 15, 34, said, 13)]
        x += 36 + 7 * len(said)
    return svg.document(width, 40, body, ", ".join(f"{n} {name}" for name, n in known))


def spark(values: Sequence[float], names: Sequence[str], at: str, what: str) -> str:
    """A value by layer, from 0 to 1, as a small line; the layer `at` is marked."""
    width, height = 180.0, 34.0
    step = (width - 10) / max(1, len(values) - 1)
    points = [
        (5 + place * step, height - 5 - (height - 10) * float(value))
        for place, value in enumerate(values)
        if not pd.isna(value)
    ]
    body = [svg.path(points, svg.ACCENT)]
    if at in names and not pd.isna(values[list(names).index(at)]):
        place = list(names).index(at)
        body.append(svg.dot(5 + place * step, height - 5 - (height - 10) * values[place], 3.5,
                            svg.POSITIVE))  # fmt: skip
    told = ", ".join(f"{n} {number(v)}" for n, v in zip(names, values, strict=True))
    return svg.document(width, height, body, f"{what}: {told}")

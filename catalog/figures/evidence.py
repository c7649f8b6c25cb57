"""The evidence table as one figure: a line a claim, its value between its controls, the verdict."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from catalog.figures import svg
from catalog.figures.strips import Scale
from catalog.figures.text import number

WIDTH, ROW, HEAD = 980.0, 58.0, 78.0
_STATEMENT, _AXIS, _END, _FIGURE = 134.0, 514.0, 664.0, 684.0
_LETTERS, _BESIDE = 56, 48
"""Characters of a line of a statement, and of a line beside the axis."""
_NEAR = 2.0
"""Other controls are drawn within so many times the distance to the strongest one."""


class Line(NamedTuple):
    """A claim as it is drawn."""

    verdict: str
    statement: str
    value: float
    """NaN where it could not be tested."""
    low: float
    high: float
    control: str
    """The strongest control; empty where there is none."""
    against: float
    others: tuple[float, ...]
    """The other controls."""
    paper: str
    reason: str
    """Why it could not be tested; shown in place of the figure."""


def of_rows(rows: Sequence[Mapping[str, Any]], title: str, where: str) -> str:
    """The figure of rows of the table `evidence`, each with its controls as a mapping."""
    return table([_of_row(row) for row in rows], title, where)


def _of_row(row: Mapping[str, Any]) -> Line:
    values = {name: float(value) for name, value in row["controls"].items() if value is not None}
    strongest = str(row["strongest"]) if row["strongest"] in values else ""
    against = values.pop(strongest, float("nan"))
    value, low, high = (
        float("nan") if pd.isna(row[name]) else float(row[name])
        for name in ("value", "low", "high")
    )
    return Line(
        str(row["verdict"]), str(row["statement"]), value, low, high, strongest, against,
        tuple(values.values()), str(row["paper"]), str(row["reason"]),
    )  # fmt: skip


def table(lines: Sequence[Line], title: str, where: str) -> str:
    """The whole table as one figure; `where` says in which cell it was made."""
    body = [
        svg.text(0, 18, title, 17, more='font-weight="600"'),
        svg.text(0, 38, svg.wrapped(where, 150, 1)[0], 11.5, more='opacity="0.75"'),
        svg.text(_AXIS, 64, "bar: strongest control", 11, more='opacity="0.75"'),
        svg.text(_FIGURE, 64, "this model, its control, the paper", 11, more='opacity="0.75"'),
    ]
    for place, one in enumerate(lines):
        body += _line(one, HEAD + place * ROW)
    counts = pd.Series([one.verdict for one in lines]).value_counts()
    said = ", ".join(f"{count} {name}" for name, count in counts.items())
    return svg.document(WIDTH, HEAD + ROW * len(lines) + 6, body, f"{title}: {said}")


def _line(one: Line, top: float) -> list[str]:
    middle = top + ROW / 2 - 4
    colour = svg.VERDICTS.get(one.verdict, svg.GREY)
    drawn = [
        svg.line(0, top - 4, WIDTH, top - 4, "currentColor", 0.25),
        svg.box(0, middle - 10, 8, 20, colour),
        svg.text(14, middle + 4, one.verdict, 12, more='font-weight="600"'),
    ]
    words = svg.wrapped(one.statement, _LETTERS, 2)
    first = middle + 4 - 8 * (len(words) - 1)
    drawn += [svg.text(_STATEMENT, first + 16 * n, w, 12.5) for n, w in enumerate(words)]
    if pd.isna(one.value):
        why = svg.wrapped(one.reason, 76, 2)
        return drawn + [svg.text(_AXIS, middle + 14 * n, w, 11) for n, w in enumerate(why)]
    return [*drawn, *_axis(one, middle, colour), *_words(one, middle)]


def _axis(one: Line, middle: float, colour: str) -> list[str]:
    own = [one.value, one.low, one.high, one.against]
    own = [value for value in own if not pd.isna(value)]
    room = _NEAR * ((max(own) - min(own)) or abs(one.value) or 1.0)
    near = [other for other in one.others if abs(other - one.value) <= room]
    at = Scale([*own, *near], _AXIS, _END)
    drawn = [svg.line(_AXIS, middle, _END, middle, "currentColor", 0.3)]
    for value in near:
        drawn.append(svg.line(at(value), middle - 4, at(value), middle + 4, svg.GREY, 1.2))
    if not pd.isna(one.against):
        x = at(one.against)
        drawn.append(svg.line(x, middle - 10, x, middle + 10, "currentColor", 2.2))
    if not pd.isna(one.low) and not pd.isna(one.high):
        drawn.append(svg.line(at(one.low), middle, at(one.high), middle, colour, 5))
    return [*drawn, svg.dot(at(one.value), middle, 5, colour)]


def _words(one: Line, middle: float) -> list[str]:
    figure = f"{number(one.value)} [{number(one.low)}, {number(one.high)}]"
    beside = f"v {number(one.against)} {one.control}" if one.control else "no control"
    more = 'opacity="0.75"'
    return [
        svg.text(_FIGURE, middle - 10, figure, 12.5, more='font-weight="600"'),
        svg.text(_FIGURE, middle + 5, svg.wrapped(beside, _BESIDE, 1)[0], 11),
        svg.text(_FIGURE, middle + 19, svg.wrapped(f"paper: {one.paper}", _BESIDE, 1)[0], 11,
                 more=more),
    ]  # fmt: skip

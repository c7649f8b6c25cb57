"""Figures made of small marks that open something: a feature's signed dimensions, sheets of cells.

Wide SVG: places in percent, each mark with the number of what it opens and what the mouse is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.figures import wide
from catalog.figures.colours import FAINT, HERE, MONOSPACE, NEAR, NEGATIVE, POSITIVE
from catalog.figures.text import chance, number, visible

WIDEST = 400
"""Dimensions drawn in a strip; the weaker ones of a larger feature stay in its table."""
ROW = 15
"""Pixels of a row of a sheet."""


def strip(frame: pd.DataFrame, height: float = 170.0) -> str:
    """Signed dimensions as bars of AUC - 1/2 in the poles' colours; a mark's number is its row's.

    `frame`: dimension, sign, auc, q. Positive ones first, the strongest outermost.
    """
    shown = frame.head(WIDEST).reset_index(drop=True)
    contrast = shown["auc"].to_numpy(np.float64) - 0.5
    most = max(float(np.abs(contrast).max()), 1e-9)
    down = bool((contrast < 0).any())
    zero = height * (0.5 if down else 1.0)
    scale = (zero - 4) / most
    left, step = 5.0, 95.0 / max(1, len(shown))
    body = []
    for value in wide.ticks(-most if down else 0.0, most, 4):
        y = zero - scale * value
        body.append(wide.line(left, y, 100, y, NEAR if value == 0 else FAINT, 1))
        body.append(wide.text(left, y + 4, f"{value:g}", 10.5, "end", ' dx="-5" opacity="0.75"'))
    for place, row in enumerate(np.argsort(-contrast, kind="stable").tolist()):
        one = shown.iloc[row]
        plus = float(one["sign"]) > 0
        tall = scale * abs(contrast[row])
        tip = (
            f"dimension {int(one['dimension'])}\nexpected sign {'+' if plus else '−'}\n"
            f"sign AUC {number(one['auc'])}\nq {chance(one['q'])}"
        )
        body.append(
            wide.box(
                left + step * place, zero - tall if contrast[row] > 0 else zero, step * 0.86, tall,
                POSITIVE if plus else NEGATIVE, wide.mark(row, tip),
            )
        )  # fmt: skip
    said = f"AUC minus one half of {len(shown)} signed dimensions, the strongest {number(most)}"
    return wide.document(height + 4, body, said)


@dataclass(frozen=True)
class Sheet:
    """Cells in rows and columns."""

    rows: Sequence[str]
    columns: Sequence[str]
    """Names above the columns; empty for none."""
    colours: Sequence[Sequence[str | None]]
    """Of each cell of each row; None where there is no cell."""
    tips: Sequence[Sequence[str]]
    numbers: Sequence[Sequence[int]]
    """What each cell opens."""
    faint: Sequence[Sequence[bool]]
    title: str = ""
    marked: int | None = None
    """A column with a frame around its cells."""
    ringed: tuple[int, int] | None = None
    """Row and column of a cell with a ring."""
    head: float = 17.0
    """Pixels above the cells; from 40 on the names of columns stand upright."""


def sheet(one: Sheet, names: float = 40.0) -> str:
    """The sheet; `names` percent of its width are for the names of its rows.

    A row's name opens its cell in the marked column.
    """
    left, step = names, (100 - names) / max(1, len(one.columns))
    body = [wide.text(0, 12, one.title, 12, "start", ' font-weight="600"')]
    for place, name in enumerate(one.columns):
        more = ' font-weight="700"' if place == one.marked else ' opacity="0.75"'
        x = left + step * (place + 0.5)
        if one.head >= 40:
            more += f' writing-mode="vertical-rl" font-family="{MONOSPACE}"'
            body.append(wide.text(x, one.head - 5, name, 11, "end", more))
        else:
            body.append(wide.text(x, 12, name, 10.5, "middle", more))
    for place, name in enumerate(one.rows):
        y = one.head + ROW * place
        opens = None if one.marked is None else one.numbers[place][one.marked]
        label = wide.text(0, 11, name, 11.5, "start", wide.mark(opens, visible(name)))
        body.append(wide.inner(0, y, names - 1, ROW, [label]))
        for column, colour in enumerate(one.colours[place]):
            if colour is None:
                continue
            more = ' opacity="0.22"' if one.faint[place][column] else ""
            more += f' stroke="{NEAR}"' if column == one.marked else ""
            if one.ringed == (place, column):
                more += f' stroke="{HERE}" stroke-width="2.5"'
            more += wide.mark(one.numbers[place][column], one.tips[place][column])
            body.append(wide.box(left + step * column, y, step * 0.94, ROW - 1, colour, more))
    said = f"{one.title or 'cells'}: {len(one.rows)} rows, {len(one.columns)} columns"
    return wide.document(one.head + 2 + ROW * len(one.rows), body, said)


def turns(words: Sequence[str], signs: NDArray[np.bool_], dimensions: NDArray[np.integer]) -> str:
    """Signs of some dimensions along a circle of words: words down, dimensions across.

    `signs` is bool[words, dimensions]; the number of a cell is its dimension.
    """
    names = [str(int(one)) for one in dimensions]
    return sheet(
        Sheet(
            rows=list(words),
            columns=names,
            colours=[[POSITIVE if sign else NEGATIVE for sign in row] for row in signs.tolist()],
            tips=[
                [f"{visible(word)}\ndimension {name}\nsign {'+' if sign else '−'}"
                 for name, sign in zip(names, row, strict=True)]
                for word, row in zip(words, signs.tolist(), strict=True)
            ],
            numbers=[[int(one) for one in dimensions]] * len(words),
            faint=[[False] * len(names)] * len(words),
        ),
        20.0,
    )  # fmt: skip

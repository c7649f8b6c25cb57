"""The map of "Read a text": tokens x features, whose cells open.

Features never borrow the poles' colours. The page's other figures: `catalog.figures.texts`.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.figures import cells, svg, wide
from catalog.figures.cells import Sheet
from catalog.figures.colours import STEPS
from catalog.figures.text import number, visible
from catalog.notebook.texts import Map, Text

RAREST = 1000
"""The scale of colours ends where one in this many items agrees as much."""
_MIDDLE = 30
_LONGEST = 14
_NAMES, _HEAD = 15.0, 128.0
"""Percent of the width for names of features, and pixels for tokens above the cells."""


def token_names(tokens: Sequence[str], special: NDArray[np.bool_], first: int) -> list[str]:
    """Axis values of tokens, different for every place: 4 digits, a mark, the text.

    The mark is * for special tokens.
    """
    return [
        f"{first + n:04d}{'*' if odd else ' '}{_cut(token)}"
        for n, (token, odd) in enumerate(zip(tokens, special, strict=True))
    ]


def _cut(token: str) -> str:
    shown = visible(token)
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def sheet(
    read: Text, found: Map, chosen: NDArray[np.int64], part: slice, opened: tuple[int, int] | None
) -> str:
    """Tokens of a part (columns) x some features (rows); those that do not fire are faint.

    The number of a cell is place * features + feature, of all places and all features. `opened` is
    the place and feature of the cell that is open.
    """
    fired, states = found.fired, read.states
    places = range(part.start, part.stop)
    names = token_names(states.tokens[part], states.special[part], part.start)
    many = len(found.names)
    rows = [int(one) for one in chosen]
    ringed = None
    if opened is not None and opened[0] in places and opened[1] in rows:
        ringed = (rows.index(opened[1]), opened[0] - part.start)

    def tip(place: int, feature: int) -> str:
        return "\n".join([
            f"{visible(states.tokens[place])} × {found.names[feature].replace('_', ' ')}",
            f"agreement {number(fired.agreement[place, feature])}",
            f"fires above {number(found.level[feature])}",
            f"items that agree as much {fired.rarity[place, feature]:.2%}",
            f"items at which it fires {found.usual[feature]:.1%}",
        ])  # fmt: skip

    return cells.sheet(
        Sheet(
            rows=[found.names[one].replace("_", " ") for one in rows],
            columns=[name[4:].strip() for name in names],
            colours=[[_colour(float(fired.rarity[p, f])) for p in places] for f in rows],
            tips=[[tip(p, f) for p in places] for f in rows],
            numbers=[[p * many + f for p in places] for f in rows],
            faint=[[not fired.fires[p, f] for p in places] for f in rows],
            ringed=ringed,
            head=_HEAD,
        ),
        _NAMES,
    )


def _colour(rarity: float) -> str:
    return wide.blend(STEPS, _share(1 / max(rarity, 1e-6)))


def _share(one_in: float) -> float:
    """Place on the scale of colours, 0 to 1: by the logarithm, its middle at one in 30."""
    if one_in <= _MIDDLE:
        return 0.5 * math.log(max(one_in, 1)) / math.log(_MIDDLE)
    return min(1.0, 0.5 + 0.5 * math.log(one_in / _MIDDLE) / math.log(RAREST / _MIDDLE))


def legend() -> str:
    """The colours, in one line."""
    steps = np.geomspace(1, RAREST, 51)
    body = [svg.box(4.4 * n, 0, 4.8, 14, wide.blend(STEPS, _share(float(one))))
            for n, one in enumerate(steps)]  # fmt: skip
    for value in (1, 10, 100, RAREST):
        place = 220 * math.log(value) / math.log(RAREST)
        body.append(svg.text(min(max(place, 4), 214), 27, f"{value:,}", 11, "middle"))
    body.append(svg.text(232, 12, "one in … items agrees as much", 12))
    return svg.document(420, 30, body, f"Colours from one in 1 to one in {RAREST:,} items")

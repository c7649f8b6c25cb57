"""Windows of text as HTML: the token marked, every token tinted by one dimension's value.

The only place where text of the outside world becomes markup: every token is escaped, and nothing
of it stands in an attribute.
"""

import html
from collections.abc import Sequence
from typing import Protocol

from catalog.figures.text import number, visible

POSITIVE, NEGATIVE = "213,94,0", "0,114,178"
"""The poles' vermillion and blue."""
_STRONGEST = 0.75
"""Opacity of the strongest value of a dimension."""
_LINE = (
    "padding:.2rem 0;border-bottom:1px solid rgba(128,128,128,.25);font-size:.85rem;"
    "line-height:1.5;overflow-wrap:anywhere"
)
_VALUE = "display:inline-block;min-width:3.4rem;opacity:.8;font-variant-numeric:tabular-nums"
_SOURCE = "opacity:.55;font-size:.75rem"
_NEAR = "color:inherit"
_MARKED = "color:inherit;font-weight:700;outline:2px solid currentColor;border-radius:2px"


class Window(Protocol):
    """A position in its text; see `catalog.browse.examples.Example`."""

    @property
    def value(self) -> float:
        """The dimension's state at the position."""
        ...

    @property
    def document(self) -> str:
        """The text's name."""
        ...

    @property
    def tokens(self) -> tuple[str, ...]:
        """What the tokens add to a running text."""
        ...

    @property
    def at(self) -> int:
        """Which of them is the position's."""
        ...

    @property
    def values(self) -> tuple[float, ...]:
        """The dimension's value at each."""
        ...


def lines(rows: Sequence[Window], cut: float, ends: tuple[float, float]) -> str:
    """Some examples, a block each. `cut` is the threshold; tints grow from it to the ends."""
    return "".join(f'<div style="{_LINE}">{_line(one, cut, ends)}</div>' for one in rows)


def _line(one: Window, cut: float, ends: tuple[float, float]) -> str:
    told = f'<span style="{_VALUE}">{_signed(one.value - cut, one.value)}</span>'
    spans = [
        _token(text, value, cut, ends, place == one.at)
        for place, (text, value) in enumerate(zip(one.tokens, one.values, strict=True))
    ]
    source = f'<span style="{_SOURCE}">{html.escape(visible(one.document))}</span>'
    return f'{told}<span style="white-space:pre-wrap">{"".join(spans)}</span> {source}'


def _token(text: str, value: float, cut: float, ends: tuple[float, float], marked: bool) -> str:
    away = value - cut
    reach = max(ends[1] - cut, cut - ends[0], 1e-12)
    colour = POSITIVE if away > 0 else NEGATIVE
    tint = _STRONGEST * min(1.0, abs(away) / reach)
    tag = "mark" if marked else "span"
    return (
        f'<{tag} style="background-color:rgba({colour},{tint:.2f});{_MARKED if marked else _NEAR}" '
        f'title="{_signed(away, value)}">{html.escape(visible(text))}</{tag}>'
    )


def _signed(away: float, value: float) -> str:
    """A value with the sign of its side of the threshold."""
    return f"{'+' if away > 0 else '−'} {number(abs(value))}" if value else "0"

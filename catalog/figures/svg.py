"""Small figures as SVG text: they take the colour of the text around them, and can be printed.

Nothing here needs a plotting library. Text of the outside world is escaped in one place.
"""

import html
from collections.abc import Sequence
from typing import NamedTuple

from catalog.figures.text import visible

POSITIVE, NEGATIVE, GREY = "#D55E00", "#0072B2", "#808080"
ACCENT = "#7570b3"
"""A figure that is no pole."""
VERDICTS = {
    "holds": "#2e7d32",
    "partly": "#c98a00",
    "does not hold": "#b3261e",
    "undecided": "#5b7db1",
    "cannot be tested": "#8a8a8a",
}
"""Colour of each verdict; the words always stand beside it."""
FONT = "system-ui, -apple-system, Segoe UI, Roboto, Noto Sans, DejaVu Sans, sans-serif"


class Mark(NamedTuple):
    """A named value on an axis."""

    name: str
    value: float
    colour: str = GREY


class Drawn(str):
    """A figure that a notebook shows."""

    def _repr_html_(self) -> str:
        return str(self)


def document(width: float, height: float, body: Sequence[str], said: str) -> str:
    """The whole figure; `said` tells it to those who cannot see it."""
    label = html.escape(visible(said), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" aria-label="{label}" '
        f'font-family="{FONT}" fill="currentColor" style="max-width:100%;height:auto">'
        f"<title>{label}</title>{''.join(body)}</svg>"
    )


def alone(drawn: str, ink: str = "#222222", paper: str = "#ffffff") -> str:
    """A figure as a file of its own: its colours no longer those of a page."""
    opened, _, rest = drawn.partition("</title>")
    sheet = f'<rect width="100%" height="100%" fill="{paper}"/>'
    return f"{opened}</title>{sheet}{rest}".replace("currentColor", ink)


def text(
    x: float, y: float, words: object, size: float = 12, anchor: str = "start", more: str = ""
) -> str:
    """Words at a place; `more` are further attributes of this program's own."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size:g}" text-anchor="{anchor}" {more}>'
        f"{html.escape(visible(words))}</text>"
    )


def line(x: float, y: float, to_x: float, to_y: float, colour: str, width: float = 1.5) -> str:
    """A straight line."""
    return (
        f'<line x1="{x:.1f}" y1="{y:.1f}" x2="{to_x:.1f}" y2="{to_y:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}" stroke-linecap="round"/>'
    )


def box(x: float, y: float, width: float, height: float, colour: str, more: str = "") -> str:
    """A filled rectangle."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(0.0, width):.1f}" height="{height:.1f}" '
        f'fill="{colour}" {more}/>'
    )


def dot(x: float, y: float, radius: float, colour: str) -> str:
    """A filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}"/>'


def path(points: Sequence[tuple[float, float]], colour: str, width: float = 1.5) -> str:
    """A line through points."""
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="{width:g}"/>'


def wrapped(words: object, letters: int, lines: int) -> list[str]:
    """Text in at most `lines` lines of about `letters`; what does not fit ends in …"""
    import textwrap

    return textwrap.wrap(
        visible(words), letters, max_lines=lines, placeholder=" …", break_on_hyphens=False
    ) or [""]

"""Pieces of figures that are as wide as the place they stand in: SVG with places in percent.

Letters keep their size at every width. A mark with a number can be chosen on a page; one with a tip
says it beside the mouse.
"""

import html
import math
from collections.abc import Sequence

from catalog.figures.svg import FONT
from catalog.figures.text import visible


def document(height: float, body: Sequence[str], said: str) -> str:
    """The whole figure, `height` pixels high; `said` tells it to those who cannot see it."""
    label = html.escape(visible(said), quote=True)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="{height:g}" role="img" '
        f'aria-label="{label}" font-family="{FONT}" fill="currentColor" overflow="visible">'
        f"{''.join(body)}</svg>"
    )


def inner(x: float, y: float, width: float, height: float, body: Sequence[str]) -> str:
    """A part with places in percent of its own; across in percent, down in pixels."""
    return f'<svg x="{x:g}%" y="{y:g}" width="{width:g}%" height="{height:g}">{"".join(body)}</svg>'


def mark(number: int | None = None, tip: object = "") -> str:
    """Attributes of a mark: its number, where it can be chosen, and what the mouse is told."""
    said = "&#10;".join(html.escape(visible(one), quote=True) for one in str(tip).split("\n"))
    chosen = "" if number is None else f' data-n="{number}"'
    return chosen + (f' data-tip="{said}"' if said else "")


def box(x: float, y: float, width: float, height: float, colour: str, more: str = "") -> str:
    """A filled rectangle: x and width in percent, y and height in pixels."""
    return (
        f'<rect x="{x:.2f}%" y="{y:g}" width="{max(0.0, width):.2f}%" height="{height:g}" '
        f'fill="{colour}"{more}/>'
    )


def text(
    x: float, y: float, words: object, size: float = 12, anchor: str = "start", more: str = ""
) -> str:
    """Words at a place: x in percent, y in pixels; `more` are attributes of this program's own."""
    return (
        f'<text x="{x:.2f}%" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}"{more}>'
        f"{html.escape(visible(words))}</text>"
    )


def line(
    x: float, y: float, to_x: float, to_y: float, colour: str, width: float = 1.5, more: str = ""
) -> str:
    """A straight line: across in percent, down in pixels."""
    return (
        f'<line x1="{x:.2f}%" y1="{y:.1f}" x2="{to_x:.2f}%" y2="{to_y:.1f}" stroke="{colour}" '
        f'stroke-width="{width:g}"{more}/>'
    )


def dot(x: float, y: float, radius: float, colour: str, more: str = "") -> str:
    """A filled circle: x in percent, y in pixels."""
    return f'<circle cx="{x:.2f}%" cy="{y:.1f}" r="{radius:g}" fill="{colour}"{more}/>'


def short(site: str) -> str:
    """A site below an axis of sites: 3 for resid.3, f for final."""
    if site == "final":
        return "f"
    return site.removeprefix("resid.")


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers from low to high, at most about so many."""
    span = high - low
    if not span > 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(span / most))
    step = next(m * power for m in (1, 2, 5, 10) if span / (m * power) <= most + 1e-9)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * n, 12) for n in range(first, last + 1)]


def blend(colours: Sequence[str], share: float) -> str:
    """A colour between evenly spaced ones, #rrggbb; share is 0 to 1."""
    place = min(max(share, 0.0), 1.0) * (len(colours) - 1)
    first = min(int(place), len(colours) - 2)
    part = place - first
    pairs = (
        (int(colours[first][n : n + 2], 16), int(colours[first + 1][n : n + 2], 16))
        for n in (1, 3, 5)
    )
    return "#" + "".join(f"{round(one + part * (two - one)):02x}" for one, two in pairs)

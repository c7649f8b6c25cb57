"""Pieces of an HTML page without scripts: everything of the outside world is escaped here."""

import base64
import hashlib
import html
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

import pandas as pd

from catalog.figures import svg
from catalog.figures.text import visible

_SHORT = 28
"""Letters of a cell that is not broken."""

Cell = Callable[[Any], str]
"""A value of a table as HTML."""


def text(value: object) -> str:
    """Text of the outside world: control and bidi characters visible, markup escaped."""
    return html.escape(visible(value))


def element(tag: str, inside: str, kind: str = "") -> str:
    """An element; `inside` is HTML already."""
    named = f' class="{kind}"' if kind else ""
    return f"<{tag}{named}>{inside}</{tag}>"


def paragraph(words: object, kind: str = "") -> str:
    """A paragraph of plain words."""
    return element("p", text(words), kind)


def code(words: object) -> str:
    """A command or a query, as it is typed."""
    return element("pre", text_lines(words), "code")


def text_lines(words: object) -> str:
    """`text`, its line breaks kept."""
    return "\n".join(text(line) for line in str(words).split("\n"))


def table(
    frame: pd.DataFrame,
    cells: Mapping[str, Cell] | None = None,
    heads: Mapping[str, str] | None = None,
) -> str:
    """A frame as a table; `cells` say how a column is shown, `heads` what it is called."""
    made = cells or {}
    columns = [str(name) for name in frame.columns]
    head = "".join(element("th", text((heads or {}).get(name, name))) for name in columns)
    kinds = {name: "" if name in made else _kind(frame[name]) for name in columns}
    rows = []
    for row in frame.itertuples(index=False):
        row_cells = [
            element("td", made[name](value) if name in made else text(_said(value)), kinds[name])
            for name, value in zip(columns, row, strict=True)
        ]
        rows.append(element("tr", "".join(row_cells)))
    body = element("thead", element("tr", head)) + element("tbody", "".join(rows))
    return f'<div class="wide"><table>{body}</table></div>'


def _kind(column: "pd.Series[Any]") -> str:
    """number: to the right; nowrap: short words that stay on one line."""
    if column.dtype.kind in "iuf":
        return "number"
    return "nowrap" if column.map(lambda one: len(str(one))).max() <= _SHORT else ""


def _said(value: object) -> str:
    from catalog.figures.text import number

    if isinstance(value, float):
        return number(value)
    return "–" if value is None or value is pd.NA else str(value)


def facts(pairs: Iterable[tuple[str, object]]) -> str:
    """Names and values, one below the other."""
    return element(
        "dl",
        "".join(element("dt", text(name)) + element("dd", text(value)) for name, value in pairs),
    )


def chip(verdict: str) -> str:
    """A verdict in its colour, with its word."""
    place = list(svg.VERDICTS).index(verdict) if verdict in svg.VERDICTS else len(svg.VERDICTS)
    return element("span", text(verdict), f"chip v{place}")


def figure(drawn: str, caption: str = "") -> str:
    """An SVG made by `catalog.figures.svg`, which escapes its own texts."""
    inside = drawn + (element("figcaption", text(caption)) if caption else "")
    return element("figure", inside)


def anchored(name: str, title: str, inside: str) -> str:
    """A titled part with an address of its own; `name` is this program's own."""
    return f'<div id="{name}">{element("h3", text(title))}{inside}</div>'


def repeat(*names: str) -> str:
    """The way to the queries behind a section, at the end of the page."""
    links = ", ".join(f'<a href="#q-{name}">{name}</a>' for name in names)
    return element("p", f"To repeat it: query {links}", "repeat")


def section(title: str, parts: Sequence[str], name: str) -> str:
    """A section with an address of its own; `name` is this program's own."""
    return f'<section id="{name}">{element("h2", text(title))}{"".join(parts)}</section>'


def document(title: str, body: str, style: str) -> str:
    """The whole file: no script can run in it, and nothing is fetched from anywhere."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; style-src-attr 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{text(title)}</title><style>{style}</style></head><body>{body}</body></html>\n"
    )


def asset(name: str) -> str:
    """A file of `catalog/sharing/web`."""
    return resources.files("catalog.sharing").joinpath("web", name).read_text("utf-8")

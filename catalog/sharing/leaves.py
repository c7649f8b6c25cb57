"""Data of a site: JSON in files that a page may fetch, or load as scripts where it must.

A file is `dims("name",` and a line of JSON and `)`. Over http the page fetches it and parses the
middle line: nothing of it runs. Where a browser lets a page fetch nothing (a double click, file://)
it is a script that hands the same JSON over. All of it is ASCII, and < is written \\u003c.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from catalog.browse.plain import plain
from catalog.figures.text import visible


def write(folder: Path, name: str, value: Any) -> int:
    """Write one file below the folder; its bytes. `name` is this program's own, without ending."""
    text = _dumped(value)
    path = folder / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = f'dims("{name}",\n{text.replace("<", chr(92) + "u003c")}\n)\n'
    path.write_text(whole, "ascii")
    return len(whole)


def _dumped(value: Any) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), allow_nan=False, default=plain)
    except ValueError:  # a NaN: null
        return json.dumps(plain(value), separators=(",", ":"), allow_nan=False)


def shown(text: object) -> str:
    """Text of the outside world as pages show it: control and bidi characters visible."""
    return visible(text)


def rounded(values: Any, digits: int = 4) -> list[float | None]:
    """Numbers to so many significant digits; None where missing."""
    found = []
    for value in np.asarray(values, float).tolist():
        found.append(None if not np.isfinite(value) else float(f"{value:.{digits}g}"))
    return found

"""Data of a site: JSON, packed, in files that a page may fetch, or load as scripts where it must.

A file is `dims("name",` and a line with one string and `)`. The string is base64 of gzip of JSON:
half the bytes, on any host, and its alphabet cannot end a script. Over http the page fetches the
file and unpacks the middle line: nothing of it runs. Where a browser lets a page fetch nothing (a
double click, file://) it is a script that hands the same string over.
"""

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from catalog.browse.plain import plain
from catalog.figures.text import visible


def write(folder: Path, name: str, value: Any) -> int:
    """Write one file below the folder; its bytes. `name` is this program's own, without ending."""
    path = folder / f"{name}.js"
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = base64.b64encode(gzip.compress(_dumped(value).encode(), mtime=0)).decode()
    return path.write_text(f'dims("{name}",\n"{packed}"\n)\n', "ascii")


def _dumped(value: Any) -> str:
    known: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":"), "allow_nan": False}
    try:
        return json.dumps(value, default=plain, **known)
    except ValueError:  # a NaN: null
        return json.dumps(plain(value), **known)


def shown(text: object) -> str:
    """Text of the outside world as pages show it: control and bidi characters visible."""
    return visible(text)


def readable(value: Any) -> Any:
    """Every text in rows and objects, as `shown` has it."""
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, dict):
        return {shown(name): readable(one) for name, one in value.items()}
    return [readable(one) for one in value] if isinstance(value, list | tuple) else value


def rounded(values: Any, digits: int = 4) -> list[float | None]:
    """Numbers to so many significant digits; None where missing."""
    found = []
    for value in np.asarray(values, float).tolist():
        found.append(None if not np.isfinite(value) else float(f"{value:.{digits}g}"))
    return found

"""Cells of CSV files: a spreadsheet reads one that begins like a formula as a formula.

The rule: a text that begins, after spaces and control characters, with = + - @ (or their full-width
forms) and goes on gets an apostrophe before it; so does one that begins with an apostrophe, so that
taking one off gives back what there was. Numbers stay as they are. Text is always in quotes, so
that no separator inside it begins another cell. Source: OWASP, CSV injection.
"""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_UNSEEN = "\\x00-\\x20\\x7f\x80-\xa0\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff"
RISKY = f"(?s)^(?:[{_UNSEEN}]*[=+\\-@\uff1d\uff0b\uff0d\uff20].|')"
"""Texts that get an apostrophe; the same pattern for Python and for DuckDB."""
_RISKY = re.compile(RISKY)
MARK = "'"
_NUMBERS = "biufcmM"
"""Kinds of columns that hold no text."""


def cell(text: str) -> str:
    """A text as it stands in a CSV file."""
    return MARK + text if _RISKY.match(text) else text


def plain(text: str) -> str:
    """Undo `cell`; a text of a file that never met it stays as it is."""
    return text[1:] if text.startswith(MARK) and _RISKY.match(text[1:]) else text


def csv(frame: "pd.DataFrame") -> str:
    """A frame as CSV, by the rule: header, commas, lines that end in a line feed; NULL is empty."""
    import csv as writer

    safe = frame.copy()
    for place, kind in enumerate(frame.dtypes):
        if kind.kind not in _NUMBERS:
            safe.isetitem(place, frame.iloc[:, place].map(_value))
    rows: str = safe.to_csv(
        index=False, header=False, lineterminator="\n", quoting=writer.QUOTE_NONNUMERIC
    )
    return ",".join(map(_head, frame.columns)) + "\n" + rows


def _head(name: object) -> str:
    """The name of a column: in quotes unless it is a plain word."""
    text = str(name)
    return text if re.fullmatch(r"\w+", text) else '"' + cell(text).replace('"', '""') + '"'


def _value(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return cell(str(value))

"""Labels in grey: texts whose label test says that they predict nothing."""

from typing import Any

import pandas as pd

from catalog.workspace.words import EMPTY

COLUMNS = ("label", "text", "text +", "text -")
"""Columns that hold what somebody wrote of a subject."""
STYLE = "color: #7a7a7a; font-style: italic"
"""Legible on both themes: 4.3 to 1."""
HELP = f"Grey, after {EMPTY.strip()}: its label test says that it predicts nothing."


_SIGNS = ("+ ", "− ")
"""Before the text of a pole in a summary, as `workspace.summaries` writes it."""


def greyed(shown: pd.DataFrame) -> Any:
    """The frame of a table, with every label grey whose texts are all marked as empty.

    A summary of which one pole's text predicts and the other's does not stays as it is: the mark
    says which.
    """
    texts = shown[[name for name in COLUMNS if name in shown]].astype(str)
    empty = texts.apply(lambda column: column.map(_empty))
    if not empty.to_numpy(bool).any():
        return shown

    def styled(column: "pd.Series[Any]") -> "pd.Series[str]":
        return empty[column.name].map({True: STYLE, False: ""})

    return shown.style.apply(styled, subset=list(empty.columns))


def _empty(text: object) -> bool:
    if not isinstance(text, str) or EMPTY not in text:
        return False
    poles = [part for part in text.split(" · ") if part.startswith(_SIGNS)]
    return all(part[2:].startswith(EMPTY) for part in poles) if poles else text.startswith(EMPTY)

"""Labels in grey: texts whose label test says that they predict nothing."""

from typing import Any

import pandas as pd

from catalog.workspace.words import EMPTY

COLUMNS = ("label", "text", "text +", "text -")
"""Columns that hold what somebody wrote of a subject."""
STYLE = "color: #7a7a7a; font-style: italic"
"""Legible on both themes: 4.3 to 1."""
HELP = f"Grey, after {EMPTY.strip()}: its label test says that it predicts nothing."


def greyed(shown: pd.DataFrame) -> Any:
    """The frame of a table, with every label grey that begins with the mark of an empty one."""
    texts = shown[[name for name in COLUMNS if name in shown]].astype(str)
    empty = texts.apply(lambda column: column.str.contains(EMPTY, regex=False))
    if not empty.to_numpy(bool).any():
        return shown

    def styled(column: "pd.Series[Any]") -> "pd.Series[str]":
        return empty[column.name].map({True: STYLE, False: ""})

    return shown.style.apply(styled, subset=list(empty.columns))

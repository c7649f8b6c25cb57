"""How an answer shows itself in a notebook: a sentence, and the first rows of its frame."""

import html
from abc import ABC, abstractmethod

import pandas as pd

ROWS = 20
"""Rows that a notebook shows of an answer; `.frame()` has all of them."""


class Shown(ABC):
    """Mixin of answers: the table a notebook draws. Strings of the outside world stay literal."""

    @property
    def title(self) -> str:
        """What the answer is, in a line; answers say more."""
        return type(self).__name__

    @abstractmethod
    def frame(self) -> pd.DataFrame:
        """The answer as a frame."""

    def _repr_html_(self) -> str:
        frame = self.frame()
        left = len(frame) - ROWS
        more = f"<p>and {left:,} more rows: <code>.frame()</code></p>" if left > 0 else ""
        table = frame.head(ROWS).to_html(index=False, escape=True, border=0)
        return f"<p><b>{html.escape(self.title)}</b></p>{table}{more}"

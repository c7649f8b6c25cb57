"""How the ids around a position read: the token marked in its text, nothing tokenised again."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.modalities import spelling
from catalog.modalities.text import ids_of

OPEN, CLOSE = "⟦", "⟧"
"""What stands around the token in an item's text."""
NEAR_BEFORE, NEAR_AFTER = 5, 2
"""Tokens around it there; the whole window is on its page."""


@dataclass(frozen=True)
class Plain:
    """Text of every id: what it adds to a running text, with unprintable characters escaped."""

    texts: tuple[str, ...]

    @classmethod
    def of(cls, tokenizer: Any) -> "Plain":
        """Of all ids of a tokenizer."""
        names = tokenizer.convert_ids_to_tokens(list(range(ids_of(tokenizer))))
        tokens = [name if name is not None else f"<id {i}>" for i, name in enumerate(names)]
        special = set(tokenizer.all_special_ids)
        marker = spelling.marker(tokens)
        return cls(tuple(_plain(t, marker, i in special) for i, t in enumerate(tokens)))

    def text(self, number: int) -> str:
        """Of one id; a number where the tokenizer has none."""
        return self.texts[number] if number < len(self.texts) else f"<id {number}>"

    def window(self, ids: NDArray[np.int64], place: int) -> str:
        """A position's text in a line: `the old ⟦␣bank⟧ of the`."""
        return marked([self.text(int(n)) for n in ids], place)


def _plain(token: str, marker: str, special: bool) -> str:
    if marker == "##" and not special:
        plain = token.removeprefix("##") if token.startswith("##") else f" {token}"
    else:
        plain = spelling.plain(token, marker)
    return spelling.escape(plain, keep_space=True)


def marked(texts: list[str], place: int) -> str:
    """The token between ⟦ and ⟧, its own spaces visible, some tokens before and after it."""
    before = "".join(texts[max(0, place - NEAR_BEFORE) : place]).lstrip(" ")
    after = "".join(texts[place + 1 : place + 1 + NEAR_AFTER]).rstrip(" ")
    return f"{before}{OPEN}{spelling.escape(texts[place])}{CLOSE}{after}"

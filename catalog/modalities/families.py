"""Families: all tokens equal after removing leading space, case, diacritics and inflection.

Families are the unit of sampling: three inflections of one stem are one observation, not three.
"""

import unicodedata

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_SHORTEST = 3
"""Letters a stem must keep, so that `is` and `bed` stay whole."""


def bare_word(text: str) -> str | None:
    """Text without spaces around it, case and diacritics; None where nothing is left."""
    folded = text.strip().casefold()
    if not folded.isascii():
        parts = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in parts if not unicodedata.combining(c))
    return folded or None


def stem(word: str, known: set[str]) -> str:
    """The shortest known word that `word` is a regular inflection of (-s, -es, -ed, -ing, -'s).

    Only stems that are themselves in the vocabulary count, so `thing` and `red` stay whole.
    Applied until nothing changes: `feelings` -> `feeling` -> `feel`.
    """
    current = word
    while True:
        shorter = next((s for s in _stems(current) if len(s) >= _SHORTEST and s in known), None)
        if shorter is None:
            return current
        current = shorter


def _stems(word: str) -> list[str]:
    """Possible stems, most regular first."""
    for ending in ("'s", "’s"):
        if word.endswith(ending):
            return [word[: -len(ending)]]
    if not word.isalpha():
        return []
    if word.endswith("ies"):
        return [word[:-3] + "y", word[:-1]]
    if word.endswith("s") and not word.endswith("ss"):
        return [word[:-1], word[:-2]] if word.endswith("es") else [word[:-1]]
    if word.endswith("ied"):
        return [word[:-3] + "y"]
    for ending in ("ed", "ing"):
        if word.endswith(ending):
            return _verb_stems(word[: -len(ending)])
    return []


def _verb_stems(base: str) -> list[str]:
    """Stems of base + ed or ing: walk(ed), lov(e)(d), stop(p)(ed)."""
    doubled = len(base) > 2 and base[-1] == base[-2] and base[-1] not in "aeiou"
    return [base[:-1], base] if doubled else [base + "e", base]


def representatives(items: pd.DataFrame, spaced: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Item number that represents each item's family: int32[items].

    `items` has item, token, kind and word; `spaced` marks tokens that begin with a space. The
    representative is a whole word where there is one, then the stem itself, then one with a
    leading space, without capitals, of lowest number. An item without a word is its own family.
    """
    known = set(items.loc[items["kind"] == "word", "word"])
    distinct = items["word"].dropna().unique()
    stems = {word: stem(word, known) for word in distinct}
    frame = pd.DataFrame(
        {
            "item": items["item"].to_numpy(),
            "stem": items["word"].map(stems),
            "piece": (items["kind"] != "word").to_numpy(),
            "inflected": (items["word"].map(stems) != items["word"]).to_numpy(),
            "unspaced": ~spaced,
            "capital": (items["token"].str.lower() != items["token"]).to_numpy(),
        }
    )
    with_word = frame.dropna(subset=["stem"])
    best = with_word.sort_values(["piece", "inflected", "unspaced", "capital", "item"])
    chosen = best.drop_duplicates("stem").set_index("stem")["item"]
    family = frame["stem"].map(chosen)
    return np.asarray(family.fillna(frame["item"]).to_numpy(), np.int32)

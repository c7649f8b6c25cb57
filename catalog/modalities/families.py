"""Families: all tokens equal after removing leading space, case, diacritics and inflection.

Families are the unit of sampling: three inflections of one stem are one observation, not three.
"""

import unicodedata
from collections.abc import Container

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_SHORTEST = 3
"""Letters a stem must keep, so that `is` and `bed` stay whole."""
_VOWELS = "aeiouy"


def bare_word(text: str) -> str | None:
    """Text without spaces around it, case and diacritics; None where nothing is left."""
    folded = text.strip().casefold()
    if not folded.isascii():
        parts = unicodedata.normalize("NFKD", folded)
        folded = "".join(c for c in parts if not unicodedata.combining(c))
    return folded or None


def stem(word: str, known: Container[str]) -> str:
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
    if word.endswith(("ies", "ied")):
        return [word[:-3] + "y", word[:-1]]
    if word.endswith("s") and not word.endswith("ss"):
        sibilant = word.endswith(("ses", "xes", "zes", "ches", "shes", "oes"))
        return [word[:-1], word[:-2]] if sibilant else [word[:-1]]
    for ending in ("ed", "ing"):
        if word.endswith(ending):
            return _verb_stems(word[: -len(ending)], ending)
    return []


def _verb_stems(base: str, ending: str) -> list[str]:
    """Stems of base + ed or ing: walk(ed), lov(e)(d), stop(p)(ed), agree(d).

    As in Porter's stemmer the base needs a vowel, so that `thing` is not `the` and `shed` not
    `she`; before -eed a syllable (`seed` is not `see`), and `being` is not `bee`.
    """
    before = base.removesuffix("e")
    if not any(c in _VOWELS for c in (before if ending == "ed" else base)):
        return []
    if len(base) > 2 and base[-1] == base[-2] and base[-1] not in _VOWELS:
        return [base[:-1], base]
    return [base] if ending == "ing" and before != base else [base + "e", base]


def representatives(items: pd.DataFrame, spaced: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Item number that represents each item's family: int32[items].

    `items` has item, token, kind and word; `spaced` marks tokens that begin with a space. The
    representative is a whole word where there is one, then the stem itself, then one with a
    leading space, without capitals, of lowest number. An item without a word is its own family.
    """
    known = set(items.loc[items["kind"] == "word", "word"])
    distinct = items["word"].dropna().unique()
    stems = {word: stem(word, known) for word in distinct}
    bare = items["token"].str.removeprefix("Ġ")  # which has a lower case of its own
    frame = pd.DataFrame(
        {
            "item": items["item"].to_numpy(),
            "stem": items["word"].map(stems),
            "piece": (items["kind"] != "word").to_numpy(),
            "inflected": (items["word"].map(stems) != items["word"]).to_numpy(),
            "unspaced": ~spaced,
            "capital": (bare.str.lower() != bare).to_numpy(),
        }
    )
    with_word = frame.dropna(subset=["stem"])
    best = with_word.sort_values(["piece", "inflected", "unspaced", "capital", "item"])
    chosen = best.drop_duplicates("stem").set_index("stem")["item"]
    family = frame["stem"].map(chosen)
    return np.asarray(family.fillna(frame["item"]).to_numpy(), np.int32)

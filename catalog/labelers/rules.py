"""Simple rules that a label could be: a category, or a family of words that are spelled alike.

Each rule is a text that a person understands, and says of every item whether it fits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.features import lexicon
from catalog.store.catalog import Catalog

_ENDINGS = (
    "able", "al", "ance", "ant", "ed", "en", "ence", "ent", "er", "est", "ful", "ing", "ish", "ity",
    "ive", "less", "ly", "ment", "ness", "ous", "ry", "s", "th", "tion", "y",
)  # fmt: skip
_BEGINNINGS = (
    "be", "com", "con", "de", "dis", "ex", "for", "im", "in", "mis", "over", "pre", "pro", "re",
    "sub", "un", "under",
)  # fmt: skip
_SHORTEST = 3
"""Letters that must be left where an ending or a beginning is taken off."""


@dataclass(frozen=True)
class Rules:
    """Every rule of a catalog's items."""

    texts: tuple[str, ...]
    """What each says, such as "animals" or "words that end in -ing"; no two are equal."""
    categories: tuple[str | None, ...]
    """The category that each is; None for a family of words."""
    fits: NDArray[np.bool_]
    """bool[rules, items]"""


def of(catalog: Catalog) -> Rules:
    """The rules of a catalog, made once for each version of its file.

    The measured categories (word lists; of images and sounds classes and superclasses), an item
    fitting where its family does; and for text how tokens are spelled. Length and frequency are no
    rules: the pairs of a label test are alike in both.
    """
    return catalog.remembered(("rules",), lambda: _rules(catalog))


def _rules(catalog: Catalog) -> Rules:
    family = catalog.families
    found: dict[str, tuple[str | None, NDArray[np.bool_]]] = {}
    for name, match in lexicon.lexicon(catalog, lexicon.folder()).measured.items():
        own = np.zeros(len(family), np.bool_)
        own[family[match.members]] = True
        found[name.replace("_", " ")] = (name, own[family])
    if catalog.modality == "text":
        for text, fits in _spelled(catalog).items():
            found.setdefault(text, (None, fits))
    return Rules(
        tuple(found),
        tuple(category for category, _ in found.values()),
        np.array([fits for _, fits in found.values()]).reshape(len(found), len(family)),
    )


def _spelled(catalog: Catalog) -> dict[str, NDArray[np.bool_]]:
    words = [str(text).strip() for text in catalog.spelled]
    whole = (catalog.items["kind"] == "word").to_numpy(np.bool_)
    low = [word.lower() if word.isalpha() else "" for word in words]

    def of(test: Callable[[str], bool], given: Sequence[str] = words) -> NDArray[np.bool_]:
        return np.fromiter((test(word) for word in given), np.bool_, len(given))

    found = {
        "whole words": whole,
        "pieces of words and signs": ~whole,
        "words with a capital letter": of(lambda word: word[:1].isupper()),
        "words all in capitals": of(lambda word: len(word) > 1 and word.isupper()),
        "numbers": of(lambda word: any(c.isdigit() for c in word)),
        "punctuation": of(lambda word: bool(word) and not any(c.isalnum() for c in word)),
    }
    for part in _ENDINGS:
        found[f"words that end in -{part}"] = _long(low, part) & of(_ends(part), low)
    for part in _BEGINNINGS:
        found[f"words that begin with {part}-"] = _long(low, part) & of(_begins(part), low)
    return found


def _ends(part: str) -> Callable[[str], bool]:
    return lambda word: word.endswith(part)


def _begins(part: str) -> Callable[[str], bool]:
    return lambda word: word.startswith(part)


def _long(words: Sequence[str], part: str) -> NDArray[np.bool_]:
    return np.array([len(word) >= len(part) + _SHORTEST for word in words], np.bool_)

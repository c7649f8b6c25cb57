"""A tester that runs no model: it reads a label as the rules that it names, and nothing else.

It tests only texts that are made of rules (see rules.py) from end to end, such as "animals" or
"whole words or words that end in -s": of any other it says that it cannot read it, rather than
guess and call it empty. Of a pair it chooses the item that fits; where both or neither do, a coin
falls.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from catalog.labelers.rules import Rules
from catalog.workspace.label_pairs import Trial

NAME = "word lists"
VERSION = 1
_BETWEEN = re.compile(r"\s*(?:,|;|\bor\b|\band\b)\s*")
_Reach = NDArray[np.bool_]


def fits(text: str, found: Rules) -> _Reach | None:
    """Which items fit the text, bool[items]; None where a part of it is no rule.

    A rule that has "and" or "or" in its own name is found first by the whole text.
    """
    places = {one.casefold(): place for place, one in enumerate(found.texts)}
    plain = " ".join(text.casefold().replace("_", " ").split())
    some = _read(plain, places)
    return None if some is None else np.asarray(found.fits[some].any(axis=0))


def _read(text: str, places: dict[str, int]) -> list[int] | None:
    """The rules that a text names: the longest name that it begins with, and so on to its end."""
    if text in places:
        return [places[text]]
    for between in reversed(list(_BETWEEN.finditer(text))):
        first = text[: between.start()]
        if first in places:
            rest = _read(text[between.end() :], places)
            return None if rest is None else [places[first], *rest]
    return None


def choices(trials: Sequence[Trial], found: Rules, seed: str) -> list[str]:
    """The side chosen in each pair; the coin is that of `seed`, a name of the test."""
    generator = np.random.default_rng(list(f"{NAME} {seed}".encode()))
    read: dict[str, _Reach | None] = {}
    chosen = []
    for trial in trials:
        if trial.shown not in read:
            read[trial.shown] = fits(trial.shown, found)
        reach = read[trial.shown]
        coin = "left" if generator.random() < 0.5 else "right"
        if reach is None or reach[trial.left_item] == reach[trial.right_item]:
            chosen.append(coin)
        else:
            chosen.append("left" if reach[trial.left_item] else "right")
    return chosen

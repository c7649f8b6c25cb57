"""Words of a catalog of tokens in context: families, and positions named by number, such as #12."""

import re
from collections.abc import Sequence

import numpy as np

from catalog.features.categories import Match, Vocabulary

_NUMBER = re.compile(r"#(\d{1,9})")


class Positions(Vocabulary):
    """A word finds the representative of its family; #12 finds that very position."""

    def find(self, word: str, kind: str = "word") -> int | None:
        """The representative of the word's family, or the position of a number; None elsewhere.

        Lists of pieces find families too: which position stands for one is drawn anew in every
        split.
        """
        named = _NUMBER.fullmatch(word.strip())
        if named is not None:
            item = int(named.group(1))
            return item if item < len(self.family) else None
        found = super().find(word, kind)
        return None if found is None else int(self.family[found])

    def match(self, words: Sequence[str], kind: str = "word") -> Match:
        """Members of a list: one a family, or, where all are numbers, those very positions.

        A person who marks positions of one word means these, so that each counts, whatever its
        family.
        """
        if not words or not all(_NUMBER.fullmatch(word.strip()) for word in words):
            return super().match(words, kind)
        found = {word.strip(): self.find(word) for word in words}
        known = {item: word for word, item in found.items() if item is not None}
        members = np.array(list(known), np.int64)
        missing = tuple(word for word, item in found.items() if item is None)
        families = list(np.unique(self.family[members]))
        others = self._others(families, members)
        return Match(members, tuple(known.values()), missing, len(words), others=others)

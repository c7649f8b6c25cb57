"""Images and sounds as the words of a concept: each is named by its number, such as #12."""

import re

import numpy as np
from numpy.typing import NDArray

from catalog.features.categories import Vocabulary

_NUMBER = re.compile(r"#(\d{1,9})")


class Numbered(Vocabulary):
    """Items found by number; `family` is the column of the table `item`."""

    def __init__(self, family: NDArray[np.integer]) -> None:
        super().__init__([None] * len(family), ["item"] * len(family), family)

    def find(self, word: str, kind: str = "word") -> int | None:
        """The representative of the item's family: copies of a file count once. None elsewhere."""
        named = _NUMBER.fullmatch(word.strip())
        if named is None or int(named.group(1)) >= len(self.family):
            return None
        return int(self.family[int(named.group(1))])

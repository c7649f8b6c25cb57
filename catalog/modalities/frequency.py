"""Frequent or rare, long or short: what a dimension of a text model may tell instead of meaning."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

NAMES = ("frequency", "length")
_SPACE = "␣"


class Halves(NamedTuple):
    """Two sets of items that a sign can be compared between."""

    first: NDArray[np.bool_]
    """bool[items]: the frequent, or the long ones."""
    second: NDArray[np.bool_]
    """bool[items]: the rare, or the short ones; an item may be in neither."""


def halves(
    text: Sequence[str], kind: Sequence[str], family: NDArray[np.integer]
) -> dict[str, Halves]:
    """The halves `frequency` and `length` of a vocabulary, from the table `item`.

    Choices where the method is silent. Only whole words, one per family: pieces, numbers and
    unused ids differ from words in more than frequency. Frequent: the lower half of their ids,
    since tokenizers number their tokens by frequency and no corpus counts are at hand; the same
    order that the background `matched` matches by. Long: more characters than the median word
    (a leading space not counted), short: fewer; words of the median length are in neither.
    """
    family = np.asarray(family)
    words = np.asarray(kind, dtype=object) == "word"
    words &= family == np.arange(len(family))
    lengths = np.array([len(one.strip(_SPACE)) for one in text], np.int64)
    place = np.cumsum(words)  # ids ascend, so this is the rank among words
    last = int(words.sum())
    middle = float(np.median(lengths[words])) if last else 0.0
    return {
        "frequency": Halves(words & (place * 2 <= last), words & (place * 2 > last)),
        "length": Halves(words & (lengths > middle), words & (lengths < middle)),
    }


def of_positions(items: pd.DataFrame, tokens: NDArray[np.integer]) -> dict[str, Halves]:
    """`halves` of positions in texts: one for each family, by the id and the length of its token.

    `tokens` are the ids of all items: int[items].
    """
    family = items["family"].to_numpy()
    words = (items["kind"] == "word").to_numpy() & (family == np.arange(len(family)))
    lengths = items["word"].str.len().fillna(0).to_numpy(np.int64)
    middle, last = float(np.median(lengths[words])) if words.any() else 0.0, int(words.sum())
    place = np.zeros(len(items), np.int64)
    chosen = np.flatnonzero(words)
    place[chosen[np.argsort(tokens[chosen], kind="stable")]] = np.arange(1, last + 1)
    return {
        "frequency": Halves(words & (place * 2 <= last), words & (place * 2 > last)),
        "length": Halves(words & (lengths > middle), words & (lengths < middle)),
    }


def of_items(items: pd.DataFrame) -> dict[str, Halves]:
    """`halves` of the table `item`."""
    return halves(items["text"].tolist(), items["kind"].tolist(), items["family"].to_numpy())

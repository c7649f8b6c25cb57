"""Do signs alone predict? Ranks of a target token among the vocabulary, from signs of a state.

A rank counts the tokens that score higher, and half of those that score the same: 0 is first.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
_ROWS = 32
"""Positions scored together: 20 MB of scores at 151,936 tokens."""


def signs(states: NDArray[np.floating], threshold: NDArray[np.floating] | float = 0.0) -> Floats:
    """+1 where a state is above its threshold, else -1: float32, in the shape of `states`."""
    return np.where(states > threshold, np.float32(1), np.float32(-1))


def strongest_only(states: NDArray[np.floating], most: int) -> Floats:
    """Signs of the `most` dimensions of largest |x| of each state, 0 elsewhere: float32[n, D]."""
    size = np.abs(states)
    order = np.argsort(-size, axis=1, kind="stable")[:, :most]
    kept = np.zeros(states.shape, np.float32)
    np.put_along_axis(kept, order, np.take_along_axis(signs(states), order, 1), 1)
    return kept


def first_choices(states: Floats, table: Floats, bias: Floats | None = None) -> Ints:
    """The token that each state scores highest: int64[n], the lowest of equal ones."""
    parts = [
        _scores(states[i : i + _ROWS], table, bias).argmax(axis=1)
        for i in range(0, len(states), _ROWS)
    ]
    return np.concatenate(parts).astype(np.int64)


def ranks(
    queries: Floats, table: Floats, target: Ints, bias: Floats | None = None
) -> NDArray[np.float64]:
    """Rank of each query's target: float64[n].

    `queries` is float32[n, D], `table` float32[V, D] (rows of an LM head, or signs), `bias`
    float32[V]. A single query, float32[1, D], serves all targets.
    """
    if len(queries) == 1:
        return _among(_scores(queries, table, bias), np.zeros(len(target), np.int64), target)
    parts = [
        _among(
            _scores(queries[i : i + _ROWS], table, bias),
            np.arange(len(target[i : i + _ROWS])),
            target[i : i + _ROWS],
        )
        for i in range(0, len(queries), _ROWS)
    ]
    return np.concatenate(parts)


def _scores(queries: Floats, table: Floats, bias: Floats | None) -> Floats:
    scores: Floats = queries @ table.T
    return scores if bias is None else scores + bias


def _among(scores: Floats, row: Ints, target: Ints) -> NDArray[np.float64]:
    own = scores[row, target]
    found = np.empty(len(target))
    for place, (line, score) in enumerate(zip(row, own, strict=True)):
        above = np.count_nonzero(scores[line] > score)
        found[place] = above + (np.count_nonzero(scores[line] == score) - 1) / 2
    return found


def frequency_ranks(target: Ints, document: Ints, texts: Sequence[Ints]) -> NDArray[np.float64]:
    """Rank of each target by frequency alone, counted in the other half of the documents.

    The most frequent targets first, then the most frequent tokens of the texts (`texts[d]`: ids
    of document d), then by id. Documents are halved by number, even and odd.
    """
    size = 1 + max(int(target.max()), *(int(ids.max()) for ids in texts))
    found = np.empty(len(target))
    for half in (0, 1):
        mine = document % 2 == half
        other = np.bincount(target[~mine], minlength=size)
        read = [ids for number, ids in enumerate(texts) if number % 2 != half]
        text = np.bincount(np.concatenate(read), minlength=size) if read else np.zeros(size)
        order = np.lexsort((np.arange(size), -text, -other))
        place = np.empty(size)
        place[order] = np.arange(size)
        found[mine] = place[target[mine]]
    return found


def elsewhere(document: Ints, generator: np.random.Generator) -> Ints:
    """For each position, a random one of another document: int64[n]; needs two documents."""
    found = np.empty(len(document), np.int64)
    for name in np.unique(document):
        others = np.flatnonzero(document != name)
        mine = document == name
        found[mine] = generator.choice(others, int(mine.sum()))
    return found


def shuffled(queries: Floats, generator: np.random.Generator) -> Floats:
    """Each query's values in a random order of dimensions: float32[n, D]."""
    return np.asarray(generator.permuted(queries, axis=1), np.float32)


def share_within(found: NDArray[np.floating], most: float) -> float:
    """Share of the targets ranked among the first `most`."""
    return float(np.mean(found < most))

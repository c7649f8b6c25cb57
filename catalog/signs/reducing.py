"""States on the processor, compiled: one pass over a batch gives signs, sums and candidates.

`model.reduce` does the same on other devices, a pass for each figure; a test compares them bit for
bit. Here a batch is read once, by one thread, while the other cores run the model.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from catalog.signs.adding import compiled
from catalog.signs.examples import Candidates
from catalog.signs.moments import BINS, Bar, Frozen, Moments

Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]

CENTRES = {"positive": 0, "negative": 1, "near zero": 2, "near median": 3}
"""Poles, by the way their score is made."""
_STEP = 16
"""Rows that are added up before their sum is: the order in which torch adds columns."""
_LEVELS = 4


def moments(states: Singles, frozen: Frozen) -> Moments:
    """Sums, extremes and histogram of float32[items, dims], items > 0; see `Moments.of`.

    Sums are made as torch makes them: of 16 rows, of 16 such sums, and so on, which is more exact
    than one sum of all, and the same whichever of the two did it.
    """
    dims = states.shape[1]
    sums = np.zeros((3, _LEVELS, dims))
    low, high = np.full(dims, np.inf, np.float32), np.full(dims, -np.inf, np.float32)
    counts = np.zeros((dims, BINS), np.int64)
    _sum(states, sums, low, high)
    _count(states, frozen.low, frozen.scale, counts)
    total, squares, absolute = sums[:, 0]
    return Moments(len(states), total, squares, absolute, low, high, counts)


def signs(states: Singles, cut: Singles) -> NDArray[np.uint8]:
    """Signs of float32[items, dims] above float32[dims], packed: uint8[items, ceil(dims / 8)]."""
    found = np.empty((len(states), -(-states.shape[1] // 8)), np.uint8)
    _pack(states, cut, found)
    return found


def candidates(
    states: Singles, items: NDArray[np.int32], frozen: Frozen, bars: Mapping[str, Bar]
) -> dict[str, Candidates]:
    """Per pole, the states that may enter it, row after row: dimensions, scores, items, values."""
    median = frozen.median
    found = {}
    for name, bar in bars.items():
        worst, last = np.ascontiguousarray(bar.score), np.ascontiguousarray(bar.item)
        if not np.isfinite(worst).all() and len(states) > bar.size:
            # Nothing is known yet: the batch's own k-th best score is the bar.
            place = len(states) - bar.size
            columns = np.ascontiguousarray(score(states, median, name).T)
            columns.partition(place, axis=1)
            worst = np.maximum(worst, columns[:, place])
        room = 4 * states.shape[1]
        while True:
            row, dim = np.empty(room, np.int32), np.empty(room, np.int32)
            count = _reached(states, items, median, CENTRES[name], (worst, last), (row, dim))
            if count <= room:
                break
            room = count
        row, dim = row[:count], dim[:count]
        values = states[row, dim]
        found[name] = dim, score(values, median[dim], name), items[row], values
    return found


def score(states: Singles, median: Singles, pole: str) -> Singles:
    """How far each state lies towards a pole; see `moments.Pole`."""
    if pole == "positive":
        return states
    if pole == "negative":
        return -states
    return -np.abs(states - median) if pole == "near median" else -np.abs(states)


@compiled
def _sum(states: Singles, sums: Doubles, low: Singles, high: Singles) -> None:
    items, dims = states.shape
    for row in range(items):
        values = states[row]
        for d in range(dims):
            value = np.float64(values[d])
            sums[0, 0, d] += value
            sums[1, 0, d] += value * value
            sums[2, 0, d] += abs(value)
        for d in range(dims):
            low[d] = min(low[d], values[d])
            high[d] = max(high[d], values[d])
        if (row + 1) % _STEP == 0:
            _carry(sums, row + 1)
    for level in range(1, _LEVELS):
        for one in range(3):
            for d in range(dims):
                sums[one, 0, d] += sums[one, level, d]


@compiled
def _carry(sums: Doubles, done: int) -> None:
    """Move the sum of the last rows up, as far as a whole block of them is full."""
    level, block = 1, _STEP
    while level < _LEVELS:
        for one in range(3):
            for d in range(sums.shape[2]):
                sums[one, level, d] += sums[one, level - 1, d]
                sums[one, level - 1, d] = 0.0
        block *= _STEP
        if done % block:
            return
        level += 1


@compiled
def _count(states: Singles, low: Singles, scale: Singles, counts: NDArray[np.int64]) -> None:
    items, dims = states.shape
    last, one = np.float32(BINS - 1), np.float32(1)
    place = np.empty(dims, np.int32)
    for row in range(items):
        values = states[row]
        for d in range(dims):
            at = (values[d] - low[d]) * scale[d] + one
            place[d] = np.int32(min(max(at, np.float32(0)), last))
        for d in range(dims):
            counts[d, place[d]] += 1


@compiled
def _pack(states: Singles, cut: Singles, found: NDArray[np.uint8]) -> None:
    items, dims = states.shape
    whole = dims // 8
    for row in range(items):
        values = states[row]
        for byte in range(whole):
            bits = 0
            for bit in range(8):
                bits |= (values[8 * byte + bit] > cut[8 * byte + bit]) << bit
            found[row, byte] = bits
        if whole < found.shape[1]:
            bits = 0
            for bit in range(dims - 8 * whole):
                bits |= (values[8 * whole + bit] > cut[8 * whole + bit]) << bit
            found[row, whole] = bits


@compiled
def _reached(
    states: Singles,
    items: NDArray[np.int32],
    median: Singles,
    way: int,
    bar: tuple[Singles, NDArray[np.int32]],
    found: tuple[NDArray[np.int32], NDArray[np.int32]],
) -> int:
    """Write row and dimension of states that beat a bar; how many do, which may be more than fit.

    Of equal scores the first item is better.
    """
    worst, last = bar
    dims = states.shape[1]
    scores = np.empty(dims, np.float32)
    hits = np.zeros(-(-dims // 8) * 8, np.uint8)
    eights = hits.view(np.uint64)
    count = 0
    for row in range(len(states)):
        _scores(states[row], median, way, scores)
        for d in range(dims):
            hits[d] = scores[d] >= worst[d]
        for eight in range(len(eights)):
            if eights[eight] == 0:  # nearly all
                continue
            for d in range(8 * eight, min(8 * eight + 8, dims)):
                equal = scores[d] == worst[d] and items[row] >= last[d]
                if hits[d] and not equal:
                    if count < len(found[0]):
                        found[0][count], found[1][count] = row, d
                    count += 1
    return count


@compiled
def _scores(values: Singles, median: Singles, way: int, scores: Singles) -> None:
    if way == 0:
        for d in range(len(scores)):
            scores[d] = values[d]
    elif way == 1:
        for d in range(len(scores)):
            scores[d] = -values[d]
    elif way == 2:
        for d in range(len(scores)):
            scores[d] = -abs(values[d])
    else:
        for d in range(len(scores)):
            scores[d] = -abs(values[d] - median[d])


@compiled
def insert(
    pole: tuple[Singles, NDArray[np.int32], Singles],
    dimensions: NDArray[np.int32],
    newcomers: tuple[Singles, NDArray[np.int32], Singles],
) -> None:
    """Put newcomers into the places of a pole that they earn, in place; see `moments.Pole`.

    `pole` is scores, items and values of every dimension, [dims, k], the best first; `newcomers`
    are the same as flat arrays, with the dimension of each.
    """
    scores, items, values = pole
    last = scores.shape[1] - 1
    for one in range(len(dimensions)):
        d, score, item = dimensions[one], newcomers[0][one], newcomers[1][one]
        place = last
        if score < scores[d, last] or (score == scores[d, last] and item >= items[d, last]):
            continue
        while place > 0 and (
            scores[d, place - 1] < score
            or (scores[d, place - 1] == score and items[d, place - 1] > item)
        ):
            scores[d, place] = scores[d, place - 1]
            items[d, place] = items[d, place - 1]
            values[d, place] = values[d, place - 1]
            place -= 1
        scores[d, place], items[d, place], values[d, place] = score, item, newcomers[2][one]

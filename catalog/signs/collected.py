"""Compiled loops over the states of whole texts: who stands at a pole, in which band, beside what.

See `examples`, which says what is collected and is the only caller. Importing this takes a second.
"""

import numpy as np
from numpy.typing import NDArray

from catalog.signs.adding import compiled

Floats = NDArray[np.float32]
Ints32 = NDArray[np.int32]
Codes = NDArray[np.uint8]

Lists = tuple[Floats, Ints32, Ints32, NDArray[np.int16], NDArray[np.int16]]
"""Scores, items, families and slots of each dimension's list, best first, and how long it is."""
Kept = tuple[Lists, tuple[Floats, Ints32], tuple[Floats, Floats], Codes]
"""Lists, what a newcomer must beat, the scale of codes (low, codes per unit), windows by slot."""


@compiled
def priority(item: int, dimension: int) -> float:
    """A pseudo-random number of 24 bits, the same wherever it is asked for."""
    x = np.uint32(item) * np.uint32(0x9E3779B1) + np.uint32(dimension) * np.uint32(0x85EBCA77)
    x ^= x >> np.uint32(16)
    x *= np.uint32(0x7FEB352D)
    x ^= x >> np.uint32(15)
    x *= np.uint32(0x846CA68B)
    x ^= x >> np.uint32(16)
    return float(x >> np.uint32(8))


@compiled
def insert(lists: Lists, d: int, score: float, item: int, family: int, most: int) -> int:
    """Put an item in a dimension's list where it belongs there; returns its slot, or -1.

    At most `most` of one family are kept, the best ones; equal scores stand by item number.
    """
    scores, items, families, slots, sizes = lists
    size, room = sizes[d], scores.shape[1]
    same, weakest = 0, -1
    for k in range(size):
        if families[d, k] == family:
            same += 1
            weakest = k
    if same >= most:
        gone = weakest
    elif size == room:
        gone = size - 1
    else:
        gone = -1
    if gone >= 0:
        worse = score < scores[d, gone] or (score == scores[d, gone] and item >= items[d, gone])
        if worse:
            return -1
        slot = slots[d, gone]
    else:
        slot, gone = size, size
        sizes[d] = size + 1
    k = gone
    while k > 0 and (
        scores[d, k - 1] < score or (scores[d, k - 1] == score and items[d, k - 1] > item)
    ):
        scores[d, k], items[d, k] = scores[d, k - 1], items[d, k - 1]
        families[d, k], slots[d, k] = families[d, k - 1], slots[d, k - 1]
        k -= 1
    scores[d, k], items[d, k], families[d, k], slots[d, k] = score, item, family, slot
    return int(slot)


@compiled
def put_all(
    lists: Lists,
    dimensions: NDArray[np.int64],
    scores: Floats,
    items: Ints32,
    of: Ints32,
    most: int,
) -> None:
    """`insert` for flat arrays of one length; `of` is the family of every item there is."""
    for one in range(len(items)):
        insert(lists, dimensions[one], scores[one], items[one], of[items[one]], most)


@compiled
def _window(
    hidden: Floats, where: tuple[int, int, int], d: int, scale: tuple[Floats, Floats], out: Codes
) -> None:
    """Codes 0..15 of the dimension's values around a position; 0 beyond the text's ends.

    `where` is its row, its place and how long the row's text is.
    """
    row, place, length = where
    low, per = scale
    before = place - BEFORE
    for w in range(len(out)):
        p = before + w
        if p < 0 or p >= length:
            out[w] = 0
            continue
        code = (hidden[row, p, d] - low[d]) * per[d] + np.float32(0.5)
        out[w] = np.uint8(0 if code < 0 else 15 if code > 15 else code)


BEFORE = 24
"""Tokens of a window before the item; see `examples.WINDOW`."""


@compiled
def _deepest(heap: Floats, value: float) -> None:
    """Put a value in a heap of the largest ones, whose smallest is first."""
    if value <= heap[0]:
        return
    at, size = 0, len(heap)
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= value:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = value


@compiled
def _flush(
    hidden: Floats,
    where: tuple[int, int],
    marks: tuple[NDArray[np.int64], Ints32, Ints32],
    best: tuple[Floats, NDArray[np.int64]],
    kept: Kept,
    most: int,
) -> None:
    """A document's two strongest positions of each dimension go to the lists."""
    row, length = where
    places, items, families = marks
    values, which = best
    lists, bar, scale, codes = kept
    for d in range(values.shape[0]):
        for k in range(values.shape[1]):
            n = which[d, k]
            if n < 0:
                continue
            score = values[d, k]
            if score < bar[0][d] or (score == bar[0][d] and items[n] >= bar[1][d]):
                continue
            slot = insert(lists, d, score, items[n], families[n], most)
            if slot >= 0:
                _window(hidden, (row, places[n], length), d, scale, codes[d, slot])
    values[:] = -np.inf
    which[:] = -1


@compiled
def poles(
    hidden: Floats,
    lengths: NDArray[np.int64],
    marks: tuple[NDArray[np.int64], NDArray[np.int64], Ints32, Ints32],
    sign: float,
    kept: Kept,
    strongest: Floats,
    limits: tuple[int, int],
) -> None:
    """Offer the items of some documents to one pole; `strongest` keeps values without any rule."""
    rows, places, items, families = marks
    of_document, most = limits
    dims = hidden.shape[2]
    values = np.full((dims, of_document), -np.inf, np.float32)
    which = np.full((dims, of_document), -1, np.int64)
    for n in range(len(items)):
        state = hidden[rows[n], places[n]]
        for d in range(dims):
            score = np.float32(sign) * state[d]
            if score > strongest[d, 0]:
                _deepest(strongest[d], score)
            k = of_document - 1
            if score <= values[d, k]:  # equal ones: the earlier item stands first
                continue
            while k > 0 and values[d, k - 1] < score:
                values[d, k], which[d, k] = values[d, k - 1], which[d, k - 1]
                k -= 1
            values[d, k], which[d, k] = score, n
        if n + 1 == len(items) or rows[n + 1] != rows[n]:
            where = rows[n], lengths[rows[n]]
            _flush(hidden, where, (places, items, families), (values, which), kept, most)


@compiled
def bands(
    hidden: Floats,
    lengths: NDArray[np.int64],
    marks: tuple[NDArray[np.int64], NDArray[np.int64], Ints32, Ints32],
    kept: Kept,
    values: Floats,
    count: int,
) -> None:
    """Offer items to the bands of the value range; the lists stand dimension by dimension."""
    rows, places, items, _ = marks
    lists, bar, scale, codes = kept
    low, per = scale
    dims = hidden.shape[2]
    share = np.float32(count / 15.0)
    for n in range(len(items)):
        state = hidden[rows[n], places[n]]
        for d in range(dims):
            band = int((state[d] - low[d]) * per[d] * share) if state[d] > low[d] else 0
            at = d * count + min(band, count - 1)
            score = -priority(items[n], d)
            if score < bar[0][at] or (score == bar[0][at] and items[n] >= bar[1][at]):
                continue
            slot = insert(lists, at, score, items[n], items[n], 1)
            if slot >= 0:
                values[at, slot] = state[d]
                where = rows[n], places[n], lengths[rows[n]]
                _window(hidden, where, d, scale, codes[at, slot])

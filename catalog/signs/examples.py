"""What a dimension shows of real text: its poles, random positions of five bands, their windows.

Of a pole: of each document its two strongest positions; of these, of each family the four
strongest; of these the POLE_ITEMS strongest. The rules are applied in this order, which makes the
result the same however the documents come in chunks. `ALL` of the strongest values are kept
without any rule, so that a page can say how many positions were passed over.

Of each of five equal bands of the value range (the pilot's 0.1 % to 99.9 % quantiles; the end
bands are open) eight positions at random: those of the smallest pseudo-random number of item and
dimension.

A window is WINDOW values of the dimension, from 24 tokens before the item to 8 after it, each a
code 0..15 of the same range, two to a byte.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.signs.moments import POLE_ITEMS, Bar, Frozen, Pole

BEFORE, AFTER = 24, 8
WINDOW = BEFORE + 1 + AFTER
OF_DOCUMENT, OF_FAMILY = 2, 4
BANDS, OF_BAND = 5, 8
ALL = 64
POLES = {"positive": 1.0, "negative": -1.0}
"""Names of the poles, and the sign that makes a state a score."""
BAND_NAMES = tuple(f"band {number}" for number in range(1, BANDS + 1))
ALL_NAMES = {"positive": "all positive", "negative": "all negative"}
SIZES = (
    dict.fromkeys(POLES, POLE_ITEMS)
    | dict.fromkeys(BAND_NAMES, OF_BAND)
    | dict.fromkeys(ALL_NAMES.values(), ALL)
)
"""How many each of them keeps of a dimension."""

Candidates = tuple[NDArray[Any], NDArray[np.float32], NDArray[Any], NDArray[np.float32]]
"""Flat arrays of one length: dimensions, scores, items, values."""
Codes = NDArray[np.uint8]


def pack(codes: Codes) -> Codes:
    """uint8[n, WINDOW] of 0..15 -> uint8[n, ceil(WINDOW / 2)], the first in the low half."""
    even = np.pad(codes, ((0, 0), (0, codes.shape[1] % 2)))
    return np.asarray(even[:, ::2] | (even[:, 1::2] << 4), np.uint8)


def unpack(packed: Codes, low: float, high: float) -> NDArray[np.float32]:
    """Values of a window from its codes, right to 1/30 of low..high: float32[n, WINDOW]."""
    pairs = np.stack([packed & 15, packed >> 4], axis=2)  # [n, bytes, 2]
    codes = pairs.reshape(len(packed), 2 * packed.shape[1])[:, :WINDOW]
    return (low + codes * ((high - low) / 15)).astype(np.float32)


class Collector:
    """Collects the examples of one site over a chunk's documents.

    `bars` are those of earlier chunks: what lies below them cannot be an example any more.
    """

    def __init__(self, frozen: Frozen, bars: Mapping[str, Bar]) -> None:
        self.dims = len(frozen.low)
        self.low = np.ascontiguousarray(frozen.low, np.float32)
        self.per = (np.float32(15) / (frozen.high - frozen.low)).astype(np.float32)
        self.bars = bars
        self.poles = {name: _Lists(self.dims, POLE_ITEMS) for name in POLES}
        self.bands = _Lists(self.dims * BANDS, OF_BAND)
        self.values = np.zeros((self.dims * BANDS, OF_BAND), np.float32)
        self.strongest = {
            name: np.tile(np.nextafter(bars[key].score, np.float32(-np.inf))[:, None], (1, ALL))
            for name, key in ALL_NAMES.items()
        }
        self._found = dict.fromkeys(POLES, 0)
        stacked = [np.stack([getattr(bars[n], f) for n in BAND_NAMES], 1).ravel() for f in _BAR]
        self._band_bar = stacked[0].astype(np.float32), stacked[1].astype(np.int32)

    def add(
        self,
        hidden: NDArray[np.float32],
        lengths: NDArray[np.int64],
        marks: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[Any], NDArray[Any]],
    ) -> None:
        """Offer items: states float32[rows, positions, dims] and the tokens that each row has.

        `marks` are row, position, number and family of the items, documents together.
        """
        from catalog.signs import collected  # numba takes a second to import

        hidden = np.ascontiguousarray(hidden, np.float32)
        rows, places, items, families = marks
        kept = rows, places, items.astype(np.int32), families.astype(np.int32)
        for name, sign in POLES.items():
            one, bar = self.poles[name], self.bars[name]
            limits = OF_DOCUMENT, OF_FAMILY
            ends = np.ascontiguousarray(bar.score), np.ascontiguousarray(bar.item)
            lists = one.arrays, ends, (self.low, self.per), one.codes
            collected.poles(hidden, lengths, kept, sign, lists, self.strongest[name], limits)
        lists = self.bands.arrays, self._band_bar, (self.low, self.per), self.bands.codes
        collected.bands(hidden, lengths, kept, lists, self.values, BANDS)

    def candidates(self) -> tuple[dict[str, Candidates], dict[str, Codes]]:
        """Of each pole and band what may be an example, and the windows of the same, packed."""
        found: dict[str, Candidates] = {}
        windows: dict[str, Codes] = {}
        for name, sign in POLES.items():
            dims, scores, items, slots = self.poles[name].flat()
            found[name] = dims, scores, items, np.float32(sign) * scores
            windows[name] = pack(self.poles[name].codes[dims, slots])
            new = self.strongest[name] > self.bars[ALL_NAMES[name]].score[:, None]
            new &= np.isfinite(self.strongest[name])
            where = np.nonzero(new)[0]
            score = self.strongest[name][new]
            none = np.zeros(len(where), np.int32)
            found[ALL_NAMES[name]] = where, score, none, np.float32(sign) * score
        at, scores, items, slots = self.bands.flat()
        codes, values = self.bands.codes[at, slots], self.values[at, slots]
        for band, name in enumerate(BAND_NAMES):
            mine = at % BANDS == band
            found[name] = at[mine] // BANDS, scores[mine], items[mine], values[mine]
            windows[name] = pack(codes[mine])
        return found, windows


_BAR = ("score", "item")


class _Lists:
    """A short list for each of some places, best first."""

    def __init__(self, places: int, room: int) -> None:
        self.scores = np.full((places, room), -np.inf, np.float32)
        self.items = np.full((places, room), np.iinfo(np.int32).max, np.int32)
        self.families = np.full((places, room), -1, np.int32)
        self.slots = np.zeros((places, room), np.int16)
        self.sizes = np.zeros(places, np.int16)
        self.codes = np.zeros((places, room, WINDOW), np.uint8)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """As compiled code takes them."""
        return self.scores, self.items, self.families, self.slots, self.sizes

    def flat(self) -> tuple[Any, Any, Any, Any]:
        """Place, score, item and slot of everything that is in a list."""
        place, rank = np.nonzero(np.arange(self.scores.shape[1]) < self.sizes[:, None])
        at = place, rank
        return place, self.scores[at], self.items[at], self.slots[at]


def merged(name: str, pole: Pole, candidates: Candidates, family: NDArray[np.int32]) -> Pole:
    """A pole or band after more candidates; `family` is that of every item."""
    if name in ALL_NAMES.values():
        return _strongest(pole, candidates)
    if name not in POLES:
        return pole.merged(*candidates)
    from catalog.signs import collected  # numba takes a second to import

    dimensions, scores, items, _ = candidates
    lists = _Lists(*pole.scores.shape)
    lists.scores[:], lists.items[:] = pole.scores, pole.items
    real = np.isfinite(pole.scores)
    lists.sizes[:] = real.sum(axis=1)
    lists.families[real] = family[pole.items[real]]
    numbers = items.astype(np.int32)
    collected.put_all(lists.arrays, dimensions, scores, numbers, family, OF_FAMILY)
    sign = np.float32(POLES[name])
    values = np.where(np.isfinite(lists.scores), sign * lists.scores, np.float32(0))
    return Pole(lists.scores, lists.items, values.astype(np.float32))


def _strongest(pole: Pole, candidates: Candidates) -> Pole:
    """The largest values of a dimension, without items."""
    dimensions, scores, _, _ = candidates
    dims, room = pole.scores.shape
    count = np.bincount(dimensions, minlength=dims)
    wide = np.full((dims, room + int(count.max(initial=0))), -np.inf, np.float32)
    wide[:, :room] = pole.scores
    order = np.argsort(dimensions, kind="stable")
    place = np.arange(len(order)) - np.repeat(np.cumsum(count) - count, count)
    wide[dimensions[order], room + place] = scores[order]
    best = -np.sort(-wide, axis=1)[:, :room]
    nothing = np.zeros(best.shape, np.int32)
    return Pole(best, nothing, np.where(np.isfinite(best), best, np.float32(0)))

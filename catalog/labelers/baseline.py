"""The baseline: the rule that best separates the signs of a dimension, tried on items held out.

It reads no meaning and runs no model. Of each family of items one token is drawn; half of the
families teach which rules fit one sign more often than the other, and the other half say how well
that goes (docs/method.md#baseline). Whoever labels, person or machine, has to beat it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.labelers import rules
from catalog.labelers.rules import Rules
from catalog.signs import bits, proportions
from catalog.store.catalog import Catalog

NAME = "baseline"
VERSION = 1
"""Raise where the same catalog would get other labels."""
MOST = 3
"""Rules in one label."""
GAIN = 0.005
"""Share of pairs that a further rule must add where it is learned."""
FEWEST = 10
"""Families that a rule must fit where it is learned."""
CLEAR = 0.55
"""A pole is clear where the lower end of the share of held-out pairs reaches this."""
_AT_ONCE = 256

Halves = tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(frozen=True)
class Side:
    """What fits one pole of a dimension, and how well."""

    text: str
    learned: float
    """Share of pairs of one item of each sign that the rule tells apart where it was learned: an
    item that fits is chosen before one that does not, else a coin falls. 0.5 is chance.
    """
    share: float
    """The same on the families held out."""
    low: float
    high: float
    """95 % interval of `share`."""

    @property
    def told(self) -> bool:
        """Whether it tells held-out signs at all."""
        return self.low > 0.5


@dataclass(frozen=True)
class Found:
    """The baseline's word on one dimension."""

    number: int
    positive: Side | None
    """None where no rule fits its items more often than those of the other sign."""
    negative: Side | None
    category: str | None
    """The single category of the largest learned share, for either pole, where it is told."""

    @property
    def clear_pole(self) -> str | None:
        """The poles that are clear: +, -, both; None where none is."""
        clear = [side is not None and side.low >= CLEAR for side in (self.positive, self.negative)]
        return {(True, True): "both", (True, False): "+", (False, True): "-"}.get(
            (clear[0], clear[1])
        )


def halves(catalog: Catalog) -> Halves:
    """One item of each family, the learning half and the other: the same for every dimension."""
    return catalog.remembered(("baseline halves",), lambda: _halves(catalog.families))


def _halves(family: NDArray[np.int64]) -> Halves:
    generator = np.random.default_rng(0)
    order = generator.permutation(len(family))
    _, places = np.unique(family[order], return_index=True)
    one_each = generator.permutation(order[places])
    middle = len(one_each) // 2
    return np.sort(one_each[:middle]), np.sort(one_each[middle:])


def learned_families(catalog: Catalog) -> NDArray[np.int64]:
    """Families that the baseline has seen the signs of: none of them is in a test of its labels."""
    return np.unique(catalog.families[halves(catalog)[0]])


def labels(
    catalog: Catalog, site: str, numbers: Sequence[int], threshold: str | None = None
) -> Iterator[Found]:
    """The baseline's word on dimensions of a site, in their order."""
    cut = catalog.checked(site, threshold or catalog.primary.threshold)
    found, (learn, hold) = rules.of(catalog), halves(catalog)
    packed, count = catalog.by_dimension(site, cut), len(catalog.families)
    for start in range(0, len(numbers), _AT_ONCE):
        some = list(numbers[start : start + _AT_ONCE])
        positive = bits.unpack(packed[some], count)
        yield from _learned(found, positive, learn, hold, some)


def _learned(
    found: Rules,
    positive: NDArray[np.bool_],
    learn: NDArray[np.int64],
    hold: NDArray[np.int64],
    numbers: Sequence[int],
) -> Iterator[Found]:
    """Learn on some items of bool[dims, items], and try on others."""
    fits = found.fits[:, learn].astype(np.float32)
    enough = fits.sum(axis=1) >= FEWEST
    weights = _weights(positive[:, learn])
    category = np.array([name is not None for name in found.categories], np.bool_) & enough
    alone = fits @ weights if len(fits) else np.zeros((0, len(numbers)), np.float32)
    chosen = {sign: _chosen(fits, enough, sign * weights) for sign in (1, -1)}
    for place, number in enumerate(numbers):
        held = positive[place][hold]
        sides = {
            sign: _side(found, chosen[sign][place], held if sign > 0 else ~held, hold)
            for sign in (1, -1)
        }
        best = _category(found, category, alone[:, place], held, hold)
        yield Found(number, sides[1], sides[-1], best)


def _weights(positive: NDArray[np.bool_]) -> NDArray[np.float32]:
    """What an item adds to a rule that fits it: float[items, dims].

    A rule's sum is the share of positive items that it fits less that of negative ones; of a
    dimension with one sign alone everything is zero.
    """
    ups = positive.sum(axis=1, keepdims=True).astype(np.float64)
    downs = positive.shape[1] - ups
    mixed = (ups > 0) & (downs > 0)
    weight = np.where(positive, 1 / np.maximum(ups, 1), -1 / np.maximum(downs, 1)) * mixed
    return np.ascontiguousarray(weight.T, dtype=np.float32)


def _chosen(
    fits: NDArray[np.float32], enough: NDArray[np.bool_], weights: NDArray[np.float32]
) -> list[tuple[list[int], float]]:
    """Rules of each dimension, the best first, joined by or; and the share that they reach."""
    dims = weights.shape[1]
    chosen: list[list[int]] = [[] for _ in range(dims)]
    reached = np.zeros(dims)
    left, open_ = weights.copy(), np.full(dims, enough.any())
    for _ in range(MOST):
        gains = np.where(enough[:, None], fits @ left, -np.inf)  # items that fit already add none
        best = gains.argmax(axis=0) if len(gains) else np.zeros(dims, np.int64)
        for place in np.flatnonzero(open_):
            gain = float(gains[best[place], place])
            if gain / 2 < GAIN:
                open_[place] = False
                continue
            chosen[place].append(int(best[place]))
            reached[place] += gain
            left[fits[best[place]] > 0, place] = 0
    return [(some, 0.5 + float(share) / 2) for some, share in zip(chosen, reached, strict=True)]


def _side(
    found: Rules,
    chosen: tuple[list[int], float],
    held: NDArray[np.bool_],
    hold: NDArray[np.int64],
) -> Side | None:
    some, learned = chosen
    if not some:
        return None
    fits: NDArray[np.bool_] = np.asarray(found.fits[some][:, hold].any(axis=0), np.bool_)
    share, low, high = held_out(fits, held)
    return Side(joined([found.texts[rule] for rule in some]), learned, share, low, high)


def held_out(fits: NDArray[np.bool_], positive: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Share of pairs that a rule tells apart, and its 95 % interval: bool[items] both.

    1/2 + (share of positive items that fit - share of negative ones) / 2, which is the AUC of a
    rule that says yes or no; the interval is Newcombe's of the difference of two shares.
    """
    counts = int(positive.sum()), int((~positive).sum())
    hits = int((fits & positive).sum()), int((fits & ~positive).sum())
    if 0 in counts:
        return 0.5, 0.0, 1.0
    low, high = proportions.difference(hits, counts)
    share = 0.5 + (hits[0] / counts[0] - hits[1] / counts[1]) / 2
    return share, 0.5 + low / 2, 0.5 + high / 2


def _category(
    found: Rules,
    allowed: NDArray[np.bool_],
    alone: NDArray[np.float32],
    held: NDArray[np.bool_],
    hold: NDArray[np.int64],
) -> str | None:
    """The category that separates the signs best where it was learned, if it does so elsewhere."""
    if not allowed.any():
        return None
    best = int(np.where(allowed, np.abs(alone), -1.0).argmax())
    fits: NDArray[np.bool_] = np.asarray(found.fits[best, hold], np.bool_)
    _, low, _ = held_out(fits, held if alone[best] > 0 else ~held)
    return found.categories[best] if low > 0.5 else None


def joined(texts: Sequence[str]) -> str:
    """Rules as one label: "a, b or c"."""
    *most, last = texts
    return f"{', '.join(most)} or {last}" if most else last

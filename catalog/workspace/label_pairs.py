"""The forced-choice pairs of a label test: one item of each sign, alike in everything easy.

Definition (docs/method.md#label-test): 30 trials, one + and one - item, matched in frequency and
length, side at random, never shown to a labeler, half from the extreme deciles, half from the
whole range; a tenth of the trials carry another dimension's label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.errors import LabelRefused

TRIALS = 30
CONTROLS = 3
"""A tenth of the trials, among the TRIALS: 27 are scored."""


@dataclass(frozen=True)
class Items:
    """Items a test may show, as equally long arrays."""

    item: NDArray[np.integer]
    """Item numbers."""
    value: NDArray[np.floating]
    """State of the tested dimension (or agreement with the feature), in its own units."""
    positive: NDArray[np.bool_]
    """Sign of the state; of a feature: it fires."""
    frequency: NDArray[np.number]
    """Frequency stratum 0-12, or anything whose differences mean as much."""
    length: NDArray[np.number]
    """Characters (pixels, samples) of the item."""
    family: NDArray[np.integer]
    """Family of the item: two of one family never stand in one test."""


@dataclass(frozen=True)
class Trial:
    """One pair, with the label shown and the side that is right."""

    left_item: int
    right_item: int
    answer: str
    """left or right: where the item of the tested pole is."""
    band: str
    """extreme: both items from the outer deciles of the value; whole: from its whole range."""
    shown: str
    control: bool
    """The label shown is another dimension's."""


def draw(
    items: Items,
    label: str,
    pole: str,
    others: Sequence[str],
    never: NDArray[np.integer],
    generator: np.random.Generator,
    trials: int = TRIALS,
) -> list[Trial]:
    """Draw the trials of a test of `label`, in random order.

    `pole` is the label's: with "-" the negative item is the right choice, else the positive one.
    `others` are labels of other dimensions for the control trials (none left after leaving out
    `label` itself: no control trials, all are scored). `never` are families shown to a labeler.
    Matching: for a random item of one sign, the unused item of the other sign with the nearest
    frequency, and among those the nearest length; ties at random. So strata widen by themselves,
    to the nearest there is, and never fail. LabelRefused where items do not suffice.
    """
    allowed = np.flatnonzero(~np.isin(items.family, never))
    order = generator.permutation(allowed)
    _, places = np.unique(items.family[order], return_index=True)
    one_each = order[np.sort(places)]  # a random token of each family
    extreme = _extreme(items.value, one_each)
    half = trials // 2
    pairs = [(*pair, "extreme") for pair in _match(items, extreme, half, generator)]
    used = {index for pair in pairs for index in pair[:2]}
    rest = np.array([index for index in one_each if index not in used], np.int64)
    pairs += [(*pair, "whole") for pair in _match(items, rest, trials - half, generator)]
    shown = _shown(label, others, trials, generator)
    drawn = []
    for place in generator.permutation(trials):
        positive, negative, band = pairs[place]
        right, wrong = (negative, positive) if pole == "-" else (positive, negative)
        left = bool(generator.random() < 0.5)
        pair = (right, wrong) if left else (wrong, right)
        first, second = (int(items.item[index]) for index in pair)
        text, side = shown[place], "left" if left else "right"
        drawn.append(Trial(first, second, side, band, text or label, text is not None))
    return drawn


def _extreme(value: NDArray[np.floating], among: NDArray[np.integer]) -> NDArray[np.integer]:
    """Those `among` the items that lie in the lowest or highest tenth of the value."""
    low, high = np.quantile(value[among], [0.1, 0.9]) if len(among) else (0.0, 0.0)
    chosen: NDArray[np.integer] = among[(value[among] <= low) | (value[among] >= high)]
    return chosen


def _match(
    items: Items, among: NDArray[np.integer], count: int, generator: np.random.Generator
) -> list[tuple[int, int]]:
    """Draw `count` pairs (positive, negative) without repeating an item."""
    groups = [among[items.positive[among]], among[~items.positive[among]]]
    rare, common = sorted(groups, key=len)
    if len(rare) < count:
        raise LabelRefused(
            f"This label cannot be tested: {count} pairs need {count} items of each sign that no "
            f"labeler saw, and there are {len(rare)}."
        )
    anchors = generator.permutation(rare)[:count]
    free = generator.permutation(common)
    pairs = []
    for anchor in anchors:
        apart = np.abs(items.frequency[free] - items.frequency[anchor])
        longer = np.abs(items.length[free] - items.length[anchor])
        nearest = np.lexsort((longer, apart))[0]  # stable: equal ones in random order
        partner = free[nearest]
        free = np.delete(free, nearest)
        first_positive = bool(items.positive[anchor])
        pairs.append((int(anchor), int(partner)) if first_positive else (int(partner), int(anchor)))
    return pairs


def _shown(
    label: str, others: Sequence[str], trials: int, generator: np.random.Generator
) -> list[str | None]:
    """Another label for a tenth of the trials, None for the rest; spread over both bands."""
    different = sorted({other for other in others if other.casefold() != label.casefold()})
    shown: list[str | None] = [None] * trials
    if different:
        for place in generator.permutation(trials)[: max(1, round(trials * CONTROLS / TRIALS))]:
            shown[place] = different[int(generator.integers(len(different)))]
    return shown

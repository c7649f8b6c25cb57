"""One sweep of the Gibbs sampler, compiled: each subject's value given all others'.

Importing this takes a second; machine code is kept on disk, so that only a machine's first call
takes a few more.
"""

import math

from catalog.signs.adding import compiled
from catalog.workspace.dawid_skene import STRENGTH, Floats, Ints

Places = tuple[Ints, Ints, Ints, Ints, Ints]
"""Of a layout: starts, candidates, cell, row; and the panel's labeler."""
Counted = tuple[Floats, Floats, Floats, Ints]
"""Answers of each cell, of each row, subjects of each value, the place drawn (C: another)."""
Rules = tuple[Floats, Floats, bool, bool]
"""Pseudo answers of each cell, log chance of an error by labeler, whether another value may be
true, whether that may be one said of other subjects."""


@compiled
def sweep(places: Places, counted: Counted, rules: Rules, score: Floats, chance: Floats) -> None:
    """Draw the value of each subject anew by float64[subjects] `chance`, in their order.

    What is counted is kept in step; `score` is left with the probabilities of the draws.
    """
    starts, candidates, cell, row, labeler = places
    counts, totals, shares, drawn = counted
    prior, wrong, another, many = rules
    width = candidates.shape[1]
    for i in range(len(drawn)):
        _count(-1.0, i, places, counted, many)
        every = shares.sum()
        left, most = 1.0, -math.inf
        for c in range(width):
            value = candidates[i, c]
            if value < 0:
                score[i, c] = -math.inf
                continue
            weight = shares[value] / every
            left -= weight
            told, product = 0.0, weight
            for a in range(starts[i], starts[i + 1]):
                at = cell[a, c]
                product *= (prior[at] + counts[at] + 1e-12) / (STRENGTH + totals[row[at]])
                if product < 1e-250:  # a logarithm of each factor would take most of the time
                    told, product = told + math.log(product), 1.0
            told += math.log(product)
            score[i, c] = told
            most = max(most, told)
        score[i, width] = -math.inf
        if another and left > 0.0:
            told = math.log(left)
            for a in range(starts[i], starts[i + 1]):
                told += wrong[labeler[a]]
            score[i, width] = told
            most = max(most, told)
        total = 0.0
        for c in range(width + 1):
            score[i, c] = math.exp(score[i, c] - most)
            total += score[i, c]
        place, sum_ = -1, 0.0
        for c in range(width + 1):
            score[i, c] /= total
            sum_ += score[i, c]
            if place < 0 and chance[i] < sum_:
                place = c
        drawn[i] = place if place >= 0 else 0
        _count(1.0, i, places, counted, many)


@compiled
def _count(step: float, i: int, places: Places, counted: Counted, many: bool) -> None:
    """Take the subject into what is counted, or out of it."""
    starts, candidates, cell, row, _ = places
    counts, totals, shares, drawn = counted
    place, width = drawn[i], candidates.shape[1]
    if place == width:
        if not many:
            shares[-1] += step
        return
    shares[candidates[i, place]] += step
    for a in range(starts[i], starts[i + 1]):
        counts[cell[a, place]] += step
        totals[row[cell[a, place]]] += step

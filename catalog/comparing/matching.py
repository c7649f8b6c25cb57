"""Which dimension of B plays the part of which one of A: assignment, held-out phi, two nulls.

Definitions: docs/method.md#matching-dimensions and #two-nulls-of-matching. The assignment is chosen
on half of the shared families and judged on the other half; both nulls repeat the assignment.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.comparing import phi
from catalog.comparing.matching_nulls import DRAWS, STAGES, Null, Wanted, drawn
from catalog.comparing.phi import Bits, Floats
from catalog.progress import Report, silent
from catalog.signs.bits import degenerate
from catalog.signs.rotation import random_rotation, standardised
from catalog.signs.significance import LEVEL, benjamini_hochberg, by_draws

FEWEST = 2000
"""Shared items below which there is no verdict."""


@dataclass(frozen=True)
class Assigned:
    """One assignment: as many pairs as the narrower side has dimensions."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    polarity: NDArray[np.int8]
    """+1, or -1 where B's dimension is A's turned round."""
    chosen: NDArray[np.float64]
    """|phi| on the half that the assignment was chosen on: too high, by choice."""
    held_out: NDArray[np.float64]
    """phi x polarity on the other half: |phi|, negative where the polarity does not hold there."""


@dataclass(frozen=True)
class Beaten:
    """Matches against one null."""

    p: NDArray[np.float64]
    q: NDArray[np.float64]
    """Benjamini-Hochberg over all matches."""
    share: float
    """Share of the matches with q < 0.05."""
    above: float
    """Share above the null's 95th percentile: 0.05 by chance."""
    p95: float
    null_mean: float
    draws: int
    more: bool
    """Whether `above` exceeds that of the single draws: (1 + draws that reach it) / (1 + draws) is
    below 0.05, by the rank among them."""

    @property
    def beaten(self) -> bool:
        """Whether the matches as a whole beat the null: see `verdict`."""
        return self.more and self.share > LEVEL


@dataclass(frozen=True)
class Matching:
    """Dimensions matched, and what that is worth."""

    items: int
    pairs: Assigned
    """Numbers of dimensions, those left out counted."""
    largest: NDArray[np.float64]
    """phi_max of each pair on the held-out half."""
    degenerate: tuple[int, int]
    """Dimensions left out of A and of B: share positive below 1 % or above 99 %."""
    items_null: Beaten
    rotation: Beaten | None
    """None where B's states were not to be had."""
    nulls: dict[str, NDArray[np.float64]]
    """Null matches by name, for the chart."""


def assign(a: Bits, b: Bits, half: NDArray[np.bool_]) -> Assigned:
    """One-to-one assignment that maximises the sum of |phi| over `half`, judged on the rest.

    Hungarian method (scipy's linear_sum_assignment: Crouse 2016).
    """
    from scipy.optimize import linear_sum_assignment

    found = phi.of_all(a[half], b[half])
    rows, columns = linear_sum_assignment(np.abs(found), maximize=True)
    value = found[rows, columns].astype(np.float64)
    polarity = np.where(value < 0, -1, 1).astype(np.int8)
    rest = ~half
    held_out = phi.of_pairs(a[rest][:, rows], b[rest][:, columns]) * polarity
    return Assigned(rows, columns, polarity, np.abs(value), held_out)


def match(
    a: Bits,
    b: Bits,
    states: NDArray[np.floating] | None = None,
    draws: int = DRAWS,
    seed: int = 0,
    report: Report = silent,
) -> Matching:
    """Match dimensions of A and B over shared items, one per family: bool[items, dims] each.

    `states` are B's, float[items, dims]; without them the rotation null is not drawn.
    """
    generator = np.random.default_rng([seed, len(a)])
    half = np.zeros(len(a), np.bool_)
    half[generator.permutation(len(a))[: len(a) // 2]] = True
    kept_a, kept_b = varying(a), varying(b)
    a, b = a[:, kept_a], b[:, kept_b]
    report("assignment", 0, 0)
    found = assign(a, b, half)
    beaten = {"items": _items_null(a, b, half, found.held_out, Wanted(draws, seed, report))}
    if states is not None:
        z, wanted = standardised(states[:, kept_b]), Wanted(draws, seed, report)
        beaten["rotation"] = _rotation_null(a, b, z, half, found.held_out, wanted)
    shares = [side[~half].mean(axis=0) for side in (a[:, found.a], b[:, found.b])]
    judged = {name: against(found.held_out, null) for name, null in beaten.items()}
    return Matching(
        items=len(a),
        pairs=Assigned(
            np.flatnonzero(kept_a)[found.a],
            np.flatnonzero(kept_b)[found.b],
            found.polarity,
            found.chosen,
            found.held_out,
        ),
        largest=phi.largest(shares[0], shares[1], found.polarity),
        degenerate=(int((~kept_a).sum()), int((~kept_b).sum())),
        items_null=judged["items"],
        rotation=judged.get("rotation"),
        nulls={name: null.held_out for name, null in beaten.items()},
    )


def varying(bits: Bits) -> NDArray[np.bool_]:
    """Dimensions that are not degenerate over these items: bool[dims]."""
    share = bits.mean(axis=0)
    return ~degenerate(share)


def against(observed: NDArray[np.floating], null: Null) -> Beaten:
    """How many matches beat a null."""
    p = null.p(observed)
    q = benjamini_hochberg(p)
    above, again = null.above(observed)
    return Beaten(
        p,
        q,
        float((q < LEVEL).mean()) if len(q) else 0.0,
        above,
        null.p95,
        float(null.held_out.mean()),
        len(null.held_out),
        bool(by_draws(again, len(null.held_out)) < LEVEL),
    )


def _items_null(
    a: Bits, b: Bits, half: NDArray[np.bool_], observed: NDArray[np.floating], wanted: Wanted
) -> Null:
    """Items permuted: nothing at all is shared, shares positive are as they were."""

    def draw(generator: np.random.Generator) -> NDArray[np.floating]:
        return assign(a, b[generator.permutation(len(b))], half).held_out

    return drawn(observed, wanted, STAGES[0], draw)


def _rotation_null(
    a: Bits,
    b: Bits,
    z: Floats,
    half: NDArray[np.bool_],
    observed: NDArray[np.floating],
    wanted: Wanted,
) -> Null:
    """B standardised, randomly rotated, re-thresholded: its information, but not its dimensions.

    Choice where the method is silent: each rotated dimension is cut so that it has the share
    positive of the dimension whose number it has, so that phi_max is the same in the null; the
    rotation is over the dimensions that are compared.
    """
    positives = b.sum(axis=0)

    def draw(generator: np.random.Generator) -> NDArray[np.floating]:
        turned = z @ random_rotation(z.shape[1], generator)
        return assign(a, cut(turned, positives), half).held_out

    return drawn(observed, wanted, STAGES[1], draw)


def cut(values: Floats, positives: NDArray[np.integer]) -> Bits:
    """Signs of float[items, dims] with `positives` items positive in each column (ties: fewer)."""
    bits = np.empty(values.shape, np.bool_)
    items = len(values)
    for column, count in enumerate(positives):
        one = np.ascontiguousarray(values[:, column])
        place = items - int(count) - 1
        bits[:, column] = one > np.partition(one, place)[place] if place >= 0 else True
    return bits


def verdict(found: Matching) -> tuple[str, str]:
    """The verdict in a few words, and in a sentence.

    A null is beaten where more matches exceed its 95th percentile than in 95 % of its own draws and
    more than 5 % have q < 0.05; with fewer, "few dimensions".
    """
    if found.items < FEWEST:
        return "cannot be tested", (
            f"Only {found.items:,} items are shared; {FEWEST:,} are needed for a verdict."
        )
    share = found.items_null.share
    if not found.items_null.beaten:
        return "nothing shared", (
            f"{_percent(share)} of the matches beat permuted items: no more than chance. Neither "
            "information nor dimensions are shared here."
        )
    if found.rotation is None:
        return "information shared", (
            f"{_percent(share)} of the matches beat permuted items: information is shared. "
            "Whether dimensions are needs B's states, and so its model."
        )
    turned = found.rotation
    if turned.beaten:
        return "dimensions shared", (
            f"{_percent(turned.share)} of the matches beat B's own random rotations: dimensions "
            "are shared, not only information."
        )
    told = (
        f"({_percent(turned.share)} of the matches beat B's own random rotations, "
        f"{_percent(share)} beat permuted items)."
    )
    if turned.more and turned.share > 0:
        return "few dimensions shared", f"Information is shared, and a few dimensions {told}"
    return "information shared, dimensions not", f"Information is shared; dimensions are not {told}"


def _percent(share: float) -> str:
    return "< 1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"

"""The conditions of a flip: away and toward, and the controls that make them believable.

What every prompt is edited by is decided once, for all prompts of a run together. Random features
and directions of noise, many of each: `catalog.flips.fixed`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.sites import Site

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
States = NDArray[np.float32]

CONDITIONS = (
    "baseline",
    "away",
    "toward",
    "disjoint",
    "largest",
    "random",
    "noise",
    "direct",
    "edits",
    "together",
)
"""largest: as many dimensions of the largest mean |x|; direct: away's delta at the read position,
added after the last block: the direct path. edits: further edits alone; together: away and them."""


@dataclass(frozen=True)
class Signed:
    """Dimensions with a sign (+1 or -1) each."""

    dimensions: Ints
    signs: Ints

    def strongest(self, most: int | None) -> "Signed":
        """The first `most` of them."""
        return self if most is None else Signed(self.dimensions[:most], self.signs[:most])

    def without(self, dimensions: Ints) -> "Signed":
        """Those that are not among `dimensions`."""
        kept = ~np.isin(self.dimensions, dimensions)
        return Signed(self.dimensions[kept], self.signs[kept])


@dataclass(frozen=True)
class Where:
    """Where and how hard a feature is flipped."""

    site: Site
    last: Site
    """The residual site after the last block."""
    cut: Floats
    """Threshold of every dimension: float64[D]."""
    strength: float = 1.0


@dataclass(frozen=True)
class Row:
    """One row of every batch: a condition, and the edits that make it."""

    condition: str
    edits: tuple[Edit, ...] = ()

    def at(self, positions: tuple[int, ...]) -> tuple[Edit, ...]:
        """The edits, on these positions of a prompt alone."""
        return tuple(replace(edit, positions=positions) for edit in self.edits)

    def applied(self, states: States) -> States:
        """float32[..., D] edited; every position is."""
        for edit in self.edits:
            states = edit(states)
        return states

    def here(self, site: Site) -> "Row":
        """The edits of one site alone."""
        return Row(self.condition, tuple(edit for edit in self.edits if edit.site == site))


def flip(where: Where, feature: Signed, positions: tuple[int, ...] | None, toward: bool) -> Edit:
    """Set the signs of a feature's dimensions to its prototype (toward) or against it (away)."""
    signs = feature.signs if toward else -feature.signs
    return Edit(
        where.site,
        tuple(feature.dimensions.tolist()),
        "flip",
        tuple(signs.astype(float).tolist()),
        tuple(where.cut[feature.dimensions].tolist()),
        where.strength,
        positions,
    )


def largest(where: Where, number: int, states: NDArray[np.floating]) -> Signed:
    """As many dimensions of the largest mean |x| over float[positions, D] of all prompts.

    Choice: their signs are those that most positions have, so that turning them away changes most
    of them. The feature's own dimensions may be among them. Selected by magnitude, as in arXiv
    2603.00029.
    """
    chosen = np.argsort(-np.abs(states).mean(axis=0), kind="stable")[:number].astype(np.int64)
    positive = (states[:, chosen] > where.cut[chosen]).mean(axis=0)
    return Signed(chosen, np.where(positive > 0.5, 1, -1).astype(np.int64))


def rows(
    where: Where,
    feature: Signed,
    disjoint: Sequence[Signed],
    states: NDArray[np.floating],
    names: Sequence[str] = CONDITIONS,
) -> list[Row]:
    """The rows that are one feature each; baseline and away come first and always, then toward.

    `states` is float[positions, D]: every edited position of every prompt.
    """

    def row(name: str, one: Signed, toward: bool = False) -> Row:
        return Row(name, (flip(where, one, None, toward),) if len(one.dimensions) else ())

    made = [Row("baseline"), row("away", feature)]
    if "toward" in names:
        made.append(row("toward", feature, toward=True))
    if "disjoint" in names:
        made += [row("disjoint", one) for one in disjoint]
    if "largest" in names:
        made.append(row("largest", largest(where, len(feature.dimensions), states)))
    return made


def added(where: Where, feature: Signed, extra: Sequence[Edit]) -> list[Row]:
    """The rows of further edits: alone, and together with away; none without any.

    They have no matched controls of their own.
    """
    if not extra:
        return []
    away = flip(where, feature, None, toward=False)
    return [Row("edits", tuple(extra)), Row("together", (away, *extra))]


def changes(edited: States, states: States, cut: Floats) -> NDArray[np.float64]:
    """What float32[positions, D] became: float64[positions, 3].

    Share of signs that changed; ||x' - x|| squared; ||x'|| / ||x||.
    """
    delta = ((edited - states).astype(np.float64) ** 2).sum(axis=1)
    own, new = (np.linalg.norm(one, axis=1) for one in (states, edited))
    changed = ((edited > cut) != (states > cut)).mean(axis=1)
    return np.stack([changed, delta, new / np.maximum(own, 1e-30)], axis=1)

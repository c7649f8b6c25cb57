"""The conditions of a flip: away and toward, and the controls that make them believable.

Everything is decided from the unedited states of one prompt, float[positions, D]; what comes out
are edits, and what each of them does to these states.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.errors import SettingRefused
from catalog.sites import Site

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

TOLERANCE = 0.05
"""How far the changed signs and ||delta|| of a random control may be from away's."""
DRAWS = 20
CONDITIONS = (
    "baseline",
    "away",
    "toward",
    "disjoint",
    "random",
    "noise",
    "direct",
    "edits",
    "together",
)
"""direct: away's delta at the read position, added after the last block: the direct path. edits:
further edits alone; together: away and them."""
_STARTS = 24
_STEPS = 120
_PROPOSALS = 48


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
class Measure:
    """What an edit does to the states of one prompt at the edited positions."""

    changed: float
    """Share of all signs that change."""
    delta_norm: float
    """Root mean square over positions of ||x' - x||."""
    norm_ratio: float
    """Mean over positions of ||x'|| / ||x||."""


@dataclass(frozen=True)
class Row:
    """One row of the batch: a condition, its edits, and what they do."""

    condition: str
    edits: tuple[Edit, ...]
    measure: Measure


@dataclass(frozen=True)
class Where:
    """Where and how hard a feature is flipped."""

    site: Site
    last: Site
    """The residual site after the last block."""
    cut: Floats
    """Threshold of every dimension: float64[D]."""
    strength: float = 1.0
    draws: int = DRAWS


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


def measure(edits: Sequence[Edit], states: NDArray[np.floating], where: Where) -> Measure:
    """Changes of `edits` on float[positions, D], all positions of which are edited."""
    edited = states.astype(np.float64)
    for edit in edits:
        edited = replace(edit, positions=None)(edited)
    delta = np.linalg.norm(edited - states, axis=1)
    own = np.maximum(np.linalg.norm(states, axis=1), 1e-30)
    return Measure(
        float(((edited > where.cut) != (states > where.cut)).mean()),
        float(np.sqrt((delta**2).mean())),
        float((np.linalg.norm(edited, axis=1) / own).mean()),
    )


def rows(
    where: Where,
    feature: Signed,
    disjoint: Sequence[Signed],
    states: NDArray[np.floating],
    positions: tuple[int, ...],
    generator: np.random.Generator,
    names: Sequence[str] = CONDITIONS,
) -> list[Row]:
    """All rows of one prompt: float[T, D] states, of which `positions` are edited.

    Baseline and away come first and always. Raises SettingRefused where fewer random controls
    than asked for can be matched.
    """
    part = states[list(positions)]

    def row(name: str, *edits: Edit) -> Row:
        return Row(name, edits, measure(edits, part, where))

    away = flip(where, feature, positions, toward=False)
    made = [row("baseline"), row("away", away)]
    if "toward" in names:
        made.append(row("toward", flip(where, feature, positions, toward=True)))
    if "disjoint" in names:
        made += [row("disjoint", flip(where, one, positions, toward=False)) for one in disjoint]
    for _ in range(where.draws if "random" in names else 0):
        drawn = matched(where, feature, part, generator)
        edits = (flip(where, drawn, positions, toward=True),) if len(drawn.dimensions) else ()
        one = row("random", *edits)
        if not close(one.measure, made[1].measure):
            raise SettingRefused(_UNMATCHED)
        made.append(one)
    for _ in range(where.draws if "noise" in names else 0):
        direction = tuple(generator.normal(size=(states.shape[1],)).tolist())
        made.append(row("noise", Edit(where.site, (), "turn", direction, (), 1.0, positions, away)))
    if "direct" in names:
        made.append(_direct(where, away, states, positions, made[1].measure))
    return made


def added(
    where: Where,
    feature: Signed,
    extra: Sequence[Edit],
    states: NDArray[np.floating],
    positions: tuple[int, ...],
) -> list[Row]:
    """The rows of further edits: alone, and together with away; none without any.

    They have no matched controls of their own. What they change is measured where they are made
    at the flip's own site; edits of other sites are not in these figures.
    """
    if not extra:
        return []
    edits = tuple(replace(edit, positions=positions) for edit in extra)
    part = states[list(positions)]
    rows = []
    away = flip(where, feature, positions, toward=False)
    for name, made in (("edits", edits), ("together", (away, *edits))):
        here = [edit for edit in made if edit.site == where.site]
        rows.append(Row(name, made, measure(here, part, where)))
    return rows


_UNMATCHED = (
    "No random control matches this flip within 5 % in signs changed and ||delta||, so nothing "
    "can be said about it. Flip more dimensions or more positions (or fewer, where the feature "
    "takes most dimensions)."
)


def close(one: Measure, wanted: Measure) -> bool:
    """Whether a control matches: signs changed and ||delta|| within TOLERANCE of away's."""
    pairs = ((one.changed, wanted.changed), (one.delta_norm, wanted.delta_norm))
    return all(abs(a - b) <= TOLERANCE * b + 1e-12 for a, b in pairs)


def _direct(
    where: Where,
    away: Edit,
    states: NDArray[np.floating],
    positions: tuple[int, ...],
    as_is: Measure,
) -> Row:
    """Away's change of the read position, added to the last block's output: no block sees it."""
    end = len(states) - 1
    if end not in positions:
        return Row("direct", (), as_is)
    delta = replace(away, positions=None)(states[end].astype(np.float64)) - states[end]
    edit = Edit(
        where.last, tuple(range(len(delta))), "add", tuple(delta.tolist()), positions=(end,)
    )
    return Row("direct", (edit,), as_is)


def matched(
    where: Where, feature: Signed, part: NDArray[np.floating], generator: np.random.Generator
) -> Signed:
    """Random dimensions outside the feature, random signs, doing as much as away to float[T, D].

    One set for all positions, as the feature is. It starts as many random dimensions with random
    targets, and random exchanges are made while they bring the number of changed signs and
    ||delta|| nearer to away's; it ends as soon as both are within TOLERANCE. Raises
    SettingRefused where they do not get there.
    """
    positive = part > where.cut
    square = 4 * (part - where.cut).astype(np.float64) ** 2 * where.strength**2
    # What setting each dimension to -1 (row 0) or +1 (row 1) changes: counts, squares [2, D].
    # Half the way ends on the threshold, which counts as -1; less changes no sign at all.
    counts = np.stack([positive.sum(0), (~positive).sum(0)]).astype(np.float64)
    counts *= np.array([[where.strength >= 0.5], [where.strength > 0.5]])
    squares = np.stack([(square * positive).sum(0), (square * ~positive).sum(0)])
    against = (feature.signs < 0).astype(np.int64)
    goal = np.array(
        [counts[against, feature.dimensions].sum(), squares[against, feature.dimensions].sum()]
    )
    others = np.setdiff1d(np.arange(part.shape[1]), feature.dimensions)
    if goal[1] == 0:
        return Signed(others[:0], others[:0])
    costs = np.stack([counts[:, others], squares[:, others]])  # [2 goals, 2 targets, others]
    for _ in range(_STARTS):
        drawn = _search(costs, goal, min(len(feature.dimensions), len(others)), generator)
        if drawn is not None:
            inside = np.flatnonzero(drawn >= 0)
            return Signed(others[inside], 2 * drawn[inside] - 1)
    raise SettingRefused(_UNMATCHED)


def _search(costs: Floats, goal: Floats, size: int, generator: np.random.Generator) -> Ints | None:
    """Target of each candidate (0, 1, or -1 where it is left out), or None: int64[others]."""
    number = costs.shape[2]
    if not number:
        return None
    state = np.full(number, -1, np.int64)
    state[generator.choice(number, size, replace=False)] = generator.integers(2, size=size)
    padded = np.concatenate([costs, np.zeros((2, 1, number))], axis=1)  # target -1 costs nothing
    total = padded[:, state, np.arange(number)].sum(axis=1)
    for _ in range(_STEPS):
        apart = _distance(total[:, None], goal)[:, 0]
        if apart.max() <= TOLERANCE * 0.98:
            return state
        # Each proposal gives two candidates new targets (or leaves one out).
        places = generator.integers(number, size=(2, _PROPOSALS))
        targets = generator.integers(-1, 2, size=(2, _PROPOSALS))
        gain = padded[:, targets, places] - padded[:, state[places], places]
        gain[:, 1, places[0] == places[1]] = 0
        after = _distance(total[:, None] + gain.sum(axis=1), goal).sum(axis=0)
        best = int(after.argmin())
        if after[best] < apart.sum():
            state[places[1, best]] = targets[1, best]
            state[places[0, best]] = targets[0, best]
            total = total + gain[:, :, best].sum(axis=1)
    return None


def _distance(total: Floats, goal: Floats) -> Floats:
    """Relative distance of changed signs and of ||delta|| from the goal: float64[2, n]."""
    count = np.abs(total[0] / goal[0] - 1) if goal[0] else (total[0] > 0).astype(np.float64)
    norm = np.abs(np.sqrt(np.maximum(total[1], 0) / max(goal[1], 1e-30)) - 1)
    return np.stack([count, norm])

"""Fixed controls of a flip: random features and directions of noise, the same for every prompt.

Away is one feature that is the same for all prompts, so it is compared with its equals: its effect
is ranked among those of random features that are the same for all prompts too. Averages over
draws that are made anew for each prompt lose what differs between features, and then a fixed
random feature is called suppressing in 9-27 % of runs (tried).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.flips.controls import Floats, Ints, Signed, States, Where

FEATURES = 100
"""Random features of a run, and of each addition to one; fewer would not resolve p = 0.01."""
DIRECTIONS = 20
"""Directions of noise of a run."""
TOLERANCE = 0.05
"""How far the changed signs and ||delta|| of a random feature may be from away's."""
_AIM = 0.01
"""How near they are brought where the search gets there."""
_STARTS = 12
_STEPS = 120
_PROPOSALS = 48
UNMATCHED = (
    "No random control matches this flip within 5 % in signs changed and ||delta||, so nothing "
    "can be said about it. Flip more dimensions or more positions (or fewer, where the feature "
    "takes most dimensions)."
)


def costs(where: Where, states: NDArray[np.floating]) -> Floats:
    """What setting each dimension to a sign changes over float[positions, D].

    float64[2, 2, D]: number of changed signs and sum of squared changes, by target -1 and +1.
    Half the way ends on the threshold, which counts as -1; less changes no sign at all.
    """
    positive = states > where.cut
    square = 4 * (states - where.cut).astype(np.float64) ** 2 * where.strength**2
    counts = np.stack([positive.sum(0), (~positive).sum(0)]).astype(np.float64)
    counts *= np.array([[where.strength >= 0.5], [where.strength > 0.5]])
    return np.stack([counts, [(square * positive).sum(0), (square * ~positive).sum(0)]])


@dataclass(frozen=True)
class Fixed:
    """Random features: the sign that each sets each dimension to, 0 where it leaves it."""

    targets: NDArray[np.int8]
    """int8[features, D]."""

    def applied(self, states: States, where: Where) -> States:
        """float32[..., D] under every feature: float32[features, ..., D], as `Edit` does it."""
        shape = (len(self.targets), *(1,) * (states.ndim - 1), states.shape[-1])
        target = self.targets.reshape(shape)
        positive = states > where.cut
        wrong = np.where(positive, target < 0, target > 0)
        mirrored = (2 * where.cut).astype(states.dtype) - states
        if where.strength != 1:
            mirrored = states + where.strength * (mirrored - states)
        return np.where(wrong, mirrored, states).astype(np.float32, copy=False)

    def does(self, cost: Floats) -> Floats:
        """Signs changed and sum of squared changes of each feature: float64[2, features]."""
        lower, upper = (self.targets < 0).astype(float), (self.targets > 0).astype(float)
        return np.asarray(cost[:, 0] @ lower.T + cost[:, 1] @ upper.T)

    def changes(self, states: States, where: Where) -> Floats:
        """`controls.changes` of every feature: float64[positions, features, 3]."""
        wide = states.astype(np.float64)
        delta = 2 * where.strength * (where.cut - wide)
        positive = states > where.cut
        turns = (where.strength >= 0.5, where.strength > 0.5)  # see `costs`
        own, gain = (wide**2).sum(axis=1), (wide + delta) ** 2 - wide**2
        found = np.zeros((len(states), len(self.targets), 3))
        for side, sign in ((positive, -1), (~positive, 1)):
            chosen = (self.targets == sign).astype(np.float64).T
            found[..., 0] += turns[sign > 0] * (side.astype(np.float64) @ chosen)
            found[..., 1] += (delta**2 * side) @ chosen
            found[..., 2] += (gain * side) @ chosen
        found[..., 0] /= states.shape[1]
        after = np.sqrt(np.maximum(own[:, None] + found[..., 2], 0))
        found[..., 2] = after / np.maximum(np.sqrt(own), 1e-30)[:, None]
        return found


def matched(
    where: Where, feature: Signed, cost: Floats, number: int, generator: np.random.Generator
) -> Fixed:
    """Random features that do as much as away over all positions of all prompts together.

    `cost` is `costs` of these positions. Choice where docs/method.md is silent: a random feature is
    the same for every prompt, so it cannot match away at each of them; what is matched is the
    number of changed signs and the root mean square of ||delta|| over all prompts' edited
    positions together, within TOLERANCE (the worst single prompt is reported beside: `worst`).

    Each starts as as many random dimensions outside the feature with random targets; random
    exchanges are made while they bring both nearer to away's. Raises SettingRefused where they do
    not get there.
    """
    dims = cost.shape[2]
    others = np.setdiff1d(np.arange(dims), feature.dimensions)
    against = (feature.signs < 0).astype(np.int64)
    goal = cost[:, against, feature.dimensions].sum(axis=1)
    targets = np.zeros((number, dims), np.int8)
    if goal[1] == 0:
        return Fixed(targets)
    if not len(others):
        raise SettingRefused(UNMATCHED)
    padded = np.concatenate([cost[:, :, others], np.zeros((2, 1, len(others)))], axis=1)
    left = np.arange(number)
    for _ in range(_STARTS):
        size = min(len(feature.dimensions), len(others))
        drawn, apart = _search(padded, goal, size, len(left), generator)
        able = apart <= TOLERANCE * 0.98
        rows = left[able]
        targets[np.ix_(rows, others)] = np.where(drawn[able] < 0, 0, 2 * drawn[able] - 1)
        left = left[~able]
        if not len(left):
            return Fixed(targets)
    raise SettingRefused(UNMATCHED)


def worst(fixed: Fixed, feature: Signed, cost: Floats) -> float:
    """Largest relative distance of a random feature from away in signs changed or ||delta||."""
    against = (feature.signs < 0).astype(np.int64)
    goal = cost[:, against, feature.dimensions].sum(axis=1)
    found = fixed.does(cost)
    apart = [np.abs(found[0] / goal[0] - 1)] if goal[0] else []
    apart += [np.abs(np.sqrt(found[1] / goal[1]) - 1)] if goal[1] else []
    return float(np.max(apart)) if len(fixed.targets) and apart else 0.0


def _search(
    padded: Floats, goal: Floats, size: int, number: int, generator: np.random.Generator
) -> tuple[Ints, Floats]:
    """Target of each candidate (0, 1, or -1 where it is left out) and the distance reached.

    int64[number, candidates] and float64[number]; `padded` is float64[2 goals, 3 targets,
    candidates], its last target costing nothing.
    """
    candidates = padded.shape[2]
    chosen = generator.random((number, candidates)).argpartition(size - 1, axis=1)[:, :size]
    state = np.full((number, candidates), -1, np.int64)
    np.put_along_axis(state, chosen, generator.integers(2, size=chosen.shape), axis=1)
    total = padded[:, state, np.arange(candidates)].sum(axis=2)
    apart = _distance(total, goal)
    for _ in range(_STEPS):
        rows = np.flatnonzero(apart.max(axis=0) > _AIM)
        if not len(rows):
            break
        # Each proposal gives two candidates new targets (or leaves one out).
        places = generator.integers(candidates, size=(2, len(rows), _PROPOSALS))
        made = generator.integers(-1, 2, size=places.shape)
        gain = padded[:, made, places] - padded[:, state[rows[:, None], places], places]
        gain[:, 1][:, places[0] == places[1]] = 0
        after = _distance(total[:, rows, None] + gain.sum(axis=1), goal)
        best = after.sum(axis=0).argmin(axis=1)
        line = np.arange(len(rows))
        better = after.sum(axis=0)[line, best] < apart[:, rows].sum(axis=0)
        line, best, rows = line[better], best[better], rows[better]
        state[rows, places[1, line, best]] = made[1, line, best]
        state[rows, places[0, line, best]] = made[0, line, best]
        total[:, rows] += gain[:, :, line, best].sum(axis=1)
        apart[:, rows] = after[:, line, best]
    return state, apart.max(axis=0)


def _distance(total: Floats, goal: Floats) -> Floats:
    """Relative distance of changed signs and of ||delta|| from the goal: float64[2, ...]."""
    count = np.abs(total[0] / goal[0] - 1) if goal[0] else (total[0] > 0).astype(np.float64)
    norm = np.abs(np.sqrt(np.maximum(total[1], 0) / max(goal[1], 1e-30)) - 1)
    return np.stack([count, norm])


def directions(number: int, dims: int, generator: np.random.Generator) -> Floats:
    """Random directions, drawn from a Gaussian: float64[number, D]."""
    return generator.normal(size=(number, dims))


def turned(states: States, wanted: States, toward: Sequence[Floats] | Floats) -> States:
    """States moved as far as to `wanted` and to its norm, but toward each of the directions.

    float32[directions, ..., D], as the edit `turn` does it (`catalog.edits`): at every position the
    direction is made orthogonal to the state first.
    """
    wide, then = states.astype(np.float64), wanted.astype(np.float64)
    delta = ((then - wide) ** 2).sum(-1)
    own, new = (wide**2).sum(-1), (then**2).sum(-1)
    length = np.sqrt(own) + 1e-30
    along = (new - own - delta) / (2 * length)
    across = np.sqrt(np.maximum(delta - along**2, 0))
    unit = wide / length[..., None]
    directed = np.asarray(toward, np.float64)
    cosine = unit @ directed.T  # [..., directions]
    size = np.sqrt(np.maximum((directed**2).sum(-1) - cosine**2, 0)) + 1e-30
    # x' = x + along * unit + across * (u - cosine * unit) / size
    by_unit = along[..., None] - across[..., None] * cosine / size
    by_direction = across[..., None] / size
    made = wide[..., None, :] + by_unit[..., None] * unit[..., None, :]
    made += by_direction[..., None] * directed
    return np.asarray(np.moveaxis(made, -2, 0), np.float32)

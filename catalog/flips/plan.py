"""What every prompt of a run is edited by: named rows, random features, directions of noise."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from catalog.flips import controls, fixed
from catalog.flips.controls import Floats, Row, Where
from catalog.flips.fixed import Fixed
from catalog.flips.together import Pool

if TYPE_CHECKING:
    from catalog.flips.run import Setup

DESCRIBED = 3
"""Random features (and directions of noise) of which all is read: KL, log odds, raw logits. The
effect is read of every one."""


@dataclass(frozen=True)
class Plan:
    """Everything that every prompt of a run is edited by."""

    where: Where
    named: list[Row]
    """One row each; baseline and away come first."""
    fixed: Fixed
    directions: Floats
    """Of noise: float64[directions, dims]."""
    direct: bool = False
    extra: list[Row] = field(default_factory=list)

    @property
    def conditions(self) -> list[str]:
        """Of every row, in the order of `Read`: named ones, direct, further edits, fixed ones."""
        made = [row.condition for row in self.named] + ["direct"] * self.direct
        made += [row.condition for row in self.extra]
        return made + ["random"] * len(self.fixed.targets) + ["noise"] * len(self.directions)

    @property
    def described(self) -> list[int]:
        """Rows of which all is read."""
        conditions = self.conditions
        alone = [n for n, name in enumerate(conditions) if name not in ("random", "noise")]
        many = [
            [n for n, name in enumerate(conditions) if name == wanted][:DESCRIBED]
            for wanted in ("random", "noise")
        ]
        return alone + many[0] + many[1]


def of(setup: "Setup", where: Where, pool: Pool, names: Sequence[str], drawn: int) -> Plan:
    """The plan of a run on traced prompts: the conditions that are named, random features."""
    dims = pool.states.shape[1]
    none = Fixed(np.zeros((0, dims), np.int8))
    generator = np.random.default_rng([setup.seed, 1])
    return Plan(
        where,
        controls.rows(where, setup.feature, setup.disjoint, pool.states, names),
        features(setup, where, pool, 0, drawn) if "random" in names and drawn else none,
        fixed.directions(fixed.DIRECTIONS if "noise" in names else 0, dims, generator),
        "direct" in names,
        controls.added(where, setup.feature, setup.extra),
    )


def features(setup: "Setup", where: Where, pool: Pool, before: int, number: int) -> Fixed:
    """Fixed random features `before` to `before + number`: the same however many are asked for."""
    cost, size = fixed.costs(where, pool.states), fixed.FEATURES
    batches = range(before // size, -(-(before + number) // size))
    made = [
        fixed.matched(where, setup.feature, cost, size, np.random.default_rng([setup.seed, 0, n]))
        for n in batches
    ]
    first = before - batches[0] * size
    return Fixed(np.concatenate([one.targets for one in made])[first : first + number])


def match(setup: "Setup", plan: Plan, pool: Pool) -> tuple[float, float]:
    """Worst distance of a random feature from away: over all prompts together, at one prompt."""
    each = [fixed.costs(plan.where, one) for one in pool.each()]
    pooled = np.sum(each, axis=0)
    apart = [fixed.worst(plan.fixed, setup.feature, cost) for cost in (pooled, *each)]
    return apart[0], max(apart[1:])

"""The forward passes of a run: every group of prompts under every row of its plan."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from catalog.flips import controls, fixed
from catalog.flips.controls import Floats, States
from catalog.flips.fixed import Fixed
from catalog.flips.machine import Machine
from catalog.flips.plan import DESCRIBED, Plan
from catalog.flips.prompts import Prompt
from catalog.flips.readouts import Reading, Readout
from catalog.flips.together import Group, Pool
from catalog.progress import Report

_MOST_AT_ONCE = 2**24
"""Numbers in the edited states that are made at once, and in the outputs that are read at once."""

_EVERY = 0.8
"""Seconds between two looks at what is there so far."""
_READ_TOGETHER = 8
"""Prompts whose whole output is had together."""


Emit = Callable[[Floats, NDArray[np.bool_]], None]
"""Gets float64[rows of the plan, prompts, columns] and bool[prompts]: those that were run."""


class Traced(NamedTuple):
    """Prompts with their states."""

    groups: Sequence[Group]
    pool: Pool


@dataclass(frozen=True)
class Read:
    """What was read, prompts in their order."""

    effects: Floats
    """Of every row of the plan: float64[rows, prompts, columns]."""
    readings: list[Reading]
    """Of the rows that are described, a prompt each."""
    measures: dict[str, NDArray[np.float64]]
    """What each condition changes, mean over its rows: float64[prompts, 3].

    Share of all signs changed, root mean square over positions of ||x' - x||, mean over positions
    of ||x'|| / ||x||.
    """
    whole: dict[str, NDArray[np.float64]]
    """The same over all prompts' positions together: float64[3]."""


def read(
    machine: Machine,
    readout: Readout,
    plan: Plan,
    traced: Traced,
    prompts: Sequence[Prompt],
    report: Report,
    emit: Emit | None = None,
) -> Read:
    """Run every group; `report` may raise to cancel and is called before each.

    `emit` gets the effects so far, and which prompts they are of: about once a second.
    """
    effects = np.zeros((len(plan.conditions), len(prompts), readout.columns))
    readings: dict[int, Reading] = {}
    named = [row.applied(traced.pool.states) for row in plan.named]
    waiting: list[tuple[Group, States]] = []
    done, told_at = 0, time.monotonic()
    for number, group in enumerate(traced.groups):
        report("flipping", sum(len(one.prompts) for one in traced.groups[:number]), len(prompts))
        end = done + group.ids.shape[0] * len(group.positions)
        part = [one[done:end] for one in named]
        waiting.append((group, _ends(machine, plan, group, part)))
        done = end
        due = emit is not None and time.monotonic() - told_at > _EVERY
        if number + 1 == len(traced.groups) or _size(waiting) > _MOST_AT_ONCE or due:
            for one in _told(machine, readout, plan, waiting, prompts):
                effects[:, one.prompt] = one.effects
                readings[one.prompt] = one.reading
            waiting = []
        if emit is not None and due:
            emit(effects, np.isin(np.arange(len(prompts)), list(readings)))
            told_at = time.monotonic()
    report("flipping", len(prompts), len(prompts))
    ordered = [readings[n] for n in range(len(prompts))]
    changes = _changes(plan, traced.pool, named)
    return Read(
        effects,
        ordered,
        {name: _measure(traced.pool.means(one)) for name, one in changes.items()},
        {name: _measure(one.mean(axis=0)) for name, one in changes.items()},
    )


class _Told(NamedTuple):
    """One prompt."""

    prompt: int
    effects: Floats
    """float64[rows, columns]."""
    reading: Reading


def _size(waiting: Sequence[tuple[Group, States]]) -> int:
    return sum(ends.size for _, ends in waiting)


def _told(
    machine: Machine,
    readout: Readout,
    plan: Plan,
    waiting: Sequence[tuple[Group, States]],
    prompts: Sequence[Prompt],
) -> list[_Told]:
    """What the prompts of some groups say; their scores are had together."""
    rows = np.array(plan.conditions)
    further = np.isin(rows, ("edits", "together"))
    place = np.cumsum(~further) - 1  # of each row among those that `ends` has
    described = [place[n] for n in plan.described if not further[n]]
    ends = np.concatenate([one for _, one in waiting], axis=1)
    some = machine.scores(ends, readout.needed)
    places = [(group, n) for group, _ in waiting for n in range(len(group.prompts))]
    found: list[_Told] = []
    for start in range(0, len(places), _READ_TOGETHER):
        whole = machine.scores(ends[described, start : start + _READ_TOGETHER])
        for number, (group, n) in enumerate(places[start : start + _READ_TOGETHER]):
            effects = np.zeros((len(rows), readout.columns))
            effects[~further] = readout.effects(some[:, start + number])
            output = whole[:, number]
            if further.any():
                made = _further(machine, plan, group, n)
                effects[further] = readout.effects(_columns(made, readout))[1:]
                after = len(plan.named) + plan.direct
                output = np.concatenate([output[:after], made[1:], output[after:]])
            text = prompts[group.prompts[n]].text
            found.append(_Told(group.prompts[n], effects, readout.read(output, text)))
    return found


def _columns(output: States, readout: Readout) -> States:
    return output if readout.needed is None else output[:, readout.needed]


def _further(machine: Machine, plan: Plan, group: Group, number: int) -> States:
    """Output of a prompt without any edit and under each row of further edits.

    These may be made at any site, so they run by hooks.
    """
    edits = [(), *(row.at(group.positions) for row in plan.extra)]
    return machine.outputs(group.ids[number], edits)


def _ends(machine: Machine, plan: Plan, group: Group, named: Sequence[States]) -> States:
    """What `machine.scores` needs of all rows but further edits: float32[rows, prompts, ...].

    `named` has the edited positions under each named row.
    """
    site, last = plan.where.site, plan.where.last
    part = group.edited(site)
    shaped = [one.reshape(part.shape) for one in named]
    total = len(named) + len(plan.fixed.targets) + len(plan.directions)
    step = max(1, _MOST_AT_ONCE // part.size)
    made = []
    for start in range(0, total, step):
        block = _block(plan, part, shaped, start, min(start + step, total))
        made.append(machine.ends(group.ids, site, group.whole(site, block)))
    ends = np.concatenate(made)
    if not plan.direct:
        return ends
    direct = machine.ends(group.ids, last, _direct(plan, group, shaped[1])[None])
    return np.concatenate([ends[: len(named)], direct, ends[len(named) :]])


def _block(plan: Plan, part: States, named: Sequence[States], start: int, stop: int) -> States:
    """Edited positions under some rows: float32[stop - start, prompts, positions, dims].

    Rows count named ones, then random features, then directions of noise.
    """
    features = len(plan.fixed.targets)
    made = [one[None] for one in named[start:stop]]
    first, end = max(0, start - len(named)), max(0, stop - len(named))
    made.append(Fixed(plan.fixed.targets[first:end]).applied(part, plan.where))
    some = plan.directions[max(0, first - features) : max(0, end - features)]
    if len(some):
        made.append(fixed.turned(part, named[1], some))
    return np.concatenate(made).astype(np.float32, copy=False)


def _direct(plan: Plan, group: Group, away: States) -> States:
    """Away's change of the read position, added to the last block's output: no block sees it."""
    last = group.states[plan.where.last].copy()
    end = last.shape[1] - 1
    if end in group.positions:
        place = group.positions.index(end)
        last[:, end] += away[:, place] - group.states[plan.where.site][:, end]
    return last


def _changes(plan: Plan, pool: Pool, named: Sequence[States]) -> dict[str, NDArray[np.float64]]:
    """What each row of a condition changes at every position: float64[positions, rows, 3].

    See `controls.changes`. Direct: what away changes at the flip's site. Further edits: what those
    of that site change. Noise: the first DESCRIBED directions.
    """
    where, states = plan.where, pool.states
    extra = [(one.condition, one.here(where.site).applied(states)) for one in plan.extra]
    rows = [(row.condition, made) for row, made in zip(plan.named, named, strict=True)]
    turned = fixed.turned(states, named[1], plan.directions[:DESCRIBED])
    found: dict[str, list[NDArray[np.float64]]] = {}
    for name, made in [*rows, *extra, *(("noise", one) for one in turned)]:
        found.setdefault(name, []).append(controls.changes(made, states, where.cut))
    if plan.direct:
        found["direct"] = found["away"]
    every = {name: np.stack(each, axis=1) for name, each in found.items()}
    if len(plan.fixed.targets):
        every["random"] = plan.fixed.changes(states, where)
    return every


def _measure(means: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean over rows of share, root of the mean square, ratio: float64[..., rows, 3] averaged."""
    rooted = np.stack([means[..., 0], np.sqrt(means[..., 1]), means[..., 2]], axis=-1)
    return np.asarray(rooted.mean(axis=-2))

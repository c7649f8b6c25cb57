"""Prompts that run together: those of one length, so that every condition is a row of one batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.flips.controls import States
from catalog.flips.machine import Ints, Machine
from catalog.sites import Site

_MOST_TOGETHER = 2**21
"""Numbers in the states of the prompts of one group."""


@dataclass(frozen=True)
class Group:
    """Prompts of one length, of which the same positions are edited."""

    prompts: list[int]
    """Their numbers in the run."""
    ids: Ints
    """int64[prompts, T]."""
    positions: tuple[int, ...]
    states: dict[Site, States]
    """Unedited, float32[prompts, T, dims], of the sites that were asked for."""

    def edited(self, site: Site) -> States:
        """States of the edited positions alone: float32[prompts, positions, dims]."""
        return self.states[site][:, list(self.positions)]

    def whole(self, site: Site, edited: States) -> States:
        """float32[rows, prompts, positions, dims] put among the states that stay as they are."""
        states = self.states[site]
        if len(self.positions) == states.shape[1]:
            return edited
        made = np.repeat(states[None], len(edited), axis=0)
        made[:, :, list(self.positions)] = edited
        return made


def grouped(
    machine: Machine,
    encoded: Sequence[tuple[Ints, tuple[int, ...]]],
    sites: Sequence[Site],
) -> list[Group]:
    """Prompts (ids and edited positions each) in groups, with their states at some sites."""
    alike: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for number, (ids, positions) in enumerate(encoded):
        alike.setdefault((len(ids), positions), []).append(number)
    groups = []
    for (length, positions), numbers in alike.items():
        most = max(1, _MOST_TOGETHER // (length * machine.dims))
        for start in range(0, len(numbers), most):
            some = numbers[start : start + most]
            ids = np.stack([encoded[n][0] for n in some])
            groups.append(
                Group(some, ids, positions, machine.traced(ids, list(dict.fromkeys(sites))))
            )
    return groups


@dataclass(frozen=True)
class Pool:
    """Every edited position of every prompt at one site, group by group."""

    states: States
    """float32[positions, dims]."""
    prompts: Ints
    """The prompts in this order, by number: int64[prompts]."""
    starts: Ints
    """Where the positions of each begin: int64[prompts]."""

    @classmethod
    def of(cls, groups: Sequence[Group], site: Site) -> "Pool":
        """Of traced prompts."""
        sizes = np.repeat([len(g.positions) for g in groups], [len(g.prompts) for g in groups])
        return cls(
            np.concatenate([np.concatenate(list(one.edited(site))) for one in groups]),
            np.array([n for one in groups for n in one.prompts], np.int64),
            np.cumsum(sizes) - sizes,
        )

    def each(self) -> list[States]:
        """The positions of each prompt apart, in the pool's order."""
        return np.split(self.states, self.starts[1:])

    def means(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """float[positions, ...] averaged within each prompt, by number: float64[prompts, ...]."""
        sizes = np.diff(np.append(self.starts, len(values)))
        sums = np.add.reduceat(values.astype(np.float64), self.starts, axis=0)
        found = np.empty_like(sums)
        found[self.prompts] = sums / sizes.reshape(-1, *(1,) * (values.ndim - 1))
        return found

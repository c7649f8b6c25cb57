"""Flips: change a feature's signs in the forward pass and read its concept, beside the controls.

Arrays and a `Machine`, never tensors: one run is a value (`Setup`) and gives a value (`Flips`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.errors import SettingRefused
from catalog.flips import controls, readouts
from catalog.flips.controls import CONDITIONS, Signed
from catalog.flips.prompts import Prompt
from catalog.flips.source import Source
from catalog.progress import Report, silent
from catalog.sites import Site

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


class Machine(Protocol):
    """A model behind arrays; see `catalog.model.token_machine` and `item_machine`."""

    reads: str
    """Which readout its output suits: vocabulary, classes or layers."""

    layers: int
    dims: int

    def encode(self, text: str) -> tuple[Ints, int]:
        """Ids of a prompt, and how many of the first are a beginning-of-text sink.

        Of an item such as #12 its number, once for every position.
        """

    def states(self, ids: Ints, site: Site) -> NDArray[np.float32]:
        """Unedited states: float32[positions, dims]."""

    def outputs(self, ids: Ints, rows: Sequence[Sequence[Edit]]) -> NDArray[np.float32]:
        """What the readout reads, under each row's edits: float32[rows, ...]."""

    def shown(self, ids: Sequence[int]) -> list[str]:
        """What the numbers of a readout's `Top` are called: tokens, classes or items."""


@dataclass(frozen=True)
class Setup:
    """Everything that a run depends on, besides the weights."""

    name: str
    site: Site
    threshold: str
    feature: Signed
    """Strongest first."""
    cut: Floats
    """Threshold of every dimension of the site."""
    readout: readouts.Readout
    prompts: tuple[Prompt, ...]
    disjoint: tuple[Signed, ...] = ()
    disjoint_names: tuple[str, ...] = ()
    positions: str = "all"
    """all (but a beginning-of-text sink), last, or places from 0 separated by commas."""
    scale: float = 1.0
    seed: int = 0
    draws: int = controls.DRAWS
    extra: tuple[Edit, ...] = ()
    """Further edits, at the same positions: read alone, and together with away."""
    edits: str = ""
    """The text that they were made from."""
    source: Source = field(default_factory=lambda: Source("category", ""))
    """Where the feature comes from: with it the run can be made at another site."""

    def __post_init__(self) -> None:
        """Refuse what cannot be run, in one sentence."""
        if not np.isfinite(self.scale):
            raise SettingRefused("The scale must be a finite number, not NaN.")
        if not len(self.feature.dimensions):
            raise SettingRefused(
                f"{self.name} has no dimensions at {self.site}, so nothing can be flipped. Choose "
                "another site or feature."
            )
        if not self.prompts:
            raise SettingRefused("There are no prompts. Give at least two.")
        if not self.readout.columns:
            raise SettingRefused(f"{self.name} has no {self.readout.column} to read the effect on.")
        if self.draws < controls.DRAWS:
            raise SettingRefused(f"At least {controls.DRAWS} draws of each control are needed.")

    def places(self, tokens: int, sink: int) -> tuple[int, ...]:
        """Edited positions of a prompt."""
        if self.positions == "last":
            return (tokens - 1,)
        if self.positions == "all":
            return tuple(range(min(sink, tokens - 1), tokens))
        try:
            chosen = sorted({int(one) for one in self.positions.split(",")})
        except ValueError as error:
            raise SettingRefused(
                f"Positions are all, last, or numbers such as 0,2,3; not {self.positions!r}."
            ) from error
        chosen = [one + tokens if one < 0 else one for one in chosen]
        if not all(0 <= one < tokens for one in chosen):
            raise SettingRefused(
                f"A prompt has {tokens} tokens, so there is no position {self.positions}."
            )
        return tuple(sorted(set(chosen)))


@dataclass(frozen=True)
class Seen:
    """What comes first for one prompt before and after away."""

    prompt: Prompt
    top: readouts.Top


@dataclass
class Flips:
    """What was measured; conditions in the order of `CONDITIONS`, draws averaged within each."""

    setup: Setup
    conditions: tuple[str, ...] = CONDITIONS
    effects: dict[str, Floats] = field(default_factory=dict)
    """Contrast of each held-out token: float64[prompts, tokens] of each condition."""
    others: dict[str, Floats] = field(default_factory=dict)
    """Effect on every other category: float64[prompts, categories]."""
    beside: dict[str, dict[str, Floats]] = field(default_factory=dict)
    """Further figures of the readout, float64[prompts] of each condition. log_odds: change of the
    log odds of the concept's mass; kl: KL(baseline || condition); neighbours: share of the nearest
    items that change."""
    measures: dict[str, Floats] = field(default_factory=dict)
    """Share changed, ||delta||, ||x'|| / ||x||: float64[prompts, 3]."""
    worst_match: float = 0.0
    """Largest relative distance of a random draw from away in signs changed or ||delta||."""
    seen: list[Seen] = field(default_factory=list)

    @property
    def kl(self) -> dict[str, Floats]:
        """KL(baseline || condition) in nats; empty where the model gives no probabilities."""
        return self.beside.get("kl", {})

    @property
    def sources(self) -> Ints:
        """Number of each prompt's source: prompts of one source are resampled together."""
        names = [prompt.source or prompt.text for prompt in self.setup.prompts]
        return np.unique(np.array(names, dtype=str), return_inverse=True)[1].astype(np.int64)

    def kind(self, kind: str) -> NDArray[np.bool_]:
        """Which prompts are of a kind: neutral or eliciting."""
        return np.array([prompt.kind == kind for prompt in self.setup.prompts])


def run(
    machine: Machine,
    setup: Setup,
    report: Report = silent,
    names: Sequence[str] = CONDITIONS,
) -> Flips:
    """Every prompt once, all its conditions as rows of one batch on the same ids.

    `report` may raise to cancel; it is called before each forward pass. `names` keeps only some
    conditions (baseline and away always run).
    """
    where = controls.Where(
        setup.site, Site("resid", machine.layers), setup.cut, setup.scale, setup.draws
    )
    names = [name for name in names if name in setup.readout.conditions]
    encoded = [machine.encode(prompt.text) for prompt in setup.prompts]
    _check(setup, machine)
    generator = np.random.default_rng(setup.seed)
    parts = []
    for number, (prompt, (ids, sink)) in enumerate(zip(setup.prompts, encoded, strict=True)):
        report("flipping", number, len(encoded))
        positions = setup.places(len(ids), sink)
        states = machine.states(ids, setup.site)
        rows = controls.rows(
            where, setup.feature, setup.disjoint, states, positions, generator, names
        ) + controls.added(where, setup.feature, setup.extra, states, positions)
        report("flipping", number, len(encoded))
        output = machine.outputs(ids, [row.edits for row in rows])
        parts.append(_Part(prompt, rows, setup.readout.read(output, prompt.text)))
    report("flipping", len(encoded), len(encoded))
    return _joined(setup, parts)


def _check(setup: Setup, machine: Machine) -> None:
    most = int(setup.feature.dimensions.max())
    if most >= machine.dims or setup.feature.dimensions.min() < 0:
        raise SettingRefused(
            f"There is no dimension {most}: {setup.site} has {machine.dims} (from 0)."
        )
    for edit in setup.extra:
        edit.check(machine.dims, machine.layers, 1)
    if setup.site.kind != "resid" or (setup.site.layer or 0) > machine.layers:
        raise SettingRefused(
            f"{setup.site} cannot be flipped: choose resid.0 to resid.{machine.layers}."
        )


@dataclass(frozen=True)
class _Part:
    """One prompt."""

    prompt: Prompt
    rows: list[controls.Row]
    reading: readouts.Reading


def _joined(setup: Setup, parts: list[_Part]) -> Flips:
    """Mean over the draws of each condition, prompts stacked."""
    present = [row.condition for row in parts[0].rows]
    names = tuple(name for name in CONDITIONS if name in present)
    found = Flips(setup, names, seen=[Seen(part.prompt, part.reading.top) for part in parts])
    found.beside = {name: {} for name in parts[0].reading.beside}
    for name in names:
        picked = [[n for n, row in enumerate(p.rows) if row.condition == name] for p in parts]
        pairs = list(zip(parts, picked, strict=True))
        found.effects[name] = np.stack([p.reading.effects[n].mean(axis=0) for p, n in pairs])
        found.others[name] = np.stack([p.reading.others[n].mean(axis=0) for p, n in pairs])
        for what, values in found.beside.items():
            values[name] = np.array([p.reading.beside[what][n].mean() for p, n in pairs])
        found.measures[name] = np.array(
            [np.mean([_triple(p.rows[one]) for one in n], axis=0) for p, n in pairs]
        )
    found.worst_match = max((_distance(part) for part in parts), default=0.0)
    return found


def _triple(row: controls.Row) -> tuple[float, float, float]:
    return row.measure.changed, row.measure.delta_norm, row.measure.norm_ratio


def _distance(part: _Part) -> float:
    """How far the worst random draw of a prompt is from away."""
    away = part.rows[1].measure
    apart = [0.0]
    for row in part.rows:
        if row.condition == "random":
            pairs = [
                (row.measure.changed, away.changed),
                (row.measure.delta_norm, away.delta_norm),
            ]
            apart += [abs(a / b - 1) for a, b in pairs if b > 0]
    return max(apart)

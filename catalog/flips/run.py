"""Flips: change a feature's signs in the forward pass and read its concept, beside the controls.

Arrays and a `Machine`, never tensors: one run is a value (`Setup`) and gives a value (`Flips`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.errors import SettingRefused
from catalog.flips import fixed, passes, readouts, together
from catalog.flips import plan as planning
from catalog.flips.controls import CONDITIONS, Signed, Where
from catalog.flips.machine import Machine as Machine
from catalog.flips.passes import Read, Traced
from catalog.flips.plan import Plan
from catalog.flips.prompts import Prompt
from catalog.flips.source import Source
from catalog.flips.together import Group, Pool
from catalog.flips.verdicts import Rank
from catalog.progress import Report, silent
from catalog.sites import Site

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


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
    draws: int = fixed.FEATURES
    """Fixed random features that away is ranked among."""
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
        if self.draws < fixed.FEATURES:
            raise SettingRefused(f"At least {fixed.FEATURES} fixed random features are needed.")

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
    """What was measured; conditions in the order of `CONDITIONS`, rows of one averaged."""

    setup: Setup
    conditions: tuple[str, ...] = CONDITIONS
    effects: dict[str, Floats] = field(default_factory=dict)
    """Contrast of each held-out token: float64[prompts, tokens] of each condition."""
    others: dict[str, Floats] = field(default_factory=dict)
    """Effect of away and toward on every other category: float64[prompts, categories]."""
    beside: dict[str, dict[str, Floats]] = field(default_factory=dict)
    """Further figures of the readout, float64[prompts] of each condition (of random and noise: the
    first few). log_odds: change of the log odds of the concept's mass; kl: KL(baseline ||
    condition); raw_logits, centred_logits: change of the concept's logits as they are, and minus
    that of the vocabulary's mean; neighbours: share of the nearest items that change."""
    measures: dict[str, Floats] = field(default_factory=dict)
    """Share changed, ||delta||, ||x'|| / ||x||: float64[prompts, 3]."""
    whole: dict[str, Floats] = field(default_factory=dict)
    """The same over all prompts' edited positions together, where random matches away."""
    features: Floats = field(default_factory=lambda: np.zeros((0, 0, 0)))
    """Effect of every fixed random feature apart: float64[features, prompts, tokens]."""
    worst_match: float = 0.0
    """Largest relative distance of a random feature from away in signs changed or ||delta||, over
    all prompts together: at most `fixed.TOLERANCE`."""
    worst_prompt: float = 0.0
    """The same at the worst single prompt: a feature that is the same for all cannot match each."""
    seen: list[Seen] = field(default_factory=list)

    @property
    def kl(self) -> dict[str, Floats]:
        """KL(baseline || condition) in nats; empty where the model gives no probabilities."""
        return self.beside.get("kl", {})

    @property
    def rank(self) -> Rank:
        """Away's place among the fixed random features that were run."""
        means = self.features.mean(axis=(1, 2)) if len(self.features) else np.zeros(0)
        return Rank(int((means <= self.effects["away"].mean()).sum()), len(means))

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
    traced: Sequence[Group] | None = None,
    drawn: int | None = None,
    emit: "Callable[[Flips, NDArray[np.bool_]], None] | None" = None,
) -> Flips:
    """Every prompt once, all its conditions as rows of one batch on the same ids.

    `report` may raise to cancel; it is called before each forward pass. `names` keeps only some
    conditions (baseline and away always run). `traced` is `trace` of these prompts and this site,
    where it is there already. `drawn`: only the first so many of the setup's random features, to
    be `extended` where they do not settle the verdict. `emit` gets what is there so far about once
    a second: effects alone, and which prompts they are of. Raises SettingRefused.
    """
    groups = trace(machine, setup, [setup.site]) if traced is None else traced
    wanted = [name for name in names if name in setup.readout.conditions]
    where = Where(setup.site, Site("resid", machine.layers), setup.cut, setup.scale)
    pool = Pool.of(groups, setup.site)
    plan = planning.of(setup, where, pool, wanted, setup.draws if drawn is None else drawn)

    def so_far(effects: Floats, done: NDArray[np.bool_]) -> None:
        if emit is not None:
            emit(_effects(setup, plan, effects), done)

    made = passes.read(
        machine, setup.readout, plan, Traced(groups, pool), setup.prompts, report,
        None if emit is None else so_far,
    )  # fmt: skip
    found = _joined(setup, plan, made)
    found.worst_match, found.worst_prompt = planning.match(setup, plan, pool)
    return found


def trace(machine: Machine, setup: Setup, sites: Sequence[Site]) -> list[Group]:
    """The prompts of a run in groups, with their states at some sites and at the last one.

    They serve every run of these prompts at one of the sites. Raises SettingRefused.
    """
    encoded = [machine.encode(prompt.text) for prompt in setup.prompts]
    for site in sites:
        _check(replace(setup, site=site), machine)
    edited = [(ids, setup.places(len(ids), sink)) for ids, sink in encoded]
    last = Site("resid", machine.layers)
    wanted = [*sites, last] if "direct" in setup.readout.conditions else list(sites)
    return together.grouped(machine, edited, wanted)


def extended(
    machine: Machine, found: Flips, number: int, traced: Sequence[Group] | None = None
) -> Flips:
    """The same run with `number` more fixed random features: those that come next."""
    setup, before = found.setup, found.rank.drawn
    groups = trace(machine, setup, [setup.site]) if traced is None else traced
    where = Where(setup.site, Site("resid", machine.layers), setup.cut, setup.scale)
    pool = Pool.of(groups, setup.site)
    drawn = planning.features(setup, where, pool, before, number)
    plan = replace(planning.of(setup, where, pool, (), 0), fixed=drawn, extra=[])
    made = passes.read(machine, setup.readout, plan, Traced(groups, pool), setup.prompts, silent)
    added = made.effects[np.array(plan.conditions) == "random"]
    features = np.concatenate([found.features, added])
    share = number / (before + number)
    measured, together = (
        share * new["random"] + (1 - share) * old["random"]
        for new, old in ((made.measures, found.measures), (made.whole, found.whole))
    )
    whole, alone = planning.match(setup, plan, pool)
    return replace(
        found,
        features=features,
        effects=found.effects | {"random": features.mean(axis=0)},
        measures=found.measures | {"random": measured},
        whole=found.whole | {"random": together},
        worst_match=max(found.worst_match, whole),
        worst_prompt=max(found.worst_prompt, alone),
    )


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


def _effects(setup: Setup, plan: Plan, effects: Floats) -> Flips:
    """Mean over the rows of each condition, of float64[rows, prompts, columns]."""
    rows = np.array(plan.conditions)
    names = tuple(name for name in CONDITIONS if name in rows)
    found = Flips(setup, names, features=effects[rows == "random"])
    found.effects = {name: effects[rows == name].mean(axis=0) for name in names}
    return found


def _joined(setup: Setup, plan: Plan, made: Read) -> Flips:
    """Everything that was read, by condition."""
    rows = np.array(plan.conditions)
    found = _effects(setup, plan, made.effects)
    found.measures, found.whole = made.measures, made.whole
    told = rows[plan.described]
    readings = made.readings
    for what in readings[0].beside:
        values = np.stack([one.beside[what] for one in readings])  # [prompts, described rows]
        found.beside[what] = {
            name: values[:, told == name].mean(axis=1) for name in found.conditions
        }
    for place, name in enumerate(told[: readouts.SPECIFIC]):
        if name in ("baseline", "away", "toward"):
            found.others[str(name)] = np.stack([one.others[place] for one in readings])
    pairs = zip(setup.prompts, readings, strict=True)
    found.seen = [Seen(prompt, one.top) for prompt, one in pairs]
    return found

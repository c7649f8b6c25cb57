"""Ablate the strongest writers of a feature while items run through the model, and read it again.

As many random neurons are ablated likewise; what the writers do beyond them is the effect.
docs/method.md#ablating-writers
"""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catalog.circuits import ablation_items, ablations, coalitions, writers
from catalog.circuits.ablation_items import Target
from catalog.circuits.ablations import Effect
from catalog.errors import SettingRefused
from catalog.model import columns as reach
from catalog.model.columns import Columns
from catalog.progress import Report, silent
from catalog.sites import Site
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.modalities import Modality
    from catalog.model.loading import LoadedModel

ONLY_TEXT = "Ablation runs on text models so far."
KINDS = ("category", "discovered")
NEURONS = 20
"""Writers that are ablated together."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Asked:
    """An ablation as it is asked for: all that it depends on, besides a catalog and its weights."""

    kind: str
    """category or discovered"""
    name: str
    site: str
    threshold: str
    neurons: int = NEURONS
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what no catalog could ablate."""
        if self.kind not in KINDS:
            raise SettingRefused(f"{self.kind!r} is no stored feature: {' or '.join(KINDS)}.")
        if self.neurons < 1:
            raise SettingRefused("Ablate at least one neuron.")


@dataclass(frozen=True)
class Sizes:
    """How many neurons are ablated, and how often."""

    neurons: int = NEURONS
    splits: int = ablations.SPLITS
    draws: int = ablations.DRAWS
    seed: int = 0


@dataclass(frozen=True)
class Ablated:
    """What the ablation did. Changes are of the agreement on dimensions that chose no neuron."""

    members: Effect
    background: Effect
    """The same on items of the background: a feature's writers should matter less there."""
    same: float
    """The members' change on the dimensions that chose the neurons: in sample."""
    before: float
    """Agreement of the members, untouched, on all dimensions."""
    background_before: float
    shown: int
    """Members run."""
    draws: NDArray[np.float64]
    """Change of the members' agreement in each random draw: float64[splits x draws]."""
    layer: NDArray[np.int32]
    neuron: NDArray[np.int32]
    times: NDArray[np.int64]
    """Splits in which each of these neurons was among the writers ablated."""
    size: NDArray[np.float32]
    """Mean |activation| x length of the column of each."""
    distinct: int
    """Different neurons among all random draws: few where hardly any are as active."""
    worst: float
    """Largest mismatch of a random draw in summed activation x norm."""


def check(catalog: Catalog, asked: Asked) -> None:
    """SettingRefused for what cannot be ablated, whatever the weights."""
    if catalog.modality != "text":
        raise SettingRefused(ONLY_TEXT)
    catalog.check_alone("an ablation")
    reach.check(Site.parse(asked.site))


def of(model: "LoadedModel", catalog: Catalog, asked: Asked, report: Report = silent) -> Ablated:
    """Ablate on a catalog's model, loaded already.

    NotInCatalog without the feature; SettingRefused for other models than those of text, and as
    `run`.
    """
    from catalog.building.reopen import reopen  # torch takes seconds

    check(catalog, asked)
    report("setting up", 0, 0)
    target = ablation_items.target(
        catalog, asked.kind, asked.name, asked.site, asked.threshold, asked.seed
    )
    sizes = Sizes(asked.neurons, seed=asked.seed)
    return run(model, reopen(catalog, model), target, sizes, report)


def run(
    model: "LoadedModel",
    modality: "Modality",
    target: Target,
    sizes: Sizes = Sizes(),
    report: Report = silent,
    written: Columns | None = None,
) -> Ablated:
    """Set the strongest writers' activations to 0 at every position; as many random ones, likewise.

    Writers are chosen by weights alone, the largest max(a, 1 - a) of the blocks before the site on
    a random half of the dimensions; agreement is read on the other half, since neurons picked to
    agree with certain dimensions move these whatever they mean. Random neurons are of the same
    blocks, matched on mean |activation| over the members x length of the column (see
    `ablations.matched`). `written` are the columns, where they were read before. Raises
    SettingRefused.
    """
    from catalog.model import ablation, down_projection

    columns = written or down_projection.before(model, target.site).columns
    found = writers.match(columns.signs, target.dimensions, target.signs)
    generator = np.random.default_rng(sizes.seed)
    halves = coalitions.dimension_halves(len(found), generator, sizes.splits)
    passes, done = sizes.splits * (1 + sizes.draws) + 1, itertools.count(1)
    report("ablating", 0, passes)
    size = ablation.activations(model, modality, columns, target.members) * columns.norms
    items = np.concatenate([target.members, target.background])

    def without(neurons: Ints) -> NDArray[np.float32]:
        with ablation.ablating(model.parts, columns.by_layer(neurons)):
            seen = ablation.matches(model, modality, target, items)
        report("ablating", next(done), passes)
        return seen

    untouched = without(np.empty(0, np.int64))
    wanted = min(sizes.neurons, columns.neurons // 4)
    splits = []
    for half in halves:
        strength = writers.strength(found[half])
        chosen = ablations.top_writers(strength, columns.norms, wanted)
        sets, gap = ablations.matched(size, columns.layer, chosen, generator, sizes.draws)
        change = without(chosen) - untouched
        others = [(without(one) - untouched)[:, ~half].mean(axis=1) for one in sets]
        same = change[: len(target.members), half].mean()
        splits.append(_Split(chosen, sets, gap, change[:, ~half].mean(axis=1), others, same))
    return _joined(splits, untouched, columns, size, len(target.members), generator)


@dataclass(frozen=True)
class _Split:
    """One half of the dimensions chose; changes are those of the other half, float32[items]."""

    writers: Ints
    sets: Ints
    """Random neurons: int64[draws, writers]."""
    gap: float
    """Largest mismatch of a random draw."""
    change: NDArray[np.float32]
    random: list[NDArray[np.float32]]
    """Change without each random set."""
    same: float
    """The members' mean change on the half that chose."""


def _joined(
    splits: list[_Split],
    untouched: NDArray[np.float32],
    columns: Columns,
    size: NDArray[np.float32],
    count: int,
    generator: np.random.Generator,
) -> Ablated:
    """All splits; of the items the first `count` are members, the rest is background."""
    moved = np.array([one.change for one in splits], float)
    others = np.array([one.random for one in splits], float)  # [splits, draws, items]
    neurons, times = np.unique(np.concatenate([s.writers for s in splits]), return_counts=True)
    order = np.lexsort((-size[neurons], -times))
    return Ablated(
        members=ablations.judge(moved[:, :count], others[..., :count], generator),
        background=ablations.judge(moved[:, count:], others[..., count:], generator),
        same=float(np.mean([one.same for one in splits])),
        before=float(untouched[:count].mean()),
        background_before=float(untouched[count:].mean()),
        shown=count,
        draws=others[..., :count].mean(axis=2).ravel(),
        layer=columns.layer[neurons[order]],
        neuron=columns.neuron[neurons[order]],
        times=times[order],
        size=size[neurons[order]],
        distinct=len(np.unique(np.concatenate([one.sets for one in splits]))),
        worst=max(one.gap for one in splits),
    )

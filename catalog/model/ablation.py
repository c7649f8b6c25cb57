"""Ablate FFN neurons while items run through the model, and read a feature's agreement."""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from catalog.circuits import ablations
from catalog.circuits import coalitions as writers_of
from catalog.circuits.ablations import Judged
from catalog.circuits.coalitions import Columns
from catalog.errors import SettingRefused
from catalog.modalities import Modality
from catalog.model import down_projection, states
from catalog.model.loading import LoadedModel
from catalog.model.structure import Structure
from catalog.progress import Report, silent
from catalog.sites import Site

BATCH = 256
"""Items of one forward pass."""
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Asked:
    """An ablation: the feature, its items, and how many neurons."""

    site: Site
    dimensions: Ints
    signs: Ints
    cut: NDArray[np.float32]
    """Threshold of each of the dimensions."""
    members: Ints
    """Held-out members of the feature."""
    background: Ints
    """Items of its matched background."""
    neurons: int = 20
    splits: int = ablations.SPLITS
    draws: int = ablations.DRAWS
    seed: int = 0


@dataclass(frozen=True)
class Ablated:
    """What the ablation did. Changes are of the agreement on dimensions that chose no neuron."""

    members: Judged
    background: Judged
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


def run(
    model: LoadedModel,
    modality: Modality,
    asked: Asked,
    report: Report = silent,
    written: Columns | None = None,
) -> Ablated:
    """Set the strongest writers' activations to 0 at every position; as many random ones, likewise.

    Writers are chosen by weights alone, the largest max(a, 1 - a) of the blocks before the site on
    a random half of the dimensions; agreement is read on the other half, since neurons picked to
    agree with certain dimensions move these whatever they mean. Random neurons are of the same
    blocks, matched on mean |activation| over the members x length of the column (see
    `ablations.matched`). Raises SettingRefused.
    """
    columns = written or columns_before(model, asked.site)
    found = writers_of.match(columns.signs, asked.dimensions, asked.signs)
    generator = np.random.default_rng(asked.seed)
    halves = writers_of.dimension_halves(len(found), generator, asked.splits)
    passes = asked.splits * (1 + asked.draws) + 1
    report("ablating", 0, passes)
    size = activations(model, modality, columns, asked.members) * columns.norms
    items = np.concatenate([asked.members, asked.background])
    steps = itertools.count(1)

    def without(neurons: Ints) -> NDArray[np.float32]:
        with ablating(model.parts, by_layer(columns, neurons)):
            seen = matches(model, modality, asked, items)
        report("ablating", next(steps), passes)
        return seen

    untouched = without(np.empty(0, np.int64))
    wanted = min(asked.neurons, columns.neurons // 4)
    own, random, same, chosen, partners, worst = [], [], [], [], [], 0.0
    for half in halves:
        strength = writers_of.strength(found[half])
        writers_here = ablations.top_writers(strength, columns.norms, wanted)
        sets, gap = ablations.matched(size, columns.layer, writers_here, generator, asked.draws)
        change = without(writers_here) - untouched
        own.append(change[:, ~half].mean(axis=1))
        same.append(change[: len(asked.members), half].mean())
        random.append([(without(one) - untouched)[:, ~half].mean(axis=1) for one in sets])
        chosen.append(writers_here)
        partners.append(sets)
        worst = max(worst, gap)
    count = len(asked.members)
    moved, others = np.array(own, float), np.array(random, float)
    neurons, times = np.unique(np.concatenate(chosen), return_counts=True)
    order = np.lexsort((-size[neurons], -times))
    return Ablated(
        ablations.judge(moved[:, :count], others[..., :count], generator),
        ablations.judge(moved[:, count:], others[..., count:], generator),
        float(np.mean(same)),
        float(untouched[:count].mean()),
        float(untouched[count:].mean()),
        count,
        others[..., :count].mean(axis=2).ravel(),
        columns.layer[neurons[order]],
        columns.neuron[neurons[order]],
        times[order],
        size[neurons[order]],
        len(np.unique(np.concatenate(partners))),
        worst,
    )


def columns_before(model: LoadedModel, site: Site) -> Columns:
    """Columns that can reach a site; SettingRefused where none can."""
    if site.kind not in ("resid", "final") or site.layer == 0:
        raise SettingRefused(
            f"No FFN neuron writes to {site}: choose a residual site from resid.1 on, or final."
        )
    columns = down_projection.read(model, final=site.kind == "final").columns
    return columns if site.layer is None else columns.until(site.layer)


def by_layer(columns: Columns, chosen: Ints) -> dict[int, Ints]:
    """Numbers of chosen neurons within their blocks."""
    layers = columns.layer[chosen]
    return {
        int(layer): columns.neuron[chosen[layers == layer]].astype(np.int64)
        for layer in np.unique(layers)
    }


@contextlib.contextmanager
def ablating(parts: Structure, chosen: Mapping[int, Ints]) -> Iterator[None]:
    """Set these neurons' activations (inputs of the down projection) to 0 in every forward pass.

    `chosen` maps blocks, from 1, to neurons. Nothing chosen changes no bit; hooks always come off.
    """
    with contextlib.ExitStack() as hooks:
        for layer, neurons in chosen.items():
            down = parts.down_projections[layer - 1]
            if down is None:
                raise SettingRefused(parts.absent(Site("ffn", layer)) or "")
            hook = _silencer(torch.from_numpy(neurons))
            hooks.callback(down.register_forward_pre_hook(hook, prepend=True).remove)
        yield


def _silencer(neurons: Tensor) -> Callable[[nn.Module, tuple[Tensor, ...]], tuple[Tensor, ...]]:
    def silence(_module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        changed = args[0].clone()
        changed[..., neurons.to(changed.device)] = 0
        return (changed, *args[1:])

    return silence


def activations(
    model: LoadedModel, modality: Modality, columns: Columns, items: Ints
) -> NDArray[np.float32]:
    """Mean |activation| of every neuron over items, at the position read: float32[neurons]."""
    sites = [Site("ffn", int(layer)) for layer in np.unique(columns.layer)]
    total: dict[Site, NDArray[np.float32]] = {}
    for _, seen in states.batches(model, modality, sites, items, min(BATCH, len(items))):
        for site, values in seen.items():
            sums = values.abs().sum(dim=0).cpu().numpy()
            total[site] = total.get(site, np.zeros_like(sums)) + sums
    every = np.concatenate([total[site] for site in sites])
    return np.asarray(every / len(items), np.float32)


def matches(
    model: LoadedModel, modality: Modality, asked: Asked, items: Ints
) -> NDArray[np.float32]:
    """1 where an item has the feature's sign, as the model stands: float32[items, dimensions]."""
    dims = torch.from_numpy(asked.dimensions).to(model.device)
    cut = torch.from_numpy(asked.cut).to(model.device)
    up = torch.from_numpy(asked.signs > 0).to(model.device)
    batch = min(BATCH, len(items))
    return np.concatenate(
        [
            ((seen[asked.site][:, dims] > cut) == up).float().cpu().numpy()
            for _, seen in states.batches(model, modality, [asked.site], items, batch)
        ]
    )

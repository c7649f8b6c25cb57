"""Ablate FFN neurons while items run through the model, and read a feature's agreement."""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from catalog import ablations
from catalog import writers as writers_of
from catalog.ablations import Judged
from catalog.errors import SettingRefused
from catalog.modalities import Modality
from catalog.model import states, writers
from catalog.model.loading import LoadedModel
from catalog.model.structure import Structure
from catalog.sites import Site
from catalog.writers import Columns

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
    draws: int = ablations.DRAWS
    seed: int = 0


@dataclass(frozen=True)
class Ablated:
    """What the ablation did."""

    members: Judged
    background: Judged
    """The same on items of the background: a feature's writers should matter less there."""
    shown: int
    """Members run."""
    before: float
    """Agreement of the members, untouched."""
    background_before: float
    draws: NDArray[np.float64]
    """Change of the members' agreement in each random draw: float64[draws]."""
    layer: NDArray[np.int32]
    neuron: NDArray[np.int32]
    agreement: NDArray[np.float64]
    """a of each ablated neuron."""
    size: NDArray[np.float32]
    """Mean |activation| x length of the column of each ablated neuron."""
    distinct: int
    """Different neurons among all random draws: few where hardly any are as active."""
    worst: float
    """Largest mismatch of a random draw in summed activation x norm."""


Report = Callable[[str, int, int], None]


def run(
    model: LoadedModel,
    modality: Modality,
    asked: Asked,
    report: Report = lambda _stage, _done, _all: None,
    written: Columns | None = None,
) -> Ablated:
    """Set the strongest writers' activations to 0 at every position; as many random ones, likewise.

    Writers are chosen by weights alone: the largest max(a, 1 - a) of the blocks before the site.
    Random neurons are of the same blocks, matched on mean |activation| over the members x length
    of the column (see `ablations.matched`). Raises SettingRefused.
    """
    columns = written or columns_before(model, asked.site)
    found = writers_of.match(columns.signs, asked.dimensions, asked.signs)
    strength = writers_of.strength(found)
    wanted = min(asked.neurons, columns.neurons // 4)
    chosen = ablations.top_writers(strength, columns.norms, wanted)
    report("ablating", 0, asked.draws + 2)
    size = activations(model, modality, columns, asked.members) * columns.norms
    generator = np.random.default_rng(asked.seed)
    partners, worst = ablations.matched(size, columns.layer, chosen, generator, asked.draws)
    items = np.concatenate([asked.members, asked.background])
    rows = []
    for done, neurons in enumerate([chosen[:0], chosen, *partners], 1):
        with ablating(model.parts, by_layer(columns, neurons)):
            rows.append(agreements(model, modality, asked, items))
        report("ablating", done, asked.draws + 2)
    agreed = np.array(rows)
    own, other = agreed[:, : len(asked.members)], agreed[:, len(asked.members) :]
    return Ablated(
        ablations.judge(own[0], own[1], own[2:], generator),
        ablations.judge(other[0], other[1], other[2:], generator),
        len(asked.members),
        float(own[0].mean()),
        float(other[0].mean()),
        (own[2:] - own[0]).mean(axis=1),
        columns.layer[chosen],
        columns.neuron[chosen],
        writers_of.agreements(found)[chosen],
        size[chosen],
        len(np.unique(partners)),
        worst,
    )


def columns_before(model: LoadedModel, site: Site) -> Columns:
    """Columns that can reach a site; SettingRefused where none can."""
    if site.kind not in ("resid", "final") or site.layer == 0:
        raise SettingRefused(
            f"No FFN neuron writes to {site}: choose a residual site from resid.1 on, or final."
        )
    columns = writers.read(model, final=site.kind == "final").columns
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


def agreements(
    model: LoadedModel, modality: Modality, asked: Asked, items: Ints
) -> NDArray[np.float64]:
    """Agreement of every item with the feature at its site, as the model stands: float64[items]."""
    dims = torch.from_numpy(asked.dimensions).to(model.device)
    cut = torch.from_numpy(asked.cut).to(model.device)
    up = torch.from_numpy(asked.signs > 0).to(model.device)
    batch = min(BATCH, len(items))
    return np.concatenate(
        [
            ((seen[asked.site][:, dims] > cut) == up).double().mean(dim=1).cpu().numpy()
            for _, seen in states.batches(model, modality, [asked.site], items, batch)
        ]
    )

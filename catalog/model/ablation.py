"""FFN neurons in a forward pass: set to 0, their activations, and a feature's signs behind them."""

import contextlib
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from catalog.modalities import Modality
from catalog.model import quick, states
from catalog.model.columns import Columns
from catalog.model.loading import LoadedModel
from catalog.model.structure import Structure
from catalog.model.taps import Tap
from catalog.sites import Site

BATCH = 256
"""Items of one forward pass."""
Ints = NDArray[np.int64]


class Feature(Protocol):
    """What of a feature is read off the states: see `catalog.circuits.ablation_items.Target`."""

    @property
    def site(self) -> Site:
        """Where."""
        ...

    @property
    def dimensions(self) -> Ints:
        """Its dimensions."""
        ...

    @property
    def signs(self) -> Ints:
        """The signs they should have."""
        ...

    @property
    def cut(self) -> NDArray[np.float32]:
        """Threshold of each of the dimensions."""
        ...


@contextlib.contextmanager
def ablating(parts: Structure, chosen: Mapping[int, Ints]) -> Iterator[None]:
    """Set these neurons' activations (inputs of the down projection) to 0 in every forward pass.

    `chosen` maps blocks, from 1, to neurons. Nothing chosen changes no bit; hooks always come off.
    SettingRefused for a block that ends in no single down projection.
    """
    with contextlib.ExitStack() as hooks:
        for layer, neurons in chosen.items():
            tap = parts.tap(Site("ffn", layer))
            hook = _silencer(torch.from_numpy(neurons), tap)
            hooks.callback(tap.module.register_forward_pre_hook(hook, prepend=True).remove)
        yield


def _silencer(
    neurons: Tensor, tap: Tap
) -> Callable[[nn.Module, tuple[Tensor, ...]], tuple[Tensor, ...]]:
    turn = itertools.count()

    def silence(_module: nn.Module, args: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        if tap.calls > 1 and next(turn) % tap.calls != tap.nth:
            return args  # a shared block, in another of its calls
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
    model: LoadedModel, modality: Modality, feature: Feature, items: Ints
) -> NDArray[np.float32]:
    """1 where an item has the feature's sign, as the model stands: float32[items, dimensions]."""
    dims = torch.from_numpy(feature.dimensions).to(model.device)
    cut = torch.from_numpy(feature.cut).to(model.device)
    up = torch.from_numpy(feature.signs > 0).to(model.device)
    batch = min(BATCH, len(items))
    with quick.ending(model, [feature.site]):
        return np.concatenate(
            [
                ((seen[feature.site][:, dims] > cut) == up).float().cpu().numpy()
                for _, seen in states.batches(model, modality, [feature.site], items, batch)
            ]
        )

"""What every FFN neuron writes: columns of the down projections, found by structure."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from catalog.errors import SettingRefused
from catalog.model import linear
from catalog.model.columns import Columns, check
from catalog.model.loading import LoadedModel, tensors
from catalog.model.structure import Structure
from catalog.sites import Site

STRONGEST = 3
"""Neurons of each block kept for every dimension."""


@dataclass(frozen=True)
class Strongest:
    """The neurons of one block that write most to each dimension."""

    layer: int
    neuron: NDArray[np.int64]
    """int64[dims, STRONGEST], the largest |weight| first."""
    weight: NDArray[np.float32]
    """float32[dims, STRONGEST]"""
    rms: NDArray[np.float32]
    """Root mean square of the dimension's weights over the block's neurons: float32[dims]."""


@dataclass(frozen=True)
class Written:
    """What the neurons of a model write."""

    columns: Columns
    strongest: tuple[Strongest, ...]


def before(model: LoadedModel, site: Site) -> Written:
    """What can be written to a site: the columns of the blocks before it.

    Raises SettingRefused where nothing can (`catalog.model.columns.check`), or as `read`.
    """
    check(site)
    found = read(model, final=site.kind == "final")
    return found if site.layer is None else replace(found, columns=found.columns.until(site.layer))


@torch.inference_mode()
def read(model: LoadedModel, final: bool = False) -> Written:
    """Signs and lengths of the columns of all blocks, one block in memory at a time.

    `final`: the final norm folded in too, for features of the site `final`. Raises SettingRefused
    where no block ends in a single down projection.
    """
    parts = model.parts
    norms = _norms_after(model)
    last = [parts.final_norm] if final and parts.final_norm is not None else []
    signs, lengths, strongest, reason = [], [], [], None
    sizes: list[tuple[int, int]] = []
    for layer in range(1, len(parts.blocks) + 1):
        absent = parts.absent(Site("ffn", layer))
        if absent is not None:
            reason = reason or absent
            continue
        columns = folded(columns_of(parts, layer), [*norms[layer], *last])
        signs.append(np.sign(columns.cpu().numpy()).astype(np.int8))
        lengths.append(columns.norm(dim=0).cpu().numpy())
        sizes.append((layer, columns.shape[1]))
        strongest.append(_strongest(layer, columns))
    if not sizes:
        raise SettingRefused(f"{model.name} has no FFN to look at: {reason}")
    return Written(
        Columns(
            np.concatenate(signs, axis=1),
            np.concatenate(lengths),
            np.repeat(*np.array(sizes, np.int32).T),
            np.concatenate([np.arange(n, dtype=np.int32) for _, n in sizes]),
        ),
        tuple(strongest),
    )


def columns_of(parts: Structure, layer: int) -> Tensor:
    """W_down of a block as float32[dims, neurons]: column i is what neuron i writes.

    See `linear.weight`: of a quantised or wrapped layer, what it does.
    """
    module = parts.down_projections[layer - 1]
    assert module is not None
    return linear.weight(module)


def folded(columns: Tensor, norms: list[nn.Module]) -> Tensor:
    """Columns as they arrive behind norms: times the gain, less their mean where it centres.

    What a norm divides by is positive and changes no sign; its dependence on the state that it
    normalises (a norm over the sum of FFN and stream takes out a part along the state) is left
    out: it differs from item to item.
    """
    for norm in norms:
        gain, centres = _gain(norm, columns)
        columns = columns - columns.mean(dim=0) if centres else columns
        columns = gain[:, None] * columns
    return columns


def _gain(norm: nn.Module, like: Tensor) -> tuple[Tensor, bool]:
    """Gain of each dimension, and whether the mean is taken out: by asking the norm itself.

    A probe x of mean 0 gives g x / rms(x) + b, and -x the same with the sign turned: half their
    difference over x is the gain up to one positive factor. Works for weights kept as 1 + w too.
    """
    dims = len(like)
    probe = torch.ones(dims, device=like.device)
    probe[1::2] = -1
    if dims % 2:
        probe[-3:] = torch.tensor([1.0, 1.0, -2.0], device=like.device)
    given = probe.to(next(iter(norm.parameters()), like).dtype)[None, None]
    up, down, moved = (norm(x)[0, 0].float() for x in (given, -given, given + 4))
    return (up - down) / (2 * probe), bool(torch.allclose(moved, up, rtol=1e-2, atol=1e-2))


def _strongest(layer: int, columns: Tensor) -> Strongest:
    kept = min(STRONGEST, columns.shape[1])
    place = columns.abs().topk(kept, dim=1).indices
    rms = columns.square().mean(dim=1).sqrt()
    weight = columns.gather(1, place)
    return Strongest(layer, place.cpu().numpy(), weight.cpu().numpy(), rms.cpu().numpy())


def _norms_after(model: LoadedModel) -> dict[int, list[nn.Module]]:
    """By block, the norms that run after its down projection, in the order of one trial pass."""
    parts = model.parts
    calls: dict[int, list[nn.Module]] = {layer: [] for layer in range(1, len(parts.blocks) + 1)}
    with _watching(parts, calls):
        dtype: torch.dtype = model.module.dtype  # type: ignore[assignment]
        inputs = tensors(model.trial, model.device, dtype)
        parts.trunk(**inputs, **({"use_cache": False} if model.causal else {}))
    found = {}
    for layer, called in calls.items():
        down = parts.down_projections[layer - 1]
        after = called[called.index(down) + 1 :] if down in called else []
        found[layer] = [module for module in after if module is not down]
    return found


@contextmanager
def _watching(parts: Structure, calls: dict[int, list[nn.Module]]) -> Iterator[None]:
    """Note norms and down projections of every block in the order of their calls."""
    handles, began = [], itertools.count(1)
    current = [0]

    def begins(*_: object) -> None:
        current[0] = next(began)

    try:
        for block in dict.fromkeys(parts.blocks):  # a shared block runs several times
            handles.append(block.register_forward_pre_hook(begins))
        inside = {module for block in parts.blocks for module in block.modules()}
        for module in inside:
            if module in parts.down_projections or "norm" in type(module).__name__.lower():
                handles.append(
                    module.register_forward_hook(lambda m, _args, _out: calls[current[0]].append(m))
                )
        yield
    finally:
        for handle in handles:
            handle.remove()

"""Models with random weights, to ask what training did: each is a copy, never the model itself.

"initialised": all weights drawn anew, as the architecture does before training.
"blocks": trained embeddings (and all else outside the blocks) with blocks drawn anew.
"permuted": trained, but the weights of the blocks permuted within each tensor.
"""

import contextlib
import copy
import dataclasses
from collections.abc import Iterator
from typing import Any, Literal

import torch
from torch import nn

from catalog.model.loading import LoadedModel, find_parts

Variant = Literal["initialised", "blocks", "permuted"]
VARIANTS: tuple[Variant, ...] = ("initialised", "blocks", "permuted")


@contextlib.contextmanager
def variant(model: LoadedModel, kind: Variant, seed: int = 0) -> Iterator[LoadedModel]:
    """A copy of `model` with other weights, while the block runs; takes its memory once more."""
    module = _permuted(model, seed) if kind == "permuted" else _drawn(model, seed)
    if kind == "blocks":
        _restore(module, model)
    module.requires_grad_(False).eval().to(model.device)
    parts = find_parts(module, model.device, model.trial)
    yield dataclasses.replace(model, module=module, parts=parts)


def _drawn(model: LoadedModel, seed: int) -> nn.Module:
    """A fresh model of the same config; the global random state is as before afterwards."""
    config = copy.deepcopy(model.module.config)
    kind: Any = type(model.module)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        fresh: nn.Module = kind._from_config(
            config, dtype=model.module.dtype, attn_implementation=model.attention
        )
    return fresh


def _permuted(model: LoadedModel, seed: int) -> nn.Module:
    module = copy.deepcopy(model.module)
    generator = torch.Generator().manual_seed(seed)
    inside = block_parameters(model)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name in inside:
                order = torch.randperm(parameter.numel(), generator=generator)
                shuffled = parameter.flatten()[order.to(parameter.device)]
                parameter.copy_(shuffled.view_as(parameter))
    return module


def _restore(module: nn.Module, model: LoadedModel) -> None:
    """Copy all that is outside the blocks from the trained model."""
    inside = block_parameters(model)
    trained = dict(model.module.named_parameters())
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name not in inside:
                parameter.copy_(trained[name])


def block_parameters(model: LoadedModel) -> set[str]:
    """Names of the parameters that lie inside a block."""
    inside = {id(p) for block in model.parts.blocks for p in block.parameters()}
    return {name for name, p in model.module.named_parameters() if id(p) in inside}

"""Linear layers as models have them: plain, transposed (GPT-2), quantised, wrapped by an adapter.

A wrapper stands for what it wraps: whatever has a width of inputs and of outputs is one layer, and
its weight is what it does, not how it keeps it.
"""

from typing import Any

import torch
from torch import Tensor, nn

_IN = ("in_features", "infeatures", "nx")
_OUT = ("out_features", "outfeatures", "nf")
"""Names under which linear layers keep their widths; nx and nf are those of GPT-2's Conv1D."""


def out_features(module: nn.Module) -> int | None:
    """Output width of a linear layer, None where the module is none."""
    if _width(module, _IN) is None or not _callable_on_rows(module):
        return None
    return _width(module, _OUT)


def in_features(module: nn.Module) -> int:
    """Input width of a linear layer."""
    width = _width(module, _IN)
    assert width is not None
    return width


def layers(module: nn.Module) -> list[nn.Module]:
    """The linear layers of a module in order, none of them inside another."""
    if out_features(module) is not None:
        return [module]
    found: dict[nn.Module, None] = {}
    for child in module.children():
        found.update(dict.fromkeys(layers(child)))
    return list(found)


@torch.inference_mode()
def weight(module: nn.Module) -> Tensor:
    """float32[outputs, inputs]: the weight of a linear layer, on its device.

    That of a plain layer as it is kept; a quantised or wrapped one is asked what it makes of unit
    vectors, less what it makes of nothing.
    """
    kept: Any = getattr(module, "weight", None)
    plain = type(module) is nn.Linear or type(module).__name__ == "Conv1D"
    if plain and kept.is_floating_point():
        own: Tensor = kept.detach().float()
        return own if isinstance(module, nn.Linear) else own.T
    like = next((p for p in module.parameters() if p.is_floating_point()), None)
    dtype = torch.float32 if like is None else like.dtype
    device = next((t.device for t in [*module.parameters(), *module.buffers()]), None)
    units = torch.eye(in_features(module), dtype=dtype, device=device)
    nothing = module(torch.zeros_like(units[:1]))
    made: Tensor = (module(units) - nothing).float()
    return made.T


def _width(module: nn.Module, names: tuple[str, ...]) -> int | None:
    found = (getattr(module, name, None) for name in names)
    return next((int(width) for width in found if isinstance(width, int)), None)


def _callable_on_rows(module: nn.Module) -> bool:
    """Not a bilinear layer, nor experts that keep one matrix each."""
    kept = getattr(module, "weight", None)
    return not isinstance(module, nn.Bilinear) and not (
        isinstance(kept, Tensor) and kept.ndim > 2 and kept.shape[0] > 1
    )

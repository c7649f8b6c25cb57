"""Models that hide a random part of each image (ViT-MAE) are shown the whole of it, in order."""

import inspect
from typing import Any

import torch
from torch import nn

_ARGUMENT = "noise"
"""By which such a model may be told what to hide: it keeps the patches of the smallest noise."""
_DONE = "_dims_shown_whole"


def show_whole(module: nn.Module) -> None:
    """Let a model that hides patches at random hide none and keep their order; once for good."""
    config: Any = module.config
    known = inspect.signature(type(module).forward).parameters
    if _ARGUMENT not in known or not hasattr(config, "mask_ratio") or _DONE in module.__dict__:
        return
    config.mask_ratio = 0.0
    size = config.patch_size

    def ordered(_module: nn.Module, args: Any, kwargs: Any) -> Any:
        pixels = args[0] if args else kwargs["pixel_values"]
        patches = (pixels.shape[-2] // size) * (pixels.shape[-1] // size)
        places = torch.arange(patches, dtype=torch.float32, device=pixels.device)
        return args, {_ARGUMENT: places.expand(len(pixels), -1), **kwargs}

    module.register_forward_pre_hook(ordered, with_kwargs=True)
    setattr(module, _DONE, True)

"""The same states in less time, to the last digits but not to the last bit: for controls.

A pass ends after the last block that is wanted, and what stands before every item, the same for
all, is run once. A build never uses this: its signs must be the model's own to the last bit.
"""

import contextlib
import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from catalog.modalities import Modality
from catalog.modalities.text import Text
from catalog.model import states
from catalog.model.loading import LoadedModel, tensors
from catalog.model.recording import recording
from catalog.sites import Site

CLOSE = 1e-3
"""Share of the largest state by which the two ways may differ."""
TRIED = 8
"""Items that both ways are tried on."""


class _Enough(Exception):  # no error: it ends a pass
    """Every wanted site has been read."""


@torch.inference_mode()
def batches(
    model: LoadedModel,
    modality: Modality,
    sites: Sequence[Site],
    items: NDArray[np.integer],
    batch_size: int,
) -> Iterator[tuple[NDArray[np.integer], dict[Site, Tensor]]]:
    """As `states.batches`; a last batch that is not full is run as it is."""
    shared = _shared(model, modality, sites, items)
    if shared is None:
        with ending(model, sites):
            yield from states.batches(model, modality, sites, items, modality.rows(batch_size))
        return
    for start in range(0, len(items), batch_size):
        batch = items[start : start + batch_size]
        yield batch, _after(model, modality, shared, sites, batch)


@contextlib.contextmanager
def ending(model: LoadedModel, sites: Sequence[Site]) -> Iterator[None]:
    """End the trunk's passes after the last block that one of these sites needs."""
    last = max((site.layer if site.layer is not None else _NEVER) for site in sites)
    blocks = model.parts.blocks
    if last >= len(blocks):
        yield
        return
    trunk: Any = model.parts.trunk
    forward = trunk.forward

    def whole(*args: Any, **kwargs: Any) -> Any:
        with contextlib.suppress(_Enough):
            return forward(*args, **kwargs)
        return None

    def end(_module: nn.Module, _args: Any, _kwargs: Any) -> None:
        raise _Enough

    # Before the next block, so that every hook on the last one has run.
    handle = blocks[last].register_forward_pre_hook(end, with_kwargs=True)
    trunk.forward = whole
    try:
        yield
    finally:
        handle.remove()
        del trunk.forward


_NEVER = 10**9
"""Layer of a site after the last block."""


def _shared(
    model: LoadedModel, modality: Modality, sites: Sequence[Site], items: NDArray[np.integer]
) -> Any:
    """The cache of what stands before every item; None where there is none, or it changes states.

    Tried on a few items: some models' caches are not what their passes without one compute.
    """
    if not isinstance(modality, Text) or not modality.before or modality.after:
        return None
    if not model.causal:
        return None
    ids = torch.tensor([list(modality.before)], device=model.device)
    trunk: Any = model.parts.trunk
    try:
        made = trunk(input_ids=ids, use_cache=True).past_key_values
        few = np.asarray(items[:TRIED])
        quick = _after(model, modality, made, sites, few)
    except (AttributeError, TypeError, ValueError, RuntimeError, IndexError, KeyError):
        return None
    _, plain = next(states.batches(model, modality, sites, few, len(few)))
    near = [
        (quick[site] - plain[site]).abs().max() <= CLOSE * plain[site].abs().max() for site in sites
    ]
    return made if all(near) else None


def _after(
    model: LoadedModel,
    modality: Modality,
    shared: Any,
    sites: Sequence[Site],
    items: NDArray[np.integer],
) -> dict[Site, Tensor]:
    """States of items alone, after what is kept."""
    cache = copy.deepcopy(shared)
    cache.batch_repeat_interleave(len(items))
    ids = modality.inputs(items)["input_ids"][:, -1:]
    given = tensors({"input_ids": np.ascontiguousarray(ids)}, model.device, torch.float32)

    def read(hidden: Tensor) -> Tensor:
        return hidden[:, -1]

    with ending(model, sites), recording(model.module, model.parts, sites, read) as seen:
        model.parts.trunk(**given, past_key_values=cache, use_cache=True)
        return {site: seen[site].float() for site in sites}

"""Read sites during a forward pass, with hooks that always come off.

Not transformers' `output_hidden_states`: its last entry is after the final norm in decoders and
before it in encoders, and it misses edits made by hooks registered after its first use.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from torch import Tensor, nn

from catalog.model import attention
from catalog.model.structure import Structure, first_tensor, hidden_input
from catalog.sites import Site

Read = Callable[[Tensor], Tensor]
"""float[items, positions, dims] -> float[items, dims], or any shape worth keeping."""


@contextlib.contextmanager
def recording(
    model: nn.Module, structure: Structure, sites: Sequence[Site], read: Read
) -> Iterator[dict[Site, Tensor]]:
    """Collect `read` of each site's states while the block runs; emptied by each forward pass.

    `read` is applied inside the hook, so that only what is kept takes memory. Keys and values
    come with their heads concatenated.
    """
    seen: dict[Site, Tensor] = {}
    items: list[int] = []

    def starting(_module: nn.Module, args: Any, kwargs: Any) -> None:
        seen.clear()
        items[:] = [len(hidden_input(args, kwargs))]

    with contextlib.ExitStack() as hooks:
        for site in sites:
            hooks.callback(_hook(structure, site, read, seen, items))
        first = structure.blocks[0]  # registered last, so prepended before the others
        hooks.callback(
            first.register_forward_pre_hook(starting, prepend=True, with_kwargs=True).remove
        )
        if any(site.kind in "kv" for site in sites):
            hooks.enter_context(attention.capturing(model, _sink(structure, sites, read, seen)))
        yield seen


def _hook(
    structure: Structure, site: Site, read: Read, seen: dict[Site, Tensor], items: list[int]
) -> Callable[[], None]:
    """Register the hook of one site; returns what takes it off."""

    def keep(hidden: Tensor) -> None:
        if hidden.ndim == 2:  # OPT's FFN runs on items x positions in one axis
            hidden = hidden.reshape(items[0], -1, hidden.shape[-1])
        seen[site] = read(hidden.detach()).clone()

    def before(_module: nn.Module, args: Any, kwargs: Any) -> None:
        keep(hidden_input(args, kwargs))

    def after(_module: nn.Module, _args: Any, output: Any) -> None:
        keep(first_tensor(output))

    if site.kind == "resid" and site.layer == 0:
        first = structure.blocks[0]
        return first.register_forward_pre_hook(before, prepend=True, with_kwargs=True).remove
    if site.kind == "resid":
        assert site.layer is not None
        return structure.blocks[site.layer - 1].register_forward_hook(after, prepend=True).remove
    if site.kind == "final":
        assert structure.final_norm is not None
        return structure.final_norm.register_forward_hook(after, prepend=True).remove
    if site.kind == "ffn":
        assert site.layer is not None
        down = structure.down_projections[site.layer - 1]
        assert down is not None
        return down.register_forward_pre_hook(before, prepend=True, with_kwargs=True).remove
    return lambda: None  # keys and values are captured by the attention function


def _sink(
    structure: Structure, sites: Sequence[Site], read: Read, seen: dict[Site, Tensor]
) -> attention.Sink:
    """Keep keys and values of the wanted layers."""
    layers = {
        module: layer for layer, module in enumerate(structure.attentions, 1) if module is not None
    }

    def keep(module: nn.Module, keys: Tensor, values: Tensor) -> None:
        for site in (Site("k", layers[module]), Site("v", layers[module])):
            if site in sites:
                states = keys if site.kind == "k" else values
                seen[site] = read(states.transpose(1, 2).flatten(2).detach()).clone()

    return keep

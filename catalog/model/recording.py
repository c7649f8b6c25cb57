"""Read sites during a forward pass, with hooks that always come off.

Not transformers' `output_hidden_states`: its last entry is after the final norm in decoders and
before it in encoders, and it misses edits made by hooks registered after its first use.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from catalog.model import attention
from catalog.model.structure import Structure, Tap, first_tensor, hidden_input
from catalog.sites import Site

Read = Callable[[Tensor], Tensor]
"""float[items, positions, dims] -> float[items, dims], or any shape worth keeping."""


@contextlib.contextmanager
def recording(
    model: nn.Module, structure: Structure, sites: Sequence[Site], read: Read
) -> Iterator[dict[Site, Tensor]]:
    """Collect `read` of each site's states while the block runs; emptied by each forward pass.

    `read` is applied inside the hook, so that only what is kept takes memory. Keys and values
    come with their heads concatenated. SettingRefused for a site that the model does not have.
    """
    seen: dict[Site, Tensor] = {}
    items: list[int] = []
    taps = {site: structure.tap(site) for site in sites}
    attended = {tap: site for site, tap in taps.items() if tap.of in ("keys", "values")}

    def starting(_module: nn.Module, args: Any, kwargs: Any) -> None:
        seen.clear()
        items[:] = [len(hidden_input(args, kwargs))]

    with contextlib.ExitStack() as hooks:
        for site, tap in taps.items():
            if tap not in attended:
                hooks.callback(_hook(tap, _keeper(site, read, seen, items)))
        first = structure.blocks[0]  # registered last, so prepended before the others
        hooks.callback(
            first.register_forward_pre_hook(starting, prepend=True, with_kwargs=True).remove
        )
        if attended:
            hooks.enter_context(attention.capturing(model, _sink(attended, read, seen)))
        yield seen


def _keeper(
    site: Site, read: Read, seen: dict[Site, Tensor], items: list[int]
) -> Callable[[Tensor], None]:
    """What keeps the states of one site."""

    def keep(hidden: Tensor) -> None:
        if hidden.ndim == 2:  # OPT's FFN runs on items x positions in one axis
            hidden = hidden.reshape(items[0], -1, hidden.shape[-1])
        seen[site] = read(hidden.detach()).clone()

    return keep


def _hook(tap: Tap, keep: Callable[[Tensor], None]) -> Callable[[], None]:
    """Register the hook of one tap; returns what takes it off."""

    def before(_module: nn.Module, args: Any, kwargs: Any) -> None:
        keep(hidden_input(args, kwargs))

    def after(_module: nn.Module, _args: Any, output: Any) -> None:
        keep(first_tensor(output))

    if tap.of == "input":
        return tap.module.register_forward_pre_hook(before, prepend=True, with_kwargs=True).remove
    return tap.module.register_forward_hook(after, prepend=True).remove


def _sink(attended: Mapping[Tap, Site], read: Read, seen: dict[Site, Tensor]) -> attention.Sink:
    """Keep keys and values of the wanted layers, their heads side by side."""

    def keep(module: nn.Module, keys: Tensor, values: Tensor) -> None:
        for tap, states in ((Tap(module, "keys"), keys), (Tap(module, "values"), values)):
            if tap in attended:
                seen[attended[tap]] = read(states.transpose(1, 2).flatten(2).detach()).clone()

    return keep

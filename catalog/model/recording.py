"""Read sites during a forward pass, with hooks that always come off.

Not transformers' `output_hidden_states`: its last entry is after the final norm in decoders and
before it in encoders, and it misses edits made by hooks registered after its first use.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from catalog.model import attention, caching
from catalog.model.structure import Structure, Tap, first_tensor, hidden_input
from catalog.model.taps import ATTENDED, CACHED
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
    calls: Counter[Any] = Counter()
    taps = {site: structure.tap(site) for site in sites}
    handed = {of: {tap: s for s, tap in taps.items() if tap.of in of} for of in (ATTENDED, CACHED)}

    def starting(module: nn.Module, args: Any, kwargs: Any) -> None:
        if structure.blocks.count(module) == 1 or _turn(calls, None, structure.resid[0]):
            seen.clear()
            items[:] = [len(hidden_input(args, kwargs))]

    with contextlib.ExitStack() as hooks:
        for site, tap in taps.items():
            if not any(tap in some for some in handed.values()):
                hooks.callback(_hook(tap, _keeper(tap, site, read, seen, items), calls))
        first = structure.blocks[0]  # registered last, so prepended before the others
        hooks.callback(
            first.register_forward_pre_hook(starting, prepend=True, with_kwargs=True).remove
        )
        trunk = structure.trunk
        hooks.callback(
            trunk.register_forward_pre_hook(lambda *_: calls.clear(), prepend=True).remove
        )
        if handed[ATTENDED]:
            sink = _sink(handed[ATTENDED], read, seen, calls)
            hooks.enter_context(attention.capturing(model, sink))
        if handed[CACHED]:
            sink = _sink(handed[CACHED], read, seen, calls)
            modules = [tap.module for tap in handed[CACHED]]
            hooks.enter_context(caching.passing(modules, sink))
        yield seen


def _turn(calls: "Counter[Any]", key: object, tap: Tap) -> bool:
    """Whether the call that runs is the tap's: shared modules are called several times a pass."""
    if tap.calls == 1:
        return True
    calls[key] += 1
    return calls[key] - 1 == tap.nth


def _keeper(
    tap: Tap, site: Site, read: Read, seen: dict[Site, Tensor], items: list[int]
) -> Callable[[Tensor], None]:
    """What keeps the states of one site."""

    def keep(hidden: Tensor) -> None:
        if hidden.ndim == 2:  # OPT's FFN runs on items x positions in one axis
            hidden = hidden.reshape(items[0], -1, hidden.shape[-1])
        if tap.swapped:
            hidden = hidden.transpose(0, 1)
        if tap.columns is not None:
            hidden = hidden[..., list(tap.columns)]
        seen[site] = read(hidden.detach()).clone()

    return keep


def _hook(tap: Tap, keep: Callable[[Tensor], None], calls: "Counter[Any]") -> Callable[[], None]:
    """Register the hook of one tap; returns what takes it off."""

    def before(_module: nn.Module, args: Any, kwargs: Any) -> None:
        if _turn(calls, keep, tap):
            keep(hidden_input(args, kwargs))

    def after(_module: nn.Module, _args: Any, output: Any) -> None:
        if _turn(calls, keep, tap):
            keep(first_tensor(output))

    if tap.of == "input":
        return tap.module.register_forward_pre_hook(before, prepend=True, with_kwargs=True).remove
    return tap.module.register_forward_hook(after, prepend=True).remove


def _sink(
    handed: Mapping[Tap, Site], read: Read, seen: dict[Site, Tensor], calls: "Counter[Any]"
) -> attention.Sink:
    """Keep keys and values of the wanted layers, their heads side by side."""
    wanted: dict[nn.Module, list[tuple[Tap, Site]]] = {}
    for tap, site in handed.items():
        wanted.setdefault(tap.module, []).append((tap, site))

    def keep(module: nn.Module, keys: Tensor, values: Tensor) -> None:
        for tap, site in wanted.get(module, ()):
            if _turn(calls, site, tap):
                states = keys if tap.of.endswith("keys") else values
                kept = states[:, :: tap.step].transpose(1, 2).flatten(2)
                seen[site] = read(kept.detach()).clone()

    return keep

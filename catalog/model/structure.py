"""Find a model's parts by structure: blocks, final norm, attention and FFN of each block.

Nothing is looked up by architecture. Everything is learnt by watching forward passes over a few
made-up items, and the residual sites are compared with the hidden states that the model itself
gives: a model that disagrees is refused.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from catalog.errors import ModelUnsupported, SettingRefused
from catalog.model import feedforward, projections, stack
from catalog.model.linear import in_features, out_features
from catalog.model.stack import first_tensor, hidden_input, trunk_of
from catalog.model.taps import Tap
from catalog.model.watching import Block, Watched, watching
from catalog.sites import Site

__all__ = ["Structure", "Tap", "find", "first_tensor", "hidden_input", "in_features"]
__all__ += ["out_features", "trunk_of"]


@dataclass(frozen=True)
class Structure:
    """The parts of a model that sites are read from."""

    trunk: nn.Module
    """What is called to run all blocks, without a head."""
    blocks: tuple[nn.Module, ...]
    """In the order they are called; a block that is shared stands once for each call."""
    final_norm: nn.Module | None
    resid: tuple[Tap, ...]
    """resid.0 on."""
    keys: tuple[Tap | str, ...]
    """Per block, where its keys are had, or why there are none; so also the next two."""
    values: tuple[Tap | str, ...]
    ffn: tuple[Tap | str, ...]
    """The input of the linear layer that ends the FFN."""
    hidden_size: int
    widest: int
    """Largest input of a down projection, or the hidden size."""
    positions: int = 1
    """Positions between the blocks in the pass the structure was learnt from."""

    @property
    def attentions(self) -> tuple[nn.Module | None, ...]:
        """Per block, the module whose keys are read."""
        return tuple(tap.module if isinstance(tap, Tap) else None for tap in self.keys)

    @property
    def down_projections(self) -> tuple[nn.Module | None, ...]:
        """Per block, the linear layer that ends the FFN."""
        return tuple(tap.module if isinstance(tap, Tap) else None for tap in self.ffn)

    def absent(self, site: Site) -> str | None:
        """Why this model has no such site; None where it has it."""
        found = _tap(self, site)
        return found if isinstance(found, str) else None

    def tap(self, site: Site) -> Tap:
        """Where a site's states are had; SettingRefused, with the reason, where it is absent."""
        found = _tap(self, site)
        if isinstance(found, str):
            raise SettingRefused(f"There is no {site} in this model. {found}")
        return found


def _final(parts: Structure, _layer: int) -> Tap | str:
    if parts.final_norm is None:
        return "No norm follows the last block."
    return Tap(parts.final_norm, "output")


TAPS: dict[str, Callable[[Structure, int], Tap | str]] = {
    "resid": lambda parts, layer: parts.resid[layer],
    "final": _final,
    "k": lambda parts, layer: parts.keys[layer - 1],
    "v": lambda parts, layer: parts.values[layer - 1],
    "ffn": lambda parts, layer: parts.ffn[layer - 1],
}
"""By kind of site (`catalog.sites.KINDS`): from parts and layer (0 where the kind has none) to
where its states are had, or why the model has none. Reading and editing follow this table alone."""


def _tap(parts: Structure, site: Site) -> Tap | str:
    if site.kind not in TAPS:
        raise SettingRefused(
            f"{site} cannot be read: nothing tells where a model has sites of the kind "
            f"{site.kind!r}. There are {', '.join(TAPS)}."
        )
    if (site.layer or 0) > len(parts.blocks):
        raise SettingRefused(f"There is no {site}: the model has {len(parts.blocks)} blocks.")
    return TAPS[site.kind](parts, site.layer or 0)


@torch.inference_mode()
def find(model: nn.Module, run: Callable[..., Any], size: stack.Size) -> Structure:
    """Learn the structure; `run` calls the trunk it is given on a small input of this size.

    ModelUnsupported where the parts cannot be found, or are not what the model says.
    """
    trunk = trunk_of(model)
    config: Any = model.config
    found = stack.find(trunk, config, run, size)
    seen = _watched(model, trunk, found, run)
    last = seen.last
    assert last is not None
    dims, widths = last.shape[-1], _widths(config)
    ffn = tuple(
        _ffn(feedforward.down_projection(block, own, dims, widths), seen)
        for block, own in zip(found.blocks, seen.blocks, strict=True)
    )
    keys, values = _attended(found.blocks, seen, lambda: run(trunk), _heads(config))
    wide = [in_features(tap.module) for tap in ffn if isinstance(tap, Tap)]
    return Structure(
        trunk=trunk,
        blocks=found.blocks,
        final_norm=seen.final_norm,
        resid=_resid(found),
        keys=keys,
        values=values,
        ffn=ffn,
        hidden_size=dims,
        positions=last.shape[1],
        widest=max([dims, *wide]),
    )


def _resid(found: stack.Stack) -> tuple[Tap, ...]:
    """Where each residual site is had: what a block gave, or what the next is given."""
    calls = [found.blocks[:n].count(block) for n, block in enumerate(found.blocks)]
    taps = []
    for layer, before in enumerate(found.before):
        place = layer if before else layer - 1
        block = found.blocks[place]
        of: Any = "input" if before else "output"
        taps.append(Tap(block, of, calls[place], found.blocks.count(block)))
    return tuple(taps)


def _watched(
    model: nn.Module, trunk: nn.Module, found: stack.Stack, run: Callable[..., Any]
) -> Watched:
    """A second pass, which must give what the first gave.

    Keys and values are listened to at the attention function where that changes no bit; a model may
    look at its name (Falcon).
    """
    for capture in (True, False):
        with watching(model, trunk, found.blocks, capture) as seen:
            run(trunk)
        if seen.last is not None and torch.equal(_finite(seen.last), _finite(found.ended)):
            return seen
    assert seen.last is not None
    apart = (_finite(seen.last) - _finite(found.ended)).abs().max()
    if not bool(apart <= 1e-2 * _finite(found.ended).abs().max()):
        raise ModelUnsupported(
            f"{type(model).__name__} cannot be read: two passes over the same items give other "
            "states (it may read a random part of each). Only models that read an item in the "
            "same way every time are supported."
        )
    return seen


def _finite(states: torch.Tensor) -> torch.Tensor:
    """The same with 0 for NaN, which equals nothing: the build refuses it by item and site."""
    return states.nan_to_num(0.0)


def _ffn(found: Any, seen: Watched) -> Tap | str:
    if isinstance(found, str):
        return found
    return Tap(found.module, "input", found.nth, seen.calls[found.module])


def _attended(
    blocks: tuple[nn.Module, ...], seen: Watched, run: Callable[[], Any], heads: list[int]
) -> tuple[tuple[Tap | str, ...], tuple[Tap | str, ...]]:
    """Keys and values of each block: those of the attention function, else of its projections."""
    assert seen.last is not None
    shape = (seen.last.shape[0], seen.last.shape[1])
    found = {
        number: _handed(own, seen, shape) for number, own in enumerate(seen.blocks) if own.handed
    }
    missing = set(range(len(blocks))) - set(found)
    if missing:
        found |= projections.find(blocks, missing, run, heads)
    ordered = [found[number] for number in range(len(blocks))]
    return tuple(keys for keys, _ in ordered), tuple(values for _, values in ordered)


def _handed(own: Block, seen: Watched, shape: tuple[int, int]) -> projections.Found:
    """What went to the attention function, with one key and value for each position."""
    first = own.handed[0].call.module
    times = sum(one.call.module is first for one in own.handed)
    if times > 1:
        reason = f"This block attends {times} times to different halves of its keys and values."
        return reason, reason
    for call, keys, values in own.handed:
        if all(len(one) == 4 and (one[0], one[2]) == shape for one in (keys, values)):
            calls = seen.calls[call.module]
            return Tap(call.module, "keys", call.nth, calls), Tap(
                call.module, "values", call.nth, calls
            )
    told = " x ".join(map(str, own.handed[0].keys))
    reason = (
        f"The attention of this block is over windows or groups (keys of shape {told}), not over "
        "an item's positions."
    )
    return reason, reason


def _heads(config: Any) -> list[int]:
    """Numbers of heads that the config names."""
    named = ("num_attention_heads", "n_head", "n_heads", "num_heads", "num_kv_heads")
    found = [getattr(config.get_text_config(), name, None) for name in named]
    return sorted({number for number in found if isinstance(number, int) and number > 0})


_FFN_WIDTHS = (
    "intermediate_size",
    "ffn_dim",
    "encoder_ffn_dim",
    "decoder_ffn_dim",
    "n_inner",
    "d_ff",
    "hidden_dim",
)
"""Names under which configs keep the width of the FFN."""


def _widths(config: Any) -> set[int]:
    """Widths of FFNs that the config names, one for all blocks or a list of them."""
    found = [getattr(config.get_text_config(), name, None) for name in _FFN_WIDTHS]
    lists = [one if isinstance(one, list | tuple) else [one] for one in found]
    return {width for one in lists for width in one if isinstance(width, int)}

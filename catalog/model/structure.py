"""Find a model's parts by structure: blocks, final norm, attention and FFN of each block.

Nothing is looked up by architecture. The blocks are the first ModuleList as long as the config
says the model is deep; the rest is learnt by watching one forward pass over two positions.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor, nn

from catalog.errors import ModelUnsupported, SettingRefused
from catalog.model import attention
from catalog.sites import Site

_FFN_WIDTHS = (
    "intermediate_size",
    "ffn_dim",
    "encoder_ffn_dim",
    "n_inner",
    "d_ff",
    "hidden_dim",
)
"""Names under which configs keep the width of the FFN."""


@dataclass(frozen=True)
class Structure:
    """The parts of a model that sites are read from."""

    trunk: nn.Module
    """What is called to run all blocks, without a head."""
    blocks: tuple[nn.Module, ...]
    final_norm: nn.Module | None
    attentions: tuple[nn.Module | None, ...]
    """Per block, the module that hands its keys and values to the attention function."""
    down_projections: tuple[nn.Module | None, ...]
    """Per block, the linear layer that ends the FFN."""
    hidden_size: int
    widest: int
    """Largest input of a down projection, or the hidden size."""
    positions: int = 1
    """Positions between the blocks in the pass the structure was learnt from."""

    def absent(self, site: Site) -> str | None:
        """Why this model has no such site; None where it has it."""
        found = _tap(self, site)
        return found if isinstance(found, str) else None

    def tap(self, site: Site) -> "Tap":
        """Where a site's states are had; SettingRefused, with the reason, where it is absent."""
        found = _tap(self, site)
        if isinstance(found, str):
            raise SettingRefused(f"There is no {site} in this model. {found}")
        return found


class Tap(NamedTuple):
    """Where the states of a site are had in a forward pass."""

    module: nn.Module
    of: Literal["input", "output", "keys", "values"]
    """What of the module: its hidden states, or what it hands to the attention function."""


def _resid(parts: Structure, layer: int) -> Tap | str:
    if layer == 0:
        return Tap(parts.blocks[0], "input")
    return Tap(parts.blocks[layer - 1], "output")


def _final(parts: Structure, _layer: int) -> Tap | str:
    if parts.final_norm is None:
        return "No norm follows the last block."
    return Tap(parts.final_norm, "output")


def _ffn(parts: Structure, layer: int) -> Tap | str:
    down = parts.down_projections[layer - 1]
    return "This block ends in no single down projection." if down is None else Tap(down, "input")


def _attended(of: Literal["keys", "values"]) -> "Callable[[Structure, int], Tap | str]":
    def tap(parts: Structure, layer: int) -> Tap | str:
        found = parts.attentions[layer - 1]
        if found is None:
            return "This block has no keys and values (not softmax attention)."
        return Tap(found, of)

    return tap


TAPS: dict[str, Callable[[Structure, int], Tap | str]] = {
    "resid": _resid,
    "final": _final,
    "k": _attended("keys"),
    "v": _attended("values"),
    "ffn": _ffn,
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


def trunk_of(model: nn.Module) -> nn.Module:
    """The stack of blocks: the encoder of an encoder-decoder, else what get_decoder() names."""
    config: Any = model.config
    name = "get_encoder" if config.is_encoder_decoder else "get_decoder"
    getter: Any = getattr(model, name, None)
    trunk: nn.Module = (getter() if getter is not None else None) or model
    return trunk


def blocks_of(trunk: nn.Module, config: Any) -> tuple[nn.Module, ...]:
    """First ModuleList under `trunk` whose length is the config's number of layers.

    A list without a linear layer (the convolutions before an audio model's blocks) does not count.
    """
    depth = getattr(config.get_text_config(), "num_hidden_layers", None)
    lists = {n: m for n, m in trunk.named_modules() if isinstance(m, nn.ModuleList)}
    for modules in lists.values():
        linear = any(out_features(m) is not None for m in modules.modules())
        if len(modules) == depth and linear:
            return tuple(modules)
    found = ", ".join(f"{name} ({len(modules)})" for name, modules in lists.items()) or "none"
    raise ModelUnsupported(
        f"{type(trunk).__name__} cannot be read: looked for a list of {depth} blocks and found "
        f"these lists: {found}. Only models with one stack of equal blocks are supported."
    )


def first_tensor(output: Any) -> Tensor:
    """Hidden states of a block's output, which is a tensor or a tuple that begins with one."""
    hidden: Tensor = output[0] if isinstance(output, tuple | list) else output
    return hidden


def hidden_input(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """Hidden states that a block is called with."""
    hidden: Tensor = args[0] if args else kwargs["hidden_states"]
    return hidden


@torch.inference_mode()
def find(model: nn.Module, run: Callable[[nn.Module], Any]) -> Structure:
    """Learn the structure from one pass; `run` calls the trunk it is given on a small input."""
    trunk = trunk_of(model)
    config: Any = model.config
    blocks = blocks_of(trunk, config)
    watch = _Watch(trunk, blocks)
    with watch, attention.capturing(model) as captured:
        run(trunk)
    if watch.last is None or watch.last.ndim != 3:
        shape = None if watch.last is None else tuple(watch.last.shape)
        raise ModelUnsupported(
            f"{type(model).__name__} cannot be read: its last block gave {shape}, looked for "
            "hidden states of shape (items, positions, dimensions)."
        )
    hidden_size = watch.last.shape[-1]
    if len(watch.shapes) > 1:
        seen = ", ".join(f"{positions} x {dims}" for positions, dims in watch.shapes)
        raise ModelUnsupported(
            f"{type(model).__name__} cannot be read: its blocks give states of different shapes "
            f"(positions x dimensions: {seen}). Only one stack of equal blocks is supported."
        )
    widths = {getattr(config.get_text_config(), name, None) for name in _FFN_WIDTHS} | {
        4 * hidden_size
    }
    downs = tuple(_down_projection(calls, hidden_size, widths) for calls in watch.linears)
    return Structure(
        trunk=trunk,
        blocks=blocks,
        final_norm=watch.final_norm,
        attentions=tuple(
            next((m for m in block.modules() if m in captured), None) for block in blocks
        ),
        down_projections=downs,
        hidden_size=hidden_size,
        positions=watch.last.shape[1],
        widest=max([hidden_size, *(in_features(m) for m in downs if m is not None)]),
    )


def out_features(module: nn.Module) -> int | None:
    """Output width of a linear layer (Linear, or GPT-2's transposed Conv1D), else None."""
    if isinstance(module, nn.Linear):
        return module.out_features
    if type(module).__name__ == "Conv1D":
        return int(module.nf)  # type: ignore[arg-type]
    return None


def in_features(module: nn.Module) -> int:
    """Input width of a linear layer."""
    weight: Any = module.weight
    return int(weight.shape[1] if isinstance(module, nn.Linear) else weight.shape[0])


def _down_projection(
    calls: list[nn.Module], hidden_size: int, widths: set[Any]
) -> nn.Module | None:
    """Last linear layer a block calls, if it goes from an FFN width back to the hidden size."""
    ending = [m for m in calls if out_features(m) == hidden_size]
    if len(ending) < 2 or in_features(ending[-1]) not in widths:
        return None
    return ending[-1]


class _Watch:
    """Hooks for one pass: linear layers in call order, the last block's output, what follows."""

    def __init__(self, trunk: nn.Module, blocks: tuple[nn.Module, ...]) -> None:
        self.trunk, self.blocks = trunk, blocks
        self.linears: list[list[nn.Module]] = [[] for _ in blocks]
        self.last: Tensor | None = None
        self.shapes: dict[tuple[int, ...], None] = {}
        """Positions and dimensions of what the blocks were given and gave, each once."""
        self.final_norm: nn.Module | None = None
        self._handles: list[Any] = []

    def __enter__(self) -> None:
        for calls, block in zip(self.linears, self.blocks, strict=True):
            for module in block.modules():
                if out_features(module) is not None:
                    self._handles.append(
                        module.register_forward_hook(lambda m, _i, _o, calls=calls: calls.append(m))
                    )
        inside = {m for block in self.blocks for m in block.modules()}
        for module in self.trunk.modules():
            if module not in inside and "norm" in _kind(module):
                self._handles.append(module.register_forward_hook(self._after))
        for block in self.blocks:
            self._handles.append(block.register_forward_hook(self._passed))
        entered = self.blocks[0].register_forward_pre_hook(self._entered, with_kwargs=True)
        self._handles.append(entered)
        self._handles.append(self.blocks[-1].register_forward_hook(self._ended))

    def __exit__(self, *_: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _entered(self, _module: nn.Module, args: Any, kwargs: Any) -> None:
        self.shapes[tuple(hidden_input(args, kwargs).shape[1:])] = None

    def _passed(self, _module: nn.Module, _args: Any, output: Any) -> None:
        self.shapes[tuple(first_tensor(output).shape[1:])] = None

    def _ended(self, _module: nn.Module, _args: Any, output: Any) -> None:
        self.last = first_tensor(output)

    def _after(self, module: nn.Module, args: Any, _output: Any) -> None:
        same = self.last is not None and bool(args) and args[0].shape == self.last.shape
        if same and self.last is not None and torch.equal(args[0], self.last):
            self.final_norm = module


def _kind(module: nn.Module) -> str:
    return type(module).__name__.lower()

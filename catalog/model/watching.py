"""Watch one forward pass: what runs in each block, in order, and what follows the last one."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor, nn

from catalog.model import attention, linear
from catalog.model.stack import Mark, first_tensor


class Call(NamedTuple):
    """One call of a module in a pass."""

    module: nn.Module
    nth: int
    """How often it was called before in the same pass: shared modules run in several blocks."""
    given: Mark | None = None
    gave: Mark | None = None
    """What it was given and gave, where that is compared."""


class Handed(NamedTuple):
    """Keys and values that an attention handed on: their module's call, and their shapes."""

    call: Call
    keys: tuple[int, ...]
    values: tuple[int, ...]


@dataclass
class Block:
    """What was seen of one call of a block."""

    linears: list[Call] = field(default_factory=list)
    """Linear layers, none inside another."""
    activations: set[Mark] = field(default_factory=set)
    """What modules without parameters gave."""
    handed: list[Handed] = field(default_factory=list)
    """What went to the attention function."""


@dataclass
class Watched:
    """One pass over a model."""

    blocks: tuple[Block, ...]
    calls: Counter[nn.Module] = field(default_factory=Counter)
    """How often each linear layer, block and attention was called in all."""
    last: Tensor | None = None
    """What the last block gave."""
    final_norm: nn.Module | None = None
    current: int = -1
    """The block that runs; of blocks that run one after the other, the last that began."""


@contextlib.contextmanager
def watching(
    model: nn.Module, trunk: nn.Module, blocks: Sequence[nn.Module], capture: bool
) -> Iterator[Watched]:
    """Hooks for one pass of `trunk` with these blocks, in the order of their calls.

    `capture`: listen at the attention function too.
    """
    seen = Watched(tuple(Block() for _ in blocks))
    inside = {module for block in blocks for module in block.modules()}
    handles: list[Any] = []

    def handed(module: nn.Module, keys: Tensor, values: Tensor) -> None:
        own = Handed(Call(module, _count(seen, module)), tuple(keys.shape), tuple(values.shape))
        if module in inside:
            seen.blocks[seen.current].handed.append(own)

    try:
        for block in dict.fromkeys(blocks):
            handles += _in_block(seen, block)
        layers = {one: None for block in dict.fromkeys(blocks) for one in linear.layers(block)}
        for layer in layers:
            handles.append(layer.register_forward_hook(_linear(seen), prepend=True))
        for module in inside:
            if _is_activation(module):
                handles.append(module.register_forward_hook(_activation(seen), prepend=True))
        for module in trunk.modules():
            if module not in inside and "norm" in type(module).__name__.lower():
                handles.append(module.register_forward_hook(_following(seen), prepend=True))
        with attention.capturing(model, handed) if capture else contextlib.nullcontext():
            yield seen
    finally:
        for handle in handles:
            handle.remove()


def _count(seen: Watched, module: nn.Module) -> int:
    """Note a call; how many there were before."""
    before = seen.calls[module]
    seen.calls[module] += 1
    return before


def _in_block(seen: Watched, block: nn.Module) -> list[Any]:
    def before(_module: nn.Module, _args: Any, _kwargs: Any) -> None:
        seen.current += 1

    def after(module: nn.Module, _args: Any, output: Any) -> None:
        seen.last = first_tensor(output)

    return [
        block.register_forward_pre_hook(before, prepend=True, with_kwargs=True),
        block.register_forward_hook(after, prepend=True),
    ]


def _linear(seen: Watched) -> Any:
    def after(module: nn.Module, args: Any, output: Any) -> None:
        given = Mark.of(args[0]) if args else None
        call = Call(module, _count(seen, module), given, Mark.of(first_tensor(output)))
        seen.blocks[seen.current].linears.append(call)

    return after


def _activation(seen: Watched) -> Any:
    def after(_module: nn.Module, _args: Any, output: Any) -> None:
        if isinstance(output, Tensor) and output.is_floating_point():
            seen.blocks[seen.current].activations.add(Mark.of(output))

    return after


def _is_activation(module: nn.Module) -> bool:
    """Without parts and parameters, and not one that does nothing here."""
    name = type(module).__name__.lower()
    bare = next(module.children(), None) is None and next(module.parameters(), None) is None
    return bare and not any(word in name for word in ("drop", "identity", "norm"))


def _following(seen: Watched) -> Any:
    def after(module: nn.Module, args: Any, _output: Any) -> None:
        last, fits = seen.last, bool(args) and isinstance(args[0], Tensor)
        if last is not None and fits and args[0].shape == last.shape and args[0].equal(last):
            seen.final_norm = module

    return after

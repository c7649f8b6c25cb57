"""Find a model's stack of blocks: the one list of modules whose states are the model's own.

Which list it is, is learnt from one pass: its members are called as often as the config says that
the model is deep, and what they are given and give is what the model calls its hidden states.
"""

import contextlib
import hashlib
import inspect
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from torch import Tensor, nn

from catalog.errors import ModelUnsupported

_DEPTHS = (
    "num_hidden_layers",
    "encoder_layers",
    "decoder_layers",
    "encoder_num_hidden_layers",
    "decoder_num_hidden_layers",
    "num_layers",
    "num_decoder_layers",
    "n_layers",
    "n_layer",
    "depth",
)
"""Names under which configs keep the number of blocks."""
_HOOKED = "_output_capturing_hooks_installed"
"""How transformers remembers that it has put hooks of its own on a model."""


class Mark(NamedTuple):
    """A tensor as far as it is compared: its shape, and a hash of its bits."""

    shape: tuple[int, ...]
    bits: bytes

    @classmethod
    def of(cls, states: Tensor, positions: int | None = None) -> "Mark":
        """The same for equal bits, wherever the tensor lies; of the first positions alone."""
        if positions is not None and states.ndim == 3:
            states = states[:, :positions]
        plain = states.detach().float().contiguous().cpu().numpy()
        return cls(tuple(states.shape), hashlib.blake2b(plain.data, digest_size=16).digest())


@dataclass(frozen=True)
class Stack:
    """The blocks in the order they are called; a shared one stands once for each call."""

    blocks: tuple[nn.Module, ...]
    before: tuple[bool, ...]
    """Per residual site, resid.0 on: whether it is what the next block is given, not what the last
    one gave (a convolution may lie between the two)."""
    ended: Tensor
    """What the last block gave."""


class Size(NamedTuple):
    """Of the input of a pass."""

    items: int
    positions: int | None = None
    """Where they are known beforehand: what a model adds to them is padding."""


@dataclass
class _Call:
    """One call of a member of a list: the states it was given and gave."""

    module: nn.Module
    given: Mark | None = None
    gave: Mark | None = None
    states: Tensor | None = None
    """What it gave, kept of the last call alone."""


@dataclass
class _Pass:
    """One pass: calls of the members of each list, and what norms outside of them gave."""

    lists: dict[str, list[_Call]]
    normed: set[Mark] = field(default_factory=set)


def first_tensor(output: Any) -> Tensor:
    """Hidden states of a block's output, which is a tensor or a tuple that begins with one."""
    hidden: Tensor = output[0] if isinstance(output, tuple | list) else output
    return hidden


def hidden_input(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
    """Hidden states that a block is called with."""
    hidden: Tensor = args[0] if args else kwargs["hidden_states"]
    return hidden


def trunk_of(model: nn.Module) -> nn.Module:
    """The stack of blocks: the encoder of an encoder-decoder, else what get_decoder() names."""
    config: Any = model.config
    name = "get_encoder" if config.is_encoder_decoder else "get_decoder"
    getter: Any = getattr(model, name, None)
    named: nn.Module = (getter() if getter is not None else None) or model
    argument = getattr(model, "main_input_name", "input_ids")
    candidates = [named, getattr(model, "base_model", model), model]
    # What is named may be a head (ModernBERT's decoder), or a part inside the trunk (DINOv3).
    return next((one for one in candidates if _takes(one, argument)), named)


def _takes(module: nn.Module, argument: str) -> bool:
    """Whether a module is called with an argument of this name."""
    return argument in inspect.signature(type(module).forward).parameters


def _lists(trunk: nn.Module) -> dict[str, nn.ModuleList]:
    """Lists of modules with parameters, by name."""
    return {
        name: module
        for name, module in trunk.named_modules()
        if isinstance(module, nn.ModuleList) and any(True for _ in module.parameters())
    }


def depths_of(config: Any) -> list[int]:
    """Numbers of blocks that a config names."""
    configs = [config, config.get_text_config()]
    found = [getattr(one, name, None) for one in configs for name in _DEPTHS]
    return sorted({depth for depth in found if isinstance(depth, int)})


def find(trunk: nn.Module, config: Any, run: Callable[..., Any], size: Size) -> Stack:
    """The stack, from one pass that is also asked for the model's own hidden states.

    ModelUnsupported where no list of blocks has them, saying what was looked for and found.
    """
    depths = depths_of(getattr(trunk, "config", config)) or depths_of(config)
    with _watching(trunk, size.positions) as seen, untouched(trunk):
        own = _own_states(trunk, run, seen)
    reasons = {}
    for name, called in seen.lists.items():
        found = _stack(called, depths, own, seen.normed)
        if isinstance(found, Stack) and len(found.ended) != size.items:
            found = f"which runs {size.items} items as {len(found.ended)}"
        if isinstance(found, Stack):
            return found
        reasons[name] = f"{name or type(trunk).__name__} ({found})"
    told = "; ".join(reasons.values()) or "none"
    deep = " or ".join(str(depth) for depth in depths) or "?"
    raise ModelUnsupported(
        f"{type(trunk).__name__} cannot be read: looked for a list of {deep} blocks and found "
        f"these lists: {told}. Only models with one stack of equal blocks are supported."
    )


def _stack(
    called: list[_Call], depths: list[int], own: tuple[Mark, ...] | None, normed: set[Mark]
) -> Stack | str:
    """The stack that a list is; a reason why it is none."""
    if not called:
        return "whose members are never called as modules"
    if len(called) not in depths:
        return f"whose members are called {len(called)} times"
    shapes = {mark.shape for call in called for mark in (call.given, call.gave) if mark is not None}
    if any(call.given is None or call.gave is None for call in called) or not shapes:
        return "whose members give no states"
    if len(shapes) > 1 or len(next(iter(shapes))) != 3:
        seen = ", ".join(" x ".join(map(str, shape)) for shape in sorted(shapes))
        return f"with states of shape {seen} where items x positions x dimensions are equal in all"
    if own is not None and own and own[0].shape != next(iter(shapes)):
        seen, said = (" x ".join(map(str, s)) for s in (next(iter(shapes)), own[0].shape))
        return f"with states of shape {seen} where the model's own are {said}"
    if own is not None and len(own) not in (len(called), len(called) + 1):
        return f"{len(called)} blocks, but the model has {len(own)} hidden states"
    if own is not None and [*own[: len(called)]] == [call.gave for call in called]:
        # The model leaves the embeddings out (Mamba), and may give its final norm as one more.
        assert called[0].given is not None
        own = (called[0].given, *own[: len(called) - 1], own[-1])
    if own is not None and len(own) != len(called) + 1:
        return f"{len(called)} blocks, but the model has {len(own)} hidden states"
    before = [True]
    for layer, (last, following) in enumerate(itertools.pairwise(called), 1):
        expected = following.given if own is None else own[layer]
        if expected not in (last.gave, following.given):
            return f"whose states at resid.{layer} are not the model's own hidden states"
        if own is None and expected != last.gave:
            return f"whose member {layer + 1} is not given what member {layer} gave"
        before.append(expected != last.gave)
    if own is not None and own[0] != called[0].given:
        return "whose states at resid.0 are not the model's own hidden states"
    if len(before) > 1 and all(before):
        return "whose members do not give the model's own hidden states"
    ended = called[-1]
    assert ended.gave is not None and ended.states is not None
    ends = {ended.gave, *normed}
    if own is not None and own[-1].shape == ended.gave.shape and own[-1] not in ends:
        return (
            "whose last states are not the model's own, neither before a norm nor after: it may "
            "change them after its blocks, or read a random part of each item"
        )
    return Stack(tuple(call.module for call in called), (*before, False), ended.states)


def _own_states(trunk: nn.Module, run: Callable[..., Any], seen: _Pass) -> tuple[Mark, ...] | None:
    """Run the trunk; the hidden states it gives when asked, None where it cannot be asked."""
    try:
        output = run(trunk, output_hidden_states=True)
    except TypeError:  # it has no such argument
        for called in seen.lists.values():
            called.clear()
        run(trunk)
        return None
    own = getattr(output, "hidden_states", None)
    if not isinstance(own, tuple | list) or not all(isinstance(one, Tensor) for one in own):
        return None
    return tuple(Mark.of(one) for one in own)


@contextlib.contextmanager
def _watching(trunk: nn.Module, positions: int | None) -> Iterator[_Pass]:
    """Watch the members of each list and the norms outside of them, for one pass."""
    lists = _lists(trunk)
    seen = _Pass({name: [] for name in lists})
    handles: list[Any] = []

    def watch(name: str, member: nn.Module) -> None:
        calls = seen.lists[name]

        def before(module: nn.Module, args: Any, kwargs: Any) -> None:
            given = args[0] if args else kwargs.get("hidden_states")
            mark = Mark.of(given, positions) if _is_states(given) else None
            calls.append(_Call(module, mark))

        def after(module: nn.Module, _args: Any, output: Any) -> None:
            first = output[0] if isinstance(output, tuple | list) and output else output
            if _is_states(first):
                own = next(call for call in reversed(calls) if call.module is module)
                for call in calls:
                    call.states = None
                own.gave, own.states = Mark.of(first, positions), first

        handles.append(member.register_forward_pre_hook(before, prepend=True, with_kwargs=True))
        handles.append(member.register_forward_hook(after, prepend=True))

    def normed(_module: nn.Module, _args: Any, output: Any) -> None:
        if _is_states(output):
            seen.normed.add(Mark.of(output, positions))

    try:
        for name, modules in lists.items():
            for member in dict.fromkeys(modules):
                watch(name, member)
        inside = {one for modules in lists.values() for one in modules.modules()}
        for module in trunk.modules():
            if module not in inside and "norm" in type(module).__name__.lower():
                handles.append(module.register_forward_hook(normed, prepend=True))
        yield seen
    finally:
        for handle in handles:
            handle.remove()


def _is_states(given: Any) -> bool:
    return isinstance(given, Tensor) and given.is_floating_point()


@contextlib.contextmanager
def untouched(model: nn.Module) -> Iterator[None]:
    """Take off the hooks that transformers leaves behind when hidden states are asked for.

    They stay for good, and what is registered later runs after them and goes unseen by them.
    """
    before = {module: set(module._forward_hooks) for module in model.modules()}
    marked = {module for module in before if _HOOKED in module.__dict__}
    try:
        yield
    finally:
        for module, known in before.items():
            for number in set(module._forward_hooks) - known:
                del module._forward_hooks[number]
            if module not in marked:
                module.__dict__.pop(_HOOKED, None)

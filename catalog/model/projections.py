"""Keys and values of attentions that call no attention function: found by what they multiply.

Where an attention hands them to a cache they are read there. Elsewhere they are what a layer named
like a key or value projection gives, if that is what the attention multiplies with queries and with
probabilities; what is turned, pooled or moved in between is refused.
"""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from catalog.model import caching, linear
from catalog.model.feedforward import FUSED, KEYS, VALUES, mixing, recurrent
from catalog.model.stack import Mark, first_tensor
from catalog.model.taps import Of, Tap

Found = tuple[Tap | str, Tap | str]
"""Where a block's keys and values are had, or why not."""
_PAIRS = {"matmul", "bmm", "__matmul__", "__rmatmul__", "baddbmm", "einsum"}
_ATTENTION = "scaled_dot_product_attention"


class _Made(NamedTuple):
    """What a linear layer gave."""

    name: str
    module: nn.Module
    nth: int
    states: Tensor


@dataclass
class _Seen:
    """One call of a block, while it runs and after."""

    made: list[_Made] = field(default_factory=list)
    keys: list[Tensor] = field(default_factory=list)
    """What was multiplied with something else than probabilities."""
    values: list[Tensor] = field(default_factory=list)
    """What was multiplied with probabilities."""
    found: Found | None = None


def find(
    blocks: Sequence[nn.Module], wanted: set[int], run: Callable[[], Any], heads: Sequence[int]
) -> dict[int, Found]:
    """Keys and values of the blocks with these numbers, from a pass or two."""
    asked = {module for number in wanted for module in caching.caches(blocks[number])}
    watch = _with_caches(blocks, wanted, run, asked, heads) if asked else None
    if watch is None:
        watch = _Watch(blocks, wanted, heads)
        with watch.watching(set()):
            run()
    return {number: watch.found(number) for number in wanted}


def _with_caches(
    blocks: Sequence[nn.Module],
    wanted: set[int],
    run: Callable[[], Any],
    asked: set[nn.Module],
    heads: Sequence[int],
) -> "_Watch | None":
    """A pass in which attentions get a cache that tells; None where that changes anything."""
    watch, plain = _Watch(blocks, wanted, heads), _Watch(blocks, set(), ())
    try:
        with watch.watching(asked):
            run()
    except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None  # it minds a cache that keeps nothing
    with plain.watching(set()):
        run()
    return watch if watch.last == plain.last else None


class _Watch:
    """Hooks for one pass."""

    def __init__(self, blocks: Sequence[nn.Module], wanted: set[int], heads: Sequence[int]) -> None:
        self.blocks, self.wanted, self.heads = blocks, wanted, heads
        self.seen = [_Seen() for _ in blocks]
        self.calls: Counter[nn.Module] = Counter()
        self.current = -1
        self.last: Any = None

    @contextlib.contextmanager
    def watching(self, caches: set[nn.Module]) -> Iterator[None]:
        """Watch a pass; `caches` are modules that get a cache which tells."""
        handles: list[Any] = []
        for block in dict.fromkeys(self.blocks):
            handles.append(block.register_forward_pre_hook(self._begins, with_kwargs=True))
            handles.append(block.register_forward_hook(self._ends))
            for name, module in block.named_modules():
                if linear.out_features(module) is not None:
                    hook = self._layer(name.rsplit(".", 1)[-1])
                    handles.append(module.register_forward_hook(hook))
        try:
            with caching.passing(caches, self._cached), _Operands(self._multiplied):
                yield
        finally:
            for handle in handles:
                handle.remove()

    def found(self, number: int) -> Found:
        """Where the keys and values of a block are had, with the number of calls filled in."""
        own = self.seen[number].found or self._none(number)
        keys, values = (
            one._replace(calls=max(1, self.calls[one.module])) if isinstance(one, Tap) else one
            for one in own
        )
        return keys, values

    def _begins(self, _module: nn.Module, _args: Any, _kwargs: Any) -> None:
        self.current += 1

    def _ends(self, _module: nn.Module, _args: Any, output: Any) -> None:
        number = self.current
        self.last = Mark.of(first_tensor(output))
        own = self.seen[number]
        if number in self.wanted and own.found is None:
            shape = tuple(first_tensor(output).shape[:2])
            own.found = self._resolved(number, own, shape)
        own.made, own.keys, own.values = [], [], []

    def _layer(self, name: str) -> Callable[..., None]:
        def after(module: nn.Module, _args: Any, output: Any) -> None:
            nth = self.calls[module]
            self.calls[module] += 1
            if self.current in self.wanted and name in KEYS | VALUES | FUSED:
                made = _Made(name, module, nth, first_tensor(output))
                self.seen[self.current].made.append(made)

        return after

    def _cached(self, module: nn.Module, keys: Tensor, values: Tensor) -> None:
        nth = self.calls[module]
        self.calls[module] += 1
        own = self.seen[self.current]
        if self.current in self.wanted and own.found is None:
            found = [
                Tap(module, kind, nth, step=_repeated(states))
                for kind, states in _kinds(keys, values)
            ]
            own.found = found[0], found[1]

    def _multiplied(self, left: Tensor, right: Tensor) -> None:
        if self.current not in self.wanted:
            return
        own = self.seen[self.current]
        (own.values if _probabilities(left) else own.keys).append(right)

    def _resolved(self, number: int, own: _Seen, shape: tuple[int, ...]) -> Found | None:
        """Where keys and values are had that no cache got; None where no layer projects to them."""
        made = [one for one in own.made if tuple(one.states.shape[:-1]) in (shape, shape[::-1])]
        if not made or any(recurrent(module) for module in self.blocks[number].modules()):
            return None
        keys = _projected(made, own, "keys", self.heads)
        values = _projected(made, own, "values", self.heads)
        if tuple(made[0].states.shape[:-1]) != shape:
            keys, values = (
                one._replace(swapped=True) if isinstance(one, Tap) else one
                for one in (keys, values)
            )
        return keys, values

    def _none(self, number: int) -> Found:
        """Why a block has no keys and values."""
        named = dict(self.blocks[number].named_modules())
        mixers = mixing(self.blocks[number], set())
        told = " and ".join(f"{name} ({type(named[name]).__name__})" for name in mixers)
        state = any(recurrent(m) for name in mixers for m in named[name].modules())
        if not mixers:
            reason = "This block has no attention, so it has no keys and values."
        elif state:
            reason = (
                f"This block has no keys and values: its {told} is not softmax attention, but a "
                "state space, a recurrence or a linear attention."
            )
        else:
            reason = (
                f"This block has no keys and values that can be read: its {told} calls no layer "
                "named like a projection to them, and no known attention function."
            )
        return reason, reason


def _kinds(keys: Tensor, values: Tensor) -> tuple[tuple[Of, Tensor], tuple[Of, Tensor]]:
    return ("cached keys", keys), ("cached values", values)


def _projected(made: list[_Made], seen: _Seen, called: str, heads: Sequence[int]) -> Tap | str:
    """The projection whose outputs are what the attention uses; a reason where there is none.

    A layer that is named for it may meet its factor anywhere; of one that makes queries, keys and
    values at once, the keys are looked for among what meets no probabilities, the values among what
    meets them.
    """
    names, used = (KEYS, seen.keys) if called == "keys" else (VALUES, seen.values)
    plain = next((one for one in made if one.name in names), None)
    if plain is not None and any(_same(plain.states, one) for one in seen.keys + seen.values):
        return Tap(plain.module, "output", plain.nth)
    fused = next((one for one in made if one.name in FUSED), None)
    if plain is None and fused is not None:
        for columns in _layouts(fused.states.shape[-1], 1 if called == "keys" else 2, heads):
            if any(_same(fused.states[..., columns], one) for one in used):
                return Tap(fused.module, "output", fused.nth, columns=tuple(columns.tolist()))
    source = plain or fused
    if source is None:
        return f"No layer of this block is named like a projection to {called}."
    return (
        f"The {called} that the attention of this block uses are not what {source.name} gives: "
        "they are turned, pooled or moved on the way, where nothing can be read."
    )


def _layouts(width: int, third: int, heads: Sequence[int]) -> Iterator[Tensor]:
    """Columns of keys (third = 1) or values (2) in a layer that makes all three: known layouts."""
    every = torch.arange(width)
    if width % 3 == 0:
        yield every.view(3, -1)[third]
    for number in heads:
        if width % (3 * number) == 0:
            yield every.view(number, 3, -1)[:, third].flatten()


def _probabilities(states: Tensor) -> bool:
    """Whether the last axis sums to 1 everywhere, without a negative number."""
    if states.ndim < 3 or not states.is_floating_point() or bool((states < 0).any()):
        return False
    sums = states.float().sum(dim=-1)
    return bool(torch.allclose(sums, torch.ones_like(sums), atol=1e-2))


def _same(states: Tensor, used: Tensor) -> bool:
    """Whether two tensors hold the same numbers, whatever their order, up to a positive factor.

    Zeros, one number that pads, and repetitions do not count.
    """
    own, other = (torch.unique(one.detach().float()) for one in (states, used))
    own, other = own[own != 0], other[other != 0]
    if not len(own) or not 0 <= len(other) - len(own) <= 1:
        return False
    if bool(torch.isin(own, other).all()):
        return True
    factor = other.abs().max() / own.abs().max()
    return len(own) == len(other) and bool(torch.allclose(own * factor, other, rtol=1e-4))


def _repeated(states: Tensor) -> int:
    """How often each head stands in float[items, heads, positions, dims], one after the other."""
    heads = states.shape[1]
    for step in range(heads, 1, -1):
        if heads % step == 0:
            grouped = states.reshape(len(states), -1, step, *states.shape[2:])
            if torch.equal(grouped, grouped[:, :, :1].expand_as(grouped)):
                return step
    return 1


class _Operands(TorchFunctionMode):
    """Tell what is multiplied with what, while the block runs."""

    def __init__(self, told: Callable[[Tensor, Tensor], None]) -> None:
        super().__init__()
        self.told = told

    def __torch_function__(
        self, func: Any, _types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Run the function as it is, and tell its two factors."""
        name = getattr(func, "__name__", "")
        made = func(*args, **(kwargs or {}))
        if name in _PAIRS:
            pair = [one for one in _flat(args) if isinstance(one, Tensor)][-2:]
            if len(pair) == 2:
                self.told(pair[0], pair[1])
        elif name == _ATTENTION:
            named = dict(zip(("query", "key", "value"), args, strict=False)) | (kwargs or {})
            self.told(named["query"], named["key"])
            self.told(torch.ones(1, 1, 1), named["value"])
        return made


def _flat(args: Any) -> Iterator[Any]:
    for one in args:
        if isinstance(one, tuple | list):
            yield from one
        else:
            yield one

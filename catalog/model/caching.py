"""Read keys and values where attentions that call no attention function hand them to their cache.

There they stand after rotary embedding too. The cache that is put in keeps nothing and gives back
what it gets, so no bit of the output changes.
"""

import contextlib
import inspect
from collections.abc import Iterable, Iterator
from typing import Any

from torch import Tensor, nn
from transformers import DynamicCache

from catalog.model.attention import Sink

_ARGUMENTS = ("layer_past", "past_key_values", "past_key_value")
"""What attentions call their cache."""


class _Passing(DynamicCache):  # type: ignore[misc]  # untyped in transformers
    """An empty cache that tells what it is given."""

    def __init__(self, module: nn.Module, sink: Sink) -> None:
        super().__init__()
        self._told = module, sink

    def update(
        self, key_states: Tensor, value_states: Tensor, *_args: Any, **_kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Tell, and give back the same."""
        module, sink = self._told
        sink(module, key_states, value_states)
        return key_states, value_states


def caches(block: nn.Module) -> list[nn.Module]:
    """The innermost modules of a block that take a cache."""
    taking = [module for module in block.modules() if _argument(module) is not None]
    return [
        one
        for one in taking
        if one is not block and not any(m in taking for m in one.modules() if m is not one)
    ]


def _argument(module: nn.Module) -> str | None:
    known = inspect.signature(type(module).forward).parameters
    return next((name for name in _ARGUMENTS if name in known), None)


@contextlib.contextmanager
def passing(modules: Iterable[nn.Module], sink: Sink) -> Iterator[None]:
    """Tell `sink` what each of these modules hands to its cache, or to one that is put in."""
    told: list[Any] = []

    def before(module: nn.Module, args: Any, kwargs: Any) -> Any:
        name = _argument(module)
        assert name is not None
        bound = inspect.signature(type(module).forward).bind(module, *args, **kwargs)
        cache = bound.arguments.get(name)
        if cache is None:
            bound.arguments[name] = _Passing(module, sink)
            return bound.args[1:], bound.kwargs
        own = cache.update

        def update(keys: Tensor, values: Tensor, *rest: Any, **named: Any) -> Any:
            sink(module, keys, values)
            return own(keys, values, *rest, **named)

        cache.update = update
        told.append(cache)
        return None

    def after(*_: object) -> None:
        while told:
            del told.pop().update  # the method of its class stands again

    handles = [
        handle
        for module in dict.fromkeys(modules)
        for handle in (
            module.register_forward_pre_hook(before, prepend=True, with_kwargs=True),
            module.register_forward_hook(after, always_call=True),
        )
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()

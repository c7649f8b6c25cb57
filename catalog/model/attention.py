"""Read keys and values where every architecture hands them over: the attention function.

There they stand after projection, norm and rotary embedding, one set per key-value head. The
model's own attention function still does the work, so no bit of the output changes.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface

Sink = Callable[[nn.Module, Tensor, Tensor], None]
"""Gets the attention module and its keys and values: float[items, heads, positions, dims]."""

_PREFIX = "dims_capture_"
_sinks: dict[int, Sink] = {}
"""Receivers of the running captures, by id of the attention module."""


@contextlib.contextmanager
def capturing(model: nn.Module, sink: Sink | None = None) -> Iterator[set[nn.Module]]:
    """Call `sink` at each attention of `model`; yields the set of modules that were seen."""
    seen: set[nn.Module] = set()

    def receive(module: nn.Module, keys: Tensor, values: Tensor) -> None:
        seen.add(module)
        if sink is not None:
            sink(module, keys, values)

    modules = list(model.modules())
    own = _implementations(modules)
    for _, original in own:
        _register(original)
    _sinks.update({id(module): receive for module in modules})
    try:
        for config, original in own:
            config._attn_implementation_internal = _PREFIX + original
        yield seen
    finally:
        for config, original in own:
            config._attn_implementation_internal = original
        for module in modules:
            _sinks.pop(id(module), None)


def _implementations(modules: list[nn.Module]) -> list[tuple[Any, str]]:
    """Each config of a model with its attention implementation.

    A text model and a vision tower in one wrapper may differ; set_attn_implementation and the
    public setter would give both the same, for good.
    """
    configs: dict[int, Any] = {id(m.config): m.config for m in modules if hasattr(m, "config")}
    found = [(c, getattr(c, "_attn_implementation", None)) for c in configs.values()]
    return [(config, original) for config, original in found if original is not None]


def _register(original: str) -> None:
    """Make a capturing twin of an attention implementation known to transformers."""

    def capture(
        module: nn.Module, query: Tensor, key: Tensor, value: Tensor, *args: Any, **kwargs: Any
    ) -> Any:
        _sinks[id(module)](module, key, value)
        return _function(original, module)(module, query, key, value, *args, **kwargs)

    AttentionInterface.register(_PREFIX + original, capture)
    masks = AttentionMaskInterface()
    AttentionMaskInterface.register(_PREFIX + original, masks[original])


def _function(name: str, module: nn.Module) -> Callable[..., Any]:
    """The attention function of that name; `eager` is each architecture's own."""
    if name == "eager":
        own: Callable[..., Any] = sys.modules[type(module).__module__].eager_attention_forward
        return own
    chosen: Callable[..., Any] = AttentionInterface()[name]
    return chosen

"""Where the states of a site are had in a forward pass."""

from typing import Literal, NamedTuple

from torch import nn

ATTENDED = ("keys", "values")
"""Handed to the attention function."""
CACHED = ("cached keys", "cached values")
"""Handed to the cache, by attentions that call no attention function."""
Of = Literal["input", "output", "keys", "values", "cached keys", "cached values"]


class Tap(NamedTuple):
    """Where the states of a site are had in a forward pass."""

    module: nn.Module
    of: Of
    """What of the module: its hidden states, or what it hands to the attention or to the cache."""
    nth: int = 0
    """Which of its calls in a pass: blocks may share a module."""
    calls: int = 1
    """How often it is called in a pass."""
    columns: tuple[int, ...] | None = None
    """Which of its outputs, where it makes queries, keys and values at once."""
    step: int = 1
    """Of how many heads one is kept, where a model repeats its keys for each query head."""
    swapped: bool = False
    """Whether its states lie as positions x items (Longformer)."""

"""How long work says how far it is: one callable, the same for commands, pages and notebooks."""

from collections.abc import Callable

Report = Callable[[str, int, int], None]
"""Told the stage, what is done and what there is in all (0: not known). May raise to cancel."""


def silent(_stage: str, _done: int, _all: int) -> None:
    """A report that nobody reads."""

"""What the items of each modality can be told apart from: the one table of backgrounds."""

from typing import Literal, NamedTuple

Background = Literal["all", "words", "matched"]
BACKGROUNDS: tuple[Background, ...] = ("all", "words", "matched")
"""Every background, in the order that seeds number them in: append a new one."""
OWN: frozenset[Background] = frozenset({"matched"})
"""Those that are drawn for each category; the others are the same items for all."""
TOLD: dict[Background, str] = {
    "all": "other {items}",
    "words": "whole words",
    "matched": "matched items",
}
"""What a category is told apart from, in words; items are tokens, images or sounds."""


class Backgrounds(NamedTuple):
    """The backgrounds of one modality."""

    known: tuple[Background, ...]
    primary: Background
    """Of the cell that verdicts are made in."""


OF: dict[str, Backgrounds] = {
    "text": Backgrounds(BACKGROUNDS, "matched"),
    "image": Backgrounds(("all",), "all"),
    "audio": Backgrounds(("all",), "all"),
}
"""By modality. Images and sounds have neither words nor frequencies to match by."""

"""What a category can be told apart from; `facts` says which of them each modality has."""

from typing import Literal

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

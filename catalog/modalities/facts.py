"""What differs by modality and is a fact, not code: names, backgrounds, batch. One line each.

Nothing is imported for it; what a modality does lies in `kinds.KINDS`.
"""

from typing import NamedTuple

from catalog.modalities.backgrounds import BACKGROUNDS, Background


class Facts(NamedTuple):
    """One modality."""

    one: str
    """What an item is called."""
    many: str
    page: str
    """The page of items."""
    batch: int
    """Items of a forward pass where nobody asks for another number."""
    backgrounds: tuple[Background, ...]
    """What a category can be told apart from; images and sounds have neither words nor frequencies
    to match by.
    """
    primary: Background
    """That of the cell that verdicts are made in."""
    option: str = ""
    """How the items are handed to `dims build`; empty where the model brings them."""
    hint: str = ""
    """What the keys p and P of the labeling desk do."""

    @property
    def tab(self) -> str:
        """The tab of one item."""
        return f"One {self.page.lower().removesuffix('s')}"


_PICTURES, _PLAYER = (
    "show the next and the previous picture large.",
    "play the next and the previous sound; a click plays any.",
)
OF: dict[str, Facts] = {
    "text": Facts("token", "tokens", "Words", 1024, BACKGROUNDS, "matched"),
    "image": Facts("image", "images", "Images", 32, ("all",), "all", "--items FOLDER", _PICTURES),
    "audio": Facts("sound", "sounds", "Sounds", 8, ("all",), "all", "--items FOLDER", _PLAYER),
}
"""By modality, in the order that catalogs are listed in."""

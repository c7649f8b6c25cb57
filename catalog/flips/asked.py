"""A flip as it is asked for: all that a run depends on, besides a catalog and its weights."""

from dataclasses import dataclass

from catalog.errors import SettingRefused
from catalog.flips import extra_edits
from catalog.flips.prompts import EACH, Prompt
from catalog.flips.source import Source


@dataclass(frozen=True)
class Asked:
    """A feature, a site, and how it is flipped there."""

    source: Source
    site: str
    prompts: tuple[Prompt, ...] | None = None
    """Of an encoder or a model of images or sounds: items, such as #12. None: `each` of both kinds,
    the prompts that ship or items drawn from the seed."""
    each: int = EACH
    """Neutral prompts, and as many eliciting ones, where none are given."""
    threshold: str | None = None
    """None: the first that the catalog holds."""
    dimensions: int | None = None
    """Only so many, the strongest first; None: all of the feature's."""
    positions: str = "all"
    """all (but a beginning-of-text sink), last, or places such as 0,2,-1."""
    scale: float = 1.0
    """Times the change; 1 is the flip."""
    seed: int = 0
    edits: str = ""
    """Further edits, a line each; see `catalog.flips.extra_edits`."""

    def __post_init__(self) -> None:
        """Refuse what no catalog could make a run of."""
        if self.dimensions is not None and self.dimensions < 1:
            raise SettingRefused("Flip at least one dimension.")
        extra_edits.lines(self.edits)

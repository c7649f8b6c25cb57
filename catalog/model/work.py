"""What a states stage is asked to do: model, items, sites, and the order in which items come."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.modalities import Modality
from catalog.model import device
from catalog.model.loading import LoadedModel
from catalog.signs import examples
from catalog.signs.examples import Candidates
from catalog.signs.moments import NEAR_ITEMS, POLE_ITEMS, Pole
from catalog.sites import Site

PILOT_ITEMS = 4096
"""Items of the pilot, and of every later chunk."""
END_SIZES = {"positive": POLE_ITEMS, "negative": POLE_ITEMS}
"""Items kept at both ends of a dimension's values, where no rule but their order decides."""


@dataclass(frozen=True)
class Work:
    """What a states stage needs; the same work gives the same bits."""

    model: LoadedModel
    modality: Modality
    sites: tuple[Site, ...]
    thresholds: tuple[str, ...]
    batch_size: int
    seed: int
    per_patch: Site | None = None
    """Site at which the sign of every patch is kept."""
    fitted: bool = False
    """Whether the batch is the usual one, which may be smaller where memory is short."""

    @property
    def items(self) -> int:
        """Number of items."""
        return len(self.modality.items)

    @property
    def pilot(self) -> int:
        """Items of the pilot, which is the first chunk."""
        return [*self.starts(), self.items][1]

    def starts(self) -> list[int]:
        """Places in build order at which chunks begin."""
        return self.modality.starts(self.items, PILOT_ITEMS)

    def order(self) -> NDArray[np.int64]:
        """Item numbers in build order."""
        return self.modality.order(self.items, self.seed, self.pilot)

    def threads(self) -> int:
        """CPU threads of the forward pass; 0 where the device is not the CPU."""
        return device.threads(self.model.device)

    def pole_sizes(self) -> dict[str, int]:
        """Poles kept, with the number of items in each."""
        near = {f"near {threshold}": NEAR_ITEMS for threshold in self.thresholds}
        ends = examples.SIZES if self.modality.windowed else END_SIZES
        return {**ends, **near}

    def merged(self, name: str, pole: Pole, candidates: Candidates) -> Pole:
        """A pole after the candidates of one more chunk."""
        if not self.modality.windowed:
            return pole.merged(*candidates)
        family = self.modality.items["family"].to_numpy(np.int32)
        return examples.merged(name, pole, candidates, family)

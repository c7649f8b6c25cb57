"""What a chunk of tokens in context leaves of a site besides its sums: examples with their windows.

The states of whole texts come here; the items are picked out of them and reduced as ever, and
`catalog.signs.examples` collects the rest on the processor.
"""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from catalog.modalities import Modality
from catalog.modalities.passes import Pass
from catalog.model import states
from catalog.signs.examples import Candidates, Codes, Collector
from catalog.signs.moments import Moments
from catalog.sites import Site


class Plain(Protocol):
    """What a chunk leaves of one site in any case."""

    bits: dict[str, list[NDArray[np.uint8]]]

    def add(self, values: torch.Tensor, items: NDArray[np.integer]) -> None:
        """Reduce one batch: float32[items, dims]."""
        ...

    def sums(self) -> Moments:
        """Sums over the chunk."""
        ...

    def candidates(self) -> dict[str, Candidates]:
        """Flat arrays of the whole chunk, by pole."""
        ...


class InText:
    """Reduces whole texts of one site; its other parts are those of `plain`."""

    def __init__(
        self, modality: Modality, site: Site, dtype: str, plain: Plain, examples: Collector
    ) -> None:
        self.modality: Any = modality
        self.site, self.dtype, self.plain, self.examples = site, dtype, plain, examples
        self.bits = plain.bits
        self._families = modality.items["family"].to_numpy(np.int32)
        self._found: tuple[dict[str, Candidates], dict[str, Codes]] | None = None

    def add(self, values: torch.Tensor, items: NDArray[np.integer]) -> None:
        """Reduce one batch: float32[rows, positions, dims]."""
        one = Pass(items, items)
        picked = self.modality.gather(values, one)
        states.check_finite(picked, items, self.site, self.modality, self.dtype)
        self.plain.add(picked, items)
        rows, places = self.modality.where(items)
        marks = rows, places, items, self._families[items]
        self.examples.add(values.cpu().numpy(), self.modality.lengths(items, len(values)), marks)

    def sums(self) -> Moments:
        """Sums over the chunk."""
        return self.plain.sums()

    def candidates(self) -> dict[str, Candidates]:
        """Flat arrays of the whole chunk, by pole and band."""
        return self.plain.candidates() | self._examples()[0]

    def windows(self) -> dict[str, Codes]:
        """Windows of the poles' and bands' candidates, in their order."""
        return self._examples()[1]

    def _examples(self) -> tuple[dict[str, Candidates], dict[str, Codes]]:
        if self._found is None:
            self._found = self.examples.candidates()
        return self._found

"""What all FFN neurons of a model write, as arrays: columns of the down projections, no tensor."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.sites import Site


@dataclass(frozen=True)
class Columns:
    """What all neurons of a model write, block after block."""

    signs: NDArray[np.int8]
    """Sign of every weight, a norm after the FFN folded in: int8[dims, neurons]."""
    norms: NDArray[np.float32]
    """Length of every column: float32[neurons]."""
    layer: NDArray[np.int32]
    """Block of every neuron, from 1, ascending: int32[neurons]."""
    neuron: NDArray[np.int32]
    """Its number within the block, from 0: int32[neurons]."""

    @property
    def neurons(self) -> int:
        """Neurons in all."""
        return len(self.layer)

    def until(self, layer: int) -> "Columns":
        """Neurons of blocks 1 to `layer`: those that can write to resid.`layer`."""
        end = int(np.searchsorted(self.layer, layer, side="right"))
        return Columns(self.signs[:, :end], self.norms[:end], self.layer[:end], self.neuron[:end])

    def by_layer(self, chosen: NDArray[np.integer]) -> dict[int, NDArray[np.int64]]:
        """Numbers of chosen neurons (places in these columns) within their blocks."""
        layers = self.layer[chosen]
        return {
            int(layer): self.neuron[chosen[layers == layer]].astype(np.int64)
            for layer in np.unique(layers)
        }


def written(site: Site) -> bool:
    """Whether any FFN neuron writes to a site: those of the stream behind the first block."""
    return site.kind in ("resid", "final") and site.layer != 0


def check(site: Site) -> None:
    """SettingRefused for a site that no FFN neuron writes to."""
    if not written(site):
        raise SettingRefused(
            f"No FFN neuron writes to {site}: choose a residual site from resid.1 on, or final."
        )

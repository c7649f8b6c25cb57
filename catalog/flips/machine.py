"""A model behind arrays, as flips use it: token ids and states in, logits or states out."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.sites import Site

Ints = NDArray[np.int64]
States = NDArray[np.float32]


class Machine(Protocol):
    """See `catalog.model.token_machine` and `catalog.model.item_machine`."""

    reads: str
    """Which readout its output suits: vocabulary, classes or layers."""

    layers: int
    dims: int

    def encode(self, text: str) -> tuple[Ints, int]:
        """Ids of a prompt, and how many of the first are a beginning-of-text sink.

        Of an item such as #12 its number, once for every position.
        """

    def traced(self, ids: Ints, sites: Sequence[Site]) -> dict[Site, States]:
        """Unedited states of prompts of one length, int64[prompts, T], at some sites.

        float32[prompts, T, dims] each.
        """

    def ends(self, ids: Ints, site: Site, states: States) -> States:
        """What `scores` needs, where the model goes on from given states of a site.

        float32[rows, prompts, T, dims] in, float32[rows, prompts, ...] out.
        """

    def scores(self, ends: States, needed: Ints | None = None) -> States:
        """What the readout reads, or some of its logits: float32[rows, prompts, ...]."""

    def outputs(self, ids: Ints, rows: Sequence[Sequence[Edit]]) -> States:
        """What the readout reads of one prompt, under each row's edits: float32[rows, ...]."""

    def shown(self, ids: Sequence[int]) -> list[str]:
        """What the numbers of a readout's `Top` are called: tokens, classes or items."""

"""The readout of a model without next token and without classes: its own later layers.

The effect is the change of the feature's agreement at every later site, by the prototype that the
feature has there; beside it the share of the ten nearest items of the last site that change.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from catalog.flips.controls import Signed
from catalog.flips.readouts import CONDITIONS, SPECIFIC, Floats, Ints, Reading, Top
from catalog.signs import bits as signs
from catalog.sites import Site

NEAREST = 10
"""Nearest items by Hamming distance at the last site."""


@dataclass(frozen=True)
class Near:
    """The items of the last site, to find the nearest of an edited one."""

    words: signs.Words
    """Signs of all items; see `catalog.signs.bits.words`."""
    family: Ints

    def of(self, bits: NDArray[np.bool_], item: int) -> tuple[Ints, Floats]:
        """Nearest items of bool[dims] and their shares of equal signs, ties by number.

        One item a family; those of the item's own family are left out.
        """
        apart = self.apart(bits).astype(np.int64)
        apart[self._barred | (self.family == self.family[item])] = len(bits) + 1
        keys = apart * len(apart) + np.arange(len(apart))
        order = np.argpartition(keys, min(NEAREST, len(keys) - 1))[:NEAREST]
        order = order[np.argsort(keys[order])]
        return order, 1 - apart[order] / len(bits)

    def apart(self, bits: NDArray[np.bool_]) -> NDArray[np.uint16]:
        """Dimensions in which each item differs from bool[dims]."""
        return signs.hamming(
            self.words, signs.words(np.packbits(bits[None], axis=1, bitorder="little"))[:, 0]
        )

    @cached_property
    def _barred(self) -> NDArray[np.bool_]:
        return np.asarray(self.family != np.arange(len(self.family)))


@dataclass(frozen=True)
class Layers:
    """Agreement of a feature at the sites after the flip."""

    kind: ClassVar[str] = "layers"
    unit: ClassVar[str] = "agreement"
    sample: ClassVar[str] = "items"
    column: ClassVar[str] = "later sites"
    resampled: ClassVar[bool] = False
    conditions: ClassVar[tuple[str, ...]] = CONDITIONS

    site: Site
    sites: tuple[Site, ...]
    """Sites the catalog has, in order; the last one has the neighbours."""
    places: tuple[int, ...]
    """Which of the machine's sites they are."""
    cuts: Floats
    """Thresholds: float64[sites, dims]."""
    features: Mapping[Site, Signed]
    """The feature's own prototype at each."""
    names: tuple[str, ...]
    """Categories that share no member."""
    others: Mapping[Site, Sequence[Signed]]
    """Their prototypes at each."""
    near: Near
    members: Ints
    """Items of the concept."""

    @property
    def later(self) -> list[int]:
        """Places of the sites after the flip that the feature has dimensions at."""
        return [
            n
            for n, site in enumerate(self.sites)
            if site.order > self.site.order and len(self.features[site].dimensions)
        ]

    @property
    def columns(self) -> int:
        """Later sites."""
        return len(self.later)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the later sites."""
        return tuple(str(self.sites[n]) for n in self.later)

    def at(self, site: Site) -> Self:
        """Read after another site."""
        return replace(self, site=site)

    @property
    def needed(self) -> None:
        """Every site."""
        return None

    def effects(self, output: NDArray[np.floating]) -> Floats:
        """Change of agreement at each later site, from float[rows, machine's sites, dims]."""
        bits = output[:, list(self.places)] > self.cuts
        own = np.stack([_agreement(bits[:, n], self.features[self.sites[n]]) for n in self.later])
        return np.asarray((own - own[:, :1]).T)

    def read(self, output: NDArray[np.floating], text: str) -> Reading:
        """Other categories and neighbours, from the same of the item #12."""
        bits = output[:, list(self.places)] > self.cuts
        some = bits[:SPECIFIC]
        other = np.zeros((len(some), len(self.names)))
        for n in self.later:
            for place, one in enumerate(self.others[self.sites[n]]):
                other[:, place] += _agreement(some[:, n], one) / self.columns
        nearest = [self.near.of(row[-1], int(text.removeprefix("#"))) for row in bits]
        before, share = nearest[0]
        lost = [1 - np.isin(before, found).mean() for found, _ in nearest]
        then = 1 - self.near.apart(bits[1, -1])[before] / bits.shape[2]
        return Reading(
            other - other[0],
            {"neighbours": np.array(lost)},
            Top(before, share, then, *nearest[1]),
        )


def _agreement(bits: NDArray[np.bool_], feature: Signed) -> Floats:
    """Share of a feature's signs that bool[rows, dims] have: float64[rows]."""
    if not len(feature.dimensions):
        return np.zeros(len(bits))
    return np.asarray((bits[:, feature.dimensions] == (feature.signs > 0)).mean(axis=1))

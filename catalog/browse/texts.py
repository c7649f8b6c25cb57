"""Which features fire at each token of a text. Signs that context changes: `catalog.signs.context`.

States come in as arrays: nothing here knows of models.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.signs.prototypes import Prototypes, agreeing, histograms
from catalog.signs.site_signs import SiteSigns
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

_BLOCK = 32
"""Features whose agreement with all items is counted at a time."""


@dataclass(frozen=True)
class Features:
    """Features of one site; arrays have one entry each."""

    names: tuple[str, ...]
    prototypes: Prototypes
    level: NDArray[np.float64]
    """Firing level of each."""

    @classmethod
    def of(cls, levels: pd.DataFrame, dimensions: pd.DataFrame) -> "Features":
        """From frames (category, firing_level) and (category, dimension, sign).

        Features without dimensions are left out: nothing can agree with them.
        """
        groups = {str(name): rows for name, rows in dimensions.groupby("category", sort=False)}
        kept = levels[levels["category"].isin(groups)]
        names = tuple(str(name) for name in kept["category"])
        longest = max((len(groups[name]) for name in names), default=1)
        places = np.zeros((len(names), longest), np.int64)
        signs = np.zeros((len(names), longest), np.int8)
        for row, name in enumerate(names):
            count = len(groups[name])
            places[row, :count] = groups[name]["dimension"]
            signs[row, :count] = groups[name]["sign"]
        prototypes = Prototypes(places, signs, np.zeros(len(names), np.bool_))
        return cls(names, prototypes, kept["firing_level"].to_numpy(np.float64))


def agreement(
    states: NDArray[np.floating], threshold: NDArray[np.floating] | float, prototypes: Prototypes
) -> NDArray[np.float64]:
    """Share of each feature's dimensions whose sign a token has: float64[tokens, features].

    `states` is float[tokens, D]; a state equal to its threshold counts as negative.
    """
    sign = np.where(states > threshold, 1, -1).astype(np.float32)
    weights = np.zeros((len(prototypes.signs), states.shape[1]), np.float32)
    for row in range(len(weights)):
        dimensions, expected = prototypes.of(row)
        weights[row, dimensions] = expected
    sizes = np.maximum(prototypes.sizes, 1)
    share: NDArray[np.float64] = (1 + (sign @ weights.T).astype(np.float64) / sizes) / 2
    return share


def tails(site: SiteSigns, items: NDArray[np.integer], prototypes: Prototypes) -> list[Any]:
    """For each feature the share of `items` with at least k agreeing dimensions: float64[size + 2].

    Entry k of it, k = 0 .. size + 1; the first is 1, the last 0.
    """
    found: list[Any] = []
    for start in range(0, len(prototypes.signs), _BLOCK):
        part = prototypes.rows(start, _BLOCK)
        counts = agreeing(site.by_dimension, part, site.items)[:, items]
        counted = histograms(counts, part.signs.shape[1] + 1)
        for size, histogram in zip(part.sizes, counted, strict=True):
            share = histogram[: size + 1][::-1].cumsum()[::-1] / max(1, len(items))
            found.append(np.append(share, 0.0))
    return found


def rarity(
    shares: NDArray[np.float64], prototypes: Prototypes, tail: Sequence[Any]
) -> NDArray[np.float64]:
    """Share of all items that agree at least as much: float64[tokens, features] as `shares`."""
    counts = np.rint(shares * prototypes.sizes).astype(np.int64)
    return np.stack([tail[f][counts[:, f]] for f in range(len(tail))], axis=1)


def usual(features: Features, tail: Sequence[Any]) -> NDArray[np.float64]:
    """Share of the catalog's items at which each feature fires: float64[features]."""
    above = np.floor(features.level * features.prototypes.sizes + 1e-9).astype(np.int64) + 1
    return np.array([one[count] for one, count in zip(tail, above, strict=True)], np.float64)


@dataclass(frozen=True)
class Fired:
    """Features at the tokens of a text: float64[tokens, features] each."""

    agreement: NDArray[np.float64]
    rarity: NDArray[np.float64]
    """Share of the catalog's items that agree at least as much: the chance of such a cell."""
    fires: NDArray[np.bool_]
    """Agreement above the feature's firing level."""

    def clearest(self, tokens: NDArray[np.bool_], count: int) -> NDArray[np.int64]:
        """Features that fire most clearly at any of the `tokens` (bool[tokens]), the best first.

        Clear: the fewest items agree as much. A feature that fires nowhere comes after all that
        fire; equals are ordered by agreement, then by number.
        """
        if not tokens.any():
            tokens = np.ones_like(tokens)
        score = np.where(self.fires[tokens], self.rarity[tokens], 1 + self.rarity[tokens])
        best = score.min(axis=0)
        peak = self.agreement[tokens].max(axis=0)
        order = np.lexsort((np.arange(len(best)), -peak, best))
        return order[:count]


def fired(
    states: NDArray[np.floating],
    threshold: NDArray[np.floating] | float,
    features: Features,
    tail: Sequence[Any],
) -> Fired:
    """Every feature at every token; `tail` from `tails`."""
    shares = agreement(states, threshold, features.prototypes)
    return Fired(shares, rarity(shares, features.prototypes, tail), shares > features.level)


def behind(
    states: NDArray[np.floating],
    threshold: NDArray[np.floating] | float,
    dimensions: NDArray[np.integer],
    expected: NDArray[np.integer],
) -> pd.DataFrame:
    """One token (float[D]) against a prototype: dimension, expected, sign, matches, state, away.

    `away` is the state's distance from its threshold: how far the sign is from turning.
    """
    level = np.broadcast_to(np.asarray(threshold, np.float64), states.shape)
    chosen = states[dimensions].astype(np.float64)
    sign = np.where(chosen > level[dimensions], 1, -1)
    return pd.DataFrame(
        {
            "dimension": dimensions,
            "expected": expected,
            "sign": sign,
            "matches": sign == expected,
            "state": chosen,
            "away": np.abs(chosen - level[dimensions]),
        }
    )


@dataclass(frozen=True)
class Measured:
    """The features of a catalog at a site, and how many of its items agree with each."""

    features: Features
    tail: Sequence[Any]
    """From `tails`, over the family representatives."""


def measured(catalog: Catalog, site: str, threshold: str) -> Measured | None:
    """Every feature of a site in the background of verdicts, counted once; None where none is."""
    return catalog.remembered(
        ("text features", site, threshold), lambda: _measured(catalog, site, threshold)
    )


def _measured(catalog: Catalog, site: str, threshold: str) -> Measured | None:
    where = (site, threshold, catalog.primary.background)
    levels = catalog.fetch(feature_queries.firing_levels(*where))
    features = Features.of(levels, catalog.fetch(feature_queries.prototypes(*where)))
    if not features.names:
        return None
    own = np.flatnonzero(catalog.families == np.arange(len(catalog.items)))
    return Measured(features, tails(catalog.signs(site, threshold), own, features.prototypes))

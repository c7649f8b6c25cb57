"""One category in two models: prototype AUC on the same families, negatives and splits.

Definition: docs/method.md#categories-in-two-models.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.features import nulls
from catalog.features.categories import FEWEST_FAMILIES, SMALL
from catalog.features.pools import Pool, Pools
from catalog.features.scoring import Contest, run
from catalog.modalities.backgrounds import OWN, Background
from catalog.progress import Report, silent
from catalog.signs.prototypes import SPLITS, halves
from catalog.signs.resampling import Interval, nested
from catalog.signs.significance import benjamini_hochberg
from catalog.signs.site_signs import SiteSigns

FLIPS = 9999
"""Random sign changes of the paired test."""
NULL_DRAWS = 100
LEVEL = 0.05
COLUMNS = (
    "name", "families", "small",
    "a", "a_low", "a_high", "a_null_p95", "a_p", "a_dimensions", "a_fallback",
    "b", "b_low", "b_high", "b_null_p95", "b_p", "b_dimensions", "b_fallback",
    "difference", "low", "high", "p", "q", "a_q", "b_q", "change",
)  # fmt: skip
_WHOLE = {
    "families": np.int64, "small": np.bool_, "a_dimensions": np.int64, "b_dimensions": np.int64,
    "a_fallback": np.bool_, "b_fallback": np.bool_,
}  # fmt: skip
Rows = NDArray[np.int64]


@dataclass(frozen=True)
class _Figures:
    """One model's figures for a category."""

    ranks: NDArray[np.float64]
    """Mean rank of each member among the negatives over the splits that hold it out."""
    auc: float
    null_p95: float
    p: float
    dimensions: int
    fallback: bool


def paired(
    a: SiteSigns,
    b: SiteSigns,
    ground: Pools,
    members: Mapping[str, Rows],
    background: Background,
    report: Report = silent,
) -> pd.DataFrame:
    """Every shared category in both models: the columns COLUMNS, a row a category.

    Signs hold one column per shared family, the same in both; `members` are such columns. Both
    models get the same members, the same negatives (`matched` ones are drawn by A's tokens) and the
    same 20 splits, so that nothing but the signs differs. Per member: its mean rank among the
    negatives while held out, in A minus in B; `difference` is the mean over members. p: sign-flip
    test (which model is which is arbitrary for each family under the null), two-sided, (1 + b) /
    (1 + 9,999). Intervals of 95 %: bootstrap over members. q: Benjamini-Hochberg over the
    categories with 40 families or more; smaller ones get none. Beside each AUC its null in the same
    background: 100 draws of random sets (one null a size where categories share the background),
    and its p with q over the same categories. Source: Fisher's randomisation test on paired
    differences.
    """
    rows = []
    known = {name: rows for name, rows in members.items() if len(rows) >= FEWEST_FAMILIES}
    models = [_Model.of(site, ground, background) for site in (a, b)]
    for place, (name, chosen) in enumerate(known.items()):
        report("categories", place, len(known))
        pool = ground.pool(background, chosen, np.random.default_rng([place, 2]))
        anchors = halves(len(chosen), SPLITS, np.random.default_rng([place, 3]))
        one, other = (model.measure(pool, anchors, place) for model in models)
        rows.append(_row(name, one, other, len(chosen), place))
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = [name for name in COLUMNS if name not in ("name", "change")]
    found = found.astype(dict.fromkeys(numbers, np.float64) | _WHOLE)
    judged = (~found["small"]).to_numpy(bool)
    for p, q in (("p", "q"), ("a_p", "a_q"), ("b_p", "b_q")):
        found.loc[judged, q] = benjamini_hochberg(found.loc[judged, p].to_numpy(np.float64))
    found["change"] = [_change(row) for row in found.to_dict("records")]
    return found


@dataclass(frozen=True)
class _Model:
    """One model's signs, and the background that all its categories share."""

    site: SiteSigns
    whole: nulls.Ground | None
    """Counted once; None for `matched`, where every category has its own."""
    drawn: dict[int, nulls.Null]
    """Nulls of the shared background, by the size of their sets."""

    @classmethod
    def of(cls, site: SiteSigns, ground: Pools, background: Background) -> "_Model":
        if background in OWN:
            return cls(site, None, {})
        items = ground.items(background)
        positives = site.positives(items)
        whole = nulls.Ground.shared(site, items, positives, np.random.default_rng(0))
        return cls(site, whole, {})

    def measure(self, pool: Pool, anchors: NDArray[np.bool_], place: int) -> _Figures:
        counted = None if self.whole is None else self.whole.positives
        outcome = run(Contest.of(self.site, pool, counted), anchors)
        auc = float(outcome.aucs.mean())
        null = self._null(pool, place)
        p, _ = null.p(auc, NULL_DRAWS, NULL_DRAWS)
        dimensions, _signs = outcome.prototypes.of(0)
        # never held out (rarer than one in a million): no better and no worse than the negatives
        ranks = np.nan_to_num(outcome.held_out_ranks, nan=0.5)
        fallback = bool(outcome.prototypes.fallback[0])
        return _Figures(ranks, auc, null.p95, p, len(dimensions), fallback)

    def _null(self, pool: Pool, place: int) -> nulls.Null:
        """A category's own, or the one that all of its size share: see `nulls`."""
        if self.whole is None:
            ground = nulls.Ground.matched(self.site, pool)
            return nulls.Null(self.site, ground, len(pool.members), seed=place)
        size = nulls.bucket(len(pool.members))
        if size not in self.drawn:
            self.drawn[size] = nulls.Null(self.site, self.whole, size, seed=0)
        return self.drawn[size]


def sign_flip(apart: NDArray[np.floating], generator: np.random.Generator) -> float:
    """Two-sided p of a mean of paired differences under random signs: (1 + b) / (1 + FLIPS)."""
    flips = generator.integers(0, 2, (FLIPS, len(apart)), np.int8) * np.int8(2) - np.int8(1)
    drawn = np.abs(flips @ apart) / len(apart)
    return float((1 + (drawn >= abs(apart.mean()) - 1e-12).sum()) / (1 + FLIPS))


def _row(name: str, a: _Figures, b: _Figures, families: int, place: int) -> list[object]:
    generator = np.random.default_rng([place, 4])
    apart = a.ranks - b.ranks
    figures: list[Interval] = [nested([one], generator) for one in (a.ranks, b.ranks, apart)]
    found: list[object] = [name, families, families < SMALL]
    for side, figure in zip((a, b), figures, strict=False):
        found += [figure.value, figure.low, figure.high, side.null_p95, side.p]
        found += [side.dimensions, side.fallback]
    last = figures[2]
    found += [last.value, last.low, last.high, sign_flip(apart, generator)]
    return [*found, np.nan, np.nan, np.nan, ""]


def _change(row: Mapping[str, Any]) -> str:
    """What became of a feature: vanished (readable in A alone), appeared (in B alone), or not.

    Both need the difference's q below 0.05 too: one of two nulls just missed is no change.
    """
    readable = (row["a_q"] < LEVEL, row["b_q"] < LEVEL)
    if not row["q"] < LEVEL or readable[0] == readable[1]:  # no q: too small for a verdict
        return ""
    return "vanished" if readable[0] else "appeared"

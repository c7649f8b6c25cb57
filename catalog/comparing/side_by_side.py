"""One category in two models: prototype AUC on the same families, negatives and splits.

Definition: docs/method.md#categories-in-two-models.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.features import nulls, sequential
from catalog.features.categories import FEWEST_FAMILIES, FEWEST_OTHERS, SMALL
from catalog.features.pools import Pool, Pools
from catalog.features.scoring import Contest, Outcome, run
from catalog.features.sequential import Drawn, Stretch
from catalog.features.shared_nulls import Shared
from catalog.modalities.backgrounds import OWN, Background
from catalog.progress import Report, silent
from catalog.signs.prototypes import SPLITS, halves
from catalog.signs.resampling import Interval, nested
from catalog.signs.significance import LEVEL, benjamini_hochberg
from catalog.signs.site_signs import SiteSigns

FLIPS = 9999
"""Random sign changes of the paired test."""
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

    auc: float
    ranks: NDArray[np.float64]
    """Mean rank of each member among the negatives over the splits that hold it out."""
    dimensions: int
    fallback: bool
    null_p95: float = np.nan
    p: float = np.nan

    @classmethod
    def of(cls, outcome: Outcome) -> "_Figures":
        """Without the null."""
        # never held out (rarer than one in a million): no better and no worse than the negatives
        ranks = np.nan_to_num(outcome.held_out_ranks, nan=0.5)
        dimensions, fallback = len(outcome.prototypes.of(0)[0]), outcome.prototypes.fallback[0]
        return cls(float(outcome.aucs.mean()), ranks, dimensions, bool(fallback))


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
    background: random sets (one null a size where categories share the background), and its p with
    q over the same categories, which say how many sets are drawn (`sequential.settle`). Source:
    Fisher's randomisation test on paired differences.
    """
    known = {name: rows for name, rows in members.items() if len(rows) >= FEWEST_FAMILIES}
    models = [_Model(site, ground, background) for site in (a, b)]
    drawn = {
        name: ground.pool(background, chosen, np.random.default_rng([place, 2]))
        for place, (name, chosen) in enumerate(known.items())
    }
    known = {n: rows for n, rows in known.items() if len(drawn[n].negatives) >= FEWEST_OTHERS}
    for place, (name, chosen) in enumerate(known.items()):
        report("categories", place, len(known))
        pool = drawn[name]
        anchors = halves(len(chosen), SPLITS, np.random.default_rng([place, 3]))
        for model in models:
            model.measure(pool, anchors)
    sides = [model.figures(report) for model in models]
    rows = [
        _row(name, one, other, place)
        for place, (name, one, other) in enumerate(zip(known, *sides, strict=True))
    ]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    numbers = [name for name in COLUMNS if name not in ("name", "change")]
    found = found.astype(dict.fromkeys(numbers, np.float64) | _WHOLE)
    judged = (~found["small"]).to_numpy(bool)
    for p, q in (("p", "q"), ("a_p", "a_q"), ("b_p", "b_q")):
        found.loc[judged, q] = benjamini_hochberg(found.loc[judged, p].to_numpy(np.float64))
    found["change"] = [_change(row) for row in found.to_dict("records")]
    return found


class _Model:
    """One model's signs, its categories in order, and their nulls."""

    def __init__(self, site: SiteSigns, ground: Pools, background: Background) -> None:
        self.site = site
        self.positives: NDArray[np.int64] | None = None
        self.shared: Shared | None = None
        """None for `matched`, where every category has its own background."""
        if background not in OWN:
            items = ground.items(background)
            self.positives = site.positives(items)
            generator = np.random.default_rng(0)
            whole = nulls.Ground.shared(site, items, self.positives, generator)
            self.shared = Shared(site, whole, seed=0)
        self.known: list[_Figures] = []
        self.pools: list[Pool] = []

    def measure(self, pool: Pool, anchors: NDArray[np.bool_]) -> None:
        """Take the next category."""
        contest = Contest.of(self.site, pool, self.positives)
        self.known.append(_Figures.of(run(contest, anchors)))
        self.pools.append(pool)

    def figures(self, report: Report) -> list[_Figures]:
        """Of every category in order, its null drawn as far as the family needs it."""
        aucs = np.array([one.auc for one in self.known])
        judged: dict[int, list[int]] = {}
        for place in range(len(self.pools)):
            judged.setdefault(self._key(place), []).append(place)
        drawn = {}
        for done, (key, places) in enumerate(judged.items()):
            report("nulls", done, len(judged))
            null = self._null(key)
            first = null.settle(aucs[places]) if self._small(places) else null.draw(nulls.DRAWS)
            drawn[key] = Drawn(aucs[places], first)
        self._settle({k: drawn[k] for k, own in judged.items() if not self._small(own)}, report)
        found = {}
        for key, places in judged.items():
            p95 = float(np.quantile(drawn[key].kept, 0.95))
            for place, p in zip(places, drawn[key].p.tolist(), strict=True):
                found[place] = replace(self.known[place], null_p95=p95, p=p)
        return [found[place] for place in range(len(self.known))]

    def _settle(self, family: Mapping[int, Drawn], report: Report) -> None:
        keys = list(family)

        def draw(wanted: Sequence[Stretch]) -> list[NDArray[np.float64]]:
            made = []
            for done, one in enumerate(wanted):
                report("further draws", done, len(wanted))
                made.append(self._null(keys[one.null]).between(one.start, one.stop))
            return made

        sequential.settle(list(family.values()), draw, together=self.shared is None)

    def _small(self, places: Sequence[int]) -> bool:
        """Whether the categories of a null are small: all are or none is."""
        return len(self.pools[places[0]].members) < SMALL

    def _key(self, place: int) -> int:
        """A category's own null, or the one that all of its size share: see `nulls`."""
        return place if self.shared is None else len(self.pools[place].members)

    def _null(self, key: int) -> nulls.Draws:
        if self.shared is not None:
            return self.shared.of(key)
        pool = self.pools[key]
        ground = nulls.Ground.matched(self.site, pool)
        return nulls.Null(self.site, ground, len(pool.members), seed=key)


def sign_flip(apart: NDArray[np.floating], generator: np.random.Generator) -> float:
    """Two-sided p of a mean of paired differences under random signs: (1 + b) / (1 + FLIPS)."""
    flips = generator.integers(0, 2, (FLIPS, len(apart)), np.int8) * np.int8(2) - np.int8(1)
    drawn = np.abs(flips @ apart) / len(apart)
    return float((1 + (drawn >= abs(apart.mean()) - 1e-12).sum()) / (1 + FLIPS))


def _row(name: str, a: _Figures, b: _Figures, place: int) -> list[object]:
    generator = np.random.default_rng([place, 4])
    apart = a.ranks - b.ranks
    figures: list[Interval] = [nested([one], generator) for one in (a.ranks, b.ranks, apart)]
    families = len(apart)
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

"""The findings at one site and threshold: every category, at every background, with its nulls."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from catalog.features import categories, lexicon, nulls, pools, splits
from catalog.features import measure as measuring
from catalog.features.scoring import Contest
from catalog.features.splits import Splits
from catalog.features.tables import Findings
from catalog.modalities.backgrounds import OWN, Background
from catalog.signs import significance
from catalog.signs.site_signs import SiteSigns
from catalog.store.catalog import Catalog

Nulls = Literal["all", "primary"]
"""At which sites nulls of the matched background are drawn (they serve one category each)."""


@dataclass(frozen=True)
class Task:
    """One site and threshold."""

    catalog: Catalog
    folder: Path
    site: str
    threshold: str
    matched_nulls: Nulls
    """At which sites nulls of the matched background are drawn."""


class _Drawn:
    """Pools and splits of the categories of a folder: the same at all sites and thresholds."""

    def __init__(self, catalog: Catalog, folder: Path) -> None:
        self.words, self.ground = lexicon.lexicon(catalog, folder), lexicon.pools_of(catalog)
        self._matched: dict[int, Splits] = {}

    def splits(self, background: Background, name: str, place: int) -> Splits:
        """A category's splits. Those of `matched`, which take time and are small, are kept."""
        members = self.words.matches[name].members
        if background not in OWN:
            return splits.drawn(self.ground, name, place, members, background)
        if place not in self._matched:
            self._matched[place] = splits.drawn(self.ground, name, place, members, background)
        return self._matched[place]


def measure(task: Task) -> Findings:
    """Rows of one site and threshold, at every background."""
    catalog, folder = task.catalog, task.folder
    drawn = catalog.remembered(("drawn", folder), lambda: _Drawn(catalog, folder))
    site = catalog.signs(task.site, task.threshold)
    found = Findings()
    for background in catalog.backgrounds:
        _Cell(task, drawn, site, background).measure(found)
    return found


class _Cell:
    """All categories at one site, threshold and background."""

    def __init__(
        self,
        task: Task,
        drawn: _Drawn,
        site: SiteSigns,
        background: Background,
    ) -> None:
        self.task, self.drawn = task, drawn
        self.words, self.ground = drawn.words, drawn.ground
        self.site, self.background = site, background
        self.key = {"site": task.site, "threshold": task.threshold, "background": background}
        shared = background not in OWN
        self.positives = site.positives(self.ground.items(background)) if shared else None
        self.shared = self._shared_nulls() if shared else {}
        self.first = task.catalog.primary

    def measure(self, found: Findings) -> None:
        """Add a row of `feature` per category, its dimensions, and the nulls drawn."""
        matches = self.words.measured
        names, every, number = categories.labels(matches)
        family = self.words.family
        others = measuring.Others.of(self.site, every, family[every], number)
        measured, rows = [], []
        for place, (name, match) in enumerate(matches.items()):
            one = self.drawn.splits(self.background, name, place)
            contest = Contest.of(self.site, one.pool, self.positives)
            feature = measuring.measure(contest, one.anchors, others, family[match.members])
            null = self._null(one.pool, len(match.members), place)
            measured.append(feature)
            rows.append(self._row(name, names, feature, one.pool, null))
            if null is not None and self.background in OWN:
                self._keep(found, null, name)
        for null in self.shared.values():
            if len(null.aucs):
                self._keep(found, null, None)
        q = significance.benjamini_hochberg(np.stack([one.p for one in measured]))
        for row, feature, own in zip(rows, measured, q, strict=True):
            found.add("feature", {**row, "best_q": float(own[feature.best])})
            self._dimensions(found, row["category"], feature, own)

    def _shared_nulls(self) -> dict[int, nulls.Null]:
        assert self.positives is not None
        items = self.ground.items(self.background)
        base = nulls.Ground.shared(self.site, items, self.positives, np.random.default_rng(0))
        sizes = {nulls.bucket(len(m.members)) for m in self.words.measured.values()}
        return {size: nulls.Null(self.site, base, size, seed=1) for size in sizes}

    def _null(self, pool: pools.Pool, members: int, place: int) -> nulls.Null | None:
        """The null of a category here; None where none is asked for."""
        if self.background not in OWN:
            return self.shared[nulls.bucket(members)]
        here = (self.task.site, self.task.threshold)
        wanted = (
            self.task.threshold == self.first.threshold
            if self.task.matched_nulls == "all"
            else here == (self.first.site, self.first.threshold)
        )
        base = nulls.Ground.matched(self.site, pool) if wanted else None
        return nulls.Null(self.site, base, members, seed=2 + place) if base else None

    def _row(
        self,
        name: str,
        names: Sequence[str],
        feature: measuring.Feature,
        pool: pools.Pool,
        null: nulls.Null | None,
    ) -> dict[str, Any]:
        anchors = int(feature.anchors.sum())
        p, draws = _p(null, feature.auc) if null else (None, None)
        confusable = names[feature.confusable] if feature.confusable is not None else None
        return {
            "category": name,
            **self.key,
            "anchors": anchors,
            "held_out": len(feature.anchors) - anchors,
            "pool": pool.size,
            "widened": pool.widened,
            "auc": feature.auc,
            "sd": feature.sd,
            "null_mean": null.mean if null else None,
            "null_p95": null.p95 if null else None,
            "null_draws": draws,
            "p": p,
            "q": None,
            "coherence": feature.coherence,
            "confusable": confusable,
            "confusable_auc": feature.confusable_auc,
            "dimensions": len(feature.dimensions),
            "fallback": feature.fallback,
            "fallback_share": feature.fallback_share,
            "firing_level": feature.firing_level,
            "best_dimension": feature.best,
            "best_in_sample": feature.best_in_sample,
            "best_held_out": feature.best_held_out,
            "small": feature.small,
        }

    def _keep(self, found: Findings, null: nulls.Null, category: str | None) -> None:
        row = {**self.key, "category": category, "size": null.size}
        found.add("feature_null", {**row, "aucs": null.aucs.astype(np.float32).tolist()})

    def _dimensions(
        self,
        found: Findings,
        name: str,
        feature: measuring.Feature,
        q: NDArray[np.float64],
    ) -> None:
        for dimension, sign in zip(feature.dimensions, feature.signs, strict=True):
            found.add(
                "feature_dimension",
                {
                    "category": name,
                    **self.key,
                    "dimension": int(dimension),
                    "sign": int(sign),
                    "auc": float(feature.sign_auc[dimension]),
                    "p": float(feature.p[dimension]),
                    "q": float(q[dimension]),
                },
            )


def _p(null: nulls.Null, auc: float) -> tuple[float, int]:
    """p and number of draws: 200, extended to 2,000 while between 1 and 9 draws reach the AUC.

    Choice: where none of 200 does, p = 1/201 stands. It is an upper bound, and ten times the
    draws for every clear feature would take ten times as long.
    """
    p, draws = null.p(auc, nulls.DRAWS, nulls.DRAWS)
    undecided = 1 < round(p * (1 + draws)) <= nulls.ENOUGH
    return null.p(auc, nulls.DRAWS, nulls.MOST) if undecided else (p, draws)

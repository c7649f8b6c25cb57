"""The findings at one site and threshold: every category, at every background, with its nulls."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from catalog.features import categories, nulls, pools
from catalog.features import measure as measuring
from catalog.features.cell_nulls import Cell, CellNulls, FolderSplits, Key, Sample
from catalog.features.scoring import Contest
from catalog.features.tables import Findings
from catalog.modalities.backgrounds import OWN, Background
from catalog.signs import significance
from catalog.signs.site_signs import SiteSigns
from catalog.store.catalog import Catalog

Nulls = Literal["all", "primary"]
"""At which sites nulls of the matched background are drawn (they serve one category each)."""

SAMPLE = 2000
"""Negatives that the interval of an AUC is made from."""


@dataclass(frozen=True)
class Task:
    """One site and threshold."""

    catalog: Catalog
    folder: Path
    site: str
    threshold: str
    matched_nulls: Nulls
    """At which sites nulls of the matched background are drawn."""


@dataclass(frozen=True)
class Measured:
    """What one site and threshold gave: rows that still lack p and q, see `family.settle`."""

    findings: Findings
    samples: list[Sample]
    """The first draws of every null."""
    signs: str
    """Digest of the site's signs: two sites with the same are tested once."""


def measure(task: Task) -> Measured:
    """Rows of one site and threshold, at every background."""
    folder = FolderSplits.of(task.catalog, task.folder)
    site = task.catalog.signs(task.site, task.threshold)
    found = Measured(Findings(), [], hashlib.sha256(site.words.tobytes()).hexdigest())
    for background in task.catalog.backgrounds:
        _Cell(task, folder, site, background).measure(found)
    return found


class _Cell:
    """All categories at one site, threshold and background."""

    def __init__(
        self, task: Task, folder: FolderSplits, site: SiteSigns, background: Background
    ) -> None:
        self.task, self.folder, self.site = task, folder, site
        self.cell = Cell(task.site, task.threshold, background)
        self.key = {"site": task.site, "threshold": task.threshold, "background": background}
        self.nulls = CellNulls(folder, site, background)

    def measure(self, found: Measured) -> None:
        """Add a row of `feature` per category, its dimensions, and the first draws of the nulls."""
        matches = self.folder.words.measured
        names, every, number = categories.labels(matches)
        family = self.folder.words.family
        others = measuring.Others.of(self.site, every, family[every], number)
        measured, rows = {}, []
        for place, (name, match) in enumerate(matches.items()):
            one = self.folder.splits(self.cell.background, name, place)
            if len(one.pool.negatives) < categories.FEWEST_OTHERS:
                continue  # such as whole words, where the vocabulary has none
            contest = Contest.of(self.site, one.pool, self.nulls.positives)
            sample = contest.sampled(self.site, one.pool, SAMPLE)
            feature = measuring.measure(contest, one.anchors, others, family[match.members], sample)
            measured[name] = feature
            rows.append(self._row(name, names, feature, one.pool))
        if not measured:
            return
        q = significance.benjamini_hochberg(np.stack([one.p for one in measured.values()]))
        for row, feature, own in zip(rows, measured.values(), q, strict=True):
            found.findings.add("feature", {**row, "best_q": float(own[feature.best])})
            self._dimensions(found.findings, row["category"], feature, own)
        if self._has_nulls:
            found.samples.extend(self._samples(measured))

    @property
    def _has_nulls(self) -> bool:
        """Whether nulls are asked for here: those of `matched` need not be, everywhere."""
        first = self.task.catalog.primary
        if self.cell.background not in OWN:
            return True
        if self.task.matched_nulls == "all":
            return self.task.threshold == first.threshold
        return (self.task.site, self.task.threshold) == (first.site, first.threshold)

    def _samples(self, measured: Mapping[str, measuring.Feature]) -> Iterator[Sample]:
        """The first draws of every null: in the primary family its tests say how many more."""
        first, here = self.task.catalog.primary, self.cell
        primary = (here.threshold, here.background) == (first.threshold, first.background)
        judged: dict[Key, list[str]] = {}
        for name in measured:
            judged.setdefault(self.nulls.key(name), []).append(name)
        for key, names in judged.items():
            null = self.nulls.make(key)
            if primary and not measured[names[0]].small:
                aucs = null.draw(nulls.DRAWS)
            else:
                aucs = null.settle([measured[name].auc for name in names])
            yield Sample(here, key, tuple(names), aucs)

    def _row(
        self,
        name: str,
        names: Sequence[str],
        feature: measuring.Feature,
        pool: pools.Pool,
    ) -> dict[str, Any]:
        anchors = int(feature.anchors.sum())
        confusable = names[feature.confusable] if feature.confusable is not None else None
        return {
            "category": name,
            **self.key,
            "anchors": anchors,
            "held_out": len(feature.anchors) - anchors,
            "pool": pool.size,
            "widened": pool.widened,
            "auc": feature.auc,
            "auc_low": feature.low,
            "auc_high": feature.high,
            "reliability": feature.reliability,
            "sd": feature.sd,
            "null_mean": None,
            "null_p95": None,
            "null_draws": None,
            "p": None,
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

"""Rows of trained readings: what they gain, and what pairs of dimensions add."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from catalog import parallel
from catalog.evidence import probes
from catalog.evidence.cell import FEWEST, Cell, Sample, moved, outcomes
from catalog.evidence.claims import CLAIMS
from catalog.evidence.verdicts import Claim, Row, Verdict, judge_absence, untested
from catalog.features.scoring import Outcome
from catalog.features.splits import Splits
from catalog.progress import Report
from catalog.signs.prototypes import auc
from catalog.signs.resampling import Interval, crossed
from catalog.signs.rotation import random_rotation, signs_at_median, standardised
from catalog.signs.site_signs import SiteSigns

if TYPE_CHECKING:  # brings torch, which no worker here needs
    from catalog.evidence.passes import Passes

Floats = NDArray[np.float64]
PROBED = 24
"""Categories that are probed, chosen at random."""
PROBE_SPLITS = 2
"""Splits of each that are probed."""


def probe_rows(cell: Cell, sample: Sample, passes: "Passes", report: Report) -> list[Row]:
    """Probe against prototype, difference of means and signs; a network added to the probe."""
    claims = [CLAIMS["probe_gain"], CLAIMS["mlp"]]
    if len(sample.categories) < FEWEST:
        return [untested(claim, cell.few_of(sample), cell.name) for claim in claims]
    aucs, beside = _measure(sample, passes, report)
    return [_probe_row(cell, aucs, beside), _mlp_row(cell, aucs)]


def _probe_row(cell: Cell, aucs: Floats, beside: Floats) -> Row:
    claim = CLAIMS["probe_gain"]
    probe_name, gain, verdict, reason = _worse(claim, aucs)
    chance = crossed(aucs[:, :, 1], np.random.default_rng(3)).low <= 0.5
    if chance and verdict != "does not hold":
        verdict, reason = "does not hold", "The prototype reads no better than chance."
    probe, prototype, means, on_signs = aucs.mean(axis=(0, 1))[:4].tolist()
    same, rotated, c = np.nanmean(beside, axis=(0, 1)).tolist()
    controls = {
        "gain of difference of means": means - prototype,
        "gain of a probe on signs": on_signs - prototype,
        "prototype AUC": prototype,
        "difference of means AUC": means,
        "probe AUC": probe,
        "probe on signs AUC": on_signs,
        "sign agreement of weights": same,
        "sign agreement of weights, rotated": rotated,
        "C (geometric mean)": float(np.exp(c)),
    }
    return Row(
        claim, verdict, reason, cell.name, gain, controls, "gain of difference of means",
        len(aucs), "categories", sides=(probe_name, "prototype AUC"),
    )  # fmt: skip


def _worse(claim: Claim, aucs: Floats) -> tuple[str, Interval, Verdict, str]:
    """The trained probe, on states or on signs, that speaks more against the claim, judged.

    States of wild magnitude mislead a probe on them; one on their signs may gain all the same.
    """
    words: list[Verdict] = ["holds", "undecided", "does not hold"]
    judged: list[tuple[str, Interval, Verdict, str]] = []
    for name, place, on in (("probe AUC", 0, "states"), ("probe on signs AUC", 3, "signs")):
        gain = crossed(aucs[:, :, place] - aucs[:, :, 1], np.random.default_rng(1))
        unit = f"AUC gained over the prototype by a probe on {on}"
        judged.append((name, gain, *judge_absence(claim, gain, unit)))
    return max(judged, key=lambda one: words.index(one[2]))


def _mlp_row(cell: Cell, aucs: Floats) -> Row:
    """What a network, which may use pairs of dimensions, adds to the logistic regression."""
    claim = CLAIMS["mlp"]
    line, added = aucs[:, :, 4], aucs[:, :, 5]
    gain = crossed(added - line, np.random.default_rng(2))
    verdict, reason = judge_absence(claim, gain, "AUC added by the network")
    controls = {
        "logistic regression AUC": float(line.mean()),
        "with a network AUC": float(added.mean()),
    }
    return Row(
        claim, verdict, reason, cell.name, gain, controls, "logistic regression AUC", len(aucs),
        "categories", sides=("with a network AUC", "logistic regression AUC"),
    )  # fmt: skip


@dataclass(frozen=True)
class _Task:
    """One category with the states and signs of its own pool."""

    z: NDArray[np.float32]
    site: SiteSigns
    rotated: SiteSigns
    rotation: NDArray[np.float32]
    one: Splits
    seed: int


def _measure(sample: Sample, passes: "Passes", report: Report) -> tuple[Floats, Floats]:
    """AUCs float64[categories, splits, 6] and what stands beside them, [categories, splits, 3]."""
    generator = np.random.default_rng(0)
    order = generator.permutation(len(sample.categories))[:PROBED]
    z = standardised(passes.states)
    rotation = random_rotation(z.shape[1], generator)
    rotated = signs_at_median(z @ rotation)

    def task(one: Splits) -> _Task:
        rows = np.union1d(one.pool.members, one.pool.negatives)
        parts = (z[rows], passes.signs.of(rows), rotated.of(rows))
        return _Task(*parts, rotation, moved(one, rows), one.place)

    tasks = [task(sample.categories[place]) for place in order]
    report("probes", 0, len(tasks))
    found = []
    for done, values in enumerate(parallel.run(_probed, tasks, parallel.cores()), 1):
        found.append(values)
        report("probes", done, len(tasks))
    return np.array([aucs for aucs, _ in found]), np.array([beside for _, beside in found])


def _probed(task: _Task) -> tuple[list[tuple[float, ...]], list[tuple[float, ...]]]:
    """One category: the AUCs of each split, and what stands beside them."""
    generator = np.random.default_rng([0, task.seed])
    plain, other = (outcomes(site, [task.one])[0] for site in (task.site, task.rotated))
    aucs: list[tuple[float, ...]] = []
    beside: list[tuple[float, ...]] = []
    for split in range(PROBE_SPLITS):
        read = _Readings(task.z, task.site, task.one, split, generator)
        aucs.append((*read.aucs(plain), *read.with_network()))
        beside.append(read.beside(plain, other, task.rotation))
    return aucs, beside


class _Readings:
    """One split of one category: anchors and half of the negatives train, the others test."""

    def __init__(
        self,
        z: NDArray[np.float32],
        site: SiteSigns,
        one: Splits,
        split: int,
        generator: np.random.Generator,
    ) -> None:
        self.split, self.generator = split, generator
        anchors = one.anchors[split]
        half = generator.permutation(len(one.pool.negatives)) < len(one.pool.negatives) // 2
        members, negatives = one.pool.members, one.pool.negatives
        self.train = np.concatenate([members[anchors], negatives[half]])
        self.test = np.concatenate([members[~anchors], negatives[~half]])
        self.positive = np.arange(len(self.train)) < anchors.sum()
        self.truth = np.arange(len(self.test)) < (~anchors).sum()
        self.site, self.z = site, z
        self.probe = probes.probe(z[self.train], self.positive, z[self.test], self.truth, generator)

    def aucs(self, plain: Outcome) -> tuple[float, float, float, float]:
        """AUC on the same test items of probe, prototype, difference of means, probe on signs."""
        dimensions, expected = plain.prototypes.of(self.split)
        bits = self.site.bits(self.test)[:, dimensions]
        agreement = (bits == (expected > 0)).mean(axis=1)
        direction = probes.mean_difference(self.z[self.train], self.positive)
        train, test = (self.site.bits(rows) * 2.0 - 1.0 for rows in (self.train, self.test))
        on_signs = probes.probe(train, self.positive, test, self.truth, self.generator)
        return (
            self.probe.auc,
            auc(agreement, self.truth),
            auc(self.z[self.test] @ direction, self.truth),
            on_signs.auc,
        )

    def with_network(self) -> tuple[float, float]:
        """AUC of the logistic regression, and of it with a network added."""
        train, test = self.z[self.train], self.z[self.test]
        return probes.with_pairs(
            train, self.positive, test, self.truth, self.probe.c, self.generator
        )

    def beside(
        self, plain: Outcome, rotated: Outcome, rotation: NDArray[np.float32]
    ) -> tuple[float, float, float]:
        """Sign agreement of the weights with the prototype, the same rotated, and log C.

        The penalty does not see a rotation, so the rotated probe is the probe rotated.
        """
        weights = self.probe.weights
        return (
            probes.sign_agreement(weights, *plain.prototypes.of(self.split)),
            probes.sign_agreement(weights @ rotation, *rotated.prototypes.of(self.split)),
            float(np.log(self.probe.c)),
        )

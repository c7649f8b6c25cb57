"""Rows that need the model's states: keys and values, probes, rotation, random weights."""

import numpy as np
from numpy.typing import NDArray

from catalog import probes
from catalog.claims import CLAIMS, Row, judge, untested
from catalog.contests import Contest, Outcome
from catalog.evidence.cell import FEWEST, Cell, Member, Report, Sample, held_out_ranks, outcomes
from catalog.evidence.from_signs import discoverable_row
from catalog.evidence.passes import Passes
from catalog.features import best_dimension_held_out
from catalog.prototypes import TAU, SiteSigns, auc
from catalog.resampling import Interval, crossed, nested, strongest
from catalog.rotation import random_rotation, signs_at_median, standardised
from catalog.store import packed

ROTATIONS = 10
PROBED = 24
"""Categories that are probed, chosen at random."""
PROBE_SPLITS = 2
"""Splits of each that are probed."""


def keys_values_row(cell: Cell, sample: Sample, passes: Passes) -> Row:
    """Discoverable categories in the keys and values of the primary layer."""
    claim = CLAIMS["keys_values"]
    if passes.keys_values is None:
        return untested(claim, str(passes.no_keys_values), cell.name)
    if len(sample.categories) < FEWEST:
        return untested(claim, _few(cell, sample), cell.name)
    ranks = held_out_ranks(outcomes(passes.keys_values, sample.categories))
    beside = discoverable_row(cell, "discoverable", passes.signs, sample.categories)
    return discoverable_row(
        cell,
        "keys_values",
        passes.keys_values,
        sample.categories,
        {
            f"the same at {cell.site}": beside.figure.value if beside.figure else np.nan,
            "dimensions": float(passes.keys_values.dims),
            "mean prototype AUC": float(np.mean([r.mean() for r in ranks])),
        },
    )


def _few(cell: Cell, sample: Sample) -> str:
    return cell.too_few or f"Only {len(sample.categories)} categories' pools fit the sample."


def probe_row(cell: Cell, sample: Sample, passes: Passes, report: Report) -> Row:
    """Probe against prototype, difference of means and a probe on signs."""
    claim = CLAIMS["probe_gain"]
    if len(sample.categories) < FEWEST:
        return untested(claim, _few(cell, sample), cell.name)
    generator = np.random.default_rng(0)
    order = generator.permutation(len(sample.categories))[:PROBED]
    z = standardised(passes.states)
    rotation = random_rotation(z.shape[1], generator)
    turned = z @ rotation
    rotated = signs_at_median(turned)
    aucs = np.empty((len(order), PROBE_SPLITS, 4))
    beside = np.empty((len(order), PROBE_SPLITS, 3))
    for row, place in enumerate(order):
        report("probes", row, len(order))
        one = sample.categories[place]
        plain, other = (outcomes(site, [one])[0] for site in (passes.signs, rotated))
        for split in range(PROBE_SPLITS):
            read = _Readings(z, passes.signs, one, split, generator)
            aucs[row, split] = read.aucs(plain)
            beside[row, split] = read.beside(plain, other, rotation)
    probe, prototype, means, on_signs = aucs.mean(axis=1).T
    gain = crossed(aucs[:, :, 0] - aucs[:, :, 1], generator)
    over = crossed(aucs[:, :, 0] - aucs[:, :, 2], generator)
    verdict, reason = judge(claim, gain.value, over, over)
    same, same_rotated, c = np.nanmean(beside, axis=(0, 1))
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        gain,
        {
            "gain of difference of means": float((means - prototype).mean()),
            "gain of a probe on signs": float((on_signs - prototype).mean()),
            "prototype AUC": float(prototype.mean()),
            "difference of means AUC": float(means.mean()),
            "probe AUC": float(probe.mean()),
            "probe on signs AUC": float(on_signs.mean()),
            "sign agreement of weights": float(same),
            "sign agreement of weights, rotated": float(same_rotated),
            "C (geometric mean)": float(np.exp(c)),
        },
        "gain of difference of means",
        len(order),
        "categories",
    )


class _Readings:
    """One split of one category: anchors and half of the negatives train, the others test."""

    def __init__(
        self,
        z: NDArray[np.float32],
        site: SiteSigns,
        one: Member,
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


def basis_row(cell: Cell, sample: Sample, passes: Passes, report: Report) -> Row:
    """Prototype AUC in the model's own basis minus that in random ones."""
    claim = CLAIMS["basis"]
    if len(sample.categories) < FEWEST:
        return untested(claim, _few(cell, sample), cell.name)
    z = standardised(passes.states)
    own = _basis_figures(signs_at_median(z), sample.categories)
    turned = []
    for seed in range(ROTATIONS):
        report("rotations", seed, ROTATIONS)
        rotation = random_rotation(z.shape[1], np.random.default_rng([1, seed]))
        turned.append(_basis_figures(signs_at_median(z @ rotation), sample.categories))
    rotated = np.stack(turned, axis=2)  # [3 figures, categories, seeds]
    apart = own[:, :, None] - rotated
    generator = np.random.default_rng(0)
    figure, best, count = (crossed(one, generator) for one in apart)
    verdict, reason = judge(claim, figure.value, figure, figure)
    stored = [one.aucs.mean() for one in outcomes(passes.signs, sample.categories)]
    controls = {
        "own axes": float(own[0].mean()),
        "rotated": float(rotated[0].mean()),
        f"own axes, threshold {cell.threshold}": float(np.mean(stored)),
        "best dimension, own axes": float(own[1].mean()),
        "best dimension, rotated": float(rotated[1].mean()),
        "dimensions >= 0.75, own axes": float(own[2].mean()),
        "dimensions >= 0.75, rotated": float(rotated[2].mean()),
    }
    controls |= _ends("best dimension, own minus rotated", best)
    controls |= _ends("dimensions >= 0.75, own minus rotated", count)
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        figure,
        controls,
        "rotated",
        len(sample.categories),
        f"categories x {ROTATIONS} seeds",
    )


def _ends(name: str, found: Interval) -> dict[str, float]:
    return {f"{name}, low": found.low, f"{name}, high": found.high}


def _basis_figures(site: SiteSigns, categories: list[Member]) -> NDArray[np.float64]:
    """Prototype AUC, held-out AUC of the best dimension, number >= TAU: float64[3, categories]."""
    rows = []
    for one in categories:
        contest = Contest.of(site, one.pool)
        outcome = outcomes(site, [one])[0]
        strong = np.abs(outcome.contrasts) >= (2 * TAU - 1) * outcome.unit
        best = best_dimension_held_out(contest, outcome).mean()
        rows.append((outcome.aucs.mean(), best, strong.sum(axis=1).mean()))
    return np.array(rows).T


def training_row(cell: Cell, sample: Sample, passes: Passes) -> Row:
    """Gain over the embeddings, beside that of models with random weights."""
    claim = CLAIMS["training"]
    if len(sample.categories) < FEWEST:
        return untested(claim, _few(cell, sample), cell.name)
    generator = np.random.default_rng(0)
    own = held_out_ranks(outcomes(passes.signs, sample.categories))
    embeddings = held_out_ranks(outcomes(_embeddings(cell, sample), sample.categories))
    kinds = {kind: _better(found, sample) for kind, found in passes.variants.items()}
    gain = _apart(own, embeddings, generator)
    over = {name: _apart(own, kinds[kind], generator) for kind, name in _JUDGED.items()}
    over["no gain over the embeddings"] = gain
    worst = strongest(over)
    null = _apart(own, kinds["initialised"], generator)
    verdict, reason = judge(claim, gain.value, null, over[worst])
    base = _mean(embeddings)
    controls = {
        "(a) all weights drawn anew": _mean(kinds["initialised"]) - base,
        **{name: _mean(kinds[kind]) - base for kind, name in _JUDGED.items()},
        "no gain over the embeddings": 0.0,
        "AUC, trained": _mean(own),
        "AUC, embeddings": base,
        "AUC, (a)": _mean(kinds["initialised"]),
        "AUC, (b)": _mean(kinds["blocks"]),
        "AUC, (c)": _mean(kinds["permuted"]),
    }
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        gain,
        controls,
        worst,
        len(own),
        "categories",
    )


_JUDGED = {"blocks": "(b) blocks drawn anew", "permuted": "(c) block weights permuted"}


def _embeddings(cell: Cell, sample: Sample) -> SiteSigns:
    """Signs of the sample at resid.0, from the catalog."""
    words = packed.by_item(cell.path, "resid.0", cell.threshold)[:, sample.items]
    columns = packed.by_dimension(cell.path, "resid.0", cell.threshold)
    whole = SiteSigns(packed.by_item(cell.path, "resid.0", cell.threshold), columns)
    return SiteSigns(np.ascontiguousarray(words), whole.columns(sample.items))


def _better(found: dict[str, SiteSigns], sample: Sample) -> list[NDArray[np.float64]]:
    """Ranks at the threshold where a variant reads better."""
    both = [held_out_ranks(outcomes(site, sample.categories)) for site in found.values()]
    return max(both, key=_mean)


def _mean(ranks: list[NDArray[np.float64]]) -> float:
    return float(np.mean([one.mean() for one in ranks]))


def _apart(
    first: list[NDArray[np.float64]],
    second: list[NDArray[np.float64]],
    generator: np.random.Generator,
) -> Interval:
    """Paired difference, member by member."""
    return nested([a - b for a, b in zip(first, second, strict=True)], generator)

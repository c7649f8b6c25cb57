"""Rows of searching by signs: unsupervised features and nearest neighbours."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.evidence.cell import Cell, Sample
from catalog.evidence.claims import CLAIMS
from catalog.evidence.from_states import NO_MODEL
from catalog.evidence.nearest import nearest, unit
from catalog.evidence.passes import Passes
from catalog.evidence.verdicts import Row, judge, untested
from catalog.features import discovery, unsupervised
from catalog.features.unsupervised import NEIGHBOURS, Field, Found
from catalog.progress import Report
from catalog.signs import independence
from catalog.signs.resampling import Interval, clustered, strongest
from catalog.signs.rotation import random_rotation, signs_at_median, standardised
from catalog.signs.site_signs import SiteSigns

SEEDS = 300
FIRES_RARELY = 0.001
GAUSSIAN = "Gaussian with the same correlations of signs"
"""Name of the control that holds no discrete features; see `catalog.signs.gaussian`."""
QUERIES = 2000
"""Labelled items whose nearest neighbour is looked for."""
_DESCRIBES = ("signs at medians",)
"""Shown beside; it is the same reading at another threshold, not a control."""


HALVES = 15
"""Random halves of the dimensions; the seeds that share one are resampled together."""


@dataclass(frozen=True)
class _Runs:
    """Features of the real signs, and of the two nulls; the nulls' p are made alike."""

    real: Found
    permuted: Found
    gaussian: Found
    against: Found
    """More permuted signs: the null that p is counted in."""
    half: NDArray[np.int64]
    """Which random half of the dimensions each seed was searched with; the same in every run."""

    def significant(self, found: Found) -> NDArray[np.float64]:
        """1 where a seed's feature has q < 0.05: float64[seeds]."""
        return (unsupervised.yield_against(found.auc, self.against.auc).q < 0.05).astype(float)

    def over(self, values: dict[str, NDArray[np.float64]]) -> dict[str, Interval]:
        """The first of these figures of each seed minus each other one, by halves."""
        real, *others = values
        generator = np.random.default_rng(1)
        return {
            name: clustered(values[real] - values[name], self.half, generator) for name in others
        }


def discovery_rows(cell: Cell, sample: Sample, report: Report) -> list[Row]:
    """Held-out AUC of unsupervised features with its nulls and the paper's procedure; sparsity."""
    claims = [CLAIMS["unsupervised"], CLAIMS["sparsity"]]
    try:
        field = Field(cell.signs.columns(sample.items), len(sample.items))
    except SettingRefused as error:
        return [untested(claim, str(error), cell.name) for claim in claims]
    generator = np.random.default_rng(0)
    seeds = generator.choice(field.items, min(SEEDS, field.items), replace=False)
    shuffled = [
        Field(independence.permuted(field.by_dimension, field.items, generator), field.items)
        for _ in range(2)
    ]
    correlated = cell.medians.columns(sample.items)
    normal = discovery.gaussian_field(field, correlated, np.random.default_rng(3))
    step = iter(range(6))
    together = -(-len(seeds) // HALVES)

    def find(where: Field, same: bool = False) -> Found:
        report("discovery", next(step), 6)
        chosen = np.random.default_rng([1, same])
        return unsupervised.discover(where, seeds, chosen, same, together=together)

    half = np.arange(len(seeds)) // together
    runs = _Runs(find(field), find(shuffled[0]), find(normal), find(shuffled[1]), half)
    paper = {
        name: _papers(find(where, True), where, seeds, np.random.default_rng(2))
        for name, where in (("", field), (" on permuted signs", shuffled[0]))
    }
    return [_unsupervised_row(cell, runs, paper), _sparsity_row(cell, runs, field.items)]


def _papers(
    found: Found, where: Field, seeds: NDArray[np.int64], generator: np.random.Generator
) -> float:
    """Yield of neighbours and test on the same dimensions, against random neighbours."""
    null = unsupervised.random_neighbours(where, seeds, generator)
    return unsupervised.yield_against(found.auc, null).share


def _unsupervised_row(cell: Cell, runs: _Runs, paper: dict[str, float]) -> Row:
    """Mean held-out AUC: the yield saturates, at 100 % for a Gaussian too."""
    claim = CLAIMS["unsupervised"]
    figure = clustered(runs.real.auc, runs.half, np.random.default_rng(1))
    over = runs.over(
        {"": runs.real.auc, "permuted signs": runs.permuted.auc, GAUSSIAN: runs.gaussian.auc}
    )
    worst = strongest(over)
    verdict, reason = judge(claim, figure.value, over["permuted signs"], over[worst])
    controls = {
        "permuted signs": float(runs.permuted.auc.mean()),
        GAUSSIAN: float(runs.gaussian.auc.mean()),
        "above the Gaussian, low": over[GAUSSIAN].low,
        "above the Gaussian, high": over[GAUSSIAN].high,
        "share of seeds with q < 0.05": float(runs.significant(runs.real).mean()),
        "share of seeds with q < 0.05, Gaussian": float(runs.significant(runs.gaussian).mean()),
        "share of seeds with q < 0.05, permuted signs": float(
            runs.significant(runs.permuted).mean()
        ),
        "merged features left": float(len(np.unique(unsupervised.merge(runs.real)))),
        "dimensions per feature": float(runs.real.prototypes.sizes.mean()),
        **{f"paper's procedure{name}, share": share for name, share in paper.items()},
    }
    return Row(
        claim, verdict, reason, cell.name, figure, controls, worst, int(runs.half.max()) + 1,
        f"random halves of the dimensions, {len(runs.half)} seeds",
    )  # fmt: skip


def _sparsity_row(cell: Cell, runs: _Runs, items: int) -> Row:
    claim = CLAIMS["sparsity"]
    others = items - NEIGHBOURS - 1
    if 1 / others > FIRES_RARELY:
        reason = (
            f"With {others:,} other items a feature that fires on a single one fires on "
            f"{1 / others:.2%}: {FIRES_RARELY:.1%} needs more than {round(1 / FIRES_RARELY):,}."
        )
        return untested(claim, reason, cell.name)
    found = {"": runs.real, "permuted signs": runs.permuted, GAUSSIAN: runs.gaussian}
    rare = {name: (one.sparsity < FIRES_RARELY).astype(float) for name, one in found.items()}
    figure = clustered(rare[""], runs.half, np.random.default_rng(2))
    over = runs.over(rare)
    worst = strongest(over)
    verdict, reason = judge(claim, figure.value, over["permuted signs"], over[worst])
    controls = {name: float(one.mean()) for name, one in rare.items() if name}
    controls |= {
        f"median share that fires{', ' if name else ''}{name}": float(np.median(one.sparsity))
        for name, one in found.items()
    }
    controls["smallest share that can fire"] = 1 / others
    return Row(
        claim, verdict, reason, cell.name, figure, controls, worst, int(runs.half.max()) + 1,
        f"random halves of the dimensions, {len(runs.half)} seeds",
    )  # fmt: skip


def nearest_row(cell: Cell, sample: Sample, passes: Passes | None, report: Report) -> Row:
    """1-NN by Hamming, with chance, cosine, rotated signs and random blocks."""
    claim = CLAIMS["nearest"]
    if cell.build["modality"] == "text":
        claim = replace(claim, least=None, paper=f"not given for text; {claim.paper}")
    labels = _alike(cell, sample)
    labelled = np.flatnonzero(labels.any(axis=1))
    if not len(labelled):
        return untested(claim, cell.too_few or "No labelled items in the sample.", cell.name)
    generator = np.random.default_rng(0)
    queries = generator.permutation(labelled)[:QUERIES]
    report("neighbours", 0, 1)
    read = nearest(_plus_minus(cell.signs.of(sample.items)), queries, labels)
    generator = np.random.default_rng(0)
    place = np.arange(len(queries))
    figure = clustered(read.among_all, place, generator)
    others = {"chance": read.chance} | (_others(passes, queries, labels) if passes else {})
    over = {
        name: clustered(read.among_all - values, place, generator)
        for name, values in others.items()
        if name not in _DESCRIBES
    }
    controls = {name: float(values.mean()) for name, values in others.items()}
    controls["among labelled items"] = float(read.among_labelled.mean())
    worst = strongest(over)
    verdict, reason = judge(claim, figure.value, over["chance"], over[worst])
    if passes is None and verdict == "holds":
        verdict, reason = "partly", "Its strongest controls need the model, which is absent."
    return Row(claim, verdict, reason, cell.name, figure, controls, worst, len(queries), "members")


def _alike(cell: Cell, sample: Sample) -> NDArray[np.bool_]:
    """Which categories count as the same: bool[items, categories]; a superclass is too wide."""
    wide = {name for name, kind in cell.kinds.items() if kind == "superclass"}
    return sample.labels[:, np.array([one.name not in wide for one in sample.categories], np.bool_)]


def _others(
    passes: Passes, queries: NDArray[np.int64], labels: NDArray[np.bool_]
) -> dict[str, NDArray[np.float64]]:
    z = standardised(passes.states)
    rotation = random_rotation(z.shape[1], np.random.default_rng(1))
    vectors = {
        "rotated signs": _plus_minus(signs_at_median(z @ rotation)),
        "signs at medians": _plus_minus(signs_at_median(z)),
        "cosine of states": unit(passes.states),
    }
    if passes.baseline is not None:
        vectors[NO_MODEL] = _plus_minus(passes.baseline)
    found = {name: nearest(v, queries, labels).among_all for name, v in vectors.items()}
    found["(b) blocks drawn anew"] = _blocks(passes, queries, labels)
    return found


def _blocks(
    passes: Passes, queries: NDArray[np.int64], labels: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """With blocks drawn anew: mean over the seeds, at the threshold that reads better."""
    drawn = passes.variants["blocks"]
    read = [
        np.mean(
            [nearest(_plus_minus(one[name]), queries, labels).among_all for one in drawn], axis=0
        )
        for name in drawn[0]
    ]
    return max(read, key=lambda one: float(one.mean()))


def _plus_minus(site: SiteSigns) -> NDArray[np.float32]:
    """Signs as +1 and -1: float32[items, dims]."""
    return site.bits(np.arange(site.items)).astype(np.float32) * 2 - 1

"""Rows of searching by signs: unsupervised features and nearest neighbours."""

from dataclasses import dataclass

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
from catalog.features.unsupervised import Field, Found
from catalog.progress import Report
from catalog.signs import independence
from catalog.signs.resampling import clustered, difference, strongest
from catalog.signs.rotation import random_rotation, signs_at_median, standardised
from catalog.signs.site_signs import SiteSigns

SEEDS = 300
FIRES_RARELY = 0.001
GAUSSIAN = "Gaussian of the same covariance"
"""Name of the control that holds no discrete features; see `catalog.signs.gaussian`."""
QUERIES = 2000
"""Labelled items whose nearest neighbour is looked for."""


@dataclass(frozen=True)
class _Runs:
    """Features of the real signs, and of the two nulls; the nulls' p are made alike."""

    real: Found
    permuted: Found
    gaussian: Found
    against: Found
    """More permuted signs: the null that p is counted in."""

    def significant(self, found: Found) -> NDArray[np.float64]:
        """1 where a seed's feature has q < 0.05: float64[seeds]."""
        return (unsupervised.yield_against(found.auc, self.against.auc).q < 0.05).astype(float)


def discovery_rows(cell: Cell, sample: Sample, report: Report) -> list[Row]:
    """Yield with its nulls and the paper's own procedure; sparsity."""
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

    def find(where: Field, same: bool = False) -> Found:
        report("discovery", next(step), 6)
        return unsupervised.discover(where, seeds, np.random.default_rng([1, same]), same)

    runs = _Runs(find(field), find(shuffled[0]), find(normal), find(shuffled[1]))
    paper = {
        name: _papers(find(where, True), where, seeds, np.random.default_rng(2))
        for name, where in (("", field), (" on permuted signs", shuffled[0]))
    }
    return [_yield_row(cell, runs, paper), _sparsity_row(cell, runs)]


def _papers(
    found: Found, where: Field, seeds: NDArray[np.int64], generator: np.random.Generator
) -> float:
    """Yield of neighbours and test on the same dimensions, against random neighbours."""
    null = unsupervised.random_neighbours(where, seeds, generator)
    return unsupervised.yield_against(found.auc, null).share


def _yield_row(cell: Cell, runs: _Runs, paper: dict[str, float]) -> Row:
    claim = CLAIMS["unsupervised"]
    generator = np.random.default_rng(1)
    real, null = runs.significant(runs.real), runs.significant(runs.permuted)
    figure = clustered(real, np.arange(len(real)), generator)
    normal = runs.significant(runs.gaussian)
    over_null = difference(real, null, generator)
    over = {"permuted signs": over_null, GAUSSIAN: difference(real, normal, generator)}
    worst = strongest(over)
    verdict, reason = judge(claim, figure.value, over_null, over[worst])
    controls = {
        "permuted signs": float(null.mean()),
        GAUSSIAN: float(normal.mean()),
        "mean AUC, Gaussian": float(runs.gaussian.auc.mean()),
        "mean AUC": float(runs.real.auc.mean()),
        "mean AUC, permuted signs": float(runs.permuted.auc.mean()),
        "merged features left": float(len(np.unique(unsupervised.merge(runs.real)))),
        "dimensions per feature": float(runs.real.prototypes.sizes.mean()),
        **{f"paper's procedure{name}": share for name, share in paper.items()},
    }
    return Row(claim, verdict, reason, cell.name, figure, controls, worst, len(real), "seeds")


def _sparsity_row(cell: Cell, runs: _Runs) -> Row:
    claim = CLAIMS["sparsity"]
    generator = np.random.default_rng(2)
    found = {"": runs.real, "permuted signs": runs.permuted, GAUSSIAN: runs.gaussian}
    rare = {name: (one.sparsity < FIRES_RARELY).astype(float) for name, one in found.items()}
    real = rare.pop("")
    figure = clustered(real, np.arange(len(real)), generator)
    over = {name: difference(real, one, generator) for name, one in rare.items()}
    worst = strongest(over)
    verdict, reason = judge(claim, figure.value, over["permuted signs"], over[worst])
    controls = {name: float(one.mean()) for name, one in rare.items()}
    controls |= {
        f"median share that fires{', ' if name else ''}{name}": float(np.median(one.sparsity))
        for name, one in found.items()
    }
    return Row(claim, verdict, reason, cell.name, figure, controls, worst, len(real), "seeds")


def nearest_row(cell: Cell, sample: Sample, passes: Passes | None, report: Report) -> Row:
    """1-NN by Hamming, with chance, cosine, rotated signs and random blocks."""
    claim = CLAIMS["nearest"]
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
    over = {"chance": clustered(read.among_all - read.chance, place, generator)}
    controls = {"chance": float(read.chance.mean())}
    if passes is not None:
        others = _others(passes, queries, labels)
        blocks = others["(b) blocks drawn anew"]
        over["(b) blocks drawn anew"] = clustered(read.among_all - blocks, place, generator)
        if NO_MODEL in others:
            plain = others[NO_MODEL]
            over[NO_MODEL] = clustered(read.among_all - plain, place, generator)
        controls |= {name: float(values.mean()) for name, values in others.items()}
    controls["among labelled items"] = float(read.among_labelled.mean())
    worst = strongest(over)
    verdict, reason = judge(claim, figure.value, over["chance"], over[worst])
    if passes is None and verdict == "holds":
        verdict, reason = "partly", "The control (b) needs the model, which is absent."
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
    drawn = [
        nearest(_plus_minus(site), queries, labels).among_all
        for site in passes.variants["blocks"].values()
    ]
    found["(b) blocks drawn anew"] = max(drawn, key=lambda one: float(one.mean()))
    return found


def _plus_minus(site: SiteSigns) -> NDArray[np.float32]:
    """Signs as +1 and -1: float32[items, dims]."""
    return site.bits(np.arange(site.items)).astype(np.float32) * 2 - 1

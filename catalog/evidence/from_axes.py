"""The row of the basis: are the model's own axes special, beside rotated, PCA and ICA axes?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.evidence.cell import FEWEST, Cell, Sample
from catalog.evidence.claims import CLAIMS
from catalog.evidence.passes import Layers, Passes
from catalog.evidence.verdicts import Row, Verdict, untested
from catalog.features import strongest
from catalog.features.measure import best_dimension_held_out
from catalog.features.scoring import Contest
from catalog.features.splits import Splits
from catalog.progress import Report
from catalog.signs import axes
from catalog.signs.prototypes import TAU
from catalog.signs.resampling import Interval, crossed
from catalog.signs.rotation import signs_at_median, standardised
from catalog.signs.site_signs import SiteSigns

ROTATIONS = 10
CURVE_SPLITS = 5
"""Splits that curves over k are read on; those of single dimensions take all."""
AT_LAYERS = 2
"""Rotations at each other layer."""
BEST, COUNT, PROTOTYPE = (
    "best dimension",
    "dimensions >= 0.75",
    "prototype at its best k",
)
FIGURES = (BEST, COUNT, PROTOTYPE)
_LEVEL = 1 - 0.05 / len(FIGURES)
"""Three figures are judged, any of which may decide: Bonferroni."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Read:
    """What one set of axes gives for every category."""

    best: Floats
    """Held-out AUC of the dimension strongest on the anchors: float64[categories]."""
    count: Floats
    """Dimensions whose sign AUC reaches TAU, mean over the splits: float64[categories]."""
    curve: Floats
    """Held-out prototype AUC of the k strongest: float64[categories, k]."""

    @property
    def prototype(self) -> Floats:
        """AUC at the k that is best for the *other* categories: float64[categories].

        So no category chooses its own k, and no axes are handed another's.
        """
        others = self.curve.sum(axis=0) - self.curve
        rows = np.arange(len(self.curve))
        return np.asarray(self.curve[rows, others.argmax(axis=1)])

    @property
    def figures(self) -> Floats:
        """The three figures that are judged, in the order of FIGURES: float64[3, categories]."""
        return np.stack([self.best, self.count, self.prototype])


def read(site: SiteSigns, categories: Sequence[Splits], sizes: Sequence[int]) -> Read:
    """Every category on the axes of a site, without the fallback."""
    best, count, curves = [], [], []
    for one in categories:
        contest = Contest.of(site, one.pool)
        contrasts = strongest.contrasts_of(contest, one.anchors)
        unit = one.anchors[0].sum() * contest.pool
        best.append(best_dimension_held_out(contest, one.anchors, contrasts).mean())
        count.append((np.abs(contrasts) >= (2 * TAU - 1) * unit).sum(axis=1).mean())
        curves.append(strongest.curve(contest, one.anchors[:CURVE_SPLITS], sizes))
    return Read(np.array(best), np.array(count), np.array(curves))


def better(cuts: Sequence[SiteSigns], categories: Sequence[Splits], sizes: Sequence[int]) -> Read:
    """The reading of the threshold at which prototypes read better, for own and other axes alike.

    A sign about zero may say what one about the median does not, and the other way round.
    """
    made = [read(site, categories, sizes) for site in cuts]
    return max(made, key=lambda one: float(one.prototype.mean()))


def basis_row(cell: Cell, sample: Sample, passes: Passes, report: Report) -> Row:
    """Three figures on own axes minus the same on axes turned at random, each judged."""
    claim = CLAIMS["basis"]
    if len(sample.categories) < FEWEST:
        return untested(claim, cell.few_of(sample), cell.name)
    z, sizes = standardised(passes.states), strongest.powers(passes.states.shape[1])
    scaled = passes.states / np.maximum(passes.states.std(axis=0), 1e-30)
    medians, categories = signs_at_median(z), sample.categories
    own = better([passes.signs, medians], categories, sizes)
    turned = []
    for seed in range(ROTATIONS):
        report("rotations", seed, ROTATIONS)
        pair = [axes.rotated(z, seed), axes.rotated(scaled, seed, at_zero=True)]
        turned.append(better(pair, categories, sizes))
    apart = own.figures[:, :, None] - np.stack([one.figures for one in turned], axis=2)
    generator = np.random.default_rng(0)
    found = dict(zip(FIGURES, (crossed(one, generator) for one in apart), strict=True))
    strict = [crossed(one, generator, level=_LEVEL) for one in apart]
    verdict, reason = judge(dict(zip(FIGURES, strict, strict=True)))
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        found[PROTOTYPE],
        _controls(own, turned, found) | _other_axes(z, categories, sizes),
        "rotated",
        len(sample.categories),
        f"categories x {ROTATIONS} seeds",
        _curves(own, turned, sizes) | _layer_curves(passes.layers, report),
    )


def judge(apart: dict[str, Interval]) -> tuple[Verdict, str]:
    """Holds: some figure favours own axes (its interval lies above 0) and none the rotated ones."""
    told = {
        name: f"{name}, own - rotated {one.value:.3g} [{one.low:.3g}, {one.high:.3g}]"
        for name, one in apart.items()
    }
    own = [told[name] for name, one in apart.items() if one.low > 0]
    other = [told[name] for name, one in apart.items() if one.high < 0]
    if own and not other:
        return "holds", f"Own axes read better than random axes: {'; '.join(own)} (98.3 %)."
    if own:
        return "partly", (
            f"Own axes read better by {'; '.join(own)}, but random axes by {'; '.join(other)} "
            "(98.3 %)."
        )
    if other:
        return "does not hold", f"Random axes read better: {'; '.join(other)} (98.3 %)."
    return "does not hold", (
        "Random axes read as well: no figure (best dimension, number of dimensions, prototype) "
        "differs by more than its interval."
    )


def _controls(own: Read, turned: list[Read], found: dict[str, Interval]) -> dict[str, float]:
    mean = np.mean([one.figures.mean(axis=1) for one in turned], axis=0)
    rows: dict[str, float] = {}
    for name, mine, theirs in zip(FIGURES, own.figures.mean(axis=1), mean, strict=True):
        rows[f"{name}, own axes"] = float(mine)
        rows[f"{name}, rotated"] = float(theirs)
        rows[f"{name}, own minus rotated, low"] = found[name].low
        rows[f"{name}, own minus rotated, high"] = found[name].high
    return rows


def _other_axes(
    z: NDArray[np.float32], categories: list[Splits], sizes: list[int]
) -> dict[str, float]:
    rows: dict[str, float] = {}
    for name, site in (("PCA", axes.principal(z)), ("ICA", axes.independent(z))):
        if site is not None:
            for what, value in zip(
                FIGURES, read(site, categories, sizes).figures.mean(axis=1), strict=True
            ):
                rows[f"{what}, {name} axes"] = float(value)
    return rows


def _curves(own: Read, turned: list[Read], sizes: list[int]) -> dict[str, list[float]]:
    return {
        "strongest k dimensions": [float(size) for size in sizes],
        "own axes": own.curve.mean(axis=0).tolist(),
        "rotated": np.mean([one.curve.mean(axis=0) for one in turned], axis=0).tolist(),
    }


def _layer_curves(layers: Layers, report: Report) -> dict[str, list[float]]:
    """Mean curve of a few categories on each kind of axes at every residual site."""
    categories = [one.first(CURVE_SPLITS) for one in layers.categories]
    rows: dict[str, list[float]] = {}
    for done, (site, values) in enumerate(layers.states.items()):
        report("axes of every layer", done, len(layers.states))
        z = standardised(values)
        sizes = strongest.powers(z.shape[1])
        kinds = {"own": signs_at_median(z), "PCA": axes.principal(z), "ICA": axes.independent(z)}
        for name, made in kinds.items():
            if made is not None:
                rows[f"{site}, {name} axes"] = _mean_curve(made, categories, sizes)
        turned = [
            _mean_curve(axes.rotated(z, seed), categories, sizes) for seed in range(AT_LAYERS)
        ]
        rows[f"{site}, rotated axes"] = np.mean(turned, axis=0).tolist()
    return rows


def _mean_curve(site: SiteSigns, categories: list[Splits], sizes: list[int]) -> list[float]:
    curves = [strongest.curve(Contest.of(site, one.pool), one.anchors, sizes) for one in categories]
    return list(np.mean(curves, axis=0).tolist())

"""Rows that need the model's states: keys and values, rotation, random weights."""

import numpy as np
from numpy.typing import NDArray

from catalog.evidence.cell import FEWEST, Cell, Sample, held_out_ranks, outcomes
from catalog.evidence.claims import CLAIMS
from catalog.evidence.from_categories import discoverable_row
from catalog.evidence.passes import Passes
from catalog.evidence.verdicts import Row, judge, untested
from catalog.features.measure import best_dimension_held_out
from catalog.features.scoring import Contest
from catalog.features.splits import Splits
from catalog.progress import Report
from catalog.signs.prototypes import TAU
from catalog.signs.resampling import Interval, crossed, nested, strongest
from catalog.signs.rotation import random_rotation, signs_at_median, standardised
from catalog.signs.site_signs import SiteSigns

ROTATIONS = 10
NO_MODEL = "pixels or log-mel, no model"
"""The control of images and sounds that needs no model at all."""


def keys_values_row(cell: Cell, sample: Sample, passes: Passes) -> Row:
    """Discoverable categories in the keys and values of the primary layer."""
    claim = CLAIMS["keys_values"]
    if passes.keys_values is None:
        return untested(claim, str(passes.no_keys_values), cell.name)
    if len(sample.categories) < FEWEST:
        return untested(claim, too_few(cell, sample), cell.name)
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


def too_few(cell: Cell, sample: Sample) -> str:
    """Why there are too few categories."""
    return cell.too_few or f"Only {len(sample.categories)} categories' pools fit the sample."


def basis_row(cell: Cell, sample: Sample, passes: Passes, report: Report) -> Row:
    """Prototype AUC in the model's own basis minus that in random ones."""
    claim = CLAIMS["basis"]
    if len(sample.categories) < FEWEST:
        return untested(claim, too_few(cell, sample), cell.name)
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


def _basis_figures(site: SiteSigns, categories: list[Splits]) -> NDArray[np.float64]:
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
        return untested(claim, too_few(cell, sample), cell.name)
    generator = np.random.default_rng(0)
    own = held_out_ranks(outcomes(passes.signs, sample.categories))
    embeddings = held_out_ranks(outcomes(_embeddings(cell, sample), sample.categories))
    kinds = {kind: _better(found, sample) for kind, found in passes.variants.items()}
    gain = _apart(own, embeddings, generator)
    over = {name: _apart(own, kinds[kind], generator) for kind, name in _JUDGED.items()}
    over["no gain over the embeddings"] = gain
    plain = None
    if passes.baseline is not None:
        plain = held_out_ranks(outcomes(passes.baseline, sample.categories))
        over[NO_MODEL] = _apart(own, plain, generator)
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
    if plain is not None:
        controls |= {NO_MODEL: _mean(plain) - base, f"AUC, {NO_MODEL}": _mean(plain)}
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
    return cell.catalog.signs("resid.0", cell.threshold).of(sample.items)


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

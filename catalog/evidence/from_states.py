"""Rows that need the model's states: keys and values, FFN activations, random weights."""

import numpy as np
from numpy.typing import NDArray

from catalog.evidence.cell import FEWEST, Cell, Ranks, Sample, held_out_ranks, outcomes
from catalog.evidence.claims import CLAIMS
from catalog.evidence.from_categories import count, discoverable_row
from catalog.evidence.passes import Passes
from catalog.evidence.verdicts import Row, Verdict, judge, judge_absence, untested
from catalog.signs.resampling import Interval, crossed, nested, strongest
from catalog.signs.site_signs import SiteSigns

NO_MODEL = "pixels or log-mel, no model"
"""The control of images and sounds that needs no model at all."""


def keys_values_row(cell: Cell, sample: Sample, passes: Passes) -> Row:
    """Discoverable categories in the keys and values of the primary layer."""
    claim = CLAIMS["keys_values"]
    sides = passes.keys_values
    if sides.signs is None:
        return untested(claim, sides.reason, cell.name)
    if len(sample.categories) < FEWEST:
        return untested(claim, cell.few_of(sample), cell.name)
    ranks = held_out_ranks(outcomes(sides.signs, sample.categories))
    return discoverable_row(
        cell,
        claim,
        count(sides.signs, sample.categories),
        {
            f"the same at {cell.site}": float(count(passes.signs, sample.categories).passes.mean()),
            "dimensions": float(sides.signs.dims),
            "mean prototype AUC": float(np.mean([r.mean() for r in ranks])),
        },
    )


def ffn_row(cell: Cell, sample: Sample, passes: Passes) -> Row:
    """Prototype AUC of FFN activations beside that of the residual: parity, within a margin."""
    claim = CLAIMS["ffn"]
    if passes.ffn.signs is None:
        return untested(claim, passes.ffn.reason, cell.name)
    if len(sample.categories) < FEWEST:
        return untested(claim, cell.few_of(sample), cell.name)
    inside = held_out_ranks(outcomes(passes.ffn.signs, sample.categories))
    residual = held_out_ranks(outcomes(passes.signs, sample.categories))
    generator = np.random.default_rng(0)
    lost = _apart(residual, inside, generator)
    above = nested(inside, generator).over(0.5)
    if above.low <= 0:
        verdict: Verdict = "does not hold"
        reason = "FFN activations read no better than chance."
    else:
        verdict, reason = judge_absence(claim, lost, "AUC lost against the residual")
    controls = {
        "AUC, FFN activations": _mean(inside),
        f"AUC, {cell.site}": _mean(residual),
        "chance": 0.5,
        "dimensions": float(passes.ffn.signs.dims),
    }
    return Row(
        claim, verdict, reason, cell.name, lost, controls, f"AUC, {cell.site}", len(inside),
        "categories", sides=("AUC, FFN activations", f"AUC, {cell.site}"),
    )  # fmt: skip


def training_row(cell: Cell, sample: Sample, passes: Passes) -> Row:
    """Gain over the embeddings, beside that of models with random weights, SEEDS of each kind."""
    claim = CLAIMS["training"]
    if len(sample.categories) < FEWEST:
        return untested(claim, cell.few_of(sample), cell.name)
    generator = np.random.default_rng(0)
    own = held_out_ranks(outcomes(passes.signs, sample.categories))
    embeddings = held_out_ranks(outcomes(_embeddings(cell, sample), sample.categories))
    kinds = {kind: _better(found, sample) for kind, found in passes.variants.items()}
    means = np.array([one.mean() for one in own])[:, None]
    gain = _apart(own, embeddings, generator)
    over = {name: crossed(means - kinds[kind], generator) for kind, name in _JUDGED.items()}
    over["no gain over the embeddings"] = gain
    plain = None
    if passes.baseline is not None:
        plain = held_out_ranks(outcomes(passes.baseline, sample.categories))
        over[NO_MODEL] = _apart(own, plain, generator)
    worst = strongest(over)
    null = crossed(means - kinds["initialised"], generator)
    verdict, reason = judge(claim, gain.value, null, over[worst])
    base = _mean(embeddings)
    controls = {
        "(a) all weights drawn anew": float(kinds["initialised"].mean()) - base,
        **{name: float(kinds[kind].mean()) - base for kind, name in _JUDGED.items()},
        "no gain over the embeddings": 0.0,
        "AUC, trained": _mean(own),
        "AUC, embeddings": base,
    }
    for kind, name in (("initialised", "(a)"), ("blocks", "(b)"), ("permuted", "(c)")):
        seeds = kinds[kind].mean(axis=0)
        controls[f"AUC, {name}"] = float(seeds.mean())
        controls[f"AUC, {name}, best seed"] = float(seeds.max())
    controls["seeds of each"] = float(kinds["blocks"].shape[1])
    if plain is not None:
        controls |= {NO_MODEL: _mean(plain) - base, f"AUC, {NO_MODEL}": _mean(plain)}
    return Row(
        claim, verdict, reason, cell.name, gain, controls, worst, len(own), "categories"
    )  # fmt: skip


_JUDGED = {"blocks": "(b) blocks drawn anew", "permuted": "(c) block weights permuted"}


def _embeddings(cell: Cell, sample: Sample) -> SiteSigns:
    """Signs of the sample at resid.0, from the catalog."""
    return cell.catalog.signs("resid.0", cell.threshold).of(sample.items)


def _better(found: list[dict[str, SiteSigns]], sample: Sample) -> NDArray[np.float64]:
    """AUC of each category and seed, at the threshold that reads better: [categories, seeds]."""
    kinds = [
        np.array(
            [
                [ranks.mean() for ranks in held_out_ranks(outcomes(seed[name], sample.categories))]
                for seed in found
            ]
        ).T
        for name in found[0]
    ]
    return max(kinds, key=lambda one: float(one.mean()))


def _mean(ranks: Ranks) -> float:
    return float(np.mean([one.mean() for one in ranks]))


def _apart(first: Ranks, second: Ranks, generator: np.random.Generator) -> Interval:
    """Paired difference, member by member."""
    return nested([a - b for a, b in zip(first, second, strict=True)], generator)

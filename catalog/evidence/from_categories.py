"""Rows of the categories: discoverable by one dimension, prototype AUC, share above the null."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog.evidence.cell import Cell, held_out_ranks
from catalog.evidence.claims import CLAIMS
from catalog.evidence.verdicts import Row, judge, untested
from catalog.features import measure, nulls
from catalog.features.scoring import Contest, Outcome, run
from catalog.features.splits import Splits
from catalog.progress import Report
from catalog.signs import significance
from catalog.signs.prototypes import SPLITS, TAU, halves
from catalog.signs.resampling import clustered, nested
from catalog.signs.site_signs import SiteSigns
from catalog.store import feature_queries, queries

NULL_SETS = 5
"""Random sets of each category whose best dimension is looked for."""


def category_rows(cell: Cell, report: Report) -> list[Row]:
    """Discoverable categories, prototype AUC, and the share that exceeds its null."""
    keys = ("discoverable", "prototype_auc", "exceeds_null")
    if cell.too_few:
        return [untested(CLAIMS[key], cell.too_few, cell.name) for key in keys]
    contests = [Contest.of(cell.signs, one.pool) for one in cell.categories]
    names = [one.name for one in cell.categories]
    found = [run(c, one.anchors) for c, one in zip(contests, cell.categories, strict=True)]
    stored = _stored(cell)
    drawn = {}
    for done, (one, outcome) in enumerate(zip(cell.categories, found, strict=True)):
        report("nulls", done, len(names))
        drawn[one.name] = stored.get(one.name) or _null(cell, one, float(outcome.aucs.mean()))
    return [
        discoverable_row(cell, "discoverable", cell.signs, cell.categories),
        _prototype_row(cell, found, np.array([drawn[name] for name in names])),
        _null_row(cell, np.array([drawn[name][0] for name in names])),
    ]


Null = tuple[float, float, float]
"""p, mean and 95th percentile."""


def _stored(cell: Cell) -> dict[str, Null]:
    """Nulls that the findings stage drew at the primary cell, by category."""
    if "feature" not in set(cell.catalog.fetch(queries.tables())["table"]):
        return {}
    rows = cell.catalog.fetch(feature_queries.features(cell.threshold, cell.background))
    rows = rows[(rows["site"] == str(cell.site)) & rows["p"].notna()]
    columns = rows[["p", "null_mean", "null_p95"]].to_numpy(float).tolist()
    return {name: (p, m, q) for name, (p, m, q) in zip(rows["category"], columns, strict=True)}


def _null(cell: Cell, one: Splits, auc: float) -> Null:
    """The null of one category, from the seed of the findings."""
    ground = nulls.Ground.of(cell.signs, one.pool)
    null = nulls.Null(cell.signs, ground, len(one.pool.members), seed=2 + one.place)
    p, _ = null.p(auc, nulls.DRAWS, nulls.DRAWS)
    return p, null.mean, null.p95


def _prototype_row(cell: Cell, found: list[Outcome], drawn: NDArray[np.float64]) -> Row:
    claim = CLAIMS["prototype_auc"]
    generator = np.random.default_rng(0)
    ranks = held_out_ranks(found)
    aucs = np.array([one.aucs.mean() for one in found])
    figure = replace(nested(ranks, generator), value=float(aucs.mean()))
    over = nested([r - mean for r, mean in zip(ranks, drawn[:, 1], strict=True)], generator)
    coherence, confusable = _coherence(cell)
    rival = clustered(confusable, np.arange(len(confusable)), generator)
    verdict, reason = judge(claim, figure.value, over, rival.over(0.5))
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        figure,
        {
            "null mean": float(drawn[:, 1].mean()),
            "null p95": float(drawn[:, 2].mean()),
            "against all other categories": float(coherence.mean()),
            "against the most confusable category": rival.value,
        },
        "against the most confusable category",
        len(found),
        "categories",
        {"sorted AUC of each category": np.sort(aucs).tolist()},
    )


def _coherence(cell: Cell) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """AUC against all other categories, and against the most confusable one: float64[c] each."""
    members = [one.pool.members for one in cell.categories]
    number = np.repeat(np.arange(len(members)), [len(m) for m in members])
    every = np.concatenate(members)
    family = cell.ground.family
    others = measure.Others.of(cell.signs, every, family[every], number)
    values = []
    for one in cell.categories:
        contest = Contest.of(cell.signs, one.pool)
        feature = measure.measure(contest, one.anchors, others, family[one.pool.members])
        values.append((feature.coherence, feature.confusable_auc))
    both = np.array(values, np.float64)
    return both[:, 0], both[~np.isnan(both[:, 1]), 1]


def _null_row(cell: Cell, p: NDArray[np.float64]) -> Row:
    claim = CLAIMS["exceeds_null"]
    exceeds = (significance.benjamini_hochberg(p) < 0.05).astype(float)
    figure = clustered(exceeds, np.arange(len(p)), np.random.default_rng(0))
    verdict, reason = judge(claim, figure.value, figure.over(0.05), figure.over(0.05))
    controls = {"expected by chance": 0.05, "largest p": float(p.max())}
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        figure,
        controls,
        "expected by chance",
        len(p),
        "categories",
    )


def discoverable_row(
    cell: Cell,
    key: str,
    site: SiteSigns,
    categories: list[Splits],
    beside: dict[str, float] | None = None,
) -> Row:
    """Share of categories that one dimension tells apart, at any signs of these items."""
    claim = CLAIMS[key]
    generator = np.random.default_rng(0)
    real = [best_dimension(Contest.of(site, one.pool), one.anchors) for one in categories]
    null = np.empty((len(categories), NULL_SETS, 2))
    for place, one in enumerate(categories):
        for draw in range(NULL_SETS):
            random = best_dimension(*_random_set(site, one, generator))
            null[place, draw] = random.in_sample >= TAU, random.held_out >= TAU
    q = significance.benjamini_hochberg(np.stack([one.p for one in real]))
    q_best = q[np.arange(len(real)), [one.dimension for one in real]]
    sample, held = (np.array([getattr(one, name) for one in real]) for name in _BOTH)
    passes = ((held >= TAU) & (q_best < 0.05)).astype(float)
    names = np.arange(len(passes))
    figure = clustered(passes, names, generator)
    over = clustered(passes - null[:, :, 1].mean(axis=1), names, generator)
    verdict, reason = judge(claim, figure.value, over, over)
    controls = {
        "random sets": float(null[:, :, 1].mean()),
        "paper's procedure (in sample)": float(np.mean(sample >= TAU)),
        "paper's procedure on random sets": float(null[:, :, 0].mean()),
        "mean best-dimension AUC, held out": float(held.mean()),
        "mean best-dimension AUC, in sample": float(sample.mean()),
    } | (beside or {})
    curves = {"sorted held-out AUC of the best dimension": np.sort(held).tolist()}
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        figure,
        controls,
        "random sets",
        len(real),
        "categories",
        curves,
    )


_BOTH = ("in_sample", "held_out")


@dataclass(frozen=True)
class Best:
    """The strongest anchor dimension of a contest."""

    dimension: int
    """Of split 0, as in `measure.measure`."""
    in_sample: float
    """Its AUC on those anchors ("paper's procedure")."""
    held_out: float
    """AUC on held-out members of each split's strongest dimension, mean over the splits."""
    p: NDArray[np.float64]
    """Hypergeometric p of every dimension on the anchors of split 0."""


def best_dimension(contest: Contest, anchors: NDArray[np.bool_]) -> Best:
    """Choose on the anchors, score on the held-out members."""
    outcome = run(contest, anchors)
    strength = np.abs(outcome.contrasts[0])
    best = int(strength.argmax())
    count = int(anchors[0].sum())
    positive = contest.members[anchors[0]].sum(axis=0, dtype=np.int64)
    return Best(
        best,
        0.5 + float(strength[best]) / (2 * outcome.unit),
        float(measure.best_dimension_held_out(contest, outcome).mean()),
        significance.hypergeometric_p(positive, count, contest.positives, contest.pool),
    )


def _random_set(
    site: SiteSigns, one: Splits, generator: np.random.Generator
) -> tuple[Contest, NDArray[np.bool_]]:
    """One item of each member's stratum against the rest of the background, with new splits."""
    ground = nulls.Ground.of(site, one.pool)
    places = ground.sets(len(one.pool.members), 1, generator)[0]
    contest = Contest(
        site.bits(ground.items[places]),
        ground.positives,
        len(ground.items),
        ground.columns,
        len(ground.sample),
        np.flatnonzero(~np.isin(ground.sample, places)),
    )
    return contest, halves(len(places), SPLITS, generator)

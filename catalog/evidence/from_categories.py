"""Rows of the categories: discoverable by one dimension, prototype AUC, share above the null."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog.evidence import paper
from catalog.evidence.cell import Cell, held_out_ranks
from catalog.evidence.claims import CLAIMS
from catalog.evidence.paper import Paper
from catalog.evidence.verdicts import Claim, Row, judge, untested
from catalog.features import measure, nulls, sequential
from catalog.features.scoring import Contest, Outcome, run
from catalog.features.sequential import Drawn, Stretch
from catalog.features.splits import Splits
from catalog.progress import Report
from catalog.signs import significance
from catalog.signs.prototypes import SPLITS, TAU, halves
from catalog.signs.resampling import clustered, nested, strongest
from catalog.signs.site_signs import SiteSigns
from catalog.store import feature_queries, queries

RANDOM = "random sets"
NULL_SETS = 5
"""Random sets of each category whose best dimension is looked for."""


def category_rows(cell: Cell, report: Report) -> list[Row]:
    """Discoverable categories, prototype AUC, and the share that exceeds its null."""
    keys = ("discoverable", "prototype_auc", "exceeds_null")
    if cell.too_few:
        return [untested(CLAIMS[key], cell.too_few, cell.name) for key in keys]
    contests = [Contest.of(cell.signs, one.pool) for one in cell.categories]
    found = [run(c, one.anchors) for c, one in zip(contests, cell.categories, strict=True)]
    drawn = _nulls(cell, np.array([one.aucs.mean() for one in found]), report)
    as_the_paper = paper.measure(cell)
    beside = {
        "paper's procedure (all items, in sample)": as_the_paper.discoverable,
        "paper's procedure, mean best-dimension AUC": as_the_paper.best,
    }
    return [
        discoverable_row(cell, CLAIMS["discoverable"], count(cell.signs, cell.categories), beside),
        _prototype_row(cell, found, drawn, as_the_paper),
        _null_row(cell, drawn),
    ]


@dataclass(frozen=True)
class Nulls:
    """The null of every category: float64[categories] each."""

    p: NDArray[np.float64]
    q: NDArray[np.float64]
    """Over the family that `p` was drawn for: that of the findings, else these categories."""
    mean: NDArray[np.float64]
    p95: NDArray[np.float64]


def _nulls(cell: Cell, aucs: NDArray[np.float64], report: Report) -> Nulls:
    """As the findings stage drew them at the primary cell, else drawn here in the same way."""
    if "feature" in set(cell.catalog.fetch(queries.tables())["table"]):
        rows = cell.catalog.fetch(feature_queries.features(cell.threshold, cell.background))
        rows = rows[rows["site"] == str(cell.site)].set_index("category")
        known = rows.reindex([one.name for one in cell.categories])
        if known[["p", "q"]].notna().all(axis=None):
            columns = ("p", "q", "null_mean", "null_p95")
            return Nulls(*(known[name].to_numpy(np.float64) for name in columns))
    return _draw_nulls(cell, aucs, report)


def _draw_nulls(cell: Cell, aucs: NDArray[np.float64], report: Report) -> Nulls:
    """From the seeds of the findings, as far as the family of these categories needs them."""

    def null(place: int) -> nulls.Null:
        one = cell.categories[place]
        ground = nulls.Ground.of(cell.signs, one.pool)
        return nulls.Null(cell.signs, ground, len(one.pool.members), seed=2 + one.place)

    def further(wanted: Sequence[Stretch]) -> list[NDArray[np.float64]]:
        return [null(one.null).between(one.start, one.stop) for one in wanted]

    drawn = []
    for place, auc in enumerate(aucs):
        report("nulls", place, len(aucs))
        drawn.append(Drawn(np.array([auc]), null(place).draw(nulls.DRAWS)))
    sequential.settle(drawn, further)
    p = np.concatenate([one.p for one in drawn])
    mean, p95 = (
        np.array([made(one.kept) for one in drawn])
        for made in (np.mean, lambda kept: np.quantile(kept, 0.95))
    )
    return Nulls(p, significance.benjamini_hochberg(p), mean, p95)


def _prototype_row(cell: Cell, found: list[Outcome], drawn: Nulls, as_the_paper: Paper) -> Row:
    claim = CLAIMS["prototype_auc"]
    generator = np.random.default_rng(0)
    ranks = held_out_ranks(found)
    aucs = np.array([one.aucs.mean() for one in found])
    figure = replace(nested(ranks, generator), value=float(aucs.mean()))
    over = nested([r - mean for r, mean in zip(ranks, drawn.mean, strict=True)], generator)
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
            "null mean": float(drawn.mean.mean()),
            "null p95": float(drawn.p95.mean()),
            "against all other categories": float(coherence.mean()),
            "against the most confusable category": rival.value,
            "against all items": as_the_paper.filled,
            **_fallback(found, aucs),
            **_of_paper(as_the_paper),
        },
        "against the most confusable category",
        len(found),
        "categories",
        {"sorted AUC of each category": np.sort(aucs).tolist()},
    )


def _fallback(found: list[Outcome], aucs: NDArray[np.float64]) -> dict[str, float]:
    """Means of the categories that reach the registration level, and of those filled up."""
    filled = np.array([one.prototypes.fallback.mean() > 0.5 for one in found])
    rows = {"share of categories filled up": float(filled.mean())}
    for name, mine in (("that reach 0.75 in 8 dimensions", ~filled), ("filled up", filled)):
        if mine.any():
            rows[f"mean of categories {name}"] = float(aucs[mine].mean())
    return rows


def _of_paper(as_the_paper: Paper) -> dict[str, float]:
    """Its prototype AUC, where any category has a dimension that reaches the level."""
    rows = {"paper's procedure, categories without a feature": float(as_the_paper.without)}
    if not np.isnan(as_the_paper.prototype):
        rows["paper's procedure (all items, no fill-up)"] = as_the_paper.prototype
    return rows


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


def _null_row(cell: Cell, drawn: Nulls) -> Row:
    claim = CLAIMS["exceeds_null"]
    exceeds = (drawn.q < significance.LEVEL).astype(float)
    figure = clustered(exceeds, np.arange(len(exceeds)), np.random.default_rng(0))
    verdict, reason = judge(claim, figure.value, figure.over(0.05), figure.over(0.05))
    controls = {"expected by chance": 0.05, "largest p": float(drawn.p.max())}
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        figure,
        controls,
        "expected by chance",
        len(exceeds),
        "categories",
    )


@dataclass(frozen=True)
class Counted:
    """Which categories a single dimension tells apart, beside random sets: [categories] each."""

    passes: NDArray[np.float64]
    """1 where the held-out AUC is at least TAU and q is below 0.05."""
    null: NDArray[np.float64]
    """Share of random sets with a held-out AUC of at least TAU."""
    null_in_sample: NDArray[np.float64]
    held_out: NDArray[np.float64]
    in_sample: NDArray[np.float64]


def count(site: SiteSigns, categories: list[Splits]) -> Counted:
    """Choose each category's best dimension on its anchors, at any signs of these items."""
    generator = np.random.default_rng(0)
    real = [best_dimension(Contest.of(site, one.pool), one.anchors) for one in categories]
    null = np.empty((len(categories), NULL_SETS, 2))
    for place, one in enumerate(categories):
        for draw in range(NULL_SETS):
            random = best_dimension(*_random_set(site, one, generator))
            null[place, draw] = random.held_out >= TAU, random.in_sample >= TAU
    q = significance.benjamini_hochberg(np.stack([one.p for one in real]))
    q_best = q[np.arange(len(real)), [one.dimension for one in real]]
    sample, held = (np.array([getattr(one, name) for one in real]) for name in _BOTH)
    passes = ((held >= TAU) & (q_best < 0.05)).astype(float)
    by_chance = null.mean(axis=1)
    return Counted(passes, by_chance[:, 0], by_chance[:, 1], held, sample)


def discoverable_row(
    cell: Cell,
    claim: Claim,
    counted: Counted,
    beside: dict[str, float] | None = None,
    control: tuple[str, NDArray[np.float64]] | None = None,
) -> Row:
    """Share of categories that one dimension tells apart; `control` is one besides random sets."""
    generator = np.random.default_rng(0)
    names = np.arange(len(counted.passes))
    figure = clustered(counted.passes, names, generator)
    rivals = {RANDOM: counted.null} | dict([control] if control else [])
    over = {
        name: clustered(counted.passes - rival, names, generator) for name, rival in rivals.items()
    }
    worst = strongest(over)
    verdict, reason = judge(claim, figure.value, over[RANDOM], over[worst])
    controls = {name: float(rival.mean()) for name, rival in rivals.items()} | {
        "in sample": float(np.mean(counted.in_sample >= TAU)),
        "in sample, random sets": float(counted.null_in_sample.mean()),
        "mean best-dimension AUC, held out": float(counted.held_out.mean()),
        "mean best-dimension AUC, in sample": float(counted.in_sample.mean()),
    }
    curves = {"sorted held-out AUC of the best dimension": np.sort(counted.held_out).tolist()}
    return Row(
        claim, verdict, reason, cell.name, figure, controls | (beside or {}), worst,
        len(names), "categories", curves,
    )  # fmt: skip


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
        float(measure.best_dimension_held_out(contest, anchors, outcome.contrasts).mean()),
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

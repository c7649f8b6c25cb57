"""The row of the reading: does it matter what stands before a token that is read?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from catalog.building import reopen
from catalog.evidence.cell import FEWEST, Cell, Ranks, cut, held_out_ranks, moved, outcomes
from catalog.evidence.claims import CLAIMS
from catalog.evidence.passes import at_threshold
from catalog.evidence.verdicts import Row, judge_absence, untested
from catalog.features.measure import best_dimension_held_out
from catalog.features.scoring import Contest, run
from catalog.features.splits import Splits
from catalog.modalities import text
from catalog.modalities.text import Text
from catalog.model import quick
from catalog.model.loading import LoadedModel
from catalog.progress import Report
from catalog.signs.prototypes import TAU
from catalog.signs.resampling import Interval, nested
from catalog.sites import Site

MOST = 16
"""Categories that are read in every reading, drawn with a fixed seed."""
NEGATIVES = 4_000
"""Items of their backgrounds that are read with their members."""
NEUTRAL = (r"\n{}", "the {}", ",{}", "a {}")
"""Prefixes that say nothing of the token after them."""
OTHERS = 2
"""Neutral prefixes that the catalog's reading is compared with."""
BATCH = 256
LAYERS = 8
"""Layers of the curve, beside the embeddings."""


@dataclass(frozen=True)
class Read:
    """The categories in one reading."""

    ranks: Ranks
    """At the primary site: per category, mean rank of each member while it was held out."""
    best: float
    """Share of categories whose best dimension has a held-out AUC of at least TAU."""
    degenerate: float
    """Share of the primary site's dimensions that are positive in < 1 % or > 99 % of the items."""
    curve: tuple[float, ...] = ()
    """Mean prototype AUC at the layers that are shown."""

    @property
    def auc(self) -> float:
        """Mean prototype AUC at the primary site."""
        return float(np.mean([one.mean() for one in self.ranks]))


def rows(cell: Cell, model: LoadedModel | None, report: Report) -> list[Row]:
    """The row; untested without the model, and for images and sounds."""
    claim = CLAIMS["reading"]
    if cell.build["modality"] != "text":
        return [untested(claim, "This is tested on text models only.", cell.name)]
    if cell.catalog.contextual:
        told = "Tokens in context have no prefix to choose: their texts are their own."
        return [untested(claim, told, cell.name)]
    if model is None:
        return [untested(claim, "This needs the model, which is not there.", cell.name)]
    if cell.too_few:
        return [untested(claim, cell.too_few, cell.name)]
    own = reopen.reopen(cell.catalog, model)
    assert isinstance(own, Text)
    items, categories = _sampled(cell)
    if len(categories) < FEWEST:
        return [untested(claim, f"Only {len(categories)} categories can be read here.", cell.name)]
    layers = _layers(len(model.parts.blocks), cell.site)
    read = {}
    readings = _readings(model, own)
    for number, (name, reading) in enumerate(readings.items()):
        report("readings", number, len(readings))
        sites = [Site("resid", layer) for layer in layers]
        states = _states(model, reading, sites, items)
        read[name] = _read(cell, states, categories)
    report("readings", len(readings), len(readings))
    return [row(cell, own.reading, read, layers)]


def row(cell: Cell, own: str, read: Mapping[str, Read], layers: Sequence[int] = ()) -> Row:
    """What was read in each reading, judged: the other neutral prefixes against the catalog's."""
    claim = CLAIMS["reading"]
    mine = read[own]
    others = [name for name in read if name in NEUTRAL and name != own][:OTHERS]
    controls = {f"AUC, {name}": one.auc for name, one in read.items()}
    controls |= {f"best dimension >= 0.75, {name}": one.best for name, one in read.items()}
    controls |= {f"degenerate dimensions, {name}": one.degenerate for name, one in read.items()}
    if not others:
        reason = "The tokenizer makes no other prefix than the catalog's."
        return replace(untested(claim, reason, cell.name), controls=controls)
    generator = np.random.default_rng(0)
    apart = {name: _apart(mine, read[name], generator) for name in others}
    worst = max(apart, key=lambda name: max(apart[name].high, -apart[name].low))
    verdict, reason = judge_absence(claim, apart[worst], "AUC between readings", both_sides=True)
    if nested(mine.ranks, generator).low <= 0.5:
        verdict, reason = "does not hold", "The catalog's own reading reads no better than chance."
    curves = {name: list(one.curve) for name, one in read.items() if one.curve}
    if curves:
        curves = {"layer": [float(layer) for layer in layers], **curves}
    return Row(
        claim, verdict, reason, cell.name, apart[worst], controls, f"AUC, {worst}",
        len(mine.ranks), "categories", curves, sides=(f"AUC, {own}", f"AUC, {worst}"),
    )  # fmt: skip


def _apart(mine: Read, other: Read, generator: np.random.Generator) -> Interval:
    """The catalog's reading minus another, paired by member."""
    pairs = zip(mine.ranks, other.ranks, strict=True)
    return nested([a - b for a, b in pairs], generator)


def _sampled(cell: Cell) -> tuple[NDArray[np.int64], list[Splits]]:
    """At most MOST categories, all of their members, and a part of their backgrounds."""
    generator = np.random.default_rng(0)
    order = generator.permutation(len(cell.categories))[:MOST]
    chosen = [cell.categories[place] for place in sorted(order)]
    members = np.unique(np.concatenate([one.pool.members for one in chosen]))
    negatives = np.unique(np.concatenate([one.pool.negatives for one in chosen]))
    negatives = np.setdiff1d(negatives, members)
    some = generator.choice(negatives, min(NEGATIVES, len(negatives)), replace=False)
    items = np.union1d(members, some)
    kept = [cut(one, items) for one in chosen]
    return items, [moved(one, items) for one in kept if len(one.pool.negatives)]


def _readings(model: LoadedModel, own: Text) -> dict[str, Text]:
    """The catalog's reading, the paper's, those of the trial, neutral ones; equal ones once."""
    tried = text.in_question(model.tokenizer, own)
    named = [own.reading, *(one.reading for one in tried), *NEUTRAL]
    found: dict[tuple[tuple[int, ...], tuple[int, ...]], Text] = {}
    neutral = 0
    for reading in dict.fromkeys(named):
        made = text.read_as(model.tokenizer, own, reading)
        new = (made.before, made.after) not in found
        if reading in NEUTRAL and reading != own.reading:
            if not new or neutral >= OTHERS:
                continue
            neutral += 1
        found.setdefault((made.before, made.after), made)
    return {one.reading: one for one in found.values()}


def _layers(blocks: int, primary: Site) -> list[int]:
    """Layers of the curve: the embeddings, evenly spaced ones, and the primary."""
    even = np.linspace(0, blocks, LAYERS + 1).round().astype(int).tolist()
    return sorted({*even, primary.layer or 0})


def _states(
    model: LoadedModel, reading: Text, sites: Sequence[Site], items: NDArray[np.int64]
) -> dict[Site, NDArray[np.float32]]:
    kept: dict[Site, list[NDArray[np.float32]]] = {site: [] for site in sites}
    for _, seen in quick.batches(model, reading, sites, items, min(BATCH, len(items))):
        for site, values in seen.items():
            kept[site].append(values.cpu().numpy())
    return {site: np.concatenate(parts) for site, parts in kept.items()}


def _read(
    cell: Cell, states: Mapping[Site, NDArray[np.float32]], categories: Sequence[Splits]
) -> Read:
    aucs = {}
    for site, values in states.items():
        found = outcomes(at_threshold(values, cell.threshold), categories)
        aucs[site] = float(np.mean([one.aucs.mean() for one in found]))
    signs = at_threshold(states[cell.site], cell.threshold)
    made = [(Contest.of(signs, one.pool), one.anchors) for one in categories]
    found = [run(*one) for one in made]
    best = [
        best_dimension_held_out(contest, anchors, one.contrasts).mean()
        for (contest, anchors), one in zip(made, found, strict=True)
    ]
    share = (states[cell.site] > 0).mean(axis=0)
    return Read(
        held_out_ranks(found),
        float(np.mean(np.array(best) >= TAU)),
        float(((share < 0.01) | (share > 0.99)).mean()),
        tuple(aucs.values()),
    )

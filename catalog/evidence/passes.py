"""The extra passes: the model run again over the sample, trained and with random weights."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from catalog.building import reopen
from catalog.evidence.cell import Cell, Sample, moved
from catalog.features.splits import Splits
from catalog.modalities import Modality
from catalog.model import quick
from catalog.model.loading import LoadedModel
from catalog.model.variants import VARIANTS, variant
from catalog.progress import Report
from catalog.signs.rotation import signs_above, signs_at_median
from catalog.signs.site_signs import SiteSigns
from catalog.sites import Site

SEEDS = 5
"""Models with random weights of each kind."""
CURVED = 16
"""Categories whose curves over the number of dimensions are read at every layer."""
LAYERS = 12
"""Layers at which they are, of a model that has more."""

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Part:
    """Signs of another site over the sample; None where the model has none, and why."""

    signs: SiteSigns | None
    reason: str


@dataclass(frozen=True)
class Layers:
    """States at residual sites of a few categories with their pools: at most LAYERS, evenly spaced,
    and the primary one."""

    categories: list[Splits]
    """Their pools hold rows of the states."""
    states: dict[Site, Floats]


@dataclass(frozen=True)
class Passes:
    """What the passes left."""

    states: Floats
    """States of the primary site: float32[items, dims]."""
    signs: SiteSigns
    """Their signs at the cell's threshold."""
    keys_values: Part
    """Keys and values of the primary layer, side by side."""
    ffn: Part
    """Inputs of the down projection of the primary layer."""
    variants: dict[str, list[dict[str, SiteSigns]]]
    """By kind of random weights: signs of each seed by threshold."""
    last: Floats | None = None
    """States of the last site: float32[items, dims]; None where they were not asked for."""
    layers: Layers = field(default_factory=lambda: Layers([], {}))
    baseline: SiteSigns | None = None
    """Signs of pixels or log-mel bands at their medians, without a model; None for text."""


def make(
    cell: Cell, sample: Sample, model: LoadedModel, report: Report, last: Site | None = None
) -> Passes:
    """One pass for states at all sites that are asked for; one for each model of random weights."""
    modality = reopen.reopen(cell.catalog, model)
    run = _Run(cell, modality, report)
    layer = cell.site.layer
    sides = [Site("k", layer), Site("v", layer)] if layer else []
    up = [Site("ffn", layer)] if layer else []
    there = {kind: _absent(model, sites) for kind, sites in (("kv", sides), ("ffn", up))}
    wanted = [*(sides if not there["kv"] else []), *(up if not there["ffn"] else [])]
    wanted += [last] if last is not None and last != cell.site else []
    read = run.states(model, [cell.site, *wanted], sample.items, "states")
    drawn: dict[str, list[dict[str, SiteSigns]]] = {kind: [] for kind in VARIANTS}
    for number, kind in enumerate(VARIANTS):
        for seed in range(SEEDS):
            with variant(model, kind, seed) as other:
                stage = f"{kind} weights, {seed + 1} of {SEEDS}"
                seen = run.states(other, [cell.site], sample.items, stage)[cell.site]
            drawn[kind].append({"zero": signs_above(seen, 0.0), "median": signs_at_median(seen)})
        report("random weights", number + 1, len(VARIANTS))
    own = read[cell.site]
    plain = modality.baseline(sample.items)
    return Passes(
        states=own,
        signs=signs_above(own, cell.level),
        keys_values=_part(cell, read, sides, there["kv"]),
        ffn=_part(cell, read, up, there["ffn"]),
        variants=drawn,
        last=None if last is None else read[last],
        layers=_layers(run, model, sample),
        baseline=None if plain is None else signs_at_median(plain),
    )


def _absent(model: LoadedModel, sites: Sequence[Site]) -> str:
    """Why these sites cannot be read; empty where they can."""
    if not sites:
        return "The embeddings have none."
    return next((reason for site in sites if (reason := model.parts.absent(site))), "")


def _part(cell: Cell, read: dict[Site, Floats], sites: Sequence[Site], reason: str) -> Part:
    if reason:
        return Part(None, reason)
    values = np.concatenate([read[site] for site in sites], axis=1)
    return Part(at_threshold(values, cell.threshold), "")


def _layers(run: "_Run", model: LoadedModel, sample: Sample) -> Layers:
    """States of at most CURVED categories, drawn with a fixed seed, at every residual site."""
    order = np.random.default_rng(0).permutation(len(sample.categories))[:CURVED]
    chosen = [sample.categories[place] for place in sorted(order)]
    if not chosen:
        return Layers([], {})
    parts = [np.concatenate([one.pool.members, one.pool.negatives]) for one in chosen]
    rows = np.unique(np.concatenate(parts))[: len(sample.items)]
    every = [Site.parse(name) for name in run.cell.catalog.residual_sites]
    even = np.linspace(0, len(every) - 1, min(LAYERS, len(every))).round().astype(int)
    sites = sorted({*(every[n] for n in even), run.cell.site}, key=lambda site: site.order)
    found = run.states(model, sites, sample.items[rows], "every layer")
    return Layers([moved(one, rows) for one in chosen], found)


def at_threshold(values: Floats, threshold: str) -> SiteSigns:
    """Signs of new states at zero, or at their own medians."""
    return signs_above(values, 0.0) if threshold == "zero" else signs_at_median(values)


@dataclass(frozen=True)
class _Run:
    """What every pass shares."""

    cell: Cell
    modality: Modality
    report: Report

    def states(
        self, model: LoadedModel, sites: Sequence[Site], items: NDArray[np.int64], stage: str
    ) -> dict[Site, Floats]:
        """States of some items at some sites: float32[items, dims] each."""
        kept: dict[Site, list[Floats]] = {site: [] for site in sites}
        done = 0
        batch = min(int(self.cell.build["batch_size"]), len(items))
        self.report(stage, 0, len(items))
        for part, seen in quick.batches(model, self.modality, list(sites), items, batch):
            for site, values in seen.items():
                kept[site].append(values.cpu().numpy())
            done += len(part)
            self.report(stage, done, len(items))
        return {site: np.concatenate(parts) for site, parts in kept.items()}

"""The extra passes: the model run again over the sample, trained and with random weights."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.building import reopen
from catalog.evidence.cell import Cell, Sample
from catalog.modalities import Modality
from catalog.model import states
from catalog.model.loading import LoadedModel
from catalog.model.variants import VARIANTS, variant
from catalog.progress import Report
from catalog.signs.rotation import signs_above, signs_at_median
from catalog.signs.site_signs import SiteSigns
from catalog.sites import Site


@dataclass(frozen=True)
class Passes:
    """What the passes left."""

    states: NDArray[np.float32]
    """States of the primary site: float32[items, dims]."""
    signs: SiteSigns
    """Their signs at the cell's threshold."""
    keys_values: SiteSigns | None
    """Signs of keys and values of the primary layer, side by side; None where it has none."""
    no_keys_values: str | None
    """Why it has none."""
    variants: dict[str, dict[str, SiteSigns]]
    """By kind of random weights and threshold."""
    baseline: SiteSigns | None = None
    """Signs of pixels or log-mel bands at their medians, without a model; None for text."""


def make(cell: Cell, sample: Sample, model: LoadedModel, report: Report) -> Passes:
    """One pass for states, keys and values; one for each variant."""
    modality = reopen.reopen(cell.catalog, model)
    layer = cell.site.layer
    extra = [Site("k", layer), Site("v", layer)] if layer else []
    reasons = [reason for site in extra if (reason := model.parts.absent(site))]
    absent = reasons[0] if reasons else None if extra else "The embeddings have none."
    read = _pass(cell, sample, model, modality, [] if absent else extra, "states", report)
    sides = None if absent else np.concatenate([read[site] for site in extra], axis=1)
    drawn: dict[str, dict[str, SiteSigns]] = {}
    for kind in VARIANTS:
        with variant(model, kind) as other:
            seen = _pass(cell, sample, other, modality, [], f"{kind} weights", report)[cell.site]
        drawn[kind] = {"zero": signs_above(seen, 0.0), "median": signs_at_median(seen)}
    own = read[cell.site]
    plain = modality.baseline(sample.items)
    return Passes(
        own,
        signs_above(own, cell.level),
        None if sides is None else at_threshold(sides, cell.threshold),
        absent,
        drawn,
        None if plain is None else signs_at_median(plain),
    )


def at_threshold(values: NDArray[np.float32], threshold: str) -> SiteSigns:
    """Signs of new states at zero, or at their own medians."""
    return signs_above(values, 0.0) if threshold == "zero" else signs_at_median(values)


def _pass(
    cell: Cell,
    sample: Sample,
    model: LoadedModel,
    modality: Modality,
    extra: list[Site],
    stage: str,
    report: Report,
) -> dict[Site, NDArray[np.float32]]:
    """States of the sample at the primary site and `extra`: float32[items, dims] each."""
    sites = [cell.site, *extra]
    kept: dict[Site, list[NDArray[np.float32]]] = {site: [] for site in sites}
    done = 0
    batch = min(int(cell.build["batch_size"]), len(sample.items))
    report(stage, 0, len(sample.items))
    for items, seen in states.batches(model, modality, sites, sample.items, batch):
        for site, values in seen.items():
            kept[site].append(values.cpu().numpy())
        done += len(items)
        report(stage, done, len(sample.items))
    return {site: np.concatenate(parts) for site, parts in kept.items()}

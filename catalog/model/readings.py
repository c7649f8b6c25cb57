"""Which reading a causal language model is cataloged in: a trial that never sees a category.

A token alone stands at the first position, which many causal models use as an attention sink: there
the states of all tokens are alike, and large. So a sample of the vocabulary is read in each reading
in question, and a rule fixed beforehand chooses.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from catalog.modalities import Modality
from catalog.model import states
from catalog.model.loading import LoadedModel
from catalog.progress import Report, silent
from catalog.signs import bits
from catalog.sites import Site

ITEMS = 1024
"""Items of the trial, drawn with the build's seed."""
BATCH = 256
"""Items per forward pass of the trial."""
SAME_BITS = 0.02
"""Readings whose mean sign entropies are as near as this are equally good."""
SAME_OUTLIERS = 0.01
"""Shares of norm outliers as near as this are the same."""
OUTLIER = 5.0
"""A norm this many times the least of the readings' median norms is an outlier."""


@dataclass(frozen=True)
class Trial:
    """One reading as the trial saw it."""

    reading: str
    """The template."""
    entropy_bits: float
    """Mean entropy of a sign (threshold zero) over the dimensions of all residual sites."""
    outliers: float
    """Share of items x sites whose state has an outlying norm; see `OUTLIER`."""
    degenerate: float
    """Share of dimensions whose share positive is below 1 % or above 99 %."""
    seconds: float
    chosen: bool = False


@dataclass(frozen=True)
class _Read:
    """What a reading gave: float64[sites], float64[sites], float32[sites, items]."""

    entropy: NDArray[np.float64]
    degenerate: NDArray[np.float64]
    norms: NDArray[np.float32]
    seconds: float


def choose(
    model: LoadedModel,
    candidates: Sequence[Modality],
    seed: int,
    batch_size: int | None = None,
    report: Report = silent,
) -> list[Trial]:
    """Try every candidate on the same items; one of the trials is `chosen`.

    The rule: the highest mean sign entropy over the residual sites; of those within SAME_BITS of it
    the fewest norm outliers; of those within SAME_OUTLIERS of that the first of `candidates`, which
    run from the simplest on. Raises StatesBroken as a build does.
    """
    count = len(candidates[0].items)
    drawn = np.random.default_rng(seed).choice(count, min(ITEMS, count), replace=False)
    sites = [Site("resid", layer) for layer in range(1, len(model.parts.blocks) + 1)]
    read = []
    for number, candidate in enumerate(candidates):
        report("choosing a reading", number, len(candidates))
        size = min(batch_size or BATCH, len(drawn))
        read.append(_fitting(model, candidate, sites, np.sort(drawn), size))
    report("choosing a reading", len(candidates), len(candidates))
    return _judged([one.reading for one in candidates], read)


def _fitting(
    model: LoadedModel,
    modality: Modality,
    sites: Sequence[Site],
    items: NDArray[np.int64],
    batch_size: int,
) -> "_Read":
    """`_read` with the batch halved until it fits; one item that does not fit is left to fail."""
    while True:
        try:
            return _read(model, modality, sites, items, batch_size)
        except (RuntimeError, MemoryError) as error:
            if not states.no_memory(error) or batch_size == 1:
                raise
            batch_size = max(1, batch_size // 2)


def _read(
    model: LoadedModel,
    modality: Modality,
    sites: Sequence[Site],
    items: NDArray[np.int64],
    batch_size: int,
) -> _Read:
    started = time.perf_counter()
    positive: dict[Site, torch.Tensor] = {}
    norms: dict[Site, list[NDArray[np.float32]]] = {site: [] for site in sites}
    for _, seen in states.batches(model, modality, sites, items, batch_size):
        for site, values in seen.items():
            counted = (values > 0).sum(dim=0)
            positive[site] = positive[site] + counted if site in positive else counted
            norms[site].append(values.norm(dim=1).cpu().numpy())
    shares = [(positive[site] / len(items)).cpu().numpy().astype(np.float64) for site in sites]
    return _Read(
        np.array([bits.entropy(share).mean() for share in shares]),
        np.array([bits.degenerate(share).mean() for share in shares]),
        np.stack([np.concatenate(norms[site]) for site in sites]),
        time.perf_counter() - started,
    )


def _judged(names: Sequence[str], read: Sequence[_Read]) -> list[Trial]:
    least = np.min([np.median(one.norms, axis=1) for one in read], axis=0)
    trials = [
        Trial(
            reading=name,
            entropy_bits=float(one.entropy.mean()),
            outliers=float((one.norms > OUTLIER * least[:, None]).mean()),
            degenerate=float(one.degenerate.mean()),
            seconds=one.seconds,
        )
        for name, one in zip(names, read, strict=True)
    ]
    best = rule(trials)
    return [replace(one, chosen=place == best) for place, one in enumerate(trials)]


def rule(trials: Sequence[Trial]) -> int:
    """Place of the trial that the rule of `choose` takes."""
    most = max(one.entropy_bits for one in trials)
    near = [n for n, one in enumerate(trials) if one.entropy_bits >= most - SAME_BITS]
    fewest = min(trials[n].outliers for n in near)
    return next(n for n in near if trials[n].outliers <= fewest + SAME_OUTLIERS)

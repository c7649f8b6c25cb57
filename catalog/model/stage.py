"""The states stage: run every item once, keep signs and statistics, chunk after chunk."""

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.modalities import Modality
from catalog.model import device, media_states, memory, states
from catalog.model.loading import LoadedModel
from catalog.model.reduce import SiteReducer
from catalog.progress import Report
from catalog.signs.moments import NEAR_ITEMS, POLE_ITEMS, Frozen, Moments, Pole
from catalog.sites import Site
from catalog.store.checkpoint import Checkpoint, Chunk, Progress, SiteSums

PILOT_ITEMS = 4096
"""Items of the pilot, and of every later chunk."""

Batches = Iterator[tuple[NDArray[np.integer], dict[Site, torch.Tensor]]]
"""Item numbers and their states by site, batch after batch."""


@dataclass(frozen=True)
class Work:
    """What a states stage needs; the same work gives the same bits."""

    model: LoadedModel
    modality: Modality
    sites: tuple[Site, ...]
    thresholds: tuple[str, ...]
    batch_size: int
    seed: int
    per_patch: Site | None = None
    """Site at which the sign of every patch is kept."""
    fitted: bool = False
    """Whether the batch is the usual one, which may be smaller where memory is short."""

    @property
    def items(self) -> int:
        """Number of items."""
        return len(self.modality.items)

    def order(self) -> NDArray[np.int64]:
        """Item numbers in build order; see `build_order`."""
        return build_order(self.items, self.seed, min(PILOT_ITEMS, self.items))

    def threads(self) -> int:
        """CPU threads of the forward pass; 0 where the device is not the CPU."""
        return device.threads(self.model.device)

    def pole_sizes(self) -> dict[str, int]:
        """Poles kept, with the number of items in each."""
        near = {f"near {threshold}": NEAR_ITEMS for threshold in self.thresholds}
        return {"positive": POLE_ITEMS, "negative": POLE_ITEMS} | near


def build_order(items: int, seed: int, pilot: int) -> NDArray[np.int64]:
    """Item numbers in build order: a random pilot (sorted), then the rest by number."""
    chosen = np.sort(np.random.default_rng(seed).choice(items, pilot, replace=False))
    return np.concatenate([chosen, np.setdiff1d(np.arange(items), chosen)])


def run(work: Work, checkpoint: Checkpoint, report: Report) -> Progress:
    """Do what is left of the states stage; returns the finished progress.

    A batch that runs out of memory is halved for its chunk and all later ones, and recorded.
    """
    progress = checkpoint.load()
    known = checkpoint.frozen()
    frozen = known[0] if known else {}
    order = work.order()
    done = sum(chunk.items for chunk in progress.chunks) if progress else 0
    batch = progress.chunks[-1].batch_size if progress else work.batch_size
    if known is None:  # a build that goes on keeps the batch it began with
        batch = _fitted(work, report)
    while done < len(order):
        items = order[done : done + PILOT_ITEMS]
        started = time.perf_counter()
        try:
            if progress is None:
                frozen, batch = _pilot(work, checkpoint, items, batch, report)
                passes: Batches = _from_disk(work, checkpoint, frozen, items, batch)
            else:
                passes = _passes(work, checkpoint, len(progress.chunks), items, batch)
            bits, sums = _chunk(work, frozen, passes, progress, report)
        except (RuntimeError, MemoryError) as error:
            if not states.no_memory(error):
                raise
            batch = _halved(batch, report)
            if progress is None:
                checkpoint.drop_frozen()  # a pilot of the smaller batch must run again
            continue
        number = len(progress.chunks) if progress else 0
        chunks = [
            *(progress.chunks if progress else []),
            Chunk(number, done, len(items), batch, work.threads()),
        ]
        before = progress.seconds if progress else 0.0
        progress = Progress(chunks, sums, before + time.perf_counter() - started)
        checkpoint.save(progress, bits)
        checkpoint.drop_pilot()
        done += len(items)
        report("states", done, len(order))
    assert progress is not None
    return progress


def _fitted(work: Work, report: Report) -> int:
    """The batch asked for; of the usual one what fits, recorded as one that was halved is."""
    if not work.fitted:
        return work.batch_size
    batch = memory.fitting(work.model, work.modality, work.batch_size)
    if batch < work.batch_size:
        report(f"little memory: batch size {work.batch_size} -> {batch}", 0, 0)
    return batch


def _halved(batch: int, report: Report) -> int:
    if batch == 1:
        raise SettingRefused(
            "Out of memory with one item at a time. Use a smaller --dtype, fewer --sites, or a "
            "machine with more memory."
        )
    report(f"out of memory: batch size {batch} -> {batch // 2}", 0, 0)
    return batch // 2


def _pilot(
    work: Work, checkpoint: Checkpoint, items: NDArray[np.int64], batch: int, report: Report
) -> tuple[dict[str, Frozen], int]:
    """What the pilot froze and its batch size; runs the pilot where that is still to do."""
    known = checkpoint.frozen()
    if known is not None:
        return known
    checkpoint.drop_pilot()
    dims: dict[str, int] = {}
    done = 0
    for numbers, seen in _passes(work, checkpoint, 0, items, batch):
        for site, values in seen.items():
            checkpoint.add_pilot(str(site), values.cpu().numpy())
            dims[str(site)] = values.shape[1]
        done += len(numbers)
        report("pilot", done, len(items))
    frozen = {name: Frozen.of(checkpoint.pilot(name, width)) for name, width in dims.items()}
    checkpoint.save_frozen(frozen, batch)
    return frozen, batch


def _passes(
    work: Work, checkpoint: Checkpoint, chunk: int, items: NDArray[np.int64], batch: int
) -> Batches:
    """The model's batches; patch signs, where they are wanted, go to the checkpoint meanwhile."""
    passes = states.batches(work.model, work.modality, work.sites, items, batch)
    if work.per_patch is None:
        yield from passes
        return
    with media_states.patches(work.model, work.modality, work.per_patch) as grid:
        for place, (numbers, seen) in enumerate(passes):
            checkpoint.add_patches(chunk, grid.bits(len(numbers)), first=place == 0)
            yield numbers, seen


def _from_disk(
    work: Work,
    checkpoint: Checkpoint,
    frozen: dict[str, Frozen],
    items: NDArray[np.int64],
    batch: int,
) -> Batches:
    """The pilot's batches again, without running the model twice."""
    for start in range(0, len(items), batch):
        numbers = items[start : start + batch]
        yield (
            numbers,
            {
                site: torch.from_numpy(
                    checkpoint.pilot(str(site), len(frozen[str(site)].median), start, len(numbers))
                ).to(work.model.device)
                for site in work.sites
            },
        )


def _chunk(
    work: Work,
    frozen: dict[str, Frozen],
    passes: Batches,
    progress: Progress | None,
    report: Report,
) -> tuple[dict[str, NDArray[np.uint8]], dict[str, SiteSums]]:
    """Signs of one chunk by "site/threshold", and the sums that include it."""
    reducers = {site: SiteReducer.on(work.model.device, frozen[str(site)]) for site in work.sites}
    kept = {site: _Kept(work, reducers[site], progress, str(site)) for site in work.sites}
    done = sum(chunk.items for chunk in progress.chunks) if progress else 0

    @torch.inference_mode()
    def reduce(numbers: NDArray[np.integer], seen: dict[Site, torch.Tensor]) -> int:
        for site, values in seen.items():
            kept[site].add(values, numbers)
        return len(numbers)

    # A batch is reduced while the model runs the next one: in order, and never more than one.
    with ThreadPoolExecutor(1, "reduce") as worker:
        waiting: Future[int] | None = None
        for numbers, seen in passes:
            if waiting is not None:
                done += waiting.result()
                report("states", done, work.items)
            waiting = worker.submit(reduce, numbers, seen)
        if waiting is not None:
            done += waiting.result()
            report("states", done, work.items)
    bits = {
        f"{site}/{threshold}": np.concatenate(parts)
        for site, one in kept.items()
        for threshold, parts in one.bits.items()
    }
    return bits, {str(site): one.sums() for site, one in kept.items()}


class _Kept:
    """What one chunk leaves of one site."""

    def __init__(
        self, work: Work, reducer: SiteReducer, progress: Progress | None, site: str
    ) -> None:
        self.reducer = reducer
        self.bits: dict[str, list[NDArray[np.uint8]]] = {t: [] for t in work.thresholds}
        before = progress.sums[site] if progress else None
        self.before = before.moments if before else None
        dims = len(reducer.frozen.median)
        self.poles = (
            before.poles
            if before
            else {name: Pole.empty(dims, k) for name, k in work.pole_sizes().items()}
        )
        self.found: dict[str, list[tuple[NDArray[np.generic], ...]]] = {n: [] for n in self.poles}
        self.moments: Moments | None = None

    def add(self, values: torch.Tensor, items: NDArray[np.integer]) -> None:
        """Reduce one batch: float32[items, dims]."""
        for threshold, parts in self.bits.items():
            parts.append(self.reducer.bits(values, threshold))
        moments = self.reducer.moments(values)
        self.moments = moments if self.moments is None else self.moments + moments
        for pole, candidates in self.reducer.candidates(values, items, self.poles).items():
            self.found[pole].append(candidates)

    def sums(self) -> SiteSums:
        """Running sums after this chunk."""
        assert self.moments is not None
        moments = self.moments if self.before is None else self.before + self.moments
        poles = {}
        for name, pole in self.poles.items():
            columns = [np.concatenate(parts) for parts in zip(*self.found[name], strict=True)]
            poles[name] = pole.merged(*columns)
        return SiteSums(moments, poles)

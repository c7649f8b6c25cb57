"""One chunk of the states stage: its items through the model, reduced to signs, sums and poles.

A chunk needs nothing of the others: what it gives is the same in whichever process it is made, and
is merged in build order.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.model import media_states, states
from catalog.model import reduce as reducers
from catalog.model.in_text import InText
from catalog.model.reduce import Reducer
from catalog.model.work import Work
from catalog.progress import Report
from catalog.signs import examples
from catalog.signs.examples import Candidates
from catalog.signs.moments import Bar, Frozen, Moments
from catalog.sites import Site

Batches = Iterator[tuple[NDArray[np.integer], dict[Site, torch.Tensor]]]
"""Item numbers and their states by site, batch after batch."""
Bars = Mapping[str, Mapping[str, Bar]]
"""By site and pole: what a newcomer must beat."""


@dataclass(frozen=True)
class Ask:
    """A chunk to make."""

    number: int
    first: int
    """Place of its first item in build order."""
    items: NDArray[np.int64]
    """Numbers of its items."""
    batch_size: int
    bars: Bars


@dataclass(frozen=True)
class Reduced:
    """What a chunk leaves of its states."""

    bits: dict[str, NDArray[np.uint8]]
    """Signs by "site/threshold": uint8[items, bytes]."""
    moments: dict[str, Moments]
    """Of this chunk alone, by site."""
    candidates: dict[str, dict[str, Candidates]]
    """By site and pole: the states that may enter it."""
    windows: dict[str, dict[str, NDArray[np.uint8]]] = field(default_factory=dict)
    """Of tokens in context: the windows of those candidates, packed; see `signs.examples`."""


@dataclass(frozen=True)
class Done:
    """A chunk that was made, with the batch size that it took."""

    ask: Ask
    batch_size: int
    threads: int
    reduced: Reduced
    patches: NDArray[np.uint8] | None
    """Signs of the patches of its items; None where none are kept."""


def make(work: Work, frozen: Mapping[str, Frozen], ask: Ask, report: Report) -> Done:
    """Run the model over a chunk; a batch that runs out of memory is halved for the whole of it."""
    batch = ask.batch_size
    while True:
        patches: list[NDArray[np.uint8]] = []
        try:
            passes = batches(work, ask.items, batch, patches, work.modality.windowed)
            reduced = reduce(work, frozen, passes, ask.bars, _counted(report, ask, work))
        except (RuntimeError, MemoryError) as error:
            if not states.no_memory(error):
                raise
            batch = halved(batch, report)
            continue
        kept = np.concatenate(patches) if patches else None
        return Done(ask, batch, work.threads(), reduced, kept)


def _counted(report: Report, ask: Ask, work: Work) -> Callable[[int], None]:
    return lambda done: report("states", ask.first + done, work.items)


def halved(batch: int, report: Report) -> int:
    """Half of a batch that ran out of memory; SettingRefused where it was one item."""
    if batch == 1:
        raise SettingRefused(
            "Out of memory with one item at a time. Use a smaller --dtype, fewer --sites, or a "
            "machine with more memory."
        )
    report(f"out of memory: batch size {batch} -> {batch // 2}", 0, 0)
    return batch // 2


def batches(
    work: Work,
    items: NDArray[np.int64],
    batch: int,
    patches: list[NDArray[np.uint8]],
    whole: bool = False,
) -> Batches:
    """The model's batches; patch signs, where they are wanted, are added to `patches` meanwhile.

    `whole`: states of all positions, as `reduce` takes those of tokens in context.
    """
    passes = states.batches(work.model, work.modality, work.sites, items, batch, whole)
    if work.per_patch is None:
        yield from passes
        return
    with media_states.patches(work.model, work.modality, work.per_patch) as grid:
        for numbers, seen in passes:
            patches.append(grid.bits(len(numbers)))
            yield numbers, seen


def reduce(
    work: Work,
    frozen: Mapping[str, Frozen],
    passes: Batches,
    bars: Bars,
    counted: Callable[[int], None],
    sites_at_once: int = 1,
) -> Reduced:
    """Signs, sums and candidates of some batches; `counted` hears how many items are done.

    `sites_at_once`: more than one where no model runs meanwhile.
    """
    kept = {site: _kept(work, site, frozen[str(site)], bars[str(site)]) for site in work.sites}

    @torch.inference_mode()
    def add_one(numbers: NDArray[np.integer], site: Site, values: torch.Tensor) -> None:
        kept[site].add(values, numbers)

    def add(numbers: NDArray[np.integer], seen: dict[Site, torch.Tensor]) -> int:
        for one in [hands.submit(add_one, numbers, *pair) for pair in seen.items()]:
            one.result()
        return len(numbers)

    done = 0
    # A batch is reduced while the model runs the next one: in order, and never more than one.
    with (
        ThreadPoolExecutor(1, "reduce") as worker,
        ThreadPoolExecutor(sites_at_once, "site") as hands,
    ):
        waiting: Future[int] | None = None
        for numbers, seen in passes:
            if waiting is not None:
                done += waiting.result()
                counted(done)
            waiting = worker.submit(add, numbers, seen)
        if waiting is not None:
            done += waiting.result()
            counted(done)
    bits = {
        f"{site}/{threshold}": np.concatenate(parts)
        for site, one in kept.items()
        for threshold, parts in one.bits.items()
    }
    moments = {str(site): one.sums() for site, one in kept.items()}
    candidates = {str(site): one.candidates() for site, one in kept.items()}
    windows = {str(s): one.windows() for s, one in kept.items() if isinstance(one, InText)}
    return Reduced(bits, moments, candidates, windows)


def _kept(work: Work, site: Site, frozen: Frozen, bars: Mapping[str, Bar]) -> "_Kept | InText":
    reducer = reducers.on(work.model.device, frozen)
    if not work.modality.windowed:
        return _Kept(reducer, work.thresholds, bars)
    near = {name: bar for name, bar in bars.items() if name not in examples.SIZES}
    plain = _Kept(reducer, work.thresholds, near)
    collector = examples.Collector(frozen, bars)
    return InText(work.modality, site, work.model.dtype, plain, collector)


class _Kept:
    """What one chunk leaves of one site."""

    def __init__(
        self, reducer: Reducer, thresholds: tuple[str, ...], bars: Mapping[str, Bar]
    ) -> None:
        self.reducer, self.bars = reducer, bars
        self.bits: dict[str, list[NDArray[np.uint8]]] = {t: [] for t in thresholds}
        self.found: dict[str, list[Candidates]] = {name: [] for name in bars}
        self.moments: Moments | None = None

    def add(self, values: torch.Tensor, items: NDArray[np.integer]) -> None:
        """Reduce one batch: float32[items, dims]."""
        for threshold, parts in self.bits.items():
            parts.append(self.reducer.bits(values, threshold))
        moments = self.reducer.moments(values)
        self.moments = moments if self.moments is None else self.moments + moments
        for pole, candidates in self.reducer.candidates(values, items, self.bars).items():
            self.found[pole].append(candidates)

    def sums(self) -> Moments:
        """Sums over the chunk."""
        assert self.moments is not None
        return self.moments

    def candidates(self) -> dict[str, Candidates]:
        """Flat arrays of the whole chunk, by pole."""
        joined = {}
        for name, found in self.found.items():
            dims, scores, items, values = zip(*found, strict=True)
            joined[name] = tuple(np.concatenate(one) for one in (dims, scores, items, values))
        return joined  # type: ignore[return-value]

"""The states stage: every item once, chunk after chunk; what is done is kept, and merged in order.

The chunks are made in this process, or by worker processes: `hands` is what makes them. The file
is the same to the last bit.
"""

import functools
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import overload

import numpy as np
import torch
from numpy.typing import NDArray

from catalog.errors import WorkerGone
from catalog.model import chunk as chunks
from catalog.model import memory, states
from catalog.model.chunk import Ask, Bars, Done, Reduced
from catalog.model.work import Work
from catalog.progress import Report, silent
from catalog.signs.moments import Frozen, Pole
from catalog.store.checkpoint import Checkpoint, Chunk, Progress, SiteSums

Hands = Callable[[Sequence[Ask], dict[str, Frozen]], Iterator[Done]]
"""Makes chunks, and gives them in order. An ask is taken from the sequence when a hand is free."""
IDLE_CORES = 2
"""Sites that are worked on at a time, each with its states in memory, while no model runs."""
LOST = 3
"""Workers that may be lost one after another without a chunk between them."""


def run(work: Work, checkpoint: Checkpoint, report: Report, hands: Hands | None = None) -> Progress:
    """Do what is left of the states stage; returns the finished progress.

    A batch that runs out of memory is halved for its chunk and all later ones, and recorded.
    Chunks of workers that were ended from outside are made again; WorkerGone where that does not
    help.
    """
    progress = checkpoint.load()
    if progress is None:
        progress = _first(work, checkpoint, report)
    known = checkpoint.frozen()
    assert known is not None
    told = silent if hands is None else report  # chunks made here tell of every batch
    hands = hands or functools.partial(_here, work, report)
    lost = 0
    while (asks := _Asks(work, progress)) and len(asks):
        try:
            _gather(work, checkpoint, told, asks, hands(asks, known[0]))
        except WorkerGone:
            lost = 1 if len(asks.progress.chunks) > len(progress.chunks) else lost + 1
            if lost > LOST:
                raise
            report("a worker was lost: its chunks are made again", 0, 0)
        progress = asks.progress
    return progress


def _gather(
    work: Work, checkpoint: Checkpoint, report: Report, asks: "_Asks", made: Iterator[Done]
) -> None:
    """Merge and keep the chunks in order, each in a thread while the next one is made."""
    waiting: Future[Progress] | None = None

    def wait() -> None:
        nonlocal waiting
        if waiting is not None:
            asks.progress, waiting = waiting.result(), None
            report("states", sum(c.items for c in asks.progress.chunks), work.items)

    with ThreadPoolExecutor(1, "keep") as keeper:
        try:
            for done in made:
                wait()
                if done.ask.number < len(asks.progress.chunks):
                    continue  # a chunk that came twice
                asks.batch = done.batch_size
                waiting = keeper.submit(_kept, work, checkpoint, asks.progress, done, asks.clock)
        finally:
            wait()


def _here(
    work: Work, report: Report, asks: Sequence[Ask], frozen: dict[str, Frozen]
) -> Iterator[Done]:
    """Make chunks in this process."""
    for ask in asks:
        yield chunks.make(work, frozen, ask, report)


class _Asks(Sequence[Ask]):
    """The chunks that are left, each with the batch size and the bars of those done by then."""

    def __init__(self, work: Work, progress: Progress) -> None:
        self.work, self.progress, self.clock = work, progress, _Clock(progress.seconds)
        done = sum(chunk.items for chunk in progress.chunks)
        self._order, self._number = work.order(), len(progress.chunks)
        self._starts = [place for place in work.starts() if place >= done]
        self.batch = progress.chunks[-1].batch_size

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, place: int) -> Ask: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Ask]: ...
    def __getitem__(self, place: int | slice) -> Ask | Sequence[Ask]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(len(self)))]
        first = self._starts[place]
        items = self._order[first : [*self._starts, self.work.items][place + 1]]
        return Ask(self._number + place, first, items, self.batch, _bars(self.progress))


class _Clock:
    """Seconds of a build, those before an interruption among them."""

    def __init__(self, before: float) -> None:
        self._began = time.perf_counter() - before

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        return time.perf_counter() - self._began


def _bars(progress: Progress) -> Bars:
    return {
        site: {name: pole.bar for name, pole in sums.poles.items()}
        for site, sums in progress.sums.items()
    }


def _kept(
    work: Work, checkpoint: Checkpoint, progress: Progress | None, done: Done, clock: _Clock
) -> Progress:
    """Keep a chunk; returns the progress that includes it."""
    ask = done.ask
    chunk = Chunk(ask.number, ask.first, len(ask.items), done.batch_size, done.threads)
    sums = _merged(work, progress, done.reduced)
    made = Progress([*(progress.chunks if progress else []), chunk], sums, clock.seconds)
    if done.patches is not None:
        checkpoint.save_patches(ask.number, done.patches)
    if done.reduced.windows:
        checkpoint.save_windows(ask.number, done.reduced.candidates, done.reduced.windows)
    checkpoint.save(made, done.reduced.bits)
    memory.give_back()
    return made


def _merged(work: Work, progress: Progress | None, reduced: Reduced) -> dict[str, SiteSums]:
    """Running sums by site after one more chunk."""
    found = {}
    for site, moments in reduced.moments.items():
        before = progress.sums[site] if progress else None
        poles = {}
        for name, size in work.pole_sizes().items():
            pole = before.poles[name] if before else Pole.empty(len(moments.total), size)
            poles[name] = work.merged(name, pole, reduced.candidates[site][name])
        found[site] = SiteSums(before.moments + moments if before else moments, poles)
    return found


def _first(work: Work, checkpoint: Checkpoint, report: Report) -> Progress:
    """Run the pilot, freeze what it fixes, and keep it as the first chunk."""
    clock = _Clock(0.0)
    items = work.order()[: work.pilot]
    known = checkpoint.frozen()
    # a build that goes on keeps the batch it began with
    batch = known[1] if known else _fitted(work, report)
    while True:
        try:
            frozen = known[0] if known else _pilot(work, checkpoint, items, batch, report)
            ask = Ask(0, 0, items, batch, _empty(work, frozen))
            # Windows take whole texts, which are not on disk: the model runs once more.
            again = work.modality.windowed
            passes = (
                chunks.batches(work, items, batch, [], whole=True)
                if again
                else _from_disk(work, checkpoint, frozen, items, batch)
            )
            at_once = 1 if again else IDLE_CORES
            reduced = chunks.reduce(
                work,
                frozen,
                passes,
                ask.bars,
                lambda done: report("states", done, work.items),
                at_once,
            )
        except (RuntimeError, MemoryError) as error:
            if not states.no_memory(error):
                raise
            batch, known = chunks.halved(batch, report), None
            checkpoint.drop_frozen()  # a pilot of the smaller batch must run again
            continue
        done = Done(ask, batch, work.threads(), reduced, None)
        progress = _kept(work, checkpoint, None, done, clock)
        checkpoint.drop_pilot()
        return progress


def _empty(work: Work, frozen: dict[str, Frozen]) -> Bars:
    """Bars where nothing was seen yet."""
    return {
        site: {n: Pole.empty(len(one.median), k).bar for n, k in work.pole_sizes().items()}
        for site, one in frozen.items()
    }


def _fitted(work: Work, report: Report) -> int:
    """The batch asked for; of the usual one what fits, recorded as one that was halved is."""
    if not work.fitted:
        return work.batch_size
    batch = memory.fitting(work.model, work.modality, work.batch_size)
    if batch < work.batch_size:
        report(f"little memory: batch size {work.batch_size} -> {batch}", 0, 0)
    return batch


def _pilot(
    work: Work, checkpoint: Checkpoint, items: NDArray[np.int64], batch: int, report: Report
) -> dict[str, Frozen]:
    """Run the pilot; its states and patches are on disk before what it froze is."""
    checkpoint.drop_pilot()
    dims: dict[str, int] = {}
    patches: list[NDArray[np.uint8]] = []
    done = 0
    for numbers, seen in chunks.batches(work, items, batch, patches):
        for site, values in seen.items():
            checkpoint.add_pilot(str(site), values.cpu().numpy())
            dims[str(site)] = values.shape[1]
        done += len(numbers)
        report("pilot", done, len(items))
    if patches:
        checkpoint.save_patches(0, np.concatenate(patches))
    with ThreadPoolExecutor(IDLE_CORES, "freeze") as freezers:
        made = freezers.map(lambda one: Frozen.of(checkpoint.pilot(*one)), dims.items())
        frozen = dict(zip(dims, made, strict=True))
    checkpoint.save_frozen(frozen, batch)
    return frozen


def _from_disk(
    work: Work,
    checkpoint: Checkpoint,
    frozen: dict[str, Frozen],
    items: NDArray[np.int64],
    batch: int,
) -> chunks.Batches:
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

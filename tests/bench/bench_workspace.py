"""The workspace at 100,000 labels: saving, the queue, reading.

Writes to a folder of its own on the disk of the current folder, because a commit is as fast as
that disk. DIMS_BENCH_WORKSPACE=postgresql://... measures that server instead of SQLite.
"""

import os
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np

from catalog.workspace import agreement, blind, labels, queue, reading, transfer
from catalog.workspace.file import Workspace, open_workspace
from catalog.workspace.subjects import dimension
from catalog.workspace.values import Answer, Circumstances
from tests.bench.figures import Figure

LABELS, QUICK_LABELS = 100_000, 10_000
PEOPLE = ("ada", "bob", "eve", "kim")


def run(quick: bool) -> list[Figure]:
    """Import, then milliseconds (p95) of what a labeler and a page do."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as name:
        address = os.environ.get("DIMS_BENCH_WORKSPACE", f"{name}/workspace.sqlite")
        with open_workspace(address) as workspace:
            filled = fill(workspace, Path(name), QUICK_LABELS if quick else LABELS)
            return [filled, *queued(workspace), *read(workspace)]


def fill(workspace: Workspace, folder: Path, count: int) -> Figure:
    """Bring in `count` labels of four people, as a CSV file of a million would come in."""
    path = folder / "labels.csv"
    with path.open("w") as file:
        file.write("model,site,dimension,pole,label,author,revision,reading,clear_pole\n")
        for number in range(count):
            place, person = number // 4, PEOPLE[number % 4]
            site, dim = place // 5120, place % 5120
            file.write(f"big,resid.{site},{dim},,words {number},{person},r1,bare,+\n")
    begun = time.perf_counter()
    report = transfer.import_csv(workspace, path)
    seconds = time.perf_counter() - begun
    return Figure(f"import of {report.added:,} labels, per 100,000", seconds / count * 1e5, "s")


def timed(name: str, work: Callable[[], object], times: int) -> Figure:
    """95th percentile of `times` calls."""
    work()
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begun)
    return _p95(name, taken)


def _p95(name: str, taken: list[float], bar: float | None = None) -> Figure:
    return Figure(f"{name}, p95", 1000 * float(np.percentile(taken, 95)), "ms", bar)


def queued(workspace: Workspace) -> list[Figure]:
    """A queue of 5,120 dimensions: saving, the next subjects, twenty writers at once."""
    chosen = [dimension("big", "r1", "bare", "resid.1", n) for n in range(5120)]
    line = queue.open_queue(workspace, uuid.uuid4().hex, "zoe", chosen, queue.Options(coverage=9))
    saving: list[float] = []

    def save() -> None:
        subject = queue.next_subjects(workspace, line, 1)[0]
        begun = time.perf_counter()
        answer = Answer(subject, "zoe", clear_pole="+", positive="cats")
        how = Circumstances("queue", line.key, seconds=2.0)
        labels.answer(workspace, uuid.uuid4().hex, answer, how)
        saving.append(time.perf_counter() - begun)

    whole = timed("save and next", save, 500)
    return [
        _p95("save (a closed answer and a text)", saving, 20.0),
        whole,
        writers(workspace, 20, 20),
        timed("next two subjects", lambda: queue.next_subjects(workspace, line), 50),
        timed("progress", lambda: queue.progress(workspace, line), 10),
        timed("hidden subjects", lambda: blind.hidden_targets(workspace, "zoe"), 10),
    ]


def writers(workspace: Workspace, count: int, turns: int) -> Figure:
    """Saving by many threads at once."""
    together, taken = threading.Barrier(count), []
    subjects = [dimension("big", "r1", "bare", "resid.0", number) for number in range(turns)]

    def write(person: str) -> None:
        together.wait()
        for subject in subjects:
            begun = time.perf_counter()
            answer = Answer(subject, person, clear_pole="+", positive="cats")
            labels.answer(workspace, uuid.uuid4().hex, answer, Circumstances())
            taken.append(time.perf_counter() - begun)

    threads = [threading.Thread(target=write, args=(f"writer {n}",)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return _p95(f"save, {count} writers at once", taken)


def read(workspace: Workspace) -> list[Figure]:
    """What pages ask for."""
    where = {"model": "big", "site": "resid.1"}
    one = dimension("big", "r1", "bare", "resid.1", 7)
    return [
        timed("labels of a site", lambda: reading.labelled(workspace, "zoe", **where), 10),
        timed("current labels of a site", lambda: reading.current(workspace, "zoe", **where), 5),
        timed("labels of a dimension", lambda: reading.of_subject(workspace, "bob", one), 50),
        timed("search", lambda: reading.search(workspace, "zoe", "words 4321"), 5),
        timed("agreement, all", lambda: agreement.entering(workspace), 2),
    ]

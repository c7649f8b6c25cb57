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
from datetime import timedelta
from pathlib import Path

import numpy as np

from catalog.workspace import (
    agreement,
    blind,
    labels,
    queue,
    reading,
    reliability,
    schema,
    transfer,
)
from catalog.workspace.file import Workspace, now, open_workspace
from catalog.workspace.subjects import Subject, dimension, remember
from catalog.workspace.values import Answer, Circumstances
from tests.bench.figures import Figure

LABELS, QUICK_LABELS = 100_000, 10_000
PEOPLE = ("ada", "bob", "eve", "kim")
PANEL, QUICK_PANEL = (20_000, 10_000), (2_000, 1_000)
"""Subjects of the informative order, and first blind answers whose posteriors are measured."""


def run(quick: bool) -> list[Figure]:
    """Import, then milliseconds (p95) of what a labeler and a page do."""
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as name:
        address = os.environ.get("DIMS_BENCH_WORKSPACE", f"{name}/workspace.sqlite")
        with open_workspace(address) as workspace:
            filled = fill(workspace, Path(name), QUICK_LABELS if quick else LABELS)
            found = [filled, *queued(workspace), *read(workspace)]
            return [*found, *informed(workspace, *(QUICK_PANEL if quick else PANEL))]


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


def answer_blind(workspace: Workspace, subjects: list[Subject], people: int, seed: int) -> None:
    """First blind answers of `PEOPLE` to subjects, `people` each, written at once: four in five of
    them right, the others anything; one of sixty categories beside the clear pole."""
    generator = np.random.default_rng(seed)
    begun, rows = now() - timedelta(days=1), []
    truth = generator.integers(4, size=len(subjects)), generator.integers(60, size=len(subjects))
    for number, subject in enumerate(subjects):
        for person in generator.choice(len(PEOPLE), people, replace=False):
            right = generator.random() < 0.8
            pole = schema.CLEAR_POLES[truth[0][number] if right else generator.integers(4)]
            category = f"c{truth[1][number] if right else generator.integers(60)}"
            none = pole == "none"
            rows.append(
                {
                    "event": f"blind {seed} {len(rows)}", "subject": subject.key,
                    "author": PEOPLE[person], "action": "no_clear_pole" if none else "label",
                    "clear_pole": pole, "category": None if none else category, "source": "queue",
                    "blind": True, "suggested": False,
                    "made_at": begun + timedelta(milliseconds=len(rows)),
                }
            )  # fmt: skip
    for start in range(0, len(rows), 5000):  # as short as a batch of an import
        with workspace.writing(60) as connection:
            if not start:
                remember(connection, subjects)
            connection.execute(schema.label.insert(), rows[start : start + 5000])


def informed(workspace: Workspace, subjects: int, labels_: int) -> list[Figure]:
    """The order that is decided anew with every answer, and posteriors of a whole build."""
    chosen = [
        dimension("wide", "r1", "bare", f"resid.{n // 5120}", n % 5120) for n in range(subjects)
    ]
    answer_blind(workspace, chosen[: subjects // 2], 2, 1)
    how = queue.Options(order="informative", coverage=9, stop=0.99)
    line = queue.open_queue(workspace, uuid.uuid4().hex, "zoe", chosen, how)
    begun = time.perf_counter()
    coming = queue.next_subjects(workspace, line, 8)
    first = time.perf_counter() - begun
    taken, told = [], []
    for number in range(200):
        given = Answer(coming[0], "zoe", clear_pole="+", category=f"c{number % 60}")
        labels.answer(workspace, uuid.uuid4().hex, given, Circumstances("queue", line.key))
        begun = time.perf_counter()
        coming = queue.next_subjects(workspace, line, 8)
        taken.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        queue.progress(workspace, line)
        told.append(time.perf_counter() - begun)
    fewer = [dimension("deep", "r1", "bare", "resid.0", n) for n in range(labels_ // 4)]
    answer_blind(workspace, fewer, 4, 2)
    where = {"model": "deep", "revision": "r1", "reading": "bare"}
    begun = time.perf_counter()
    entered = agreement.entering(workspace, **where)
    read_in = time.perf_counter() - begun
    reliability.measure(entered.head(8), "clear_pole")  # loads what is compiled
    measured = []
    for field in agreement.FIELDS:
        begun = time.perf_counter()
        reliability.measure(entered, field)
        measured.append(time.perf_counter() - begun)
    return [
        _p95(f"next of {subjects:,}, most informative", taken, 300.0),
        _p95(f"progress of {subjects:,}, most informative", told),
        Figure(f"the first of {subjects:,}, most informative", first, "s"),
        Figure(f"reading {len(entered):,} first blind answers", read_in, "s"),
        Figure(f"posteriors of {len(entered):,} answers, clear pole", measured[0], "s", 1.0),
        Figure(f"posteriors of {len(entered):,} answers, 60 categories", measured[1], "s", 1.0),
    ]

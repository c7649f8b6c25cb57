"""A million rows come in: `dims labels import` of the lossless format into an empty workspace.

Rows are 200,000 subjects and 800,000 labels of four people. Not part of CI.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from catalog.workspace.subjects import dimension
from catalog.workspace.transfer.lossless import FORMAT, VERSION
from tests.bench.figures import Figure

PEOPLE = ("ada", "bob", "eve", "kim")
SUBJECTS = 200_000
CHILD = """
import resource, sys, time
from pathlib import Path
from catalog.workspace import transfer
from catalog.workspace.file import open_workspace
with open_workspace(sys.argv[1]) as workspace:
    for _ in range(2):
        begun, busy = time.perf_counter(), time.process_time()
        report = transfer.import_jsonl(workspace, Path(sys.argv[2]))
        print(time.perf_counter() - begun, time.process_time() - busy, report.added, report.same)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6)
"""


def rows(subjects: int) -> Iterator[dict[str, Any]]:
    """The lines of an export: head, subjects, labels."""
    yield {"format": FORMAT, "version": VERSION, "exported_at": "2026-01-01T00:00:00"}
    keys = []
    for number in range(subjects):
        subject = dimension("big", "r1", "bare", f"resid.{number // 5120}", number % 5120)
        keys.append(subject.key)
        yield {"table": "subject", **subject.row()}
    for place, key in enumerate(keys):
        for person in PEOPLE:
            yield {
                "table": "label", "event": f"e-{place}-{person}", "subject": key, "author": person,
                "action": "label", "clear_pole": "+", "category": None, "text": f"words {place}",
                "confidence": 3, "note": None, "source": "queue", "queue": None, "blind": True,
                "suggested": False, "seconds": 4.0, "made_at": "2026-01-01T00:00:00",
            }  # fmt: skip


def run(quick: bool) -> list[Figure]:
    """Seconds and memory of an import into an empty workspace, and of the same one again."""
    subjects = SUBJECTS // 20 if quick else SUBJECTS
    with tempfile.TemporaryDirectory(dir=".", prefix=".bench-") as folder:
        path = Path(folder) / "labels.jsonl"
        with path.open("w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows(subjects))
        command = [sys.executable, "-c", CHILD, f"{folder}/workspace.sqlite", str(path)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    first, added, again, same, memory = (float(told[place]) for place in (0, 2, 4, 7, 8))
    count = 5 * subjects
    if (added, same) != (count, count):
        raise AssertionError(f"{added:,.0f} rows were added and {same:,.0f} known, not {count:,}")
    bar = 180.0 * count / 1_000_000
    return [
        Figure(f"import of {count:,} rows", first, "s", bar),
        Figure("its processor time", float(told[1]), "s"),
        Figure("the same import again: all are there", again, "s", bar),
        Figure("largest memory of the importing process", memory, "GB", 1.0),
    ]

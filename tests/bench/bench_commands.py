"""What a person waits for before a command says anything: `dims --help` and `dims list`.

Processor time, not wall clock, and the best of five: the same on a busy machine.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.figures import Figure
from tests.given import synthetic

RUNS = 5
CATALOGS = 8


def run(_quick: bool) -> list[Figure]:
    """User and system seconds of both commands."""
    with tempfile.TemporaryDirectory() as folder:
        catalogs = Path(folder) / "catalogs"
        catalogs.mkdir()
        for number in range(CATALOGS):
            slug = f"catalog-{number}"
            synthetic.write(catalogs / f"{slug}.duckdb", synthetic.Recipe(slug=slug))
        return [
            Figure("dims --help: processor time", _busy(folder, "--help"), "s", 0.6),
            Figure(f"dims list, {CATALOGS} catalogs", _busy(folder, "list"), "s", 0.6),
        ]


def _busy(folder: str, *words: str) -> float:
    """Least processor seconds of a command, its interpreter included."""
    command = [sys.executable, "-m", "catalog.commands.cli", *words]
    environment = {**os.environ, "DIMS_DATA": folder}
    best = float("inf")
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True, env=environment)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = min(best, busy)
    return best

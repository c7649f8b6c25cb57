"""Taking a catalog along: an export to Parquet at a large size, and a site of a demo's size."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.bench.figures import Figure
from tests.given import synthetic

ITEMS, DIMS = 151_936, 5_120
QUICK_ITEMS, QUICK_DIMS = 20_480, 1_024
SITES = tuple(f"resid.{layer}" for layer in range(9))
MEASURED = """
import resource, runpy, sys
sys.argv = ["dims", *sys.argv[1:]]
try:
    runpy.run_module("catalog.commands.cli", run_name="__main__")
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, file=sys.stderr)
"""


def run(quick: bool) -> list[Figure]:
    """Seconds and memory of an export; seconds and size of a site against its catalog's."""
    items, dims = (QUICK_ITEMS, QUICK_DIMS) if quick else (ITEMS, DIMS)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        large = synthetic.Recipe(items, dims, ("resid.1",), ("zero",), slug="large")
        synthetic.write(folder / "large.duckdb", large)
        took, memory, _ = _dims(folder, "export", "large.duckdb", "--out", "tables")
        size = f"{items:,} x {dims:,}, one site"
        demo = synthetic.Recipe(12_288, 256, SITES, slug="demo")
        synthetic.write(folder / "demo.duckdb", demo)
        seconds, _, told = _dims(folder, "site", "demo.duckdb", "--out", "site")
        return [
            Figure(f"export to Parquet, {size}", took, "s", 20.0),
            Figure("memory of it", memory, "GB", 1.0),
            Figure("a site of 12,288 x 256 x 9", seconds, "s", 60.0),
            Figure("its size over the catalog's", told["bytes"] / told["catalog_bytes"], "", 1.5),
        ]


def _dims(folder: Path, *arguments: str) -> tuple[float, float, dict[str, int]]:
    """Run a command in a process of its own: seconds, GB, and what it says as JSON."""
    started = time.perf_counter()
    command = [sys.executable, "-c", MEASURED, *arguments, "--json", "--quiet"]
    environment = {**os.environ, "DIMS_DATA": str(folder / "data")}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    took = time.perf_counter() - started
    return took, float(done.stderr.split()[-1]), json.loads(done.stdout)

"""The findings of the shipped language model: all sites, thresholds, backgrounds and nulls."""

import tempfile
import time
from pathlib import Path

from catalog import parallel
from catalog.building import build
from catalog.building.settings import Settings
from catalog.features import findings, lexicon
from catalog.store.catalog import Catalog
from tests.bench.figures import Figure


def run(quick: bool) -> list[Figure]:
    """Seconds until the primary cell is there, and of everything."""
    with tempfile.TemporaryDirectory() as folder:
        name = "storyteller-small" if quick else "storyteller"
        made = Catalog(build.build(Settings(name, out=Path(folder), template="bare")))
        started = time.perf_counter()
        findings.measure(made, until="primary")
        primary = time.perf_counter() - started
        started = time.perf_counter()
        findings.find(made, lexicon.folder(), workers=parallel.cores())
        whole = time.perf_counter() - started
    return [
        Figure(f"primary cell of {name}, written", primary, "s"),
        Figure(f"findings of {name}, everything", whole, "s", 60),
    ]

"""The demo: catalogs of the models that ship. First what a visitor needs, then the rest.

`python -m catalog.commands.demo` adds the rest while the dashboard is looked at.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from catalog import places
from catalog.errors import CatalogError
from catalog.store import feature_queries, reading, writer_queries

SAMPLES = {"digits": "resid.2", "sounds": "resid.2"}
"""Shipped models of images and sounds, and the site whose patch signs the demo keeps."""
TEXT = "storyteller"
MODELS = (TEXT, *SAMPLES)
"""Shipped models whose catalogs are built, measured and searched before the dashboard opens."""
OTHER = "storyteller-small"
"""A second model of language, to compare the first with."""
SEEDS = 600
"""Seeds of the demo's search for unsupervised features, at the primary site only."""
LATER = (
    "While you look, a second language model, two versions of the first, writers and the evidence "
    "tables are added to the demo, in the background. If this ends first, `dims demo` goes on."
)

Report = Callable[[str, int, int], None]


def first(report: Report) -> Iterator[Path]:
    """Build the catalog of each of MODELS that has none yet; yields its path."""
    from catalog.features import discovery, finding, findings

    for name in MODELS:
        path = _built(name, report)
        if not finding.measured(path):
            finding.measure(path, report=report, nulls="primary")
            cell = findings.primary(path)
            discovery.discover(path, cell.site, cell.threshold, SEEDS, report=report)
            yield path


def rest(report: Report) -> Iterator[Path]:
    """What can wait: models to compare, writers, evidence; yields each catalog that grew.

    Comparisons go to the cache, and cost nothing where they are there.
    """
    from catalog.commands import compare, writers
    from catalog.commands import demo_versions as versions
    from catalog.evidence import gather
    from catalog.features import finding

    other = _built(OTHER, report)
    if not finding.measured(other):
        finding.measure(other, report=report, nulls="primary")
        yield other
    yield from versions.build_versions(report, TEXT)
    text = _path(TEXT)
    if reading.fetch(text, writer_queries.searched()).empty:
        writers.measured(text, report=report)
        yield text
    for name in (OTHER, f"{TEXT}-int8"):
        compare.kept(text, _path(name), report)
    for path in map(_path, (*SAMPLES, TEXT)):
        if reading.fetch(path, feature_queries.evidence()).empty:
            gather.gather(path, report=report)
            yield path


@contextmanager
def going_on() -> Iterator[None]:
    """Add the rest in a process of its own, for as long as the block runs."""
    one = {**os.environ, "OMP_NUM_THREADS": "1"}  # the other cores are the visitor's
    command = [sys.executable, "-m", "catalog.commands.demo"]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=one)
    try:
        yield
    finally:
        child.terminate()
        child.wait()


def _path(name: str) -> Path:
    return places.catalogs() / f"{name}{places.SUFFIX}"


def _built(name: str, report: Report) -> Path:
    from catalog.building import build
    from catalog.commands import printing

    path = _path(name)
    if not path.is_file():
        settings = build.Settings(name, items=_samples(name), per_patch=SAMPLES.get(name))
        build.build(settings, report, printing.announce)
    return path


def _samples(name: str) -> Path | None:
    """The folder of items that a model of images or sounds is shown, made anew; None for text."""
    if name not in SAMPLES:
        return None
    from catalog.samples import digits, sounds

    folder = places.data() / "items" / name
    {"digits": digits, "sounds": sounds}[name].write(folder)
    return folder


def main() -> int:
    """Add the rest, giving way to everything else on this machine; silent but for errors."""
    os.nice(10)
    try:
        for path in rest(lambda _stage, _done, _all: None):
            print(f"{path.stem}: more is known now.", file=sys.stderr)
    except CatalogError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

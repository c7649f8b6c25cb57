"""`dims demo`: catalogs of the models that ship. One to open on, then what a visitor needs, then
the rest.

`python -m catalog.commands.demo` adds what is to come while the dashboard is looked at.
"""

import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from catalog import places
from catalog.commands import printing, serve
from catalog.commands.build import announce, built
from catalog.commands.options import Browser, Port
from catalog.errors import CatalogError
from catalog.progress import Report, silent

if TYPE_CHECKING:
    from catalog.store.catalog import Catalog

SAMPLES = {"digits": "resid.2", "sounds": "resid.2"}
"""Shipped models of images and sounds, and the site whose patch signs the demo keeps."""
TEXT = "storyteller"
MODELS = (TEXT, *SAMPLES)
"""Shipped models whose catalogs are built, measured and searched first."""
OTHER = "storyteller-small"
"""A second model of language, to compare the first with."""
REAL = "smollm2"
"""A real language model of 135 million parameters, added last where its package is installed."""
SEEDS = 600
"""Seeds of the demo's search for unsupervised features, at the primary site only."""
LATER = (
    "While you look, the other layers of this model, images and sounds, then its tokens in real "
    "texts, its contest with a learned dictionary, a second language model, two versions of the "
    "first, writers, the evidence tables and, where it is installed, SmolLM2 are added to the "
    "demo, in the background. If this ends first, `dims demo` goes on."
)


def demo(
    build_only: Annotated[bool, typer.Option("--build-only", help="Do not serve.")] = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="Wait for writers, evidence and models to compare, too.")
    ] = False,
    port: Port = 8501,
    browser: Browser = True,
) -> None:
    """Build the catalogs of the shipped models (once), then serve the dashboard."""
    with printing.resumable(), printing.progress(quiet=False) as report:
        stages = [first, rest] if whole else [first] if build_only else [opening]
        for one in itertools.chain.from_iterable(stage(report) for stage in stages):
            built(one)
    if build_only:
        return
    if whole:
        raise typer.Exit(serve.run(port, browser))
    print(LATER, file=sys.stderr)
    with going_on():
        raise typer.Exit(serve.run(port, browser))


def opening(report: Report) -> "Iterator[Catalog]":
    """The catalog that the dashboard opens on, measured at its primary cell at least; if anew."""
    from catalog.features import findings

    one = _built(TEXT, report)
    if not one.measured:
        findings.measure(one, report=report, matched_nulls="primary", until="primary")
        yield one


def first(report: Report, models: Sequence[str] = MODELS) -> "Iterator[Catalog]":
    """Build the catalog of each of these models that has none yet; yields it."""
    from catalog.features import discovery, findings

    for name in models:
        one = _built(name, report)
        if not one.complete:
            findings.measure(one, report=report, matched_nulls="primary")
            cell = one.primary
            discovery.discover(one, cell.site, cell.threshold, SEEDS, report=report)
            yield one


def rest(report: Report) -> "Iterator[Catalog]":
    """What can wait: models to compare, writers, evidence; yields each catalog that grew.

    Comparisons go to the cache, and cost nothing where they are there.
    """
    from catalog.circuits import measure
    from catalog.commands import compare
    from catalog.commands import demo_texts as texts
    from catalog.commands import demo_versions as versions
    from catalog.evidence import gather
    from catalog.features import findings
    from catalog.store import feature_queries, writer_queries

    other = _built(OTHER, report)
    if not other.complete:
        findings.measure(other, report=report, matched_nulls="primary")
        yield other
    yield from texts.build_texts(report, TEXT)
    yield from versions.build_versions(report, TEXT)
    text = _catalog(TEXT)
    if text.fetch(writer_queries.searched()).empty:
        measure.measured(text, report=report)
        yield text
    for name in (OTHER, f"{TEXT}-int8"):
        compare.kept(text, _catalog(name), report)
    for one in map(_catalog, (*SAMPLES, TEXT)):
        if one.fetch(feature_queries.evidence()).empty:
            gather.gather(one, report=report)
            yield one
    if places.PACKAGED[REAL].installed:
        real = _built(REAL, report)
        if not real.complete:
            findings.measure(real, report=report, matched_nulls="primary")
            yield real


@contextmanager
def going_on() -> Iterator[None]:
    """Add what is to come in a process of its own, for as long as the block runs."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}  # the other cores are the visitor's
    command = [sys.executable, "-m", "catalog.commands.demo"]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=environment)
    try:
        yield
    finally:
        child.terminate()
        child.wait()


def _catalog(name: str) -> "Catalog":
    from catalog.store.catalog import Catalog

    return Catalog(places.catalogs() / f"{name}{places.SUFFIX}")


def _built(name: str, report: Report) -> "Catalog":
    from catalog.building import build
    from catalog.building.settings import Settings

    one = _catalog(name)
    if not one.path.is_file():
        settings = Settings(name, items=samples(name), per_patch=SAMPLES.get(name))
        build.build(settings, report, announce)
    return one


def samples(name: str) -> Path | None:
    """The folder of items that a model of images or sounds is shown, made anew; None for text."""
    if name not in SAMPLES:
        return None
    from catalog.samples import digits, sounds

    folder = places.data() / "items" / name
    {"digits": digits, "sounds": sounds}[name].write(folder)
    return folder


def main() -> int:
    """Add what is to come, giving way to everything else on this machine; silent but for errors."""
    os.nice(10)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # workers and their files go first
    try:
        for one in itertools.chain(first(silent, (*SAMPLES, TEXT)), rest(silent)):
            print(f"{one.slug}: more is known now.", file=sys.stderr)
    except CatalogError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

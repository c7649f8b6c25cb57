"""`dims demo`: catalogs of the models that ship. One to open on, then what a visitor needs, then
the rest.

`python -m catalog.commands.demo` adds what is to come while the dashboard is looked at.
"""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from catalog import places
from catalog.commands import printing, serve
from catalog.commands.build import announce, built
from catalog.commands.options import Browser, Json, Port
from catalog.errors import CatalogError
from catalog.progress import Report, about

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
    as_json: Json = False,
) -> None:
    """Build the catalogs of the shipped models (once), then serve the dashboard."""
    if not build_only:
        serve.free(port)  # said before the work, not after it
    with printing.resumable(), printing.progress(quiet=False) as report:
        stages = [first, rest] if whole else [first] if build_only else [opening]
        for one in itertools.chain.from_iterable(stage(report) for stage in stages):
            if not as_json:
                built(one)
    if as_json:
        from catalog.store import listing

        printing.as_json(listing.catalogs())
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
        told = about(report, name)
        one = _built(name, told)
        if not one.complete:
            findings.measure(one, report=told, matched_nulls="primary")
            cell = one.primary
            discovery.discover(one, cell.site, cell.threshold, SEEDS, report=told)
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

    other = _built(OTHER, about(report, OTHER))
    if not other.complete:
        findings.measure(other, report=about(report, OTHER), matched_nulls="primary")
        yield other
    yield from texts.build_texts(about(report, f"{TEXT} in texts"), TEXT)
    yield from versions.build_versions(about(report, f"versions of {TEXT}"), TEXT)
    text = _catalog(TEXT)
    if text.fetch(writer_queries.searched()).empty:
        measure.measured(text, report=about(report, f"writers of {TEXT}"))
        yield text
    for name in (OTHER, f"{TEXT}-int8"):
        compare.kept(text, _catalog(name), about(report, f"{TEXT} and {name}"))
    for one in map(_catalog, (*SAMPLES, TEXT)):
        if one.fetch(feature_queries.evidence()).empty:
            gather.gather(one, report=about(report, f"evidence of {one.slug}"))
            yield one
    if places.PACKAGED[REAL].installed:
        real = _built(REAL, about(report, REAL))
        if not real.complete:
            findings.measure(real, report=about(report, REAL), matched_nulls="primary")
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
    """Add what is to come, giving way to everything else on this machine.

    The terminal hears of what is new and of errors; pages, of the stage.
    """
    os.nice(10)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # workers and their files go first
    with told(places.demo_progress()) as report:
        try:
            for one in itertools.chain(first(report, (*SAMPLES, TEXT)), rest(report)):
                print(f"{one.slug}: more is known now.", file=sys.stderr)
        except CatalogError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


@contextmanager
def told(path: Path) -> Iterator[Report]:
    """A report for others: a small file, written whole about once a second, that goes at the end.

    It has pid and created (of the process), stage, done, all.
    """
    import psutil

    own = psutil.Process()
    known = {"pid": own.pid, "created": own.create_time()}
    path.parent.mkdir(parents=True, exist_ok=True)
    last: dict[str, Any] = {"stage": None, "at": 0.0}

    def report(stage: str, done: int, all_: int) -> None:
        now = time.monotonic()
        if stage == last["stage"] and now - last["at"] < 1:
            return
        last.update(stage=stage, at=now)
        part = path.with_suffix(f".{own.pid}.part")
        part.write_text(json.dumps({**known, "stage": stage, "done": done, "all": all_}), "utf-8")
        part.replace(path)

    report("begins", 0, 0)
    try:
        yield report
    finally:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())

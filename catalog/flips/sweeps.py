"""Sweeps of a flip: by layer, by number of dimensions (strongest first), by scale.

A point is a whole run with its controls; `direct` beside it is the direct-path prediction.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from catalog.errors import SettingRefused
from catalog.flips import family, run
from catalog.flips import report as flip_report
from catalog.flips import setup as flip_setup
from catalog.flips.verdicts import Rank
from catalog.progress import Report, silent
from catalog.signs.resampling import Interval
from catalog.store.catalog import Catalog

SCALES = (0.25, 0.5, 1.0, 1.5, 2.0)
COUNTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


@dataclass(frozen=True)
class Point:
    """One run of a sweep."""

    at: str
    """The site, number of dimensions, or scale."""
    effects: dict[str, Interval]
    """Empty where the run was refused."""
    verdict: str
    p: float
    q: float
    """Benjamini-Hochberg over the points of the sweep that were run (`family.settle`)."""
    refused: str = ""


def by_layer(
    machine: run.Machine,
    catalog: Catalog,
    setup: run.Setup,
    sites: Sequence[str],
    report: Report = silent,
) -> list[Point]:
    """The same feature at several residual sites, each with its own prototype."""
    makers = [(site, lambda site=site: flip_setup.at_site(catalog, setup, site)) for site in sites]
    return _sweep(machine, makers, report)


def by_count(
    machine: run.Machine,
    setup: run.Setup,
    report: Report = silent,
    counts: Sequence[int] = COUNTS,
) -> list[Point]:
    """The strongest 1, 2, 4 ... dimensions, and all."""
    size = len(setup.feature.dimensions)
    wanted = [*(n for n in counts if n < size), size]
    makers = [
        (str(n), lambda n=n: replace(setup, feature=setup.feature.strongest(n))) for n in wanted
    ]
    return _sweep(machine, makers, report)


def by_scale(
    machine: run.Machine,
    setup: run.Setup,
    report: Report = silent,
    scales: Sequence[float] = SCALES,
) -> list[Point]:
    """The change of every condition multiplied: 1 is the flip itself."""
    makers = [(f"{s:g}", lambda s=s: replace(setup, scale=s)) for s in scales]
    return _sweep(machine, makers, report)


def _sweep(
    machine: run.Machine,
    makers: Iterable[tuple[str, Callable[[], run.Setup]]],
    report: Report,
) -> list[Point]:
    """Run each setup; one that cannot be matched is a point that says so."""
    listed = list(makers)
    points: list[Point] = []
    runs: dict[int, run.Flips] = {}
    for number, (at, make) in enumerate(listed):

        def inner(stage: str, done: int, total: int, number: int = number, at: str = at) -> None:
            report(f"{stage} {at}", number * total + done, len(listed) * total)

        try:
            runs[number] = run.run(machine, make(), inner)
        except SettingRefused as refused:
            points.append(Point(at, {}, "cannot be tested", np.nan, np.nan, str(refused)))
            continue
        points.append(_point(at, runs[number]))

    def more(number: int, features: int) -> Rank:
        runs[number] = run.extended(machine, runs[number], features)
        points[number] = _point(points[number].at, runs[number])
        return runs[number].rank

    tests = [
        family.Ranked(found.rank, points[n].verdict == "suppresses", partial(more, n))
        for n, found in runs.items()
    ]
    for n, value in zip(runs, family.settle(tests), strict=True):
        points[n] = replace(points[n], q=float(value))
    return points


def _point(at: str, found: run.Flips) -> Point:
    summary = flip_report.summarize(found)
    return Point(at, summary.effects, summary.judged.verdict, summary.judged.p, np.nan)

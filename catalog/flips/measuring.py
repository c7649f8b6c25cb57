"""One category flipped everywhere: every layer, a dose curve, its strongest dimension alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from catalog.errors import SettingRefused
from catalog.flips import report as flip_report
from catalog.flips import run
from catalog.flips import setup as flip_setup
from catalog.flips.asked import Asked
from catalog.flips.report import Summary
from catalog.flips.source import Source
from catalog.flips.together import Group
from catalog.flips.verdicts import LEVEL, Rank, judge
from catalog.progress import Report, silent
from catalog.sites import Site
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    from catalog.model.opening import ModelKey

SCALES = (0.5, 1.0, 2.0)
"""Points of the dose curve, at the primary site."""
FIRST = 20
"""Random features that every run has; the rest only where the verdict is not settled by then."""


@dataclass(frozen=True)
class Task:
    """What is flipped of one category."""

    catalog: Catalog
    category: str
    sites: tuple[str, ...]
    primary: str
    threshold: str
    model: "ModelKey | None" = None
    """The model, for a process that does not have it yet."""
    scales: tuple[float, ...] = SCALES
    """Points of the dose curve, at the primary site; 1 is always run."""

    @property
    def plan(self) -> list[tuple[str, float]]:
        """Sites and scales."""
        return [(site, 1.0) for site in self.sites] + [
            (self.primary, scale) for scale in self.scales if scale != 1
        ]


@dataclass(frozen=True)
class One:
    """One run, or why there is none."""

    site: str
    scale: float
    found: run.Flips | None
    summary: Summary | None
    refused: str = ""


@dataclass(frozen=True)
class Measured:
    """The runs of one category, in the order of its plan."""

    runs: list[One]
    single: run.Flips | None
    """Away and noise of the strongest dimension alone, at the primary site; None where refused."""


def measured(machine: run.Machine, task: Task, report: Report = silent) -> Measured:
    """Run a category's plan; `report` is told how many of its runs are done."""
    asked = Asked(Source("category", task.category), task.primary, threshold=task.threshold)
    base = flip_setup.setup(task.catalog, asked)
    total = len(task.plan) + 1
    sites = dict.fromkeys(Site.parse(site) for site, _ in task.plan)
    try:
        traced = run.trace(machine, base, list(sites))
    except SettingRefused as refused:  # a prompt is too long for the model
        report("flipping", total, total)
        return Measured([One(*at, None, None, str(refused)) for at in task.plan], None)
    runs = []
    for done, (site, scale) in enumerate(task.plan):
        report("flipping", done, total)
        here = base
        if site != task.primary:
            here = flip_setup.at_site(task.catalog, base, site)
        runs.append(_one(machine, replace(here, scale=scale), traced, site))
    report("flipping", total - 1, total)
    alone = replace(base, feature=base.feature.strongest(1))
    single = run.run(machine, alone, names=("away", "noise"), traced=traced)
    return Measured(runs, single)


def in_worker(task: Task) -> Measured:
    """The same in a process of its own, which opens the model once."""
    assert task.model is not None
    return measured(_machine(task.model, task.catalog), task)


@cache
def _machine(model: "ModelKey", catalog: Catalog) -> run.Machine:
    from catalog.flips import flip
    from catalog.model import opening

    made: run.Machine = flip.machine(opening.load(model), catalog)
    return made


def _one(machine: run.Machine, setup: run.Setup, traced: Sequence[Group], site: str) -> One:
    """One run. Its first random features may settle that it does not come out as suppressing.

    That is so where so many have reached away that p cannot be below LEVEL, whatever the others of
    the setup would do, or where another control is not beaten. Then the others are not run: the
    verdict would be the same. Choice: other scales than 1 draw the curve of doses, which describes
    and is no part of a family of tests, so they have the first random features only.
    """
    try:
        found = run.run(machine, setup, traced=traced, drawn=FIRST)
        if setup.scale == 1 and not settled(found):
            found = run.extended(machine, found, setup.draws - FIRST, traced)
    except SettingRefused as refused:
        return One(site, setup.scale, None, None, str(refused))
    return One(site, setup.scale, found, flip_report.summarize(found))


def settled(found: run.Flips) -> bool:
    """Whether a run cannot come out as suppressing, however the rest of its features turn out."""
    judged = judge(found.effects, found.rank, flip_report.bootstrap(found))
    others = [one for name, one in judged.differences.items() if name != "random"]
    hopeless = Rank(found.rank.reached, found.setup.draws).p >= LEVEL
    untestable = judged.verdict == "cannot be tested"
    return hopeless or untestable or any(one.high >= 0 for one in others)

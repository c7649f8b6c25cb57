"""Flips of many categories, at every layer and several scales: what the evidence rows rest on.

The categories are fixed beforehand: all that have enough held-out tokens and prompts, ten of them
drawn with a fixed seed, so none is there because its flip looks good.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog import parallel
from catalog.flips import family, measuring, prompts, run
from catalog.flips import report as flip_report
from catalog.flips.controls import CONDITIONS
from catalog.flips.measuring import Task
from catalog.flips.source import held_out
from catalog.flips.verdicts import FEWEST_TOKENS, LEVEL, Rank, Verdict
from catalog.progress import Report, silent
from catalog.store.catalog import Catalog

CATEGORIES = 10
"""Categories that are flipped; fewer say nothing of categories in general."""
TABLES = ("flip_run", "flip_effect")
BESIDE = ("kl", "raw_logits", "centred_logits")
STAGE = "flipping categories"


@dataclass(frozen=True)
class Entry:
    """One category at one site and scale."""

    category: str
    site: str
    scale: float
    found: run.Flips | None
    """None where it was refused."""
    summary: flip_report.Summary | None
    verdict: Verdict
    reason: str
    q: float = np.nan
    """Benjamini-Hochberg over categories x layers at scale 1."""

    @classmethod
    def of(cls, category: str, one: measuring.One) -> "Entry":
        """A run as it came out, before its q is known."""
        if one.summary is None:
            return cls(category, one.site, one.scale, None, None, "cannot be tested", one.refused)
        judged = one.summary.judged
        key = category, one.site, one.scale
        return cls(*key, one.found, one.summary, judged.verdict, judged.reason)

    @property
    def p(self) -> float:
        """Of away's rank among fixed random features; NaN where it was refused."""
        return np.nan if self.found is None else self.found.rank.p

    def prompts(self, condition: str) -> NDArray[np.float64]:
        """Effect on each prompt, mean over held-out tokens: float64[prompts]."""
        assert self.found is not None
        return np.asarray(self.found.effects[condition].mean(axis=1))


@dataclass
class Measured:
    """Every entry that was run, and the strongest single dimension of each category."""

    site: str
    """The primary one."""
    entries: list[Entry] = field(default_factory=list)
    single: list[run.Flips] = field(default_factory=list)
    """Away and noise of the strongest dimension alone, at the primary site."""

    def at(self, site: str | None = None, scale: float = 1.0) -> list[Entry]:
        """Entries that were run at a site (the primary one by default) and scale."""
        wanted = (site or self.site, scale)
        return [one for one in self.entries if (one.site, one.scale) == wanted and one.found]

    @property
    def sites(self) -> list[str]:
        """Sites of the layer sweep, in order."""
        return list(dict.fromkeys(one.site for one in self.entries if one.scale == 1))


def eligible(catalog: Catalog, names: Sequence[str], most: int = CATEGORIES) -> list[str]:
    """Those of `names` with enough held-out tokens and eliciting prompts, `most` drawn."""
    able = [
        name
        for name in sorted(names)
        if sum(p.kind == "eliciting" for p in prompts.shipped(name)) >= prompts.EACH
        and len(held_out(catalog, name)[0]) >= FEWEST_TOKENS
    ]
    if len(able) <= most:
        return able
    drawn = np.random.default_rng(0).choice(len(able), most, replace=False)
    return [able[n] for n in sorted(drawn)]


def measure(
    machine: run.Machine,
    tasks: Sequence[Task],
    report: Report = silent,
    workers: int = 1,
) -> Measured:
    """Every category's layers, doses and single dimension over shipped prompts, with q.

    With several `workers` each category runs in a process of its own (its task names the model).
    """
    each = len(tasks[0].plan) + 1
    total = len(tasks) * each
    made = Measured(tasks[0].primary)

    def alone(task: Task) -> measuring.Measured:
        before = done
        return measuring.measured(
            machine, task, lambda _stage, now, _of: report(STAGE, before + now, total)
        )

    done = 0
    report(STAGE, 0, total)
    function = measuring.in_worker if workers > 1 else alone
    for task, found in zip(tasks, parallel.run(function, tasks, workers), strict=True):
        made.entries += [Entry.of(task.category, one) for one in found.runs]
        made.single += [found.single] if found.single else []
        done += each
        report(STAGE, done, total)
    settle(machine, made)
    return made


def settle(machine: run.Machine, made: Measured) -> None:
    """q over categories x layers; `suppresses` needs q below LEVEL (see `family.settle`)."""
    places = [n for n, one in enumerate(made.entries) if one.scale == 1 and one.found]

    def more(place: int, number: int) -> Rank:
        one = made.entries[place]
        assert one.found is not None
        found = run.extended(machine, one.found, number)
        made.entries[place] = _again(one, found)
        return found.rank

    tests = []
    for place in places:
        one = made.entries[place]
        assert one.found is not None
        tests.append(
            family.Ranked(one.found.rank, one.verdict == "suppresses", partial(more, place))
        )
    q = family.settle(tests)
    for place, value in zip(places, q, strict=True):
        one = replace(made.entries[place], q=float(value))
        if one.verdict == "suppresses" and value >= LEVEL:
            said = f"{one.reason} But over {len(places)} categories x layers q = {value:.3f}."
            one = replace(one, verdict="non-specific", reason=said)
        made.entries[place] = one


def _again(one: Entry, found: run.Flips) -> Entry:
    """An entry whose run has more random features."""
    summary = flip_report.summarize(found)
    judged = summary.judged
    return replace(one, found=found, summary=summary, verdict=judged.verdict, reason=judged.reason)


def tables(measured: Measured) -> dict[str, list[dict[str, Any]]]:
    """Rows of `flip_run` and `flip_effect`."""
    runs: list[dict[str, Any]] = []
    effects: list[dict[str, Any]] = []
    for one in measured.entries:
        runs.append(_run_row(one))
        if one.found is not None and one.summary is not None:
            effects += [
                _effect_row(one, one.found, one.summary, name)
                for name in CONDITIONS
                if name in one.summary.effects
            ]
    return {"flip_run": runs, "flip_effect": effects}


_OF_A_RUN = (
    "threshold",
    "dimensions",
    "prompts",
    "sources",
    "tokens",
    "worst_match",
    "worst_prompt",
    "random_features",
    "reached",
    "categories",
    "as_low",
)


def _key(one: Entry) -> dict[str, Any]:
    return {"category": one.category, "site": one.site, "scale": one.scale}


def _run_row(one: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {**_key(one), "verdict": one.verdict, "reason": one.reason}
    row |= {"p": _number(one.p), "q": _number(one.q)}
    if one.found is None or one.summary is None:
        return row | dict.fromkeys(_OF_A_RUN)
    setup, away = one.found.setup, one.summary.others["away"]
    return row | {
        "threshold": setup.threshold,
        "dimensions": len(setup.feature.dimensions),
        "prompts": len(setup.prompts),
        "sources": len(set(one.found.sources.tolist())),
        "tokens": setup.readout.columns,
        "worst_match": one.found.worst_match,
        "worst_prompt": one.found.worst_prompt,
        "random_features": one.found.rank.drawn,
        "reached": one.found.rank.reached,
        "categories": len(away),
        "as_low": int((away <= one.summary.effects["away"].value).sum()),
    }


def _effect_row(
    one: Entry, found: run.Flips, summary: flip_report.Summary, name: str
) -> dict[str, Any]:
    effect, measures = summary.effects[name], found.whole[name]
    kinds = {kind: rows[name].value for kind, rows in summary.by_kind.items()}
    return {
        **_key(one),
        "condition": name,
        "effect": effect.value,
        "low": effect.low,
        "high": effect.high,
        "neutral": kinds.get("neutral"),
        "eliciting": kinds.get("eliciting"),
        "changed": float(measures[0]),
        "delta_norm": float(measures[1]),
        "norm_ratio": float(measures[2]),
        **{what: float(found.beside[what][name].mean()) for what in BESIDE},
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value

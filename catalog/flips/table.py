"""Flips of many categories, at every layer and several scales: what the evidence rows rest on.

The categories are fixed beforehand: all that have enough held-out tokens and prompts, ten of them
drawn with a fixed seed, so none is there because its flip looks good.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.flips import prompts, run
from catalog.flips import report as flip_report
from catalog.flips import setup as flip_setup
from catalog.flips.asked import Asked
from catalog.flips.controls import CONDITIONS
from catalog.flips.source import Source, held_out
from catalog.flips.verdicts import FEWEST_TOKENS, Verdict, judge
from catalog.progress import Report, silent
from catalog.signs.significance import benjamini_hochberg
from catalog.store.catalog import Catalog

CATEGORIES = 10
"""Categories that are flipped; fewer say nothing of categories in general."""
SCALES = (0.5, 1.0, 2.0)
"""Points of the dose curve, at the primary site."""
TABLES = ("flip_run", "flip_effect")
LEVEL = 0.05


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
    p: float
    q: float = np.nan
    """Benjamini-Hochberg over categories x layers at scale 1."""

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


def eligible(catalog: Catalog, names: Sequence[str]) -> list[str]:
    """Those of `names` with enough held-out tokens and eliciting prompts, CATEGORIES drawn."""
    able = [
        name
        for name in sorted(names)
        if sum(p.kind == "eliciting" for p in prompts.shipped(name)) >= prompts.EACH
        and len(held_out(catalog, name)[0]) >= FEWEST_TOKENS
    ]
    if len(able) <= CATEGORIES:
        return able
    drawn = np.random.default_rng(0).choice(len(able), CATEGORIES, replace=False)
    return [able[n] for n in sorted(drawn)]


def measure(
    machine: run.Machine,
    catalog: Catalog,
    names: Sequence[str],
    sites: Sequence[str],
    primary: str,
    threshold: str,
    report: Report = silent,
) -> Measured:
    """Layer sweep, dose curve and single dimension of every category, over shipped prompts."""
    measured = Measured(primary)
    plan = [(site, 1.0) for site in sites] + [(primary, s) for s in SCALES if s != 1]
    total = len(names) * (len(plan) + 1)
    for number, name in enumerate(names):
        asked = Asked(Source("category", name), primary, threshold=threshold)
        base = flip_setup.setup(catalog, asked)
        for place, (site, scale) in enumerate(plan):
            done = number * (len(plan) + 1) + place
            report(f"flipping {name}", done, total)
            here = base if site == primary else flip_setup.at_site(catalog, base, site)
            measured.entries.append(
                _entry(machine, replace(here, scale=scale), report, done, total)
            )
        alone = replace(base, feature=base.feature.strongest(1))
        measured.single.append(run.run(machine, alone, names=("away", "noise")))
    report("flipping", total, total)
    _family(measured)
    return measured


def _entry(machine: run.Machine, setup: run.Setup, report: Report, done: int, total: int) -> Entry:
    key = setup.name, str(setup.site), setup.scale
    try:
        found = run.run(
            machine, setup, lambda _stage, _n, _of: report(f"flipping {setup.name}", done, total)
        )
    except SettingRefused as refused:
        return Entry(*key, None, None, "cannot be tested", str(refused), np.nan)
    summary = flip_report.summarize(found)
    judged = summary.judged
    return Entry(*key, found, summary, judged.verdict, judged.reason, judged.p)


def _family(measured: Measured) -> None:
    """q over categories x layers; `suppresses` needs q < 0.05."""
    places = [n for n, one in enumerate(measured.entries) if one.scale == 1 and one.found]
    if not places:
        return
    q = benjamini_hochberg(np.array([measured.entries[n].p for n in places]))
    for n, value in zip(places, q, strict=True):
        one = replace(measured.entries[n], q=float(value))
        if one.verdict == "suppresses" and value >= LEVEL:
            one = replace(
                one,
                verdict="non-specific",
                reason=f"{one.reason} But q = {value:.3f} over categories and layers.",
            )
        measured.entries[n] = one


def controls_that_pass(measured: Measured) -> NDArray[np.float64]:
    """1 where *random* signs would have been called suppressing by the same rule, else 0.

    Random takes away's place against noise and disjoint: float64[entries at scale 1].
    """
    passed = []
    for one in measured.entries:
        if one.found is None or one.scale != 1:
            continue
        whole = one.found.effects
        effects = {name: whole[name] for name in ("noise", "disjoint") if name in whole}
        judged = judge(effects | {"away": whole["random"]}, flip_report.bootstrap(one.found))
        passed.append(judged.verdict == "suppresses")
    return np.array(passed, np.float64)


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


def _key(one: Entry) -> dict[str, Any]:
    return {"category": one.category, "site": one.site, "scale": one.scale}


def _run_row(one: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {**_key(one), "verdict": one.verdict, "reason": one.reason}
    row |= {"p": _number(one.p), "q": _number(one.q)}
    if one.found is None or one.summary is None:
        empty = ("threshold", "dimensions", "prompts", "sources", "tokens", "worst_match")
        return row | dict.fromkeys((*empty, "categories", "as_low"))
    setup, away = one.found.setup, one.summary.others["away"]
    return row | {
        "threshold": setup.threshold,
        "dimensions": len(setup.feature.dimensions),
        "prompts": len(setup.prompts),
        "sources": len(set(one.found.sources.tolist())),
        "tokens": setup.readout.columns,
        "worst_match": one.found.worst_match,
        "categories": len(away),
        "as_low": int((away <= one.summary.effects["away"].value).sum()),
    }


def _effect_row(
    one: Entry, found: run.Flips, summary: flip_report.Summary, name: str
) -> dict[str, Any]:
    effect, measures = summary.effects[name], found.measures[name].mean(axis=0)
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
        "kl": float(found.kl[name].mean()),
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value

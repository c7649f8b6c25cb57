"""Rows of the flips: away, toward, layers, single dimensions, over categories fixed beforehand."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.evidence import flip_tasks
from catalog.evidence.cell import Cell
from catalog.evidence.claims import CLAIMS
from catalog.evidence.verdicts import Claim, Row, Verdict, judge, judge_absence, untested
from catalog.features.tables import Findings
from catalog.flips import chance, verdicts
from catalog.flips import table as flip_table
from catalog.flips.table import Measured
from catalog.model.loading import LoadedModel
from catalog.model.token_machine import Machine
from catalog.progress import Report
from catalog.signs.resampling import Interval, clustered, nested, strongest
from catalog.store import queries

KEYS = ("flips_away", "flips_share", "flips_toward", "flips_late", "flips_single")
FEWEST = 8
"""Categories below which nothing is said of categories in general."""
CONTROLS = ("random", "noise", "disjoint")
TOLD = {
    "random": "random features of the same size",
    "noise": "noise of the same size",
    "disjoint": "other categories' features",
    "toward": "the same signs set the other way",
}
BY_CHANCE = "fixed random features by the same rule"
Floats = NDArray[np.float64]


def rows(cell: Cell, model: LoadedModel, report: Report, kept: Findings | None) -> list[Row]:
    """The rows; what was measured for them is added to `kept` (tables flip_run, flip_effect)."""
    if not len(cell.categories):
        return absent(cell, cell.too_few or "No category is large enough here.")
    try:
        machine = Machine(model)
    except SettingRefused as error:
        return absent(cell, str(error))
    listed = cell.catalog.fetch(queries.tables())
    if "feature_dimension" not in set(listed["table"]):
        return absent(cell, "The categories of this catalog have not been measured.")
    most = FEWEST if cell.heavy else flip_table.CATEGORIES
    names = flip_table.eligible(cell.catalog, [one.name for one in cell.categories], most)
    if len(names) < FEWEST:
        return absent(
            cell,
            f"Only {len(names)} categories have 20 held-out tokens and 16 eliciting prompts here; "
            f"{FEWEST} are needed.",
        )
    measured = flip_table.measure(
        machine, flip_tasks.of(cell, model, names), report, flip_tasks.workers(model)
    )
    for table, made in flip_table.tables(measured).items():
        for row in made:
            if kept is not None:
                kept.add(table, row)
    if len(measured.at()) < FEWEST:
        return absent(cell, "Too few flips could be matched by random signs.")
    return from_measured(cell.name, measured)


def absent(cell: Cell, reason: str) -> list[Row]:
    """All these rows as untested."""
    return [untested(CLAIMS[key], reason, cell.name) for key in KEYS]


def from_measured(cell: str, measured: Measured) -> list[Row]:
    """The five rows of what was measured."""
    return [
        _away_row(cell, measured),
        _share_row(cell, measured),
        _toward_row(cell, measured),
        _late_row(cell, measured),
        _single_row(cell, measured),
    ]


def _interval(groups: list[Floats]) -> Interval:
    """Mean over categories of the mean over prompts; categories, then prompts resampled."""
    return nested(groups, np.random.default_rng(0))


def _apart(measured: Measured, high: str, low: str) -> Interval:
    """One condition minus another at the primary site, paired by prompt."""
    return _interval([one.prompts(high) - one.prompts(low) for one in measured.at()])


def _away_row(cell: str, measured: Measured) -> Row:
    figure = _interval([-one.prompts("away") for one in measured.at()])
    names = [*_present(measured), "toward"]
    apart = {name: _apart(measured, name, "away") for name in names}
    worst = strongest(apart)
    claim = CLAIMS["flips_away"]
    judged = judge(claim, figure.value, apart["random"], apart[worst])
    verdict = _said(f"Away's fall was compared with that by {_all(apart)}", judged)
    falls = {name: _mean(measured, name, -1) for name in apart}
    beside = {
        "dimensions of largest |x|": _mean(measured, "largest", -1),
        "raw logits (paper's procedure)": _logits(measured, "raw_logits", "away"),
        "raw logits of random": _logits(measured, "raw_logits", "random"),
        "logits minus vocabulary mean": _logits(measured, "centred_logits", "away"),
        "logits minus vocabulary mean, random": _logits(measured, "centred_logits", "random"),
        "direct path alone": _mean(measured, "direct", -1),
        "neutral prompts only": _of_kind(measured, "away", "neutral", -1),
        "eliciting prompts only": _of_kind(measured, "away", "eliciting", -1),
        "mean KL (nats)": _over(measured, lambda one: float(one.kl["away"].mean())),
        "mean KL of random (nats)": _over(measured, lambda one: float(one.kl["random"].mean())),
    }
    return _row(claim, verdict, cell, figure, falls | beside, worst, measured)


def _share_row(cell: str, measured: Measured) -> Row:
    """Share of categories x layers called suppressing."""
    claim = CLAIMS["flips_share"]
    ran = [one for one in measured.entries if one.scale == 1 and one.found]
    hits = np.array([one.verdict == "suppresses" for one in ran], np.float64)
    passing = np.nan_to_num(chance.shares(measured), nan=verdicts.LEVEL)
    names = np.unique([one.category for one in ran], return_inverse=True)[1]
    generator = np.random.default_rng(0)
    figure = clustered(hits, names, generator)
    over = clustered(hits - passing, names, generator)
    judged = judge(claim, figure.value, figure.over(verdicts.LEVEL), over)
    verdict = _said("The share was compared with that of random features in away's place", judged)
    controls = {BY_CHANCE: float(passing.mean())}
    for site in measured.sites:
        at = [one.verdict == "suppresses" for one in measured.at(site)]
        controls[f"share at {site}"] = float(np.mean(at)) if at else float("nan")
    controls = {name: value for name, value in controls.items() if not np.isnan(value)}
    return replace(_row(claim, verdict, cell, figure, controls, BY_CHANCE, measured), curves={})


def _toward_row(cell: str, measured: Measured) -> Row:
    claim = CLAIMS["flips_toward"]
    figure = _interval([one.prompts("toward") for one in measured.at()])
    apart = {name: _apart(measured, "toward", name) for name in _present(measured)}
    worst = strongest(apart)
    judged = judge_absence(claim, apart[worst], "nats")
    if judged[0] == "holds" and _apart(measured, "random", "away").low <= 0:
        judged = "partly", "It is absent, but away lowers no further than random features do."
    verdict = _said(f"The rise by toward minus that by {TOLD[worst]}", judged)
    controls = {name: _mean(measured, name, 1) for name in apart}
    controls["neutral prompts only"] = _of_kind(measured, "toward", "neutral", 1)
    controls["eliciting prompts only"] = _of_kind(measured, "toward", "eliciting", 1)
    return _row(claim, verdict, cell, figure, controls, worst, measured)


def _late_row(cell: str, measured: Measured) -> Row:
    """Fall by away in the last third of the layers minus that in the first third."""
    claim = CLAIMS["flips_late"]
    whole, direct = _late_minus_early(measured, "away"), _late_minus_early(measured, "direct")
    figure = _interval(whole)
    over = _interval([a - b for a, b in zip(whole, direct, strict=True)])
    judged = judge(claim, figure.value, figure, over)
    verdict = _said("Late layers minus early ones, compared with the direct path alone", judged)
    controls = {
        "direct path alone": float(np.mean([one.mean() for one in direct])),
        "random": float(np.mean([one.mean() for one in _late_minus_early(measured, "random")])),
        "fall in the first third": _third(measured, 0),
        "fall in the last third": _third(measured, -1),
    }
    return _row(claim, verdict, cell, figure, controls, "direct path alone", measured)


def _single_row(cell: str, measured: Measured) -> Row:
    claim = CLAIMS["flips_single"]
    falls = [-one.effects["away"].mean(axis=1) for one in measured.single]
    noise = [-one.effects["noise"].mean(axis=1) for one in measured.single]
    figure = _interval(falls)
    over = _interval([a - b for a, b in zip(falls, noise, strict=True)])
    judged = judge_absence(claim, over, "nats", both_sides=True)
    verdict = _said("The fall by one dimension minus that by noise of the same size", judged)
    controls = {
        "noise of the same size": float(np.mean([one.mean() for one in noise])),
        "the whole feature": _mean(measured, "away", -1),
    }
    made = _row(claim, verdict, cell, figure, controls, "noise of the same size", measured)
    return replace(made, n=len(falls), curves={})


def _said(compared: str, judged: tuple[Verdict, str]) -> tuple[Verdict, str]:
    """The verdict; its reason begins with what was compared with what."""
    return judged[0], f"{compared}: {judged[1][0].lower()}{judged[1][1:]}"


def _all(names: dict[str, Interval]) -> str:
    return ", ".join(TOLD[name] for name in names)


def _logits(measured: Measured, what: str, name: str) -> float:
    """Fall of the concept's logits by one condition, mean over categories and prompts."""
    return -_over(measured, lambda one: float(one.beside[what][name].mean()))


def _row(
    claim: Claim,
    judged: tuple[Verdict, str],
    cell: str,
    figure: Interval,
    controls: dict[str, float],
    worst: str,
    measured: Measured,
) -> Row:
    return Row(
        claim,
        *judged,
        cell,
        figure,
        controls,
        worst,
        len(measured.at()),
        "categories",
        _by_layer(measured),
    )


def _by_layer(measured: Measured) -> dict[str, list[float]]:
    """Mean effect over categories of every condition, by layer."""
    sites = [site for site in measured.sites if measured.at(site)]
    names = ("away", "toward", *CONTROLS, "largest", "direct")
    curves = {"layer": [float(site.removeprefix("resid.")) for site in sites]}
    for name in names:
        cells = [measured.at(site) for site in sites]
        if all(name in one.found.effects for at in cells for one in at if one.found):
            curves[name] = [
                float(np.mean([one.prompts(name).mean() for one in at])) for at in cells
            ]
    return curves


def _present(measured: Measured) -> list[str]:
    """Controls that every category has."""
    found = [one.found.effects for one in measured.at() if one.found]
    return [name for name in CONTROLS if all(name in effects for effects in found)]


def _mean(measured: Measured, name: str, sign: int) -> float:
    return float(sign * np.mean([one.prompts(name).mean() for one in measured.at()]))


def _of_kind(measured: Measured, name: str, kind: str, sign: int) -> float:
    values = [one.prompts(name)[one.found.kind(kind)].mean() for one in measured.at() if one.found]
    return float(sign * np.mean(values))


def _over(measured: Measured, value: Callable[..., float]) -> float:
    return float(np.mean([value(one.found) for one in measured.at()]))


def _thirds(measured: Measured) -> tuple[list[str], list[str]]:
    size = max(1, len(measured.sites) // 3)
    return measured.sites[:size], measured.sites[-size:]


def _late_minus_early(measured: Measured, name: str) -> list[Floats]:
    """Of each category that was run in both thirds: float64[prompts]."""
    first, last = _thirds(measured)
    found = []
    for category in dict.fromkeys(one.category for one in measured.entries):
        early, late = (
            [
                one.prompts(name)
                for site in sites
                for one in measured.at(site)
                if one.category == category
            ]
            for sites in (first, last)
        )
        if early and late:
            found.append(np.mean(early, axis=0) - np.mean(late, axis=0))
    return found


def _third(measured: Measured, which: int) -> float:
    sites = _thirds(measured)[which]
    values = [-one.prompts("away").mean() for site in sites for one in measured.at(site)]
    return float(np.mean(values))

"""What a claim and its row in the evidence table are, and the one rule of verdicts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from catalog.signs.resampling import Interval

Verdict = Literal["holds", "partly", "does not hold", "undecided", "cannot be tested"]
ENOUGH = 0.9
"""Share of the paper's lowest figure, on the claim's own scale, that still counts as its figure."""


@dataclass(frozen=True)
class Claim:
    """One claim of the paper, in plain words; all of them: `catalog.evidence.claims`."""

    key: str
    statement: str
    measure: str
    """What the figure is, with its unit."""
    paper: str
    """The paper's figures as it gives them."""
    method: str
    """How the figure, its interval and its controls are made."""
    least: float | None = None
    """The paper's lowest figure (its highest where less is better); None where it gives none."""
    chance: float = 0.0
    """Zero of the claim's own scale."""
    better: Literal["more", "less"] = "more"
    """`less`: the claim says that something is small; see `judge`."""
    margin: float | None = None
    """Of a claim of absence: how large counts as absent, fixed beforehand; see `judge_absence`."""
    needs_model: bool = False


@dataclass(frozen=True)
class Row:
    """One row of the evidence table."""

    claim: Claim
    verdict: Verdict
    reason: str
    """Why this verdict, in one sentence."""
    cell: str
    """Site, threshold, background and reading."""
    figure: Interval | None = None
    controls: Mapping[str, float] = field(default_factory=dict)
    """Named values beside the figure, on its scale unless the name says otherwise."""
    strongest: str | None = None
    """The control that the verdict was made against."""
    n: int = 0
    unit: str = ""
    """What n counts: the units that were resampled."""
    curves: Mapping[str, list[float]] = field(default_factory=dict)
    """Points of the row's plot: the first list is the axis."""
    seconds: float = 0.0
    sides: tuple[str, str] | None = None
    """Where the figure is a difference: the two controls it lies between, by name."""


def record(row: Row) -> dict[str, object]:
    """Columns of a row as they are stored; controls and curves are JSON objects."""
    figure = row.figure
    return {
        "claim": row.claim.key,
        "statement": row.claim.statement,
        "measure": row.claim.measure,
        "value": figure.value if figure else None,
        "low": figure.low if figure else None,
        "high": figure.high if figure else None,
        "controls": json.dumps(dict(row.controls)),
        "strongest": row.strongest,
        "paper": row.claim.paper,
        "verdict": row.verdict,
        "reason": row.reason,
        "method": row.claim.method,
        "n": row.n,
        "unit": row.unit,
        "cell": row.cell,
        "curves": json.dumps(dict(row.curves)),
        "seconds": row.seconds,
    }


def reaches(claim: Claim, value: float) -> bool:
    """Whether a figure is at least 90 % of the paper's lowest on the claim's own scale.

    Where less is better: at most the paper's highest divided by 0.9. True where the paper gives
    no figure.
    """
    if claim.least is None:
        return True
    wanted = claim.least - claim.chance
    if claim.better == "less":
        return value - claim.chance <= wanted / ENOUGH
    return value - claim.chance >= wanted * ENOUGH


def judge(
    claim: Claim, value: float, over_null: Interval, over_control: Interval
) -> tuple[Verdict, str]:
    """Verdict and its reason, from the figure minus its null and minus its strongest control.

    For claims of absence see `judge_absence`.

    Holds: both intervals lie above 0 and the figure reaches the paper's. Partly: it beats the
    null, but not the control, or falls short. Does not hold: it does not beat the null.
    Choice for claims that something is small (`better` is less), where docs/method.md is silent: a
    random null would make them true for nothing, so what counts is that the figure is not above
    its control (the interval of figure - control reaches down to 0) and not above the paper's;
    holds with both, partly with one, does not hold with neither.
    """
    short = None if reaches(claim, value) else "the figure falls short of the paper's"
    if claim.better == "less":
        short = short and "the figure is above the paper's"
        above = "it is above its strongest control" if over_control.low > 0 else None
        failed = [reason for reason in (above, short) if reason]
        words: tuple[Verdict, ...] = ("holds", "partly", "does not hold")
        return words[len(failed)], _sentence(failed, claim, "It is not above its control")
    if over_null.high < 0:
        return "does not hold", "It lies below the null: less than chance gives."
    if over_null.low <= 0:
        return "does not hold", "It does not beat the null."
    beaten = "it does not beat its strongest control" if over_control.low <= 0 else None
    failed = [reason for reason in (beaten, short) if reason]
    verdict: Verdict = "partly" if failed else "holds"
    return verdict, _sentence(failed, claim, "It beats its strongest control")


def judge_absence(
    claim: Claim, found: Interval, unit: str, both_sides: bool = False
) -> tuple[Verdict, str]:
    """Verdict of a claim that something is not there: an equivalence test with the claim's margin.

    Holds: the whole 95 % interval lies inside the margin (two one-sided tests; Schuirmann 1987).
    Does not hold: the whole interval lies outside. Else undecided: few data never make absence
    hold. `found` is what would be absent, in `unit`, minus what chance gives; only a value above
    the margin speaks against the claim, with `both_sides` one below its negative too.
    """
    margin = claim.margin
    assert margin is not None
    ends = f"[{found.low:.3g}, {found.high:.3g}] {unit}"
    inside = found.high < margin and (not both_sides or found.low > -margin)
    near, far = ("within", "beyond") if both_sides else ("below", "above")
    told = f"The whole interval, {ends}, lies {{}} the margin of {margin:g}."
    if inside:
        return "holds", told.format(near)
    if found.low > margin or (both_sides and found.high < -margin):
        return "does not hold", told.format(far)
    return "undecided", (
        f"The interval, {ends}, reaches across the margin of {margin:g}: more data would tell."
    )


def _sentence(failed: list[str], claim: Claim, passed: str) -> str:
    paper = "reaches the paper's figure" if claim.least is not None else "the paper gives no figure"
    text = " and ".join(failed) or f"{passed}, and {paper}"
    return text[0].upper() + text[1:] + "."


def told(row: Row) -> str:
    """The reason of a row with what was compared with what: its figure and strongest control."""
    if row.sides is not None:
        first, second = (f"{name} {row.controls[name]:.3g}" for name in row.sides)
        return f"{row.reason} Compared: {first} with {second}."
    value = None if row.strongest is None else row.controls.get(row.strongest)
    if row.figure is None or value is None:
        return row.reason
    low, high = row.figure.low, row.figure.high
    return (
        f"{row.reason} Compared: {row.figure.value:.3g} [{low:.3g}, {high:.3g}] with "
        f"{value:.3g} ({row.strongest})."
    )


def untested(claim: Claim, reason: str, cell: str) -> Row:
    """The row of a claim that cannot be tested, and why."""
    return Row(claim, "cannot be tested", reason, cell)

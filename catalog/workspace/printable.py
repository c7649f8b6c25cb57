"""The summary of a panel's work as plain text: to print, or to keep beside a file of labels."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from catalog.workspace import agreement, protocol, reliability, scales
from catalog.workspace.protocol import Interval, Protocol
from catalog.workspace.reliability import Reliability

SURE = 0.9
"""Posterior from which on a subject is counted as sure."""
_WIDE = 96


@dataclass(frozen=True)
class Summary:
    """Everything said of the first blind answers of one build of a model."""

    place: str
    """What was labelled, in words."""
    answers: int
    protocols: tuple[Protocol, ...]
    reliabilities: tuple[Reliability, ...]
    scales: pd.DataFrame
    """scales.COLUMNS."""


def summarise(place: str, answers: pd.DataFrame, second: Sequence[str] = ()) -> Summary:
    """Every figure of rows of `agreement.entering` (of one build); the fields that anybody used."""
    fields = [one for one in agreement.FIELDS if len(answers) and answers[one].notna().any()]
    return Summary(
        place=place,
        answers=len(answers),
        protocols=tuple(protocol.measure(answers, field, second) for field in fields),
        reliabilities=tuple(reliability.measure(answers, field) for field in fields),
        scales=scales.table(answers),
    )


def text(summary: Summary) -> str:
    """The summary as lines of text of at most 100 characters; names are as people wrote them."""
    lines = [f"Labels of {summary.place}: how far people agree, and how sure each answer is", ""]
    if not summary.answers:
        return "\n".join([*lines, "Nobody has answered blind from the queue yet.", ""])
    lines += [
        f"{summary.answers:,} first answers, given blind, without suggestions, from the queue.",
        "Intervals in brackets hold 95 %: of alpha and kappa over subjects drawn with replacement,",
        "of posteriors and accuracies over what the answers leave possible (Dawid & Skene 1979).",
    ]
    for found, sure in zip(summary.protocols, summary.reliabilities, strict=True):
        lines += ["", *_headed(found.field.replace("_", " ").capitalize())]
        lines += _protocol(found) + _second(found) + _sure(sure)
    if len(summary.scales):
        lines += ["", *_headed("Scales, 1 to 5")]
        for row in summary.scales.itertuples():
            span = _span(Interval(_number(row.alpha), _number(row.low), _number(row.high)))
            name = str(row.scale).replace("_", " ")
            lines.append(f"{name:<16} ordinal alpha {span}, {row.units:,} subjects of two people")
    return "\n".join([*lines, ""])


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(str(value))


def _headed(title: str) -> list[str]:
    return [title, "-" * len(title)]


def _protocol(found: Protocol) -> list[str]:
    at = ", ".join(f"{count:,} by {people}" for people, count in found.answered_by.items())
    several = sum(count for people, count in found.answered_by.items() if people > 1)
    return [
        f"panel            {len(found.people)} people: {', '.join(found.people)}",
        f"subjects         {found.subjects:,} ({at})",
        f"unanimous        {_share(found.unanimous)} of {several:,} answered by two or more",
        f"all but one      {_share(found.near)} of those answered by three or more",
        f"Fleiss' kappa    {_span(found.fleiss)}",
        f"Krippendorff's   {_span(_alpha(found))} (nominal alpha)",
        f"same answer      {_share(found.agreement.raw)} of pairs of people",
    ]


def _alpha(found: Protocol) -> Interval:
    return Interval(found.agreement.alpha, found.agreement.low, found.agreement.high)


def _second(found: Protocol) -> list[str]:
    if found.second is None:
        return []
    other = found.second
    return [
        f"second panel     {len(other.people)} people: {', '.join(other.people)}",
        f"  majorities     {_share(other.same)} the same of {other.subjects:,} subjects "
        f"({other.tied:,} tied ones are left out)",
        f"  Cohen's kappa  {_span(other.kappa)}",
    ]


def _sure(found: Reliability) -> list[str]:
    lines = []
    if len(found.subjects):
        sure = int((found.subjects.probability >= SURE).sum())
        median = found.subjects.probability.median()
        lines += [
            f"posterior        median {reliability.chance(median)}; {sure:,} of {len(found.subjects):,} subjects "
            f"at {SURE} or above",
            "right answers    of each person, as the others' answers have it:",
        ]
    for row in found.labelers.itertuples():
        span = _span(Interval(row.accuracy, row.low, row.high))
        lines.append(f"  {row.author:<20} {span} ({row.answers:,} answers)")
    return [*lines, *(f"note             {note}" for note in found.notes)]


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.1%}"


def _span(found: Interval) -> str:
    if found.value is None:
        return "cannot be computed from these answers"
    if found.low is None or found.high is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"

"""The summary of a panel's work as plain text: to print, or to keep beside a file of labels."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from catalog.workspace import agreement, protocol, reliability, resampling, scales, schema
from catalog.workspace.protocol import Interval, Protocol, wilson_of
from catalog.workspace.reliability import Reliability

SURE = 0.9
"""Posterior from which on a subject is counted as sure."""
_WIDE, _NAME = 98, 17
"""Characters of a line, and of the name before a figure."""


@dataclass(frozen=True)
class Summary:
    """Everything said of the first blind answers of one build of a model."""

    place: str
    """What was labelled, in words."""
    answers: int
    people: int
    missing: int
    """Answers that skip or flag."""
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
        people=answers.author.nunique(),
        missing=int((~answers.action.isin(schema.ANSWERS)).sum()),
        protocols=tuple(protocol.measure(answers, field, second) for field in fields),
        reliabilities=tuple(reliability.measure(answers, field) for field in fields),
        scales=scales.table(answers),
    )


def text(summary: Summary) -> str:
    """The summary as lines of text of at most 100 characters; names are as people wrote them."""
    lines = [f"Labels of {summary.place}", "How far people agree, and how sure answers are", ""]
    if not summary.answers:
        return "\n".join([*lines, "Nobody has answered blind from the queue yet.", ""])
    left = f" ({summary.missing:,} skip or flag)" if summary.missing else ""
    lines += textwrap.wrap(
        f"{summary.answers:,} first answers of {summary.people:,} people, given blind, without "
        f"suggestions, from the queue{left}. Machines, second answers, and answers of who had seen "
        "others' are left out. A category is given by who sees a clear pole. Brackets hold 95 %: "
        "of shares of subjects by Wilson; of alpha, kappa and pairs of people over subjects drawn "
        f"with replacement ({resampling.SAMPLES:,} draws); of right answers over what all answers "
        "leave possible (Dawid & Skene 1979, priors in docs/method.md#true-answer).",
        _WIDE,
    )
    for found, sure in zip(summary.protocols, summary.reliabilities, strict=True):
        lines += ["", *_headed(found.field.replace("_", " ").capitalize())]
        lines += _protocol(found) + _second(found) + _sure(sure)
    if len(summary.scales):
        lines += ["", *_headed("Scales, 1 to 5")]
        for row in summary.scales.itertuples():
            span = _span(Interval(_number(row.alpha), _number(row.low), _number(row.high)))
            told = f"ordinal alpha {span}, {row.units:,} subjects of two people or more"
            lines += _line(str(row.scale).replace("_", " "), told)
    return "\n".join([*lines, ""])


def _line(name: str, told: str) -> list[str]:
    """A figure behind its name; what is too long goes on under it."""
    indent = " " * _NAME
    return textwrap.wrap(told, _WIDE, initial_indent=f"{name:<{_NAME}}", subsequent_indent=indent)


def _number(value: object) -> float | None:
    return None if pd.isna(value) else float(str(value))


def _headed(title: str) -> list[str]:
    return [title, "-" * len(title)]


def _protocol(found: Protocol) -> list[str]:
    at = ", ".join(f"{count:,} by {people}" for people, count in found.answered_by.items())
    unanimous, near = found.at_one
    triples = found.by(3)
    near_of = f" of {triples:,} answered by three or more" if triples else ""
    return [
        *_line("panel", f"{len(found.people)} people: {', '.join(found.people)}"),
        *_line("subjects", f"{found.subjects:,} ({at})"),
        *_line("unanimous", f"{_share(unanimous)} of {found.by(2):,} answered by two or more"),
        *_line("all but one", f"{_share(near)}{near_of}"),
        *_line("same answer", f"{_share(found.same)} of the pairs of people who share a subject"),
        *_line("Fleiss' kappa", _span(found.fleiss)),
        *_line("Krippendorff's", f"{_span(_alpha(found))} (nominal alpha)"),
    ]


def _alpha(found: Protocol) -> Interval:
    return Interval(found.agreement.alpha, found.agreement.low, found.agreement.high)


def _second(found: Protocol) -> list[str]:
    if found.second is None:
        return []
    other = found.second
    return [
        *_line("second panel", f"{len(other.people)} people: {', '.join(other.people)}"),
        *_line(
            "  majorities",
            f"{_share(wilson_of(other.same, other.subjects))} the same of {other.subjects:,} "
            f"subjects ({other.tied:,} tied ones are left out)",
        ),
        *_line("  Cohen's kappa", _span(other.kappa)),
    ]


def _sure(found: Reliability) -> list[str]:
    lines = []
    if len(found.subjects):
        sure = int((found.subjects.probability >= SURE).sum())
        median = reliability.chance(found.subjects.probability.median())
        told = f"median {median}; {sure:,} of {len(found.subjects):,} subjects at {SURE} or above"
        right = "probability that a person's answer is the true one, which all answers estimate:"
        lines = [*_line("posterior", told), *_line("right answers", right)]
    for row in found.labelers.itertuples():
        span = _span(Interval(row.accuracy, row.low, row.high))
        lines.append(f"  {row.author:<20} {span} ({row.answers:,} answers)")
    return [*lines, *(line for note in found.notes for line in _line("note", note))]


def _share(found: Interval) -> str:
    if found.value is None or found.low is None or found.high is None:
        return "–"
    return f"{found.value:.1%} [{100 * found.low:.1f}, {100 * found.high:.1f}]"


def _span(found: Interval) -> str:
    if found.value is None:
        return "cannot be computed from these answers"
    if found.low is None or found.high is None:
        return f"{found.value:.3f}"
    return f"{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]"

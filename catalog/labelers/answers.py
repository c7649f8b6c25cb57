"""What came back, as an answer of the closed fields; or why it is none.

Nothing is guessed: an answer that is not the JSON object asked for, names a category that is not
of the list, or contradicts itself, is no answer, and is kept and counted as such.
"""

import json
import re
from collections.abc import Collection
from typing import Any

from catalog.errors import LabelRefused
from catalog.workspace.subjects import Subject
from catalog.workspace.values import Answer

EMPTY, HTML, PROSE, NOT_ASKED = "empty", "HTML", "prose", "not as asked"
"""Kinds of answers that are none; what follows a colon says more."""
_SIDES = {"left", "right"}
_FENCE = re.compile(r"```(?:json)?\s*(.*?)\s*```", re.DOTALL)
_THOUGHT = re.compile(r"\s*<think>.*?</think>", re.DOTALL)
"""What models that reason aloud put before their answer."""
_FIELDS = ("clear_pole", "category", "positive", "negative", "confidence")


class NoAnswer(Exception):
    """The text holds no answer; the message is the reason."""


def label(text: str, subject: Subject, author: str, categories: Collection[str]) -> Answer:
    """The answer that a text gives about a dimension; NoAnswer where it gives none."""
    found = _object(text)
    if unknown := set(found) - set(_FIELDS):
        raise NoAnswer(f"{NOT_ASKED}: it has the field {sorted(unknown)[0][:40]!r}")
    said = {name: _word(found.get(name)) for name in _FIELDS if name != "confidence"}
    if said["category"] is not None and said["category"] not in categories:
        raise NoAnswer(f"{NOT_ASKED}: the category is not of the list")
    if said["clear_pole"] is None:
        raise NoAnswer(f"{NOT_ASKED}: no clear pole is said")
    sure = found.get("confidence")
    if sure is not None and (isinstance(sure, bool) or not isinstance(sure, int)):
        raise NoAnswer(f"{NOT_ASKED}: the confidence is no whole number")
    action = "no_clear_pole" if said["clear_pole"] == "none" else "label"
    try:
        given = Answer(
            subject,
            author,
            action,
            said["clear_pole"],
            said["category"],
            positive=said["positive"],
            negative=said["negative"],
            confidence=sure,
        )
        given.labels()
    except LabelRefused as error:
        raise NoAnswer(f"{NOT_ASKED}: {error}") from error
    return given


def choices(text: str, count: int) -> list[str]:
    """The choices of a test of so many pairs; NoAnswer where one is missing or is neither side."""
    found = _object(text).get("choices")
    if not isinstance(found, list):
        raise NoAnswer(f"{NOT_ASKED}: it has no choices")
    if len(found) != count or not all(isinstance(one, str) and one in _SIDES for one in found):
        right = sum(isinstance(one, str) and one in _SIDES for one in found)
        raise NoAnswer(f"{NOT_ASKED}: {right} choices of {count} pairs")
    return found


def _object(text: str) -> dict[str, Any]:
    """The JSON object that the whole text is; one fence around it and a thought before it go."""
    bare = _THOUGHT.sub("", text, count=1).strip()
    fenced = _FENCE.fullmatch(bare)
    bare = fenced[1] if fenced else bare
    if not bare:
        raise NoAnswer(EMPTY)
    try:
        found = json.loads(bare)
    except (ValueError, RecursionError) as error:
        raise NoAnswer(HTML if bare.startswith("<") else PROSE) from error
    if not isinstance(found, dict):
        raise NoAnswer(f"{NOT_ASKED}: it is no JSON object")
    return found


def _word(value: object) -> str | None:
    """A text, None where there is none; NoAnswer for anything else."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise NoAnswer(f"{NOT_ASKED}: a number or a list stands where a text should")
    return value

"""Tests of labels: which may be tested, the pairs of one, and what came of them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from catalog.labelers import pairs
from catalog.workspace import label_tests
from catalog.workspace.label_tests import Open, Tested
from catalog.workspace.subjects import FIELDS, Subject
from dashboard.common import workspace
from dashboard.common.answers import Here


def testable(here: Here, tester: str) -> pd.DataFrame:
    """Labels with text, of dimensions that the tester has not labelled; newest first."""
    return label_tests.testable(workspace.workspace(), tester, **workspace.model(here))


def begin(here: Here, label: Mapping[str, Any], tester: str, event: str) -> tuple[str, bool]:
    """Draw 30 pairs for a label (a row of `testable`) and begin: its key, whether values are known.

    Without the live model nobody knows an item's value: then all pairs come from the whole range.
    """
    subject = Subject(**{field: str(label[field]) for field in FIELDS})
    tested = Tested(subject, str(label["author"]), str(label["text"]))
    opened = workspace.acting("label")
    trials, values = pairs.drawn(opened, here.catalog, tested, tester, event, here.threshold)
    return label_tests.start(opened, event, tested, tester, trials, event), values


def next_trial(key: str) -> Open | None:
    """The next pair without its answer; None at the end."""
    return label_tests.next_trial(workspace.workspace(), key)


def choose(key: str, trial: int, side: str, seconds: float) -> None:
    """Save a choice."""
    label_tests.choose(workspace.acting("label"), key, trial, side, seconds)


def chance_level(found: pd.DataFrame) -> tuple[int, int, float, float]:
    """Right choices under another dimension's label: right, trials, Wilson low and high."""
    return label_tests.chance_level(found)

"""Tests of labels: which may be tested, the pairs of one, and what came of them."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from catalog.labelers import pairs
from catalog.workspace import label_tests
from catalog.workspace import league as standing
from catalog.workspace.label_tests import Open, Tested
from catalog.workspace.subjects import FIELDS, Subject
from dashboard.common import answers, workspace
from dashboard.common.answers import Answer, Here
from dashboard.labels import frames as label_frames


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


def marked(here: Here, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows with a text, those marked whose label predicts nothing."""
    where = workspace.model(here)
    return standing.marked(
        standing.empties(workspace.workspace(), workspace.person(), **where), rows
    )


def league(here: Here) -> Answer:
    """The league of labelers of the rail's model, of the tests that who looks may see."""
    found = standing.table(label_frames.results(here))
    person = workspace.person()
    asked = "" if person is None else f"person={person!r}"
    copy = answers.python(here.catalog, f"c.labels({asked}).league()")
    return Answer(found, copy, "python")


def told(league: pd.DataFrame) -> pd.DataFrame:
    """The league as it is read: shares with their intervals as texts."""

    def share(row: Any, name: str) -> str:
        low, high = getattr(row, f"{name}_low"), getattr(row, f"{name}_high")
        return f"{getattr(row, name) / row.tests:.2f} [{low:.2f}, {high:.2f}]"

    rows = [
        {
            "author": row.author,
            "by": row.tested_by,
            "labels": row.labels,
            "tests": row.tests,
            "predicts": share(row, "predicts"),
            "nothing": share(row, "nothing"),
            "right": f"{row.share:.2f} [{row.low:.2f}, {row.high:.2f}] of {row.pairs:,}",
        }
        for row in league.itertuples()
    ]
    return pd.DataFrame(rows)

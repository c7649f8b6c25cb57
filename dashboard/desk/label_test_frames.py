"""Tests of labels: which may be tested, the pairs of one, and what came of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from catalog.browse import trial_items
from catalog.workspace import label_pairs, label_tests, reading
from catalog.workspace.label_tests import Open, Tested
from catalog.workspace.subjects import FIELDS, Subject
from dashboard.common import workspace
from dashboard.common.answers import Here


def testable(here: Here, tester: str) -> pd.DataFrame:
    """Labels with text, of dimensions that the tester has not labelled; newest first."""
    opened, names = workspace.workspace(), workspace.model(here)
    found = reading.current(opened, tester, kind="dimension", **names)
    own = set(reading.history(opened, tester, tester, **names).target)
    texts = found.text.notna() & (found.pole != "")
    found = found[texts & ~found.target.isin(own) & (found.author != tester)]
    return found.sort_values("made_at", ascending=False, ignore_index=True)


def begin(here: Here, label: Mapping[str, Any], tester: str, event: str) -> tuple[str, bool]:
    """Draw 30 pairs for a label (a row of `testable`) and begin: its key, whether values are known.

    Without the live model nobody knows an item's value: then all pairs come from the whole range.
    """
    subject = Subject(**{field: str(label[field]) for field in FIELDS})
    tested = Tested(subject, str(label["author"]), str(label["text"]))
    found = trial_items.of_dimension(here.catalog, subject.site, int(subject.name), here.threshold)
    opened = workspace.acting("label")
    said = reading.current(opened, tester, **workspace.model(here))
    alike = said.text.notna() & (said.pole == subject.pole) & (said.target != subject.whole.key)
    generator = np.random.default_rng(list(event.encode()))
    trials = label_pairs.draw(
        found.items, tested.text, subject.pole, said[alike].text.tolist(), found.shown, generator
    )
    trials = [trial if found.values else trial_items.whole(trial) for trial in trials]
    return label_tests.start(opened, event, tested, tester, trials, event), found.values


def next_trial(key: str) -> Open | None:
    """The next pair without its answer; None at the end."""
    return label_tests.next_trial(workspace.workspace(), key)


def choose(key: str, trial: int, side: str, seconds: float) -> None:
    """Save a choice."""
    label_tests.choose(workspace.acting("label"), key, trial, side, seconds)


def chance_level(found: pd.DataFrame) -> tuple[int, int, float, float]:
    """Right choices under another dimension's label: right, trials, Wilson low and high."""
    return label_tests.chance_level(found)

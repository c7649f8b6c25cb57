"""Tests of labels: can someone who holds only the label tell the items' signs?

Score: right choices among the trials that showed the tested label. Verdict
(docs/method.md#label-test): *predicts* where q < 0.05 (exact one-sided binomial against 1/2,
Benjamini-Hochberg over all finished tests of one model, whoever took them); *predicts nothing*
where the upper bound of the Wilson interval is below 0.65; else *undecided*. Trials that showed
another dimension's label are pooled over tests: the empirical chance level, which should hold 1/2.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, and_, case, func, insert, select

from catalog.errors import LabelRefused
from catalog.signs.proportions import binomial_p, wilson
from catalog.signs.significance import benjamini_hochberg
from catalog.workspace import blind, marks, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.label_pairs import Trial
from catalog.workspace.reading import current, frame, history, places
from catalog.workspace.subjects import NAMED, Subject, remember
from catalog.workspace.words import LONGEST_NAME, name, tidy

PREDICTS, NOTHING, UNDECIDED = "predicts", "predicts nothing", "undecided"
LEVEL = 0.05
TOO_LOW = 0.65
"""A label whose upper bound lies below this share says nothing worth having."""


@dataclass(frozen=True)
class Tested:
    """The label under test: what its author said of a subject."""

    subject: Subject
    author: str
    text: str


@dataclass(frozen=True)
class Open:
    """The next trial as the tester may see it: without the answer."""

    trial: int
    left_item: int
    right_item: int
    shown: str
    done: int
    of: int


def testable(workspace: Workspace, tester: str, **names: str | None) -> pd.DataFrame:
    """Labels of poles of dimensions that the tester may test, newest first; columns of `current`.

    `names` are model, revision, reading and site. Left out: what the tester labelled or may not see
    now.
    """
    found = current(workspace, tester, kind="dimension", **names)
    own = set(history(workspace, tester, tester, **names).target)
    texts = found.text.notna() & (found.pole != "")
    found = found[texts & ~found.target.isin(own) & (found.author != tester)]
    return found.sort_values("made_at", ascending=False, ignore_index=True)


def start(
    workspace: Workspace,
    key: str,
    tested: Tested,
    tester: str,
    trials: Sequence[Trial],
    seed: str,
) -> str:
    """Begin a test of a label with trials drawn by `label_pairs.draw` from `seed`; its key.

    Beginning twice with one key begins once. LabelRefused where the tester wrote the label, has
    labelled the subject (and so saw its items), or has it in an open queue.
    """
    tester, key = marks.of_person(name(tester)), tidy(key, "test id", LONGEST_NAME)
    if blind.is_hidden(workspace, tester, tested.subject.whole.key):
        raise LabelRefused("This subject waits in your open queue, so its labels are hidden now.")
    with workspace.writing() as connection:
        begin(connection, key, tested, tester, trials, seed)
    return key


def begin(
    connection: Connection,
    key: str,
    tested: Tested,
    tester: str,
    trials: Sequence[Trial],
    seed: str,
) -> bool:
    """Do what `start` does, inside a transaction of the caller's; False where it was begun."""
    subject, author = tested.subject, name(tested.author)
    if tester == author:
        raise LabelRefused("Whoever wrote a label cannot test it: ask somebody else.")
    if connection.execute(select(schema.label_test).filter_by(key=key)).first():
        return False
    if _has_labelled(connection, tester, subject):
        raise LabelRefused("You have labelled this subject and seen its items: ask another.")
    remember(connection, [subject, subject.whole])
    row = {"key": key, "subject": subject.key, "author": author, "tester": tester, "seed": seed}
    connection.execute(
        insert_new(connection, schema.label_test).values(
            **row, text=tidy(tested.text, "label"), made_at=now()
        )
    )
    connection.execute(
        insert(schema.label_trial),
        [{"test": key, "trial": n, **asdict(trial)} for n, trial in enumerate(trials)],
    )
    return True


def _has_labelled(connection: Connection, tester: str, subject: Subject) -> bool:
    label, part = schema.label, schema.subject
    query = (
        select(label.c.id)
        .join(part, part.c.key == label.c.subject)
        .where(label.c.author == tester, part.c.target == subject.whole.key)
    )
    return connection.execute(query.limit(1)).first() is not None


def next_trial(workspace: Workspace, key: str) -> Open | None:
    """The first trial without a choice; None when the test is finished."""
    trial, choice = schema.label_trial, schema.label_choice
    same = and_(choice.c.test == trial.c.test, choice.c.trial == trial.c.trial)
    query = (
        select(trial, choice.c.choice)
        .outerjoin(choice, same)
        .where(trial.c.test == key)
        .order_by(trial.c.trial)
    )
    with workspace.reading() as connection:
        rows = connection.execute(query).all()
    if not rows:
        raise LabelRefused(f"There is no test {key}: begin one on the page of the label.")
    waiting = [row for row in rows if row.choice is None]
    if not waiting:
        return None
    row, done = waiting[0], len(rows) - len(waiting)
    return Open(row.trial, row.left_item, row.right_item, row.shown, done, len(rows))


def choose(
    workspace: Workspace, key: str, trial: int, choice: str, seconds: float | None = None
) -> bool:
    """Save the choice of a trial; the first one counts (False: there was one already)."""
    if choice not in ("left", "right"):
        raise LabelRefused(f"{choice!r} is not a choice: choose left or right.")
    table = schema.label_choice
    with workspace.writing() as connection:
        there = select(schema.label_trial.c.trial).filter_by(test=key, trial=trial)
        if connection.execute(there).first() is None:
            raise LabelRefused(f"The test {key} has no trial {trial}: reload the page.")
        saved = connection.execute(
            insert_new(connection, table)
            .values(test=key, trial=trial, choice=choice, seconds=seconds, made_at=now())
            .returning(table.c.trial)
        )
        return saved.first() is not None


def results(workspace: Workspace, viewer: str | None, **where: str | None) -> pd.DataFrame:
    """Every finished test of the models asked for, with its verdict, oldest first.

    Columns: seven names, target, test, author, text, tester, made_at; scored, right, share, low,
    high (Wilson, 95 %), p, q, verdict; control and control_right (trials with another's label).
    q is computed over all finished tests of the model before anything else is left out.
    """
    found = finished(workspace, None, model=where.get("model"))
    counts = zip(found.right.tolist(), found.scored.tolist(), strict=True)
    scores = [_score(right, scored) for right, scored in counts]
    table = pd.DataFrame(scores, columns=["share", "low", "high", "p"], index=found.index)
    found = pd.concat([found, table.astype(float)], axis=1)
    found["q"] = 1.0
    for _, family in found.groupby("model"):
        found.loc[family.index, "q"] = benjamini_hochberg(family.p.to_numpy(np.float64))
    found["verdict"] = [verdict(q, high) for q, high in zip(found.q, found.high, strict=True)]
    for field, value in where.items():
        if value is not None:
            found = found[found[field] == value]
    hidden = frozenset() if viewer is None else blind.hidden_targets(workspace, viewer)
    return found[~found.target.isin(hidden)].reset_index(drop=True)


def finished(workspace: Workspace, viewer: str | None, **where: str | None) -> pd.DataFrame:
    """The counts alone of every finished test that is not hidden from `viewer`, oldest first."""
    with workspace.reading() as connection:
        found = frame(connection, _counted(places(**where)))
        hidden = set(connection.scalars(blind.hidden(viewer))) if viewer is not None else set()
    found = found[(found.chosen == found.trials) & ~found.target.isin(hidden)]
    return found.drop(columns=["chosen", "trials"])


def verdict(q: float, high: float) -> str:
    """The verdict of a test from its q and the upper bound of its share."""
    if q < LEVEL:
        return PREDICTS
    return NOTHING if high < TOO_LOW else UNDECIDED


def _score(right: int, scored: int) -> tuple[float, float, float, float]:
    share = right / scored if scored else float("nan")
    return share, *wilson(right, scored), binomial_p(right, scored)


def _counted(where: Sequence[Any]) -> Select[Any]:
    """One row a test with its counts."""
    test, trial, choice = schema.label_test, schema.label_trial, schema.label_choice
    same = and_(choice.c.test == trial.c.test, choice.c.trial == trial.c.trial)
    right = choice.c.choice == trial.c.answer

    def count(condition: Any, label: str) -> Any:
        return func.sum(case((condition, 1), else_=0)).label(label)

    names = [*NAMED, schema.subject.c.target, test.c.key.label("test")]
    names += [test.c.author, test.c.text, test.c.tester, test.c.made_at]
    return (
        select(
            *names,
            func.count(trial.c.trial).label("trials"),
            func.count(choice.c.trial).label("chosen"),
            count(~trial.c.control, "scored"),
            count(and_(~trial.c.control, right), "right"),
            count(trial.c.control, "control"),
            count(and_(trial.c.control, right), "control_right"),
        )
        .join(schema.subject, schema.subject.c.key == test.c.subject)
        .join(trial, trial.c.test == test.c.key)
        .outerjoin(choice, same)
        .where(*where)
        .group_by(*names)
        .order_by(test.c.made_at, test.c.key)
    )


def chance_level(found: pd.DataFrame) -> tuple[int, int, float, float]:
    """Right choices under another dimension's label: right, trials, Wilson low and high.

    `found` is what `results` gives. An interval above 1/2 says that the pairs give the sign away
    without the label, and that the verdicts of these tests are worth nothing.
    """
    right, trials = int(found.control_right.sum()), int(found.control.sum())
    return right, trials, *wilson(right, trials)

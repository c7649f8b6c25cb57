"""Checks on labelers: subjects whose answer is known, and subjects they are shown a second time.

What comes of them is the labeler's own business: shown to that person alone, and of closed queues
only, since a count that moves while one labels would say which subject was the check.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, exists, func, select

from catalog.errors import LabelRefused
from catalog.signs.proportions import wilson
from catalog.workspace import agreement, blind, ordering, people, schema, waiting
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.gold_schema import gold, queue_repeat
from catalog.workspace.reading import frame, history, places
from catalog.workspace.subjects import NAMED, OF_BUILD, Subject, of_row, remember
from catalog.workspace.values import Label
from catalog.workspace.words import LONGEST_NAME, tidy

OWN_COLUMNS = ("check", "field", "same", "of", "low", "high")
_NAMES = "known answers", "asked again"


@dataclass(frozen=True)
class Known:
    """An answer that is known, to check labelers by; all empty withdraws it."""

    subject: Subject
    person: str
    clear_pole: str | None = None
    category: str | None = None

    @property
    def action(self) -> str:
        """Declare, or withdraw where nothing is said."""
        return "declare" if self.clear_pole or self.category else "withdraw"


def declare(workspace: Workspace, event: str, known: Known) -> bool:
    """Save a known answer; True when it is on disk, False where this event already was.

    LabelRefused where the person is no adjudicator, or works blind on the subject just now, or
    the answer would be none of a label.
    """
    people.require_adjudicator(known.person)
    if known.action == "declare":
        action = "no_clear_pole" if known.clear_pole == "none" else "label"
        said = Label(known.subject, known.person, action, known.clear_pole, known.category)
        known = Known(said.subject, said.author, said.clear_pole, said.category)
    if blind.is_hidden(workspace, known.person, known.subject.whole.key):
        raise LabelRefused(
            "This subject waits in your open queue: answer it there, or close the queue, first."
        )
    values = {"person": known.person, "action": known.action, "made_at": now()}
    values |= {"clear_pole": known.clear_pole, "category": known.category}
    values |= {"event": tidy(event, "event id", LONGEST_NAME), "subject": known.subject.key}
    with workspace.writing() as connection:
        there = select(gold.c.id).where(gold.c.event == values["event"])
        if connection.execute(there).first():
            return False
        remember(connection, [known.subject])
        connection.execute(insert_new(connection, gold).values(**values))
    return True


def held(workspace: Workspace, viewer: str | None, **where: str | None) -> pd.DataFrame:
    """Known answers that hold, none hidden: seven names, key, person, clear_pole, category."""
    subject = schema.subject
    columns = (gold.c.person, gold.c.clear_pole, gold.c.category)
    query = (
        select(*NAMED, subject.c.key.label("key"), *columns)
        .join(subject, subject.c.key == gold.c.subject)
        .where(
            waiting.is_known(),
            blind.visible(viewer, gold.c.person, subject.c.target),
            *places(**where),
        )
        .order_by(gold.c.made_at, gold.c.id)
    )
    with workspace.reading() as connection:
        return frame(connection, query)


def to_mix_in(connection: Connection, person: str, subjects: Sequence[Subject]) -> list[Subject]:
    """Subjects with a known answer of the same builds and kinds, but those the person knows.

    Whoever said a known answer, or has answered the subject, is not checked by it.
    """
    asked = {tuple(getattr(one, name) for name in (*OF_BUILD, "kind")) for one in subjects}
    label = schema.label
    answered = exists().where(label.c.subject == gold.c.subject, label.c.author == person)
    query = (
        select(*NAMED)
        .join(gold, gold.c.subject == schema.subject.c.key)
        .where(waiting.is_known(), gold.c.person != person, ~answered)
        .order_by(schema.subject.c.key)
    )
    found = [of_row(row) for row in connection.execute(query)]
    return [one for one in found if tuple(getattr(one, n) for n in (*OF_BUILD, "kind")) in asked]


def plan_repeat(workspace: Workspace, queue: str, person: str, checks: int) -> None:
    """Have the queue ask a subject of its person again, where one is due.

    One after every `checks` answers, drawn from those that lie at least `checks` answers back and
    more than a minute (blind.GRACE); nothing where there is none.
    """
    label = schema.label
    own = (label.c.queue == queue, label.c.author == person, label.c.action.in_(schema.ANSWERS))
    first = func.min(label.c.made_at)
    query = (
        select(label.c.subject, first)
        .join(schema.subject, schema.subject.c.key == label.c.subject)
        .where(*own, schema.subject.c.pole == "")
        .group_by(label.c.subject)
        .order_by(first, label.c.subject)
    )
    with workspace.writing() as connection:
        answered = connection.execute(query).all()
        asked = select(queue_repeat.c.subject).where(queue_repeat.c.queue == queue)
        before = list(connection.scalars(asked))
        if len(answered) // checks <= len(before):
            return
        old = now() - blind.GRACE
        free = [key for key, made in answered[:-checks] if made <= old and key not in before]
        if not free:
            return
        drawn = ordering.generator(f"{queue} {len(before)}", person).integers(len(free))
        connection.execute(
            insert_new(connection, queue_repeat).values(
                queue=queue, number=len(before), subject=free[int(drawn)], made_at=now()
            )
        )


def repeated(queue: str, person: str) -> Select[Any]:
    """SELECT of the subjects that a queue asks again and its person has not answered since."""
    waiting = blind.asked_again(queue_repeat.c, person)
    return (
        select(*NAMED)
        .join(queue_repeat, queue_repeat.c.subject == schema.subject.c.key)
        .where(queue_repeat.c.queue == queue, waiting)
        .order_by(queue_repeat.c.number)
    )


def own(workspace: Workspace, person: str, **where: str | None) -> pd.DataFrame:
    """How a person did on checks of closed queues: OWN_COLUMNS, a row for each check and field.

    check: "known answers" (first blind answers to subjects whose answer is known) or "asked again"
    (the first answer against the one given when asked again); same of `of`, with Wilson's interval.
    For this person's eyes alone.
    """
    log = history(workspace, person, person, **where)
    with workspace.reading() as connection:
        closed = set(connection.scalars(select(schema.queue_closed.c.queue)))
        repeats = frame(connection, select(queue_repeat))
    log = log[log.pole == ""]
    first = agreement.first_blind(log)
    first = first[first.queue.isin(closed)]
    truth = held(workspace, None, **where)
    truth = truth[truth.person != person]
    rows = []
    known = first.merge(truth, on="key", suffixes=("", "_known"))
    again = _again(log, repeats[repeats.queue.isin(closed)])
    for check, pairs, suffix in ((_NAMES[0], known, "_known"), (_NAMES[1], again, "_again")):
        for field in agreement.FIELDS:
            both = pairs.dropna(subset=[field, f"{field}{suffix}"])
            same = int((both[field] == both[f"{field}{suffix}"]).sum())
            low, high = wilson(same, len(both)) if len(both) else (np.nan, np.nan)
            rows.append((check, field, same, len(both), low, high))
    return pd.DataFrame(rows, columns=list(OWN_COLUMNS))


def _again(log: pd.DataFrame, repeats: pd.DataFrame) -> pd.DataFrame:
    """The word that held when a subject was asked again, and the last one given to that."""
    columns = [*agreement.FIELDS, *(f"{field}_again" for field in agreement.FIELDS)]
    given = log[log.action.isin(schema.ANSWERS)]
    rows = []
    for row in repeats.itertuples():
        mine = given[given.key == row.subject]
        before = mine[mine.made_at <= row.made_at]
        after = mine[(mine.made_at > row.made_at) & (mine.queue == row.queue)]
        if len(before) and len(after):
            pair = (before.iloc[-1], after.iloc[-1])
            rows.append([one[field] for one in pair for field in agreement.FIELDS])
    return pd.DataFrame(rows, columns=columns)

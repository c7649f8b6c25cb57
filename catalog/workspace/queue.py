"""Queues: which subjects a person labels, in which order, and how far they are.

The order is fixed when a queue is opened, so that preloading and undo are simple; coverage is
looked at each time: a subject that enough other people have answered meanwhile is passed over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, distinct, exists, func, insert, select

from catalog.errors import LabelRefused
from catalog.workspace import blind, marks, ordering, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.subjects import NAMED, Subject, of_row, remember
from catalog.workspace.words import LONGEST_NAME, name, tidy

_LONGEST_PAUSE = 600.0
"""Seconds: a longer time on one subject was a break and is left out of the pace."""


@dataclass(frozen=True)
class Queue:
    """A person's queue as opened."""

    key: str
    person: str
    title: str
    ordering: str
    coverage: int
    opened_at: datetime


@dataclass(frozen=True)
class Options:
    """How the subjects of a new queue are taken."""

    title: str = ""
    order: str = "random"
    """random (by `seed` and the person), strongest (`strengths`, largest first, NaN last),
    disagreed (share of pairs of people who differ, largest first), fewest (people who have
    answered, fewest first); ties fall at random."""
    coverage: int = 2
    """People wanted for each subject: those that as many others have answered are passed over."""
    strengths: Sequence[float] | None = None
    """One for each subject, for the order strongest."""
    seed: str = ""


@dataclass(frozen=True)
class Progress:
    """How far a queue is. `pace` and `left` are the person's own and shown to nobody else."""

    answered: int
    """Subjects this person has answered, skipped or flagged."""
    waiting: int
    """Subjects still to come."""
    covered: int
    """Subjects passed over because enough others have answered them."""
    pace: float | None
    """Median seconds a subject; None before the first."""
    left: float | None
    """Seconds left at that pace."""


def open_queue(
    workspace: Workspace,
    key: str,
    person: str,
    subjects: Sequence[Subject],
    options: Options | None = None,
) -> Queue:
    """Open a queue over whole subjects the person has not answered yet; from now on they are blind.

    `key` is made by the client (opening twice opens once). LabelRefused where nothing is left to
    answer or an option is unknown.
    """
    how = options or Options()
    person, key = marks.of_person(name(person)), tidy(key, "queue id", LONGEST_NAME)
    _check(how, subjects)
    with workspace.writing() as connection:
        there = _queue(connection, key)
        if there is not None:
            return there
        remember(connection, subjects)
        ordered = _taken(connection, person, subjects, how)
        connection.execute(
            insert_new(connection, schema.queue).values(
                key=key,
                person=person,
                title=tidy(how.title, "title") if how.title else "",
                ordering=how.order,
                seed=how.seed,
                coverage=how.coverage,
                opened_at=now(),
            )
        )
        rows = [
            {"queue": key, "place": place, "subject": subject.key}
            for place, subject in enumerate(ordered)
        ]
        connection.execute(insert(schema.queue_item), rows)
        opened = _queue(connection, key)
    assert opened is not None  # inserted above
    return opened


def _taken(
    connection: Connection, person: str, subjects: Sequence[Subject], how: Options
) -> list[Subject]:
    """Those without the person's answer, each once, in the order asked for."""
    done = _answered_by(connection, person)
    first = {subject.key: i for i, subject in reversed(list(enumerate(subjects)))}
    kept = sorted(i for key, i in first.items() if key not in done)
    if not kept:
        raise LabelRefused("Every subject chosen has your answer already: choose other sites.")
    strength = (
        np.zeros(len(subjects)) if how.strengths is None else np.asarray(how.strengths, float)
    )
    chosen = [subjects[i] for i in kept]
    generator = ordering.generator(how.seed, person)
    places = ordering.ordered(connection, chosen, how.order, strength[kept], generator)
    return [chosen[i] for i in places]


def _check(how: Options, subjects: Sequence[Subject]) -> None:
    if how.order not in ordering.ORDERS:
        known = ", ".join(ordering.ORDERS)
        raise LabelRefused(f"{how.order!r} is not an order; it is one of {known}.")
    if how.coverage < 1:
        raise LabelRefused(f"Coverage is {how.coverage}; at least one person has to answer.")
    if any(subject.pole for subject in subjects):
        raise LabelRefused("A queue holds whole subjects: leave their poles empty.")
    given = how.strengths
    if how.order == "strongest" and (given is None or len(given) != len(subjects)):
        raise LabelRefused("The order strongest needs one strength for each subject.")


def _answered_by(connection: Connection, person: str) -> set[str]:
    """Keys the person has a current word on; what was only skipped may come again."""
    label = schema.label
    query = select(label.c.subject).where(
        label.c.author == person, label.c.action.not_in(("delete", "skip")), blind.is_newest()
    )
    return set(connection.scalars(query))


def close_queue(workspace: Workspace, key: str) -> None:
    """Close a queue: what it hid is shown, and what it left open is no longer blind for its person.

    Closing twice is the same as once.
    """
    with workspace.writing() as connection:
        connection.execute(
            insert_new(connection, schema.queue_closed).values(queue=key, closed_at=now())
        )


def open_queues(workspace: Workspace, person: str) -> list[Queue]:
    """The person's open queues, newest first."""
    table = schema.queue
    query = select(table).where(table.c.person == name(person), blind.is_open(table.c.key))
    with workspace.reading() as connection:
        return [_of(row) for row in connection.execute(query.order_by(table.c.opened_at.desc()))]


def next_subjects(workspace: Workspace, queue: Queue, count: int = 2) -> list[Subject]:
    """The next `count` subjects to label; the second is there to be preloaded. Empty at the end."""
    item, subject = schema.queue_item, schema.subject
    query = (
        select(*NAMED)
        .join(item, item.c.subject == subject.c.key)
        .where(item.c.queue == queue.key, ~_answered(queue), ~_covered(queue))
        .order_by(item.c.place)
        .limit(count)
    )
    with workspace.reading() as connection:
        return [of_row(row) for row in connection.execute(query)]


def progress(workspace: Workspace, queue: Queue) -> Progress:
    """How far the queue is, and its person's own pace."""
    item, label = schema.queue_item, schema.label
    own = item.c.queue == queue.key
    times = select(label.c.seconds).where(
        label.c.queue == queue.key,
        label.c.author == queue.person,
        label.c.seconds <= _LONGEST_PAUSE,
    )
    # One row an event: rows of one answer share their time.
    times = times.group_by(label.c.event, label.c.seconds)
    with workspace.reading() as connection:
        total = _count(connection, own)
        answered = _count(connection, own & _answered(queue))
        covered = _count(connection, own & ~_answered(queue) & _covered(queue))
        seconds = list(connection.scalars(times))
    waiting = total - answered - covered
    pace = float(np.median(seconds)) if seconds else None
    return Progress(answered, waiting, covered, pace, None if pace is None else pace * waiting)


def _count(connection: Connection, where: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(schema.queue_item).where(where)
    return int(connection.scalar(query) or 0)


def _answered(queue: Queue) -> ColumnElement[bool]:
    """Condition on queue_item: its person has answered it (a skip counts in its own queue)."""
    mine = schema.label.alias()
    return exists().where(
        mine.c.subject == schema.queue_item.c.subject,
        mine.c.author == queue.person,
        mine.c.action != "delete",
        (mine.c.action != "skip") | (mine.c.queue == queue.key),
        blind.is_newest(mine),
    )


def _covered(queue: Queue) -> ColumnElement[bool]:
    """Condition on queue_item: as many others as wanted have answered it."""
    other = schema.label.alias()
    people = (
        select(func.count(distinct(other.c.author)))
        .where(
            other.c.subject == schema.queue_item.c.subject,
            other.c.author != queue.person,
            marks.persons(other.c.author),
            other.c.action.in_(schema.ANSWERS),
            blind.is_newest(other),
        )
        .scalar_subquery()
    )
    return people >= queue.coverage


def _queue(connection: Connection, key: str) -> Queue | None:
    row = connection.execute(select(schema.queue).where(schema.queue.c.key == key)).first()
    return None if row is None else _of(row)


def _of(row: Any) -> Queue:
    return Queue(row.key, row.person, row.title, row.ordering, row.coverage, row.opened_at)

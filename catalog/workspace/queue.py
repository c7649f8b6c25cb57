"""Queues: which subjects a person labels, in which order, and how far they are.

The order is fixed when a queue is opened, so that preloading and undo are simple, but for the order
`informative`; coverage is looked at each time: a subject that enough other people have answered
meanwhile is passed over, as is one whose posterior has passed the queue's level.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, insert, select

from catalog.errors import LabelRefused
from catalog.workspace import blind, known, marks, ordering, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.serving import Progress, next_subjects, progress
from catalog.workspace.subjects import Subject, remember
from catalog.workspace.waiting import Queue
from catalog.workspace.words import LONGEST_NAME, name, tidy

__all__ = [
    "Options",
    "Progress",
    "Queue",
    "answered",
    "close_queue",
    "next_subjects",
    "open_queue",
    "open_queues",
    "progress",
]


@dataclass(frozen=True)
class Options:
    """How the subjects of a new queue are taken."""

    title: str = ""
    order: str = "random"
    """random (by `seed` and the person), strongest (`strengths`, largest first, NaN last),
    disagreed (share of pairs of people who differ, largest first), fewest (people who have
    answered, fewest first), informative (see informative.py); ties fall at random."""
    coverage: int = 2
    """People wanted for each subject: those that as many others have answered are passed over."""
    strengths: Sequence[float] | None = None
    """One for each subject, for the order strongest."""
    seed: str = ""
    checks: int | None = None
    """After so many answers come a subject whose answer is known, where there is one, and one that
    the person has answered before; None: never."""
    stop: float | None = None
    """Posterior at which a subject is done and passed over; None: never."""


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
                checks=how.checks,
                stop=how.stop,
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
    ordered = [chosen[i] for i in places]
    if how.checks is None:
        return ordered
    return mixed(ordered, known.to_mix_in(connection, person, chosen), how.checks)


def mixed(ordered: Sequence[Subject], known: Sequence[Subject], every: int) -> list[Subject]:
    """Subjects with one of the known ones after `every` others; known ones lose their own place."""
    rest = [subject for subject in ordered if subject not in known]
    found: list[Subject] = []
    left = list(known)
    for start in range(0, len(rest), every):
        found += rest[start : start + every]
        if left:
            found.append(left.pop(0))
    return found + left


def answered(workspace: Workspace, queue: Queue) -> None:
    """Say that an answer of the queue was saved: what is due is asked again."""
    if queue.checks is not None:
        known.plan_repeat(workspace, queue.key, queue.person, queue.checks)


def _check(how: Options, subjects: Sequence[Subject]) -> None:
    if how.order not in ordering.ORDERS:
        known = ", ".join(ordering.ORDERS)
        raise LabelRefused(f"{how.order!r} is not an order; it is one of {known}.")
    if how.coverage < 1:
        raise LabelRefused(f"Coverage is {how.coverage}; at least one person has to answer.")
    if how.checks is not None and how.checks < 2:
        raise LabelRefused(f"A check after {how.checks} answers is too often: after 2 or more.")
    if how.stop is not None and not 0.5 < how.stop < 1:
        raise LabelRefused(f"The level {how.stop} stops nothing well: take one in 0.5 to 1.")
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


def _queue(connection: Connection, key: str) -> Queue | None:
    row = connection.execute(select(schema.queue).where(schema.queue.c.key == key)).first()
    return None if row is None else _of(row)


def _of(row: Any) -> Queue:
    named = (row.key, row.person, row.title, row.ordering, row.coverage, row.opened_at)
    return Queue(*named, row.checks, row.stop)

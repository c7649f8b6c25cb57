"""What a queue shows next, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, func, select

from catalog.workspace import informative, known, ordering, schema, waiting
from catalog.workspace.file import Workspace
from catalog.workspace.subjects import NAMED, Subject, of_row
from catalog.workspace.waiting import Queue

_LONGEST_PAUSE = 600.0
"""Seconds: a longer time on one subject was a break and is left out of the pace."""


@dataclass(frozen=True)
class Progress:
    """How far a queue is. `pace` and `left` are the person's own and shown to nobody else."""

    answered: int
    """Subjects this person has answered, skipped or flagged."""
    waiting: int
    """Subjects still to come."""
    covered: int
    """Subjects passed over because enough others have answered them, or they are sure enough."""
    pace: float | None
    """Median seconds a subject; None before the first."""
    left: float | None
    """Seconds left at that pace."""


def next_subjects(workspace: Workspace, queue: Queue, count: int = 2) -> list[Subject]:
    """The next `count` subjects to label; the second is there to be preloaded. Empty at the end."""
    with workspace.reading() as connection:
        again = _again(connection, queue)
        if _follows(queue):
            keys = informative.ranking(connection, queue).first(count)
            return [*again, *_subjects(connection, keys)][:count]
        item, subject = schema.queue_item, schema.subject
        query = (
            select(*NAMED)
            .join(item, item.c.subject == subject.c.key)
            .where(item.c.queue == queue.key, ~waiting.answered(queue), ~waiting.covered(queue))
            .order_by(item.c.place)
            .limit(count)
        )
        return [*again, *(of_row(row) for row in connection.execute(query))][:count]


def _follows(queue: Queue) -> bool:
    """Whether what comes next hangs on the answers that have come."""
    return queue.ordering == ordering.INFORMATIVE or queue.stop is not None


def _again(connection: Connection, queue: Queue) -> list[Subject]:
    """Subjects that wait to be answered a second time."""
    if queue.checks is None:
        return []
    return [of_row(row) for row in connection.execute(known.repeated(queue.key, queue.person))]


def _subjects(connection: Connection, keys: Sequence[str]) -> list[Subject]:
    subject = schema.subject
    query: Select[Any] = select(*NAMED, subject.c.key).where(subject.c.key.in_(keys))
    found = {row.key: of_row(row) for row in connection.execute(query)}
    return [found[key] for key in keys]


def progress(workspace: Workspace, queue: Queue) -> Progress:
    """How far the queue is, and its person's own pace."""
    label = schema.label
    times = select(label.c.seconds).where(
        label.c.queue == queue.key,
        label.c.author == queue.person,
        label.c.seconds <= _LONGEST_PAUSE,
    )
    # One row an event: rows of one answer share their time.
    times = times.group_by(label.c.event, label.c.seconds)
    with workspace.reading() as connection:
        answered, free, covered = _counts(connection, queue)
        free += len(_again(connection, queue))
        seconds = list(connection.scalars(times))
    pace = float(np.median(seconds)) if seconds else None
    return Progress(answered, free, covered, pace, None if pace is None else pace * free)


def _counts(connection: Connection, queue: Queue) -> tuple[int, int, int]:
    """Subjects answered, waiting, passed over."""
    if _follows(queue):
        return informative.ranking(connection, queue).left
    own = schema.queue_item.c.queue == queue.key
    done, enough = waiting.answered(queue), waiting.covered(queue)
    total, answered = _count(connection, own), _count(connection, own & done)
    covered = _count(connection, own & ~done & enough)
    return answered, total - answered - covered, covered


def _count(connection: Connection, where: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(schema.queue_item).where(where)
    return int(connection.scalar(query) or 0)

"""A queue, and conditions on its items: answered by its person, covered by enough others."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, distinct, exists, func, select

from catalog.workspace import blind, marks, schema
from catalog.workspace.gold_schema import gold


@dataclass(frozen=True)
class Queue:
    """A person's queue as opened."""

    key: str
    person: str
    title: str
    ordering: str
    coverage: int
    opened_at: datetime
    checks: int | None = None
    """After so many answers comes a check; None: never."""
    stop: float | None = None
    """Posterior at which a subject is done; None: never."""


def is_known(newest: str = "declare") -> ColumnElement[bool]:
    """Condition on rows of `gold`: the newest of its subject, and it declares."""
    newer = gold.alias()
    later = (newer.c.made_at > gold.c.made_at) | (
        (newer.c.made_at == gold.c.made_at) & (newer.c.id > gold.c.id)
    )
    return ~exists().where(newer.c.subject == gold.c.subject, later) & (gold.c.action == newest)


def answered(queue: Queue) -> ColumnElement[bool]:
    """Condition on queue_item: its person has answered it (a skip counts in its own queue)."""
    mine = schema.label.alias()
    return exists().where(
        mine.c.subject == schema.queue_item.c.subject,
        mine.c.author == queue.person,
        mine.c.action != "delete",
        (mine.c.action != "skip") | (mine.c.queue == queue.key),
        blind.is_newest(mine),
    )


def covered(queue: Queue) -> ColumnElement[bool]:
    """Condition on queue_item: as many others as wanted have answered it.

    A subject that checks its labeler never is: each one is asked.
    """
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
    enough = people >= queue.coverage
    if queue.checks is None:
        return enough
    return enough & ~exists().where(gold.c.subject == schema.queue_item.c.subject, is_known())

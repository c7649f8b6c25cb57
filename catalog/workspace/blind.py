"""What is hidden from whom: the unanswered subjects of a person's open queues.

A subject answered less than GRACE ago counts as unanswered, so that a slip can be undone and
answered again without having seen anybody else's label in between.

Making these conditions takes longer than asking them, and every page asks some: each is made once.
"""

import functools
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    exists,
    literal,
    or_,
    select,
    union_all,
)

from catalog.workspace import gold_schema, schema
from catalog.workspace.file import Workspace, now
from catalog.workspace.words import name

GRACE = timedelta(seconds=60)
"""Undone within this time, an answer was a slip: the next one is the first."""


def is_newest(row: Any = schema.label) -> ColumnElement[bool]:
    """Condition: no later row of the same author and subject (equal times: the later arrival)."""
    return _newest_label() if row is schema.label else _newest(row)


@functools.cache
def _newest_label() -> ColumnElement[bool]:
    return _newest(schema.label)


def _newest(row: Any) -> ColumnElement[bool]:
    newer = schema.label.alias()
    later = or_(
        newer.c.made_at > row.c.made_at,
        and_(newer.c.made_at == row.c.made_at, newer.c.id > row.c.id),
    )
    same = and_(newer.c.subject == row.c.subject, newer.c.author == row.c.author)
    return ~exists().where(same, later)


def is_open(queue: ColumnElement[str]) -> ColumnElement[bool]:
    """Condition: the queue of this key was not closed."""
    return ~exists().where(schema.queue_closed.c.queue == queue)


def hidden(person: str) -> CompoundSelect[tuple[str]]:
    """SELECT of the targets hidden from `person` now (a target: a subject without its pole)."""
    return _unanswered(name(person))


def waiting() -> CompoundSelect[tuple[str]]:
    """SELECT of the targets that are hidden from anybody now: what must not leave meanwhile."""
    return _unanswered(None)


def asked_again(repeat: Any, person: Any) -> ColumnElement[bool]:
    """Condition on rows of queue_repeat: the queue's person has not answered since it was asked."""
    mine = schema.label.alias()
    return ~exists().where(
        mine.c.subject == repeat.subject,
        mine.c.author == person,
        mine.c.queue == repeat.queue,
        mine.c.made_at > repeat.made_at,
    )


@functools.lru_cache(maxsize=512)
def _unanswered(person: str | None) -> CompoundSelect[tuple[str]]:
    """Targets of open queues, of one person or all, that the queue's person has not answered, and
    those asked again that they have not answered since.
    """
    queue, repeat = schema.queue.alias(), gold_schema.queue_repeat.alias()
    again = (
        select(repeat.c.subject)
        .join(queue, queue.c.key == repeat.c.queue)
        .where(is_open(queue.c.key), asked_again(repeat.c, queue.c.person))
    )
    found = _first_time(person)
    return union_all(found, again if person is None else again.where(queue.c.person == person))


def _settled() -> datetime:
    """When an answer that is no slip any more was given at the latest."""
    return now() - GRACE


def _first_time(person: str | None) -> Select[tuple[str]]:
    item, queue = schema.queue_item.alias(), schema.queue.alias()
    subject, mine = schema.subject.alias(), schema.label.alias()
    answered = exists().where(
        mine.c.subject == item.c.subject,
        mine.c.author == queue.c.person,
        mine.c.action != "delete",
        mine.c.made_at <= bindparam(None, type_=mine.c.made_at.type, callable_=_settled),
        is_newest(mine),
    )
    found = (
        select(subject.c.target)
        .join(item, item.c.subject == subject.c.key)
        .join(queue, queue.c.key == item.c.queue)
        .where(is_open(queue.c.key), ~answered)
    )
    return found if person is None else found.where(queue.c.person == person)


def visible(
    viewer: str | None, author: ColumnElement[str], target: ColumnElement[str]
) -> ColumnElement[bool]:
    """Condition on rows: the viewer's own, or about nothing hidden; None sees everything."""
    if viewer is None:
        return author == author
    return or_(author == viewer, target.not_in(hidden(viewer)))


def hidden_targets(workspace: Workspace, person: str) -> frozenset[str]:
    """Keys of the whole subjects whose labels and suggestions `person` must not see now.

    Every page, the search and the SQL console leave these out: labels of others, final labels,
    tests, comments and suggestions alike. Compare with `Subject.whole.key`.
    """
    with workspace.reading() as connection:
        return frozenset(connection.scalars(hidden(person)))


def is_hidden(workspace: Workspace, person: str, target: str) -> bool:
    """Whether the whole subject of this key is hidden from the person now."""
    with workspace.reading() as connection:
        return bool(connection.scalar(select(literal(target).in_(hidden(person)))))

"""The log of labels: append a person's word.

One act of a person is one event: its rows are saved in one transaction, once, however often the
client sends it. Nothing is changed or removed: a correction, an undo and a deletion are rows too.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, select

from catalog.errors import LabelRefused
from catalog.workspace import blind, marks, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.subjects import NAMED, Subject, of_row, remember
from catalog.workspace.values import CONTENT, Answer, Circumstances, Label
from catalog.workspace.words import LONGEST_NAME, tidy

__all__ = ["Answer", "Circumstances", "Label", "answer", "append", "is_blind", "save", "undo"]

_TICK = timedelta(microseconds=1)


def save(
    workspace: Workspace, event: str, labels: Sequence[Label], how: Circumstances | None = None
) -> bool:
    """Append the labels of one event; True when they are on disk, False when they were already.

    Raises LabelRefused (a broken rule; an event id used for something else), WorkspaceBusy,
    WorkspaceReadOnly: in each case nothing was saved.
    """
    with workspace.writing() as connection:
        return append(connection, event, labels, how or Circumstances())


def answer(workspace: Workspace, event: str, given: Answer, how: Circumstances) -> bool:
    """Save an answer of the queue like `save`; text that it no longer holds is taken back."""
    labels = given.labels()
    whole = given.subject
    with workspace.writing() as connection:
        if _already(connection, event, labels):
            return False
        return append(connection, event, [*labels, *taken_back(connection, labels, whole)], how)


def taken_back(connection: Connection, labels: Sequence[Label], whole: Subject) -> list[Label]:
    """Deletions of what the author of `labels` said of a subject or a pole and now does not."""
    author, said = labels[0].author, {label.subject for label in labels}
    places = (whole, replace(whole, pole="+"), replace(whole, pole="-"))
    return [
        Label(place, author, "delete")
        for place in places
        if place not in said and _standing(connection, author, place)
    ]


def undo(workspace: Workspace, event: str, author: str, undone: str) -> bool:
    """Take back what `author` did in the event `undone`: what held before holds again.

    Subjects the author has answered anew since stay as they are. False where nothing was left to
    undo or `event` was saved before.
    """
    table = schema.label
    with workspace.writing() as connection:
        rows = connection.execute(
            select(table, *NAMED)
            .join(schema.subject, schema.subject.c.key == table.c.subject)
            .where(table.c.event == undone, table.c.author == author, blind.is_newest())
        ).all()
        labels = [_before(connection, row) for row in rows]
        return bool(labels) and append(connection, event, labels, Circumstances())


def _before(connection: Connection, row: Any) -> Label:
    """What the author of `row` said of its subject before."""
    table = schema.label
    older = connection.execute(
        select(table)
        .where(table.c.subject == row.subject, table.c.author == row.author)
        .where((table.c.made_at < row.made_at) & (table.c.id != row.id))
        .order_by(table.c.made_at.desc(), table.c.id.desc())
        .limit(1)
    ).first()
    subject = of_row(row)
    if older is None:
        return Label(subject, row.author, "delete")
    return Label(subject, row.author, **{field: getattr(older, field) for field in CONTENT})


def _standing(connection: Connection, author: str, subject: Subject) -> bool:
    """Whether the author has a current word on the subject."""
    table = schema.label
    own = table.c.subject == subject.key, table.c.author == author
    newest = select(table.c.action).where(*own, blind.is_newest())
    return connection.scalar(newest) not in (None, "delete")


def append(connection: Connection, event: str, labels: Sequence[Label], how: Circumstances) -> bool:
    """Do what `save` does, inside a transaction of the caller's."""
    event = tidy(event, "event id", LONGEST_NAME)
    authors = {label.author for label in labels}
    if len(authors) != 1 or len({label.subject for label in labels}) != len(labels):
        raise LabelRefused("One save holds labels of one person, one for each subject.")
    if _already(connection, event, labels):
        return False
    (author,) = authors
    if how.source != marks.SOURCE:
        marks.of_person(author)
    elif not marks.is_machine(author):
        raise LabelRefused(f"{author} is no machine: its name begins with {marks.MARK}")
    remember(connection, [s for label in labels for s in (label.subject, label.subject.whole)])
    circumstances = asdict(how)
    wholes = {label.subject.whole for label in labels}
    unseen = {whole: is_blind(connection, author, whole, how.queue) for whole in wholes}
    rows = [
        {
            "event": event,
            "subject": label.subject.key,
            "author": label.author,
            **label.content,
            **circumstances,
            "blind": unseen[label.subject.whole],
            "made_at": _moment(connection, label),
        }
        for label in labels
    ]
    connection.execute(insert_new(connection, schema.label), rows)
    return True


def _already(connection: Connection, event: str, labels: Sequence[Label]) -> bool:
    """Whether the event was saved (with deletions of its own); LabelRefused if with other words."""
    table = schema.label
    columns = [table.c.subject, table.c.author, *(table.c[field] for field in CONTENT)]
    rows = connection.execute(select(*columns).where(table.c.event == event))
    there = {tuple(row) for row in rows}
    if not there:
        return False
    sent = {(label.subject.key, label.author, *label.content.values()) for label in labels}
    action = columns.index(table.c.action)
    if sent - there or any(row[action] != "delete" for row in there - sent):
        raise LabelRefused(f"The event {event} was saved with other labels: send a new event id.")
    return True


def _moment(connection: Connection, label: Label) -> datetime:
    """Now, or just after the author's last row of the subject where a clock went back."""
    table = schema.label
    last = connection.scalar(
        select(func.max(table.c.made_at)).where(
            table.c.subject == label.subject.key, table.c.author == label.author
        )
    )
    moment = now()
    return max(moment, last + _TICK) if isinstance(last, datetime) else moment


def is_blind(connection: Connection, author: str, whole: Subject, queue: str | None) -> bool:
    """Whether others' labels of the whole subject were hidden from the author until now.

    True where it lies in the author's own open `queue` and in none that the author closed before
    answering it (closing reveals).
    """
    if queue is None:
        return False
    item, table, closed = schema.queue_item, schema.queue, schema.queue_closed
    own = (
        select(item.c.queue)
        .join(table, table.c.key == item.c.queue)
        .where(table.c.person == author, item.c.subject == whole.key)
    )
    here = connection.scalar(
        select(exists(own.where(item.c.queue == queue, blind.is_open(item.c.queue))))
    )
    revealed = connection.scalar(select(exists(own.join(closed, closed.c.queue == item.c.queue))))
    return bool(here) and not revealed

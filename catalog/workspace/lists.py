"""Named lists of subjects: anybody adds and removes, everything that was ever done stays.

A list is its name, the same for everybody; it is there while something is in it. What is hidden
from who looks is left out of every list, since a list's name may say what it holds.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Literal

import pandas as pd
from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select

from catalog.errors import LabelRefused
from catalog.workspace import blind, marks, schema
from catalog.workspace.file import Workspace, now
from catalog.workspace.gathered_schema import list_entry
from catalog.workspace.reading import frame, places
from catalog.workspace.subjects import NAMED, Subject, of_row, remember
from catalog.workspace.words import LONGEST_NAME, name, tidy

Action = Literal["add", "remove"]
_OPPOSITE: dict[str, Action] = {"add": "remove", "remove": "add"}
_BATCH = 1000
_TICK = timedelta(microseconds=1)


def change(
    workspace: Workspace,
    event: str,
    person: str,
    title: str,
    subjects: Iterable[Subject],
    action: Action = "add",
) -> int:
    """Add subjects to a list, or remove them; how many that changed. One event is saved once.

    LabelRefused where the list's name cannot be shown, or there are no subjects.
    """
    title = name(tidy(title, "name of the list", LONGEST_NAME))
    person, event = marks.of_person(name(person)), tidy(event, "event id", LONGEST_NAME)
    chosen = list(dict.fromkeys(subjects))
    if not chosen:
        raise LabelRefused("Nothing is chosen: choose rows, or name numbers.")
    with workspace.writing() as connection:
        if _saved(connection, event):
            return 0
        there, newest = _standing(connection, title)
        wanted = [one for one in chosen if (one.key in there) == (action == "remove")]
        _append(connection, event, person, title, wanted, action, newest)
    return len(wanted)


def undo(workspace: Workspace, event: str, person: str, undone: str) -> int:
    """Take back what `person` did in the event `undone`; how many subjects that changed.

    What others have changed since stays as it is.
    """
    person = name(person)
    with workspace.writing() as connection:
        if _saved(connection, event):
            return 0
        rows = connection.execute(
            select(list_entry.c.list, list_entry.c.action, *NAMED)
            .join(schema.subject, schema.subject.c.key == list_entry.c.subject)
            .where(list_entry.c.event == undone, list_entry.c.person == person, _is_newest())
        ).all()
        if not rows:
            return 0
        title, action = rows[0].list, _OPPOSITE[rows[0].action]
        _, newest = _standing(connection, title)
        subjects = [of_row(row) for row in rows]
        _append(connection, event, person, title, subjects, action, newest)
    return len(rows)


def every(workspace: Workspace, viewer: str | None, **where: str | None) -> pd.DataFrame:
    """Every list that holds something: list, subjects (how many), people, made_at (the last).

    `where` names model, revision, reading, site or kind of what is counted.
    """
    query = (
        select(
            list_entry.c.list,
            func.count().label("subjects"),
            func.count(list_entry.c.person.distinct()).label("people"),
            func.max(list_entry.c.made_at).label("made_at"),
        )
        .join(schema.subject, schema.subject.c.key == list_entry.c.subject)
        .where(*_held(viewer), *places(**where))
        .group_by(list_entry.c.list)
        .order_by(list_entry.c.list)
    )
    with workspace.reading() as connection:
        return frame(connection, query)


def of_list(
    workspace: Workspace, viewer: str | None, title: str, **where: str | None
) -> pd.DataFrame:
    """What a list holds, in the order it came: seven names, key, target, person, made_at."""
    return _rows(workspace, viewer, list_entry.c.list == title, **where)


def of_subject(workspace: Workspace, viewer: str | None, subject: Subject) -> list[str]:
    """Names of the lists that a subject, or one of its poles, is in."""
    about = schema.subject.c.target == subject.whole.key
    return sorted(set(_rows(workspace, viewer, about)["list"]))


def _rows(
    workspace: Workspace, viewer: str | None, about: ColumnElement[bool], **where: str | None
) -> pd.DataFrame:
    subject = schema.subject
    columns = (list_entry.c.list, list_entry.c.person, list_entry.c.made_at)
    query = (
        select(*NAMED, subject.c.key.label("key"), subject.c.target.label("target"), *columns)
        .join(subject, subject.c.key == list_entry.c.subject)
        .where(about, *_held(viewer), *places(**where))
        .order_by(list_entry.c.made_at, list_entry.c.id)
    )
    with workspace.reading() as connection:
        return frame(connection, query)


def _held(viewer: str | None) -> tuple[ColumnElement[bool], ...]:
    """Conditions: the newest row of its list and subject adds, and `viewer` may see it."""
    seen = blind.visible(viewer, list_entry.c.person, schema.subject.c.target)
    return list_entry.c.action == "add", _is_newest(), seen


def _is_newest() -> ColumnElement[bool]:
    newer = list_entry.alias()
    same = and_(newer.c.list == list_entry.c.list, newer.c.subject == list_entry.c.subject)
    later = or_(
        newer.c.made_at > list_entry.c.made_at,
        and_(newer.c.made_at == list_entry.c.made_at, newer.c.id > list_entry.c.id),
    )
    return ~exists().where(same, later)


def _standing(connection: Connection, title: str) -> tuple[set[str], datetime | None]:
    """Keys of what a list holds, and when it was last changed."""
    own = list_entry.c.list == title
    query = select(list_entry.c.subject).where(own, list_entry.c.action == "add", _is_newest())
    newest = connection.scalar(select(func.max(list_entry.c.made_at)).where(own))
    return set(connection.scalars(query)), newest if isinstance(newest, datetime) else None


def _saved(connection: Connection, event: str) -> bool:
    return (
        connection.execute(select(list_entry.c.id).where(list_entry.c.event == event)).first()
        is not None
    )


def _append(
    connection: Connection,
    event: str,
    person: str,
    title: str,
    subjects: list[Subject],
    action: Action,
    newest: datetime | None,
) -> None:
    """Rows of one event, later than all before it even where a clock went back."""
    remember(connection, [s for one in subjects for s in (one, one.whole)])
    moment = now() if newest is None else max(now(), newest + _TICK)
    common: dict[str, Any] = {"event": event, "list": title, "person": person, "action": action}
    rows = [{**common, "subject": one.key, "made_at": moment} for one in subjects]
    for start in range(0, len(rows), _BATCH):
        connection.execute(insert(list_entry), rows[start : start + _BATCH])

"""What people keep besides labels: flip runs, own concepts, verifications, stars, comments.

One log for all: the newest row of (kind, key) holds. Keys: run - any name; concept - model and
name; verification - the catalog's content hash; star - person and subject; comment - any name.
"""

import functools
import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from catalog.errors import LabelRefused
from catalog.workspace import blind, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.subjects import Subject, remember
from catalog.workspace.words import LONGEST_NAME, name, tidy

Kind = Literal["run", "concept", "verification", "star", "comment"]
Action = Literal["save", "delete"]


@dataclass(frozen=True)
class Entry:
    """One thing to keep: what it is, whose, of which model, and what it holds."""

    kind: Kind
    key: str
    person: str
    model: str
    body: Mapping[str, Any]
    """Plain JSON values."""
    subject: Subject | None = None


@dataclass(frozen=True)
class Saved:
    """One thing as it stands now."""

    kind: Kind
    key: str
    person: str
    model: str
    subject: str | None
    """Key of its subject, where it has one."""
    body: dict[str, Any]
    made_at: datetime


def save(workspace: Workspace, event: str, entry: Entry, action: Action = "save") -> bool:
    """Append one row; True when it is on disk, False where this event already was.

    LabelRefused where the body holds more than plain JSON values (NaN included: use None).
    """
    with workspace.writing() as connection:
        return append(connection, event, entry, action)


def append(connection: Connection, event: str, entry: Entry, action: Action = "save") -> bool:
    """Do what `save` does, inside a transaction of the caller's."""
    row = {"event": tidy(event, "event id", LONGEST_NAME), **_row(entry), "action": action}
    table = schema.saved
    if connection.execute(select(table.c.id).where(table.c.event == row["event"])).first():
        return False
    if entry.subject:
        remember(connection, [entry.subject, entry.subject.whole])
    connection.execute(insert_new(connection, table).values(**row, made_at=now()))
    return True


def _row(entry: Entry) -> dict[str, Any]:
    try:
        text = json.dumps(dict(entry.body), ensure_ascii=True, allow_nan=False, sort_keys=True)
    except (TypeError, ValueError) as error:
        raise LabelRefused(
            f"This {entry.kind} cannot be saved: {error}. Use plain values."
        ) from error
    return {
        "kind": entry.kind,
        "key": tidy(entry.key, "key"),
        "person": name(entry.person),
        "model": tidy(entry.model, "model"),
        "subject": entry.subject.key if entry.subject else None,
        "body": text,
    }


@functools.cache
def stands() -> ColumnElement[bool]:
    """Condition on `saved`: no later row of the same kind and name, such as one that removes it."""
    table, newer = schema.saved, schema.saved.alias()
    later = or_(
        newer.c.made_at > table.c.made_at,
        and_(newer.c.made_at == table.c.made_at, newer.c.id > table.c.id),
    )
    return ~exists().where(newer.c.kind == table.c.kind, newer.c.key == table.c.key, later)


def held(
    workspace: Workspace,
    kind: Kind,
    viewer: str | None,
    *,
    key: str | None = None,
    model: str | None = None,
    person: str | None = None,
    target: str | None = None,
) -> list[Saved]:
    """Everything of one kind that holds now, newest first; what is hidden from `viewer` left out.

    `target`: only those about this whole subject or one of its poles.
    """
    table, subject = schema.saved, schema.subject
    asked = {table.c.key: key, table.c.model: model, table.c.person: person}
    query = (
        select(table)
        .outerjoin(subject, subject.c.key == table.c.subject)
        .where(table.c.kind == kind, table.c.action == "save", stands())
        .where(*(column == value for column, value in asked.items() if value is not None))
        .where(
            or_(table.c.subject.is_(None), blind.visible(viewer, table.c.person, subject.c.target))
        )
        .order_by(table.c.made_at.desc(), table.c.id.desc())
    )
    if target is not None:
        query = query.where(subject.c.target == target)
    with workspace.reading() as connection:
        return [
            Saved(
                kind, row.key, row.person, row.model, row.subject, json.loads(row.body), row.made_at
            )
            for row in connection.execute(query)
        ]


def star(workspace: Workspace, event: str, person: str, subject: Subject, on: bool = True) -> bool:
    """Star a subject, or take the star off."""
    return save(workspace, event, _star(person, subject), "save" if on else "delete")


def star_all(
    workspace: Workspace, event: str, person: str, subjects: Iterable[Subject], on: bool = True
) -> list[Subject]:
    """Star many subjects, or take their stars off, in one transaction; those that this changed."""
    held_now = {one.key for one in held(workspace, "star", None, person=name(person))}
    given = [(subject, _star(person, subject)) for subject in dict.fromkeys(subjects)]
    changed = [(subject, entry) for subject, entry in given if (entry.key in held_now) != on]
    action, moment = "save" if on else "delete", now()
    rows = [
        {
            "event": hashlib.sha256(f"{event}\n{entry.key}".encode()).hexdigest()[:40],
            **_row(entry),
            "action": action,
            "made_at": moment,
        }
        for _, entry in changed
    ]
    if rows:
        with workspace.writing() as connection:
            remember(connection, [s for one, _ in changed for s in (one, one.whole)])
            connection.execute(insert_new(connection, schema.saved), rows)
    return [subject for subject, _ in changed]


def _star(person: str, subject: Subject) -> Entry:
    person = name(person)
    key = hashlib.sha256(f"{person}\n{subject.key}".encode()).hexdigest()[:24]
    body = {field: getattr(subject, field) for field in ("site", "kind", "name", "pole")}
    return Entry("star", key, person, subject.model, body, subject)


def concept_key(model: str, concept: str) -> str:
    """Key of a person's own concept: one of a name for each model."""
    return hashlib.sha256(f"{model}\n{tidy(concept, 'name')}".encode()).hexdigest()[:24]


def verified_at(workspace: Workspace, content_hash: str) -> datetime | None:
    """When the catalog of this content was last verified without a mismatch; None if never."""
    for row in held(workspace, "verification", None, key=content_hash):
        if row.body.get("passed"):
            return row.made_at
    return None

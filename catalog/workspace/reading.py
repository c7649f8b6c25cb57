"""Read the log as frames: what holds now, and everything that was ever said.

Every function takes the `viewer`: what is hidden from that person (blind.py) is left out; None
(the command line) sees everything.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, distinct, func, select

from catalog.workspace import blind, marks, schema
from catalog.workspace.file import Workspace
from catalog.workspace.subjects import NAMED, Subject

_HOLDS = (blind.is_newest(), schema.label.c.action != "delete")
_LABEL = [column for column in schema.label.c if column.name not in ("id", "subject")]


def frame(connection: Connection, query: Select[Any]) -> pd.DataFrame:
    """Rows of a query, one column each; NULL is a missing value (isna), times are naive UTC."""
    result = connection.execute(query)
    return pd.DataFrame.from_records(
        [tuple(row) for row in result], columns=list(result.keys()), coerce_float=False
    )


def places(
    model: str | None = None,
    revision: str | None = None,
    reading: str | None = None,
    site: str | None = None,
    kind: str | None = None,
    name: str | None = None,
) -> list[ColumnElement[bool]]:
    """Conditions on the subject, one for each name given."""
    asked = {
        "model": model, "revision": revision, "reading": reading,
        "site": site, "kind": kind, "name": name,
    }  # fmt: skip
    return [schema.subject.c[field] == value for field, value in asked.items() if value is not None]


def history(
    workspace: Workspace, viewer: str | None, author: str | None = None, **where: str | None
) -> pd.DataFrame:
    """Every row of the log, oldest first: seven names, key, target, and the columns of `label`."""
    query = _log(viewer, author, where)
    with workspace.reading() as connection:
        return frame(connection, query.order_by(schema.label.c.made_at, schema.label.c.id))


def current(
    workspace: Workspace, viewer: str | None, author: str | None = None, **where: str | None
) -> pd.DataFrame:
    """The newest row of each author and subject, deletions left out; columns of `history`."""
    query = _log(viewer, author, where).where(*_HOLDS)
    with workspace.reading() as connection:
        return frame(connection, query.order_by(schema.label.c.made_at, schema.label.c.id))


def _log(viewer: str | None, author: str | None, where: dict[str, str | None]) -> Select[Any]:
    label, subject = schema.label, schema.subject
    query = (
        select(*NAMED, subject.c.key.label("key"), subject.c.target.label("target"), *_LABEL)
        .join(subject, subject.c.key == label.c.subject)
        .where(blind.visible(viewer, label.c.author, subject.c.target), *places(**where))
    )
    return query if author is None else query.where(label.c.author == author)


def of_subject(workspace: Workspace, viewer: str | None, subject: Subject) -> pd.DataFrame:
    """What everyone says now of one subject and of its poles; columns of `history`."""
    query = _log(viewer, None, {}).where(schema.subject.c.target == subject.whole.key, *_HOLDS)
    with workspace.reading() as connection:
        return frame(connection, query.order_by(schema.label.c.made_at, schema.label.c.id))


def by_people(rows: pd.DataFrame) -> pd.DataFrame:
    """Those rows of `history` or `current` whose author is no machine."""
    return rows[~rows.author.map(marks.is_machine).astype(bool)]


def labelled(workspace: Workspace, viewer: str | None, **where: str | None) -> pd.DataFrame:
    """Subjects that people answered: site, kind, name, target and `people` (how many said so).

    For the column and the filter "unlabelled" of tables.
    """
    label, subject = schema.label, schema.subject
    query = (
        select(
            subject.c.site,
            subject.c.kind,
            subject.c.name,
            subject.c.target,
            func.count(distinct(label.c.author)).label("people"),
        )
        .join(label, label.c.subject == subject.c.key)
        .where(blind.is_newest(), label.c.action.in_(schema.ANSWERS), *places(**where))
        .where(
            marks.persons(label.c.author), blind.visible(viewer, label.c.author, subject.c.target)
        )
        .group_by(subject.c.site, subject.c.kind, subject.c.name, subject.c.target)
    )
    with workspace.reading() as connection:
        return frame(connection, query)


def search(
    workspace: Workspace, viewer: str | None, words: str, limit: int = 200, **where: str | None
) -> pd.DataFrame:
    """Current labels whose text or category holds `words`, any case; columns of `history`."""
    text = schema.label.c.text.icontains(words, autoescape=True)
    category = schema.label.c.category.icontains(words, autoescape=True)
    query = _log(viewer, None, where).where(*_HOLDS, text | category)
    with workspace.reading() as connection:
        return frame(connection, query.order_by(schema.label.c.made_at.desc()).limit(limit))


def own_words(workspace: Workspace, author: str) -> list[str]:
    """The author's own texts, the most used first: all that autocomplete may add to the list."""
    text = schema.label.c.text
    query = (
        select(text)
        .where(schema.label.c.author == author, text.is_not(None), blind.is_newest())
        .group_by(text)
        .order_by(func.count().desc(), text)
    )
    with workspace.reading() as connection:
        return [str(found) for found in connection.scalars(query)]


def authors(workspace: Workspace) -> Sequence[str]:
    """Everyone who ever saved a label, by name."""
    column = schema.label.c.author
    with workspace.reading() as connection:
        return connection.scalars(select(column).distinct().order_by(column)).all()

"""Comments that name people: @ada, @ada@lab.example, or @Ada Lovelace where that name is known.

Whoever is named finds the comment on Home and on Label until it is marked as read. Nobody is named
by a comment on what is hidden from them: it waits until they have answered.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, exists, select, union

from catalog.errors import LabelRefused
from catalog.workspace import access_schema, blind, marks, runs, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.gathered_schema import list_entry, mention
from catalog.workspace.subjects import NAMED, Subject, of_row
from catalog.workspace.words import LONGEST_NAME, name, paragraph, tidy

MOST = 20
"""People that one comment may name."""
_AT = re.compile(r"(?<![\w@.])@(?=\w)")
_WORD = re.compile(r"[\w.+-]*\w(?:@[\w.-]*\w)?")


@dataclass(frozen=True)
class Mention:
    """A comment that names somebody who has not read it yet."""

    comment: str
    """Its key."""
    person: str
    """Who wrote it."""
    subject: Subject
    text: str
    made_at: datetime


def people(workspace: Workspace) -> frozenset[str]:
    """Everybody whose name the workspace knows, but machines."""
    columns = (
        schema.label.c.author, schema.queue.c.person, schema.saved.c.person,
        schema.presence.c.person, list_entry.c.person, access_schema.role.c.person,
    )  # fmt: skip
    query = union(*(select(column.label("person")) for column in columns))
    with workspace.reading() as connection:
        found = frozenset(str(one) for one in connection.scalars(query))
    return frozenset(one for one in found if not marks.is_machine(one))


def named(text: str, known: Iterable[str]) -> list[str]:
    """Who a comment names, in its order: a known name in any case, the longest that fits, else
    the word behind the @ as it stands.
    """
    longest = sorted(known, key=lambda one: (-len(one), one))
    found: list[str] = []
    for at in _AT.finditer(text):
        rest = text[at.end() :]
        fitting = (one for one in longest if _begins(rest, one))
        word = _WORD.match(rest)
        one = next(fitting, word.group()[:LONGEST_NAME] if word else "")
        if one and one not in found:
            found.append(one)
    return found


def _begins(rest: str, one: str) -> bool:
    """Whether a text begins with a name, and the name ends there."""
    head, tail = rest[: len(one)], rest[len(one) :]
    return head.casefold() == one.casefold() and not re.match(r"\w|[.@+-]\w", tail)


def comment(
    workspace: Workspace, event: str, person: str, subject: Subject, text: str
) -> list[str]:
    """Comment on a subject, and name whom it names; who that is. The event names the comment.

    LabelRefused where the text is empty or too long, or names more than MOST.
    """
    body = {"text": paragraph(text, "comment")}
    entry = runs.Entry("comment", event, person, subject.model, body, subject)
    found = [one for one in named(body["text"], people(workspace)) if one != name(person)]
    if len(found) > MOST:
        raise LabelRefused(f"The comment names {len(found)} people: name {MOST} or fewer.")
    rows = [
        {"event": event, "comment": event, "person": name(one), "action": "name"} for one in found
    ]
    with workspace.writing() as connection:
        if runs.append(connection, event, entry) and rows:
            _insert(connection, rows)
    return found


def take_back(workspace: Workspace, event: str, person: str, key: str) -> bool:
    """Take back one's own comment: it stays in the log and is shown to nobody. False where it is
    not there or another's.
    """
    own = [one for one in runs.held(workspace, "comment", None, key=key, person=name(person))]
    if not own:
        return False
    entry = runs.Entry("comment", key, person, own[0].model, own[0].body)
    return runs.save(workspace, event, entry, "delete")


def waiting(workspace: Workspace, person: str) -> list[Mention]:
    """Comments that name `person`, who has not read them and may see them; the newest first."""
    person = name(person)
    saved, subject, read = schema.saved, schema.subject, mention.alias()
    unread = ~exists().where(
        read.c.comment == mention.c.comment, read.c.person == person, read.c.action == "read"
    )
    query = (
        select(saved.c.key.label("comment"), saved.c.person, saved.c.body, saved.c.made_at, *NAMED)
        .select_from(mention)
        .join(saved, and_(saved.c.kind == "comment", saved.c.key == mention.c.comment))
        .join(subject, subject.c.key == saved.c.subject)
        .where(mention.c.person == person, mention.c.action == "name", unread)
        .where(saved.c.action == "save", runs.stands())
        .where(blind.visible(person, saved.c.person, subject.c.target))
        .order_by(saved.c.made_at.desc(), saved.c.id.desc())
    )
    with workspace.reading() as connection:
        return [
            Mention(row.comment, row.person, of_row(row), json.loads(row.body)["text"], row.made_at)
            for row in connection.execute(query)
        ]


def read(workspace: Workspace, event: str, person: str, comments: Sequence[str]) -> None:
    """Note that `person` has read these comments."""
    rows = [
        {"event": tidy(event, "event id", LONGEST_NAME), "comment": one, "person": name(person),
         "action": "read"}
        for one in dict.fromkeys(comments)
    ]  # fmt: skip
    if rows:
        with workspace.writing() as connection:
            _insert(connection, rows)


def _insert(connection: Connection, rows: list[dict[str, str]]) -> None:
    moment = now()
    connection.execute(
        insert_new(connection, mention), [{**row, "made_at": moment} for row in rows]
    )

"""Who works here: names in use, and who may decide."""

import os
from datetime import timedelta

from sqlalchemy import delete, select, update

from catalog.errors import LabelRefused
from catalog.workspace import schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.words import LONGEST_NAME, name, tidy

ACTIVE = timedelta(minutes=5)
"""A name seen in another tab this recently is in use there."""


def adjudicators() -> frozenset[str] | None:
    """Names in DIMS_ADJUDICATORS (separated by commas); None where unset: everyone may decide."""
    listed = os.environ.get("DIMS_ADJUDICATORS", "")
    names = frozenset(name(part) for part in listed.split(",") if part.strip())
    return names or None


def may_adjudicate(person: str) -> bool:
    """Whether the person may write final labels."""
    listed = adjudicators()
    return listed is None or name(person) in listed


def require_adjudicator(person: str) -> None:
    """LabelRefused, naming those who may, where this person may not decide."""
    listed = adjudicators()
    if listed is not None and name(person) not in listed:
        raise LabelRefused(
            f"{person} may not write final labels here: ask {', '.join(sorted(listed))} "
            f"(the list is DIMS_ADJUDICATORS)."
        )


def seen(workspace: Workspace, person: str, client: str) -> bool:
    """Note that `person` works in the tab `client`; True where the name is active in another tab.

    Active means seen within ACTIVE. Call it about once a minute, not at every rerun.
    """
    person, client = name(person), tidy(client, "tab id", LONGEST_NAME)
    table, moment = schema.presence, now()
    own = (table.c.person == person) & (table.c.client == client)
    with workspace.writing() as connection:
        connection.execute(delete(table).where(table.c.seen_at < moment - ACTIVE))
        connection.execute(
            insert_new(connection, table).values(person=person, client=client, seen_at=moment)
        )
        connection.execute(update(table).where(own).values(seen_at=moment))
        elsewhere = select(table.c.client).where(table.c.person == person, table.c.client != client)
        return connection.execute(elsewhere.limit(1)).first() is not None


def left(workspace: Workspace, person: str, client: str) -> None:
    """Forget a tab that was closed or took another name."""
    table = schema.presence
    with workspace.writing() as connection:
        connection.execute(delete(table).where(table.c.person == person, table.c.client == client))

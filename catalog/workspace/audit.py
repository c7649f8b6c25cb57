"""The log of what was started by whom: added to, never changed; and quotas, counted in it."""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, text

from catalog.errors import NotAllowed, SettingRefused
from catalog.workspace.access_schema import audit
from catalog.workspace.file import Workspace, now

JOB = "job"
"""Action of the log: a job was put into the queue. What quotas count."""
QUOTA = "DIMS_JOBS_A_DAY"
"""Environment variable: jobs that a person may start in 24 hours; 0 for no limit."""
USUAL = 20
DAY = timedelta(hours=24)
_LONGEST = 500
_LOCK = 7_310_226_131
"""PostgreSQL advisory lock held while a quota is counted and used."""


@dataclass(frozen=True)
class Entry:
    """One line of the log."""

    person: str
    action: str
    what: str
    made_at: datetime


def quota() -> int:
    """Jobs a person may start in 24 hours, 0 for no limit; SettingRefused for what is no number."""
    said = os.environ.get(QUOTA, str(USUAL))
    if not (said.isascii() and said.isdigit()):
        raise SettingRefused(f"{QUOTA} is {said!r}; it is a whole number, 0 for no limit.")
    return int(said)


def note(workspace: Workspace, person: str, action: str, what: str) -> None:
    """Add a line."""
    with workspace.writing() as connection:
        add(connection, person, action, what)


def start_job(workspace: Workspace, person: str, what: str) -> None:
    """Add the line of a job, where the person's quota has room for it; else NotAllowed.

    Counted and added in one transaction: many asking at once get no more than the quota.
    """
    most = quota()
    with workspace.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if most and _started(connection, person) >= most:
            raise NotAllowed(
                f"{person} has started {most} jobs in the last 24 hours, which is the quota here "
                f"({QUOTA}). Try again later, or ask an admin."
            )
        add(connection, person, JOB, what)


def entries(workspace: Workspace, most: int = 200, person: str | None = None) -> list[Entry]:
    """The newest lines, of everybody or one person."""
    query = select(audit).order_by(audit.c.id.desc()).limit(most)
    if person is not None:
        query = query.where(audit.c.person == person)
    with workspace.reading() as connection:
        rows = connection.execute(query)
        return [Entry(row.person, row.action, row.what, row.made_at) for row in rows]


def add(connection: Connection, person: str, action: str, what: str) -> None:
    """Add a line inside the caller's transaction."""
    shown = " ".join(what.split())[:_LONGEST]
    row = {"person": person[:80], "action": action, "what": shown, "made_at": now()}
    connection.execute(insert(audit).values(**row))


def _started(connection: Connection, person: str) -> int:
    mine = audit.c.person == person, audit.c.action == JOB, audit.c.made_at > now() - DAY
    return int(connection.scalar(select(func.count()).select_from(audit).where(*mine)) or 0)

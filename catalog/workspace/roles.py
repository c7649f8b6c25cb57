"""Who may do what on a server with sign-in: one table of roles and actions, asked by one function.

A person may hold several roles; what any of them may, the person may. Where nobody signs in (a
server of one machine) everybody may do everything, but for DIMS_ADJUDICATORS; a server that is
open to everybody for reading lets nobody do more than look.
"""

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, insert, select, text

from catalog.errors import NotAllowed, SettingRefused
from catalog.workspace import audit, people
from catalog.workspace.access_schema import ROLES, role
from catalog.workspace.file import Workspace, now
from catalog.workspace.words import LONGEST_NAME, name, tidy

MODE = "DIMS_SIGN_IN"
"""Environment variable: how people sign in, one of MODES."""
OPEN, OIDC, PROXY, READ_ONLY = "", "oidc", "proxy", "read-only"
MODES = (OPEN, OIDC, PROXY, READ_ONLY)
ACTIONS = {
    "look": "read every page, search, ask in SQL, download",
    "label": "label, star, list, comment, test names, say whether one's labels may leave",
    "keep": "save concepts and runs",
    "exchange": "read files of labels in, carry labels to another build",
    "adjudicate": "write final labels",
    "compute": "run the model, start jobs and comparisons",
    "administer": "grant roles, read the log, stop the jobs of others",
}
"""Everything that is asked about, with what it covers."""
MAY: Mapping[str, frozenset[str]] = {
    "look": frozenset({"look"}),
    "label": frozenset({"look", "label", "keep"}),
    "adjudicate": frozenset({"look", "label", "keep", "exchange", "adjudicate"}),
    "compute": frozenset({"look", "keep", "compute"}),
    "admin": frozenset(ACTIONS),
}
"""What each role may: adjudicate includes label, admin includes all; compute does not label."""
COMMAND_LINE = "command line"
"""Who grants where `dims roles` does: whoever has a shell on the server owns it."""
_LOCK = 7_310_226_130
"""PostgreSQL advisory lock held while roles change: the last admin is counted and kept by it."""


@dataclass(frozen=True)
class Held:
    """A role that a person holds."""

    person: str
    role: str
    by: str
    since: datetime


def mode() -> str:
    """How people sign in here; SettingRefused for a word that is none of MODES."""
    said = os.environ.get(MODE, "")
    if said not in MODES:
        raise SettingRefused(f"{MODE} is {said!r}; it may be {', '.join(MODES[1:])} or unset.")
    return said


def may(workspace: Workspace | None, person: str | None, action: str) -> bool:
    """Whether a person may do this: the one question before anything is written or computed.

    `workspace` is needed where people sign in; `person` None is nobody. KeyError for an action
    that is none of ACTIONS.
    """
    ACTIONS[action]
    how = mode()
    if how == OPEN:
        return action != "adjudicate" or person is None or people.may_adjudicate(person)
    if how == READ_ONLY:
        return action == "look"
    if person is None or workspace is None:
        return False
    return any(action in MAY[one] for one in of(workspace, person))


def require(workspace: Workspace | None, person: str | None, action: str) -> None:
    """NotAllowed, saying who can help, where the person may not."""
    if may(workspace, person, action):
        return
    if mode() == READ_ONLY:
        raise NotAllowed("This server is for looking only: nothing can be changed or computed.")
    needed = [one for one in ROLES if action in MAY[one]]
    raise NotAllowed(
        f"{person or 'Nobody'} may not do this here: {ACTIONS[action]}. It takes the role "
        f"{' or '.join(needed)}; ask an admin."
    )


def of(workspace: Workspace, person: str) -> frozenset[str]:
    """Roles that a person holds now."""
    with workspace.reading() as connection:
        rows = connection.execute(_current().where(role.c.person == person))
        return frozenset(str(row.role) for row in rows)


def held(workspace: Workspace) -> list[Held]:
    """Every role that anybody holds now, by person."""
    with workspace.reading() as connection:
        rows = connection.execute(_current().order_by(role.c.person, role.c.id))
        return [Held(row.person, row.role, row.granted_by, row.made_at) for row in rows]


def grant(workspace: Workspace, event: str, by: str, person: str, what: str) -> bool:
    """Give a person a role; False where the event was saved or the role is held already."""
    return _change(workspace, event, by, {"person": name(person), "role": what}, "grant")


def revoke(workspace: Workspace, event: str, by: str, person: str, what: str) -> bool:
    """Take a role away; False where it was not held. NotAllowed for the last admin's."""
    return _change(workspace, event, by, {"person": name(person), "role": what}, "revoke")


def _change(
    workspace: Workspace, event: str, by: str, about: Mapping[str, str], action: str
) -> bool:
    """Append one row and a line of the log, in one transaction that decides by what is held."""
    person, what = about["person"], about["role"]
    if what not in ROLES:
        raise SettingRefused(f"There is no role {what!r}; there are {', '.join(ROLES)}.")
    with workspace.writing() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if by != COMMAND_LINE and "admin" not in _roles(connection, by):
            raise NotAllowed(f"{by} may not do this here: {ACTIONS['administer']}.")
        if connection.execute(select(role.c.id).where(role.c.event == event)).first():
            return False
        if (what in _roles(connection, person)) == (action == "grant"):
            return False
        if what == "admin" and action == "revoke" and _admins(connection) == {person}:
            raise NotAllowed(f"{person} is the only admin: grant another one that role first.")
        row: dict[str, Any] = {
            "event": tidy(event, "event id", LONGEST_NAME), "person": person, "role": what,
            "action": action, "granted_by": tidy(by, "name", LONGEST_NAME), "made_at": now(),
        }  # fmt: skip
        connection.execute(insert(role).values(**row))
        audit.add(connection, by, action, f"{what} {'to' if action == 'grant' else 'of'} {person}")
    return True


def _roles(connection: Connection, person: str) -> set[str]:
    rows = connection.execute(_current().where(role.c.person == person))
    return {str(row.role) for row in rows}


def _admins(connection: Connection) -> set[str]:
    rows = connection.execute(_current().where(role.c.role == "admin"))
    return {str(row.person) for row in rows}


@functools.cache
def _current() -> Any:
    """SELECT of the newest row of each person and role, where it grants."""
    newer = role.alias()
    later = and_(
        newer.c.person == role.c.person, newer.c.role == role.c.role, newer.c.id > role.c.id
    )
    return select(role).where(role.c.action == "grant", ~exists().where(later))

"""Numbered migrations of the workspace: each in one transaction, after a backup.

An empty workspace gets the newest tables at once (schema.py) and is marked with every number; an
older one gets the steps it lacks. To change the schema: edit schema.py, add a `Migration` with
the next number whose step alters the existing tables, and nothing else. Number 1 is the first
schema and therefore has no step.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, func, insert, inspect, select

from catalog.errors import WorkspaceUnreadable
from catalog.workspace import access_schema, gathered_schema, gold_schema, machine_schema, schema


@dataclass(frozen=True)
class Migration:
    """One step from the version before to `number`."""

    number: int
    name: str
    step: Callable[[Connection], None]


MIGRATIONS: tuple[Migration, ...] = (
    Migration(1, "first tables", lambda connection: None),
    Migration(2, "whose labels may leave", schema.consent.create),
    Migration(3, "roles and the log of a server", access_schema.make),
    Migration(4, "machines that label", machine_schema.make),
    Migration(5, "lists, and who is named in comments", gathered_schema.make),
    Migration(6, "scales of a label, checks on labelers", gold_schema.make),
)


def version(connection: Connection) -> int:
    """Highest migration applied; 0 for an empty database; WorkspaceUnreadable for a foreign one."""
    tables = inspect(connection).get_table_names()
    if schema.migration.name not in tables:
        ours = {table.name for table in schema.metadata.sorted_tables}
        if set(tables) & ours:
            raise WorkspaceUnreadable(
                "This database has tables of another program with the names of the workspace's. "
                "Name an empty one in DIMS_WORKSPACE."
            )
        return 0
    newest = connection.scalar(select(func.max(schema.migration.c.number)))
    return int(newest or 0)


def lacking(
    connection: Connection, where: str, migrations: Sequence[Migration] = MIGRATIONS
) -> list[Migration]:
    """Migrations still to apply, in order; WorkspaceUnreadable where the workspace is newer."""
    have, newest = version(connection), migrations[-1].number
    if have > newest:
        raise WorkspaceUnreadable(
            f"The workspace {where} has version {have}, this program knows {newest}: "
            f"update this package."
        )
    return [migration for migration in migrations if migration.number > have]


def apply(connection: Connection, migrations: Sequence[Migration]) -> None:
    """Apply the migrations inside the caller's transaction, each recorded with it."""
    fresh = version(connection) == 0
    if fresh:
        schema.metadata.create_all(connection)
    for migration in migrations:
        if not fresh:
            migration.step(connection)
        connection.execute(
            insert(schema.migration).values(
                number=migration.number,
                name=migration.name,
                applied_at=datetime.now(UTC).replace(tzinfo=None),
            )
        )

"""Tables of a lab's server: who holds which role, and what was started by whom. Only added to.

Neither is exported with labels: a file of labels that is read elsewhere gives nobody a role.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    event,
)

from catalog.workspace.schema import metadata

ROLES = ("look", "label", "adjudicate", "compute", "admin")
"""What a person may be; see `roles.MAY` for what each may do."""
_LISTED = ", ".join(f"'{name}'" for name in ROLES)

role = Table(
    "role",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True, comment="Order of arrival."),
    Column("event", String(80), nullable=False, comment="Name of the act; saved once."),
    Column("person", String(80), nullable=False, comment="Who holds the role, as signed in."),
    Column("role", Text, nullable=False, comment="look, label, adjudicate, compute or admin."),
    Column("action", Text, nullable=False, comment="grant or revoke."),
    Column(
        "granted_by", String(80), nullable=False, comment="The admin; command line on the server."
    ),
    Column("made_at", DateTime, nullable=False, comment="When."),
    UniqueConstraint("event"),
    CheckConstraint(f"role IN ({_LISTED})"),
    CheckConstraint("action IN ('grant', 'revoke')"),
    Index("role_person", "person", "role", "id"),
    comment="Who may do what on a lab's server; the newest row of a person and role holds.",
)

audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True, comment="Order of arrival."),
    Column("person", String(80), nullable=False, comment="Who did it, as signed in."),
    Column("action", Text, nullable=False, comment="What kind of thing, such as job or grant."),
    Column("what", Text, nullable=False, comment="What, in words; never a label or a token."),
    Column("made_at", DateTime, nullable=False, comment="When (UTC)."),
    Index("audit_quota", "person", "action", "made_at"),
    comment="What was started by whom. The database refuses to change or delete a row.",
)

TABLES = (role, audit)
_REFUSED = "this log is only added to"


def make(connection: Connection) -> None:
    """Make the tables in a workspace of an earlier version."""
    metadata.create_all(connection, tables=list(TABLES))


def only_added(table: Table) -> None:
    """Have the database itself refuse to change a row of a table, or to delete one."""

    @event.listens_for(table, "after_create")
    def made(_table: Table, connection: Connection, **_more: object) -> None:
        if connection.dialect.name == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                connection.exec_driver_sql(
                    f"CREATE TRIGGER {table.name}_no_{verb.lower()} BEFORE {verb} ON {table.name} "
                    f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END"
                )
            return
        connection.exec_driver_sql(
            f"CREATE OR REPLACE FUNCTION {table.name}_kept() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table.name}_kept BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table.name} FOR EACH STATEMENT EXECUTE FUNCTION {table.name}_kept()"
        )


for _table in TABLES:
    only_added(_table)

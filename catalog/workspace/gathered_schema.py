"""Named lists of subjects, and who is named in a comment: two logs, only added to."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from catalog.workspace import access_schema, schema

list_entry = Table(
    "list_entry",
    schema.metadata,
    Column("id", Integer, primary_key=True, autoincrement=True, comment="Order of arrival."),
    Column("event", String(80), nullable=False, comment="Name of the act; saved once."),
    Column("list", String(80), nullable=False, comment="Name of the list, the same for everybody."),
    Column(
        "subject", String(24), ForeignKey("subject.key"), nullable=False, comment="Its subject."
    ),
    Column("person", String(80), nullable=False, comment="Who put it there, or took it out."),
    Column("action", Text, nullable=False, comment="add or remove."),
    Column("made_at", DateTime, nullable=False, comment="When; later than the rows before it."),
    UniqueConstraint("event", "subject"),
    CheckConstraint("action IN ('add', 'remove')"),
    Index("list_entry_current", "list", "subject", "made_at"),
    Index("list_entry_subject", "subject"),
    comment="What is in which list; the newest row of a list and subject holds.",
)

mention = Table(
    "mention",
    schema.metadata,
    Column("id", Integer, primary_key=True, autoincrement=True, comment="Order of arrival."),
    Column("event", String(80), nullable=False, comment="Name of the act; saved once."),
    Column("comment", String(80), nullable=False, comment="Key of the comment, among the saved."),
    Column("person", String(80), nullable=False, comment="Who is named in it."),
    Column("action", Text, nullable=False, comment="name, or read: that person has read it."),
    Column("made_at", DateTime, nullable=False, comment="When."),
    UniqueConstraint("event", "comment", "person"),
    CheckConstraint("action IN ('name', 'read')"),
    Index("mention_person", "person", "comment", "action"),
    comment="Who is named in which comment, and who has read it.",
)

TABLES = (list_entry, mention)
for _table in TABLES:
    access_schema.only_added(_table)


def make(connection: Connection) -> None:
    """Make the tables in a workspace of an earlier version."""
    schema.metadata.create_all(connection, tables=list(TABLES))

"""Tables of checks on labelers: subjects whose answer is known, and those shown a second time."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from catalog.workspace import access_schema, schema

gold = Table(
    "gold",
    schema.metadata,
    Column("id", Integer, primary_key=True, autoincrement=True, comment="Order of arrival."),
    Column("event", String(80), nullable=False, comment="Name of the act; saved once."),
    Column(
        "subject", String(24), ForeignKey("subject.key"), nullable=False, comment="Its subject."
    ),
    Column("person", String(80), nullable=False, comment="The adjudicator who says so."),
    Column("action", Text, nullable=False, comment="declare or withdraw."),
    Column("clear_pole", Text, comment="The known clear pole; empty: not asked about."),
    Column("category", Text, comment="The known category; empty: not asked about."),
    Column("made_at", DateTime, nullable=False, comment="When it was said (UTC)."),
    UniqueConstraint("event"),
    CheckConstraint("action IN ('declare', 'withdraw')"),
    CheckConstraint("clear_pole IN ('+', '-', 'both', 'none')"),
    Index("gold_subject", "subject", "made_at"),
    comment="Subjects whose answer is known, to check labelers by; the newest row holds.",
)
access_schema.only_added(gold)

queue_repeat = Table(
    "queue_repeat",
    schema.metadata,
    Column("queue", String(80), ForeignKey("queue.key"), nullable=False, comment="The queue."),
    Column("number", Integer, nullable=False, comment="Its number in the queue, from 0."),
    Column(
        "subject", String(24), ForeignKey("subject.key"), nullable=False, comment="Its subject."
    ),
    Column("made_at", DateTime, nullable=False, comment="From when on it was asked again (UTC)."),
    PrimaryKeyConstraint("queue", "number"),
    UniqueConstraint("queue", "subject"),
    comment="Subjects that a queue shows its person a second time, to see who answers the same.",
)
access_schema.only_added(queue_repeat)

_COLUMNS = {
    "label": [
        f"{name} INTEGER CHECK ({name} BETWEEN {least} AND {most})"
        for name, (least, most) in schema.RANGES.items()
        if name != "confidence"
    ],
    "queue": ["checks INTEGER", "stop FLOAT"],
}


def make(connection: Connection) -> None:
    """Make the tables in a workspace of an earlier version, and the columns that came with them."""
    gold.create(connection, checkfirst=True)
    queue_repeat.create(connection, checkfirst=True)
    for table, columns in _COLUMNS.items():
        for column in columns:  # this module's own words
            connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {column}"))

"""What machines that label were asked and said: one table, only added to.

Every prompt and answer is kept as it was, so that a label can be traced to the words it came from
and nothing is asked twice. The key of the endpoint is in neither.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from catalog.workspace import access_schema, schema

PURPOSES = ("label", "test")
"""What a machine is asked for: a label of a subject, or the choices of a label test."""
ANSWERED, NO_ANSWER, FAILED = OUTCOMES = ("answered", "no answer", "failed")
"""It was saved; what came cannot be used and would come again; nothing came, so ask again."""

machine_call = Table(
    "machine_call",
    schema.metadata,
    Column("id", Integer, primary_key=True, autoincrement=True, comment="Order of arrival."),
    Column("event", String(80), nullable=False, comment="Name of the act; saved once."),
    Column("author", String(80), nullable=False, comment="The machine: machine: and its name."),
    Column("purpose", Text, nullable=False, comment="label or test."),
    Column("asked", String(80), nullable=False, comment="What was asked: equal where asked again."),
    Column(
        "subject", String(24), ForeignKey("subject.key"), nullable=False, comment="Its subject."
    ),
    Column("model", Text, nullable=False, comment="Model as the endpoint knows it; of a rule its."),
    Column("endpoint", Text, nullable=False, comment="Where it was asked; empty: here, no model."),
    Column("prompt", Text, nullable=False, comment="JSON: every message as sent."),
    Column("answer", Text, comment="What came back, word for word; empty where nothing did."),
    Column("outcome", Text, nullable=False, comment="answered, no answer or failed."),
    Column("reason", Text, comment="Why there is no answer."),
    Column("tokens_in", Integer, comment="Tokens of the prompt, as the endpoint counts."),
    Column("tokens_out", Integer, comment="Tokens of the answer, as the endpoint counts."),
    Column("seconds", Float, comment="From asking to the answer."),
    Column("made_at", DateTime, nullable=False, comment="When it came (UTC)."),
    UniqueConstraint("event"),
    CheckConstraint("purpose IN ('label', 'test')"),
    CheckConstraint("outcome IN ('answered', 'no answer', 'failed')"),
    Index("machine_call_asked", "author", "asked"),
    comment="Every question to a machine that labels or tests, and what it said.",
)
access_schema.only_added(machine_call)


def make(connection: Connection) -> None:
    """Make the table in a workspace of an earlier version, and let labels come from machines."""
    machine_call.create(connection, checkfirst=True)
    if connection.dialect.name == "postgresql":
        connection.execute(text("ALTER TABLE label DROP CONSTRAINT label_source_check"))
        listed = ", ".join(f"'{name}'" for name in schema.SOURCES)
        allowed = (
            f"ALTER TABLE label ADD CONSTRAINT label_source_check CHECK (source IN ({listed}))"
        )
        connection.execute(text(allowed))
    else:
        _rebuild_sqlite(connection)


def _rebuild_sqlite(connection: Connection) -> None:
    """Make the table of labels anew: SQLite cannot change a CHECK (sqlite.org/lang_altertable).

    From the text it was made with, so that whatever columns it has stay; nothing points at it.
    """
    made = "SELECT sql FROM sqlite_master WHERE tbl_name = 'label' AND sql IS NOT NULL AND type = "
    (old,) = connection.exec_driver_sql(f"{made}'table'").scalars()
    indexes = list(connection.exec_driver_sql(f"{made}'index'").scalars())
    before, name, rest = old.partition("label")
    draft = f"{before}{name}_anew{rest}".replace("'carried')", "'carried', 'machine')")
    connection.exec_driver_sql(draft)
    connection.exec_driver_sql("INSERT INTO label_anew SELECT * FROM label")
    connection.exec_driver_sql("DROP TABLE label")
    connection.exec_driver_sql("ALTER TABLE label_anew RENAME TO label")
    for index in indexes:
        connection.exec_driver_sql(index)

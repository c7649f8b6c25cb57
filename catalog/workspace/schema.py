"""Every table of the workspace. Rows are only ever added: "current" is the newest of a kind.

The same SQLAlchemy Core tables serve SQLite and PostgreSQL. Times are naive UTC. `presence` is
the one table whose rows change; it says who is here now and is neither exported nor backed up as
anything people made. A change here needs a migration (see migrations.py).
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

ACTIONS = ("label", "no_clear_pole", "skip", "flag", "delete")
"""What a row of the log can say of its subject."""
ANSWERS = ("label", "no_clear_pole")
"""Actions that say what a subject encodes; skip and flag are missing values."""
CLEAR_POLES = ("+", "-", "both", "none")
KINDS = ("dimension", "feature", "discovered")
POLES = ("", "+", "-")
SOURCES = ("queue", "page", "import", "carried", "machine")
SCALES = {
    "clarity_plus": "How clear the + pole is, or the end that agrees most: 1 (noise) to 5.",
    "clarity_minus": "How clear the - pole is, or the end that agrees least: 1 (noise) to 5.",
    "specificity": "1 (many things at once) to 5 (one thing and nothing else).",
}
"""Scales of a whole subject, with what their ends mean."""
RANGES = {"confidence": (1, 5), **dict.fromkeys(SCALES, (1, 5))}
"""Fields of a label that are whole numbers: the least and the most."""


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)  # this module's own words
    return CheckConstraint(f"{column} IN ({listed})")


def _in_range(column: str) -> CheckConstraint:
    least, most = RANGES[column]
    return CheckConstraint(f"{column} BETWEEN {least} AND {most}")


def _number() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True, comment="Order of arrival.")


def _event() -> Column[str]:
    return Column(
        "event",
        String(80),
        nullable=False,
        comment="Name the client gave to the act; sent twice, it is saved once.",
    )


def _person(name: str, comment: str) -> Column[str]:
    return Column(name, String(80), nullable=False, comment=comment)


def _time(name: str, comment: str) -> Column[object]:
    return Column(name, DateTime, nullable=False, comment=comment)


def _subject() -> Column[str]:
    return Column(
        "subject", String(24), ForeignKey("subject.key"), nullable=False, comment="Its subject."
    )


migration = Table(
    "migration",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False, comment="Its number, from 1."),
    Column("name", Text, nullable=False, comment="What it does."),
    _time("applied_at", "When it was applied."),
    comment="Migrations applied to this workspace; the highest number is its version.",
)

subject = Table(
    "subject",
    metadata,
    Column("key", String(24), primary_key=True, comment="Hash of the seven names."),
    Column("target", String(24), nullable=False, comment="Key of the subject without its pole."),
    Column("model", Text, nullable=False, comment="Model, as in the catalog's build table."),
    Column("revision", Text, nullable=False, comment="Its revision."),
    Column("reading", Text, nullable=False, comment="How its items were read."),
    Column("site", Text, nullable=False, comment="Site, such as resid.5."),
    Column("kind", Text, nullable=False, comment="dimension, feature or discovered."),
    Column("name", Text, nullable=False, comment="Dimension number, feature name, or hash."),
    Column("pole", Text, nullable=False, comment="+ or -; empty for the whole."),
    _one_of("kind", KINDS),
    _one_of("pole", POLES),
    Index("subject_target", "target"),
    Index("subject_place", "model", "site"),
    comment="What can be labelled: a dimension or feature of one model's reading, or one pole.",
)

label = Table(
    "label",
    metadata,
    _number(),
    _event(),
    _subject(),
    _person("author", "Who says so."),
    Column("action", Text, nullable=False, comment="label, no_clear_pole, skip, flag or delete."),
    Column("clear_pole", Text, comment="Closed answer of a whole subject: +, -, both or none."),
    Column("category", Text, comment="Closed answer: a category of the fixed list."),
    Column("text", Text, comment="Free text."),
    Column("confidence", Integer, comment="1 (guess) to 5 (certain)."),
    Column("note", Text, comment="Why it was flagged or skipped."),
    *(Column(name, Integer, comment=said) for name, said in SCALES.items()),
    Column("source", Text, nullable=False, comment="queue, page, import, carried or machine."),
    Column("queue", String(80), comment="Key of the queue it was given in."),
    Column("blind", Boolean, nullable=False, comment="Given while others' labels were hidden."),
    Column("suggested", Boolean, nullable=False, comment="Suggestions were on the screen."),
    Column("seconds", Float, comment="Seconds from showing to saving."),
    _time("made_at", "When it was made; later than the author's earlier rows of this subject."),
    UniqueConstraint("event", "subject"),
    Index("label_current", "subject", "author", "made_at"),
    Index("label_author", "author"),
    _one_of("action", ACTIONS),
    _one_of("clear_pole", CLEAR_POLES),
    _one_of("source", SOURCES),
    *(_in_range(column) for column in RANGES),
    comment="The log of labels. The newest row of an author and subject is that author's word.",
)

queue = Table(
    "queue",
    metadata,
    Column("key", String(80), primary_key=True, comment="Name the client gave it."),
    _person("person", "Whose queue it is."),
    Column("title", Text, nullable=False, comment="What is labelled, in words."),
    Column("ordering", Text, nullable=False, comment="One of ordering.ORDERS."),
    Column("seed", Text, nullable=False, comment="Seed of the order; the person's name joins it."),
    Column("coverage", Integer, nullable=False, comment="People wanted for each subject."),
    Column("checks", Integer, comment="After so many answers comes a check; empty: never."),
    Column("stop", Float, comment="Posterior at which a subject is done; empty: never."),
    _time("opened_at", "When it was opened."),
    CheckConstraint("coverage >= 1"),
    Index("queue_person", "person"),
    comment="Queues of subjects to label; while one is open its person works blind.",
)

queue_item = Table(
    "queue_item",
    metadata,
    Column("queue", String(80), ForeignKey("queue.key"), nullable=False, comment="The queue."),
    Column("place", Integer, nullable=False, comment="Place in it, from 0."),
    _subject(),
    PrimaryKeyConstraint("queue", "place"),
    UniqueConstraint("queue", "subject"),
    Index("queue_item_subject", "subject"),
    comment="The subjects of a queue in their order, fixed when it is opened.",
)

queue_closed = Table(
    "queue_closed",
    metadata,
    Column("queue", String(80), ForeignKey("queue.key"), primary_key=True, comment="The queue."),
    _time("closed_at", "When its person closed it; from then on nothing is hidden for it."),
    comment="Queues that were closed.",
)

adjudication = Table(
    "adjudication",
    metadata,
    _number(),
    _event(),
    _subject(),
    _person("person", "The adjudicator."),
    Column("action", Text, nullable=False, comment="decide or withdraw."),
    Column("clear_pole", Text, comment="Final closed answer."),
    Column("category", Text, comment="Final category."),
    Column("text", Text, comment="Final free text."),
    Column("reason", Text, comment="Why."),
    _time("made_at", "When it was decided."),
    UniqueConstraint("event", "subject"),
    Index("adjudication_subject", "subject", "made_at"),
    _one_of("action", ("decide", "withdraw")),
    _one_of("clear_pole", CLEAR_POLES),
    comment="Final labels; the newest row of a subject holds, the others stay as history.",
)

label_test = Table(
    "label_test",
    metadata,
    Column("key", String(80), primary_key=True, comment="Name the client gave the test."),
    _subject(),
    _person("author", "Whose label is tested."),
    Column("text", Text, nullable=False, comment="The label as it was when the test began."),
    _person("tester", "Who takes the test; never the author."),
    Column("seed", Text, nullable=False, comment="Seed of the sample of pairs."),
    _time("made_at", "When it began."),
    Index("label_test_subject", "subject"),
    comment="Tests of labels: can someone who holds only the label tell the items' signs?",
)

label_trial = Table(
    "label_trial",
    metadata,
    Column("test", String(80), ForeignKey("label_test.key"), nullable=False, comment="The test."),
    Column("trial", Integer, nullable=False, comment="Number of the trial, from 0."),
    Column("left_item", Integer, nullable=False, comment="Item shown on the left."),
    Column("right_item", Integer, nullable=False, comment="Item shown on the right."),
    Column("answer", Text, nullable=False, comment="Side the tested pole's item is on."),
    Column("band", Text, nullable=False, comment="extreme (outer deciles) or whole (all values)."),
    Column("shown", Text, nullable=False, comment="Label shown: the tested one, or another's."),
    Column("control", Boolean, nullable=False, comment="The label shown is another dimension's."),
    PrimaryKeyConstraint("test", "trial"),
    _one_of("answer", ("left", "right")),
    _one_of("band", ("extreme", "whole")),
    comment="The forced-choice pairs of a test, drawn before it began.",
)

label_choice = Table(
    "label_choice",
    metadata,
    Column("test", String(80), nullable=False, comment="The test."),
    Column("trial", Integer, nullable=False, comment="The trial."),
    Column("choice", Text, nullable=False, comment="Side chosen: left or right."),
    Column("seconds", Float, comment="Seconds from showing to choosing."),
    _time("made_at", "When it was chosen."),
    PrimaryKeyConstraint("test", "trial"),
    _one_of("choice", ("left", "right")),
    comment="What a tester chose; the first choice of a trial counts.",
)

judgement = Table(
    "judgement",
    metadata,
    _number(),
    _event(),
    _subject(),
    _person("judge", "Who compares; the author of neither text."),
    Column("first", Text, nullable=False, comment="One text about the subject."),
    Column("second", Text, nullable=False, comment="Another author's text, or a shuffled one."),
    Column("shuffled", Boolean, nullable=False, comment="The second text is of another subject."),
    Column("same", Boolean, nullable=False, comment="The judge says both mean the same."),
    _time("made_at", "When it was judged."),
    UniqueConstraint("event"),
    comment="Blind judgements whether two free texts mean the same.",
)

saved = Table(
    "saved",
    metadata,
    _number(),
    _event(),
    Column("kind", Text, nullable=False, comment="run, concept, verification, star or comment."),
    Column("key", Text, nullable=False, comment="Which one of its kind; see runs.py."),
    _person("person", "Who saved it."),
    Column("model", Text, nullable=False, comment="Model it belongs to."),
    Column("subject", String(24), ForeignKey("subject.key"), comment="Its subject, if it has one."),
    Column("action", Text, nullable=False, comment="save or delete."),
    Column("body", Text, nullable=False, comment="JSON object: what was saved."),
    _time("made_at", "When it was saved."),
    UniqueConstraint("event"),
    Index("saved_key", "kind", "key", "made_at"),
    _one_of("kind", ("run", "concept", "verification", "star", "comment")),
    _one_of("action", ("save", "delete")),
    comment="Saved flip runs, own concepts, verifications, stars and comments.",
)

consent = Table(
    "consent", metadata, _number(), _event(),
    _person("person", "Whose labels they are; nobody says it for another."),
    Column("public", Boolean, nullable=False, comment="Whether they leave; without a row not."),
    _time("made_at", "When it was said; the newest holds."), UniqueConstraint("event"),
    Index("consent_person", "person", "made_at"), comment="Whose labels may leave the workspace.",
)  # fmt: skip

presence = Table(
    "presence",
    metadata,
    _person("person", "Name in use."),
    Column("client", String(80), nullable=False, comment="Browser tab that uses it."),
    _time("seen_at", "When it was last active."),
    PrimaryKeyConstraint("person", "client"),
    comment="Which names are in use now; the only table whose rows change.",
)

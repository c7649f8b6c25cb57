"""The log of labels: append a person's word, read what is current.

One act of a person is one event: its rows are saved in one transaction, once, however often the
client sends it. Nothing is changed or removed: a correction, an undo and a deletion are rows too.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, exists, func, select

from catalog.errors import LabelRefused
from catalog.workspace import blind, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.subjects import Subject, of_row, remember
from catalog.workspace.words import LONGEST_NAME, name, tidy

CONTENT = ("action", "clear_pole", "category", "text", "confidence", "note")
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class Label:
    """One person's word on one subject; text is tidied (see words.py), nonsense is refused.

    action `label` needs a clear pole, a category or text; `no_clear_pole` is the answer "none" and
    stands alone; `skip` and `flag` are missing values and may carry a note; `delete` takes back.
    """

    subject: Subject
    author: str
    action: str = "label"
    clear_pole: str | None = None
    category: str | None = None
    text: str | None = None
    confidence: int | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        """Tidy the words and refuse what contradicts itself."""
        if self.action not in schema.ACTIONS:
            raise LabelRefused(
                f"{self.action!r} is not an action; it is one of {', '.join(schema.ACTIONS)}."
            )
        self._set("author", name(self.author))
        for field, longest in (("category", LONGEST_NAME), ("text", None), ("note", None)):
            value = getattr(self, field)
            if value is not None:
                self._set(field, tidy(value, field, longest) if longest else tidy(value, field))
        if self.action == "no_clear_pole":
            self._set("clear_pole", "none")
        self._check()

    def _set(self, field: str, value: str) -> None:
        object.__setattr__(self, field, value)  # frozen: only while it is being made

    def _check(self) -> None:
        if self.confidence is not None and self.confidence not in range(1, 6):
            raise LabelRefused(f"Confidence is {self.confidence}; it goes from 1 to 5.")
        if self.clear_pole is not None and self.clear_pole not in schema.CLEAR_POLES:
            raise LabelRefused(f"{self.clear_pole!r} is not a clear pole: use +, -, both or none.")
        closed = (self.clear_pole, self.category)
        if self.subject.pole and any(closed):
            raise LabelRefused("Clear pole and category are about the whole, not about one pole.")
        said = any((*closed, self.text))
        if self.action == "label" and not said:
            raise LabelRefused("The label is empty: choose a clear pole or category, or write one.")
        if (self.action == "no_clear_pole") != (self.clear_pole == "none"):
            raise LabelRefused("The clear pole none and the action no_clear_pole go together.")
        if self.action == "no_clear_pole" and (self.category or self.text):
            raise LabelRefused("Without a clear pole there is no category and no text: leave both.")
        if self.action in ("skip", "flag", "delete") and said:
            raise LabelRefused(f"To {self.action} takes no label: leave it empty or use a note.")

    @property
    def content(self) -> dict[str, Any]:
        """What is said, by column."""
        return {field: getattr(self, field) for field in CONTENT}


@dataclass(frozen=True)
class Answer:
    """What a person says of one whole subject in the queue: closed answers, and text per pole."""

    subject: Subject
    author: str
    action: str = "label"
    clear_pole: str | None = None
    category: str | None = None
    positive: str | None = None
    """Free text for the + pole."""
    negative: str | None = None
    """Free text for the - pole."""
    confidence: int | None = None
    note: str | None = None

    def labels(self) -> list[Label]:
        """Its rows: one about the whole, one for each pole with text."""
        if self.subject.pole:
            raise LabelRefused("An answer is about a whole subject: leave its pole empty.")
        fields = {k: v for k, v in asdict(self).items() if k not in ("subject", *_POLE_OF)}
        texts = {pole: getattr(self, field) for field, pole in _POLE_OF.items()}
        rows = [
            Label(replace(self.subject, pole=pole), self.author, text=text, confidence=self.confidence)
            for pole, text in texts.items()
            if text and text.strip()
        ]
        if rows and self.action != "label":
            raise LabelRefused(f"Text does not go with {self.action}: empty it, or save a label.")
        if rows and not (self.clear_pole or self.category):
            return rows
        return [Label(self.subject, **fields), *rows]


_POLE_OF = {"positive": "+", "negative": "-"}


@dataclass(frozen=True)
class Circumstances:
    """How a label came about; decides whether it enters agreement."""

    source: str = "page"
    """queue, page, import or carried."""
    queue: str | None = None
    """Key of the queue it was given in."""
    suggested: bool = False
    """Suggestions were on the screen."""
    seconds: float | None = None
    """From showing to saving."""


def save(
    workspace: Workspace, event: str, labels: Sequence[Label], how: Circumstances | None = None
) -> bool:
    """Append the labels of one event; True when they are on disk, False when they were already.

    Raises LabelRefused (a broken rule; an event id used for something else), WorkspaceBusy,
    WorkspaceReadOnly: in each case nothing was saved.
    """
    with workspace.writing() as connection:
        return _append(connection, event, labels, how or Circumstances())


def answer(workspace: Workspace, event: str, given: Answer, how: Circumstances) -> bool:
    """Save an answer of the queue like `save`; text that it no longer holds is taken back."""
    labels = given.labels()
    author = labels[0].author
    whole = given.subject
    with workspace.writing() as connection:
        for subject in (whole, replace(whole, pole="+"), replace(whole, pole="-")):
            fresh = all(label.subject != subject for label in labels)
            if fresh and _standing(connection, author, subject, event):
                labels.append(Label(subject, author, "delete"))
        return _append(connection, event, labels, how)


def undo(workspace: Workspace, event: str, author: str, undone: str) -> bool:
    """Take back what `author` did in the event `undone`: what held before holds again.

    Subjects the author has answered anew since stay as they are. False where nothing was left to
    undo or `event` was saved before.
    """
    table = schema.label
    with workspace.writing() as connection:
        rows = connection.execute(
            select(table, *_named()).join(schema.subject, schema.subject.c.key == table.c.subject)
            .where(table.c.event == undone, table.c.author == author, blind.is_newest())
        ).all()
        labels = [_before(connection, row) for row in rows]
        return bool(labels) and _append(connection, event, labels, Circumstances())


def _named() -> list[Any]:
    return [schema.subject.c[field] for field in ("model", "revision", "reading", "site")] + [
        schema.subject.c[field] for field in ("kind", "name", "pole")
    ]


def _before(connection: Connection, row: Any) -> Label:
    """What the author of `row` said of its subject before."""
    table = schema.label
    older = connection.execute(
        select(table)
        .where(table.c.subject == row.subject, table.c.author == row.author)
        .where((table.c.made_at < row.made_at) & (table.c.id != row.id))
        .order_by(table.c.made_at.desc(), table.c.id.desc())
        .limit(1)
    ).first()
    subject = of_row(row)
    if older is None:
        return Label(subject, row.author, "delete")
    return Label(subject, row.author, **{field: getattr(older, field) for field in CONTENT})


def _standing(connection: Connection, author: str, subject: Subject, event: str) -> bool:
    """Whether the author has a current word on the subject, or had one that `event` took back."""
    table = schema.label
    own = select(table.c.action, table.c.event).where(
        table.c.subject == subject.key, table.c.author == author
    )
    newest = own.order_by(table.c.made_at.desc(), table.c.id.desc()).limit(1)
    row = connection.execute(newest).first()
    return row is not None and (row.action != "delete" or row.event == event)


def _append(
    connection: Connection, event: str, labels: Sequence[Label], how: Circumstances
) -> bool:
    event = tidy(event, "event id", LONGEST_NAME)
    authors = {label.author for label in labels}
    if len(authors) != 1 or len({label.subject for label in labels}) != len(labels):
        raise LabelRefused("One save holds labels of one person, one for each subject.")
    if _already(connection, event, labels):
        return False
    remember(connection, [s for label in labels for s in (label.subject, label.subject.whole)])
    circumstances = asdict(how)
    rows = [
        {
            "event": event,
            "subject": label.subject.key,
            "author": label.author,
            **label.content,
            **circumstances,
            "blind": is_blind(connection, label, how.queue),
            "made_at": _moment(connection, label),
        }
        for label in labels
    ]
    connection.execute(insert_new(connection, schema.label), rows)
    return True


def _already(connection: Connection, event: str, labels: Sequence[Label]) -> bool:
    """Whether the event was saved; LabelRefused where it said something else."""
    table = schema.label
    columns = [table.c.subject, table.c.author, *(table.c[field] for field in CONTENT)]
    there = {tuple(row) for row in connection.execute(select(*columns).where(table.c.event == event))}
    if not there:
        return False
    sent = {(label.subject.key, label.author, *label.content.values()) for label in labels}
    if sent != there:
        raise LabelRefused(f"The event {event} was saved with other labels: send a new event id.")
    return True


def _moment(connection: Connection, label: Label) -> datetime:
    """Now, or just after the author's last row of the subject where a clock went back."""
    table = schema.label
    last = connection.scalar(
        select(func.max(table.c.made_at)).where(
            table.c.subject == label.subject.key, table.c.author == label.author
        )
    )
    moment = now()
    return max(moment, last + _TICK) if isinstance(last, datetime) else moment


def is_blind(connection: Connection, label: Label, queue: str | None) -> bool:
    """Whether others' labels of the subject were hidden from the author until now.

    True where it lies in the author's own open `queue` and in none that the author closed before
    answering it (closing reveals).
    """
    if queue is None:
        return False
    item, table, closed = schema.queue_item, schema.queue, schema.queue_closed
    own = (
        select(item.c.queue)
        .join(table, table.c.key == item.c.queue)
        .where(table.c.person == label.author, item.c.subject == label.subject.whole.key)
    )
    here = connection.scalar(
        select(exists(own.where(item.c.queue == queue, blind.is_open(item.c.queue))))
    )
    revealed = connection.scalar(
        select(exists(own.join(closed, closed.c.queue == item.c.queue)))
    )
    return bool(here) and not revealed

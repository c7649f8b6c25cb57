"""Final labels: an adjudicator's decision on a subject. The history stays."""

import functools
from dataclasses import dataclass, replace

import pandas as pd
from sqlalchemy import ColumnElement, and_, exists, or_, select

from catalog.errors import LabelRefused
from catalog.workspace import blind, people, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.reading import frame, places
from catalog.workspace.subjects import NAMED, Subject, remember
from catalog.workspace.values import Label
from catalog.workspace.words import LONGEST_NAME, paragraph, tidy


@dataclass(frozen=True)
class Decision:
    """The final word on one subject: like a label, with a reason; all empty withdraws it."""

    subject: Subject
    person: str
    clear_pole: str | None = None
    category: str | None = None
    text: str | None = None
    reason: str | None = None

    @property
    def action(self) -> str:
        """Decide, or withdraw where nothing is said."""
        return "decide" if self.clear_pole or self.category or self.text else "withdraw"

    def checked(self) -> "Decision":
        """The same decision, tidied; LabelRefused where a label of this content would be."""
        action = "no_clear_pole" if self.clear_pole == "none" else "label"
        if self.action == "withdraw":
            action = "delete"
        said = (self.clear_pole, self.category, self.text)
        label = Label(self.subject, self.person, action, *said)
        reason = paragraph(self.reason, "reason") if self.reason else None
        pole, category, text = label.clear_pole, label.category, label.text
        return Decision(self.subject, label.author, pole, category, text, reason)


def decide(workspace: Workspace, event: str, decision: Decision) -> bool:
    """Save a final label; True when it is on disk, False where this event already was.

    LabelRefused where the person is no adjudicator, or works blind on the subject just now.
    """
    people.require_adjudicator(decision.person)
    given, event = decision.checked(), tidy(event, "event id", LONGEST_NAME)
    if blind.is_hidden(workspace, given.person, given.subject.whole.key):
        raise LabelRefused(
            "This subject waits in your open queue: answer it there, or close the queue, first."
        )
    table = schema.adjudication
    with workspace.writing() as connection:
        if connection.execute(select(table.c.id).where(table.c.event == event)).first():
            return False
        remember(connection, [given.subject, replace(given.subject, pole="")])
        connection.execute(
            insert_new(connection, table).values(
                event=event,
                subject=given.subject.key,
                person=given.person,
                action=given.action,
                clear_pole=given.clear_pole,
                category=given.category,
                text=given.text,
                reason=given.reason,
                made_at=now(),
            )
        )
    return True


@functools.cache
def _newest() -> ColumnElement[bool]:
    table, newer = schema.adjudication, schema.adjudication.alias()
    later = or_(
        newer.c.made_at > table.c.made_at,
        and_(newer.c.made_at == table.c.made_at, newer.c.id > table.c.id),
    )
    return ~exists().where(newer.c.subject == table.c.subject, later)


def decisions(
    workspace: Workspace, viewer: str | None, *, everything: bool = False, **where: str | None
) -> pd.DataFrame:
    """Final labels that hold, or with `everything` all there ever were, oldest first.

    Seven names, key, target, event, person, action, clear_pole, category, text, reason, made_at.
    """
    table, subject = schema.adjudication, schema.subject
    columns = [column for column in table.c if column.name not in ("id", "subject")]
    query = (
        select(*NAMED, subject.c.key.label("key"), subject.c.target.label("target"), *columns)
        .join(subject, subject.c.key == table.c.subject)
        .where(blind.visible(viewer, table.c.person, subject.c.target), *places(**where))
        .order_by(table.c.made_at, table.c.id)
    )
    if not everything:
        query = query.where(_newest(), table.c.action == "decide")
    with workspace.reading() as connection:
        return frame(connection, query)

"""Labelers that are no people: how they are told apart, and what they were asked and said.

A machine's name begins with `machine:`, wherever labels go, so the mark cannot be lost. No person
may take such a name, no machine enters a measure of agreement, a count of people or a queue.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd
from sqlalchemy import Connection, func, select

from catalog.errors import LabelRefused
from catalog.workspace import blind, labels, marks, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.machine_schema import FAILED, machine_call
from catalog.workspace.reading import frame
from catalog.workspace.subjects import Subject, remember
from catalog.workspace.values import Circumstances, Label
from catalog.workspace.words import LONGEST_NAME, name


def author(model: str) -> str:
    """Name of the machine that a model is: its mark, and the end of a path.

    What is too long is cut and told apart by a hash.
    """
    short = " ".join(model.replace("\\", "/").rstrip("/").rpartition("/")[2].split())
    if len(marks.MARK) + len(short) > LONGEST_NAME:
        digest = hashlib.sha256(model.encode()).hexdigest()[:8]
        short = f"{short[: LONGEST_NAME - len(marks.MARK) - 9]}-{digest}"
    return name(f"{marks.MARK}{short or 'model'}")


@dataclass(frozen=True)
class Call:
    """One question to a machine and what came of it; texts as they were sent and received."""

    event: str
    author: str
    purpose: str
    """label or test."""
    asked: str
    """What was asked: the same name where it is asked again."""
    model: str
    endpoint: str
    """Scheme, host and path; empty where no model was asked."""
    prompt: str
    outcome: str
    """See `machine_schema.OUTCOMES`."""
    answer: str | None = None
    reason: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    seconds: float | None = None


def append(connection: Connection, subject: Subject, call: Call) -> bool:
    """Keep a call inside a transaction of the caller's; False where it is kept already."""
    remember(connection, [subject.whole])
    row = asdict(call) | {"subject": subject.whole.key, "made_at": now()}
    saved = insert_new(connection, machine_call).values(row).returning(machine_call.c.id)
    return connection.execute(saved).first() is not None


def save(
    workspace: Workspace, subject: Subject, call: Call, labels_made: Sequence[Label] = ()
) -> bool:
    """Keep a call, and the labels it gave, in one transaction: both are on disk, or neither.

    A label of an earlier answer of the machine that this one no longer holds is taken back.
    LabelRefused where a label is not the machine's own.
    """
    if any(label.author != call.author for label in labels_made):
        raise LabelRefused("A machine's answer holds labels of that machine alone.")
    with workspace.writing() as connection:
        if not append(connection, subject, call):
            return False
        if labels_made:
            gone = labels.taken_back(connection, labels_made, subject)
            how = Circumstances(marks.SOURCE, seconds=call.seconds)
            labels.append(connection, call.event, [*labels_made, *gone], how)
    return True


def done(workspace: Workspace, author: str) -> frozenset[str]:
    """What this machine need not be asked again: it answered, or would answer the same."""
    query = select(machine_call.c.asked).where(
        machine_call.c.author == author, machine_call.c.outcome != FAILED
    )
    with workspace.reading() as connection:
        return frozenset(connection.scalars(query))


def calls(workspace: Workspace, viewer: str | None, last: int | None = None) -> pd.DataFrame:
    """The last calls, or all, oldest first, with model, site and name of their subjects.

    None that is hidden from `viewer`.
    """
    subject = schema.subject
    query = (
        select(*machine_call.c, subject.c.model.label("of_model"), subject.c.site, subject.c.name)
        .join(subject, subject.c.key == machine_call.c.subject)
        .where(blind.visible(viewer, machine_call.c.author, subject.c.target))
        .order_by(machine_call.c.id.desc())
        .limit(last)
    )
    with workspace.reading() as connection:
        return frame(connection, query).iloc[::-1].reset_index(drop=True)


def counted(workspace: Workspace) -> pd.DataFrame:
    """Calls, and sums of tokens_in, tokens_out, seconds, by author, purpose, outcome, reason."""
    by = [machine_call.c[one] for one in ("author", "purpose", "outcome", "reason")]
    names = ("tokens_in", "tokens_out", "seconds")
    sums = [func.sum(machine_call.c[one]).label(one) for one in names]
    query = select(*by, func.count().label("calls"), *sums).group_by(*by).order_by(*by)
    with workspace.reading() as connection:
        return frame(connection, query)


def pace(workspace: Workspace, author: str, purpose: str, last: int = 50) -> float | None:
    """Median seconds of the machine's last calls of a purpose; None before the first."""
    own = (machine_call.c.author == author) & (machine_call.c.purpose == purpose)
    query = select(machine_call.c.seconds).where(own, machine_call.c.seconds.is_not(None))
    with workspace.reading() as connection:
        found = list(connection.scalars(query.order_by(machine_call.c.id.desc()).limit(last)))
    return float(np.median(found)) if found else None

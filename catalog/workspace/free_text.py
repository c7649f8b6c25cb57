"""Do free texts agree? A blind judge says same or different, of real and of shuffled pairs.

A real pair is two authors' first blind texts of one pole; a shuffled pair joins one of them with
a text of another subject. The measure is the share called the same among real pairs against the
share among shuffled ones (what a generous judge calls the same anyway).
"""

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import select

from catalog.errors import LabelRefused
from catalog.signs.proportions import wilson
from catalog.workspace import blind, ordering, schema
from catalog.workspace.agreement import first_blind
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.reading import frame, history, places
from catalog.workspace.words import LONGEST_NAME, name, tidy


@dataclass(frozen=True)
class Pair:
    """Two texts to compare; the judge sees `first` and `second` only."""

    subject: str
    """Key of the subject of `first`."""
    first: str
    second: str
    shuffled: bool


@dataclass(frozen=True)
class TextAgreement:
    """Shares called the same, with Wilson intervals (95 %)."""

    real: tuple[int, int]
    """Called the same, judged."""
    real_interval: tuple[float, float]
    shuffled: tuple[int, int]
    shuffled_interval: tuple[float, float]


def texts(workspace: Workspace, **where: str | None) -> pd.DataFrame:
    """First texts saved blind, without suggestions, from the queue: columns of `history`."""
    first = first_blind(history(workspace, None, **where))
    return first[first.text.notna()].reset_index(drop=True)


def pairs(workspace: Workspace, judge: str, seed: str = "", **where: str | None) -> list[Pair]:
    """Pairs for this judge, real and shuffled in equal number, in random order.

    The order is that of `seed` and the judge, in every process and on every machine. Left out:
    texts of the judge's own, subjects hidden from the judge, pairs judged before.
    """
    judge = name(judge)
    generator = ordering.generator(seed, judge)
    found = texts(workspace, **where)
    found = found[~found.target.isin(blind.hidden_targets(workspace, judge))]
    found = found[found.author != judge]
    drawn: list[Pair] = []
    for key, group in found.groupby("key", sort=True):
        said = group.text.tolist()
        others = found[found.target != group.target.iloc[0]].text.tolist()
        if len(said) < 2 or not others:
            continue
        first, second = (said[i] for i in generator.permutation(len(said))[:2])
        stranger = others[int(generator.integers(len(others)))]
        drawn += [Pair(str(key), first, second, False), Pair(str(key), first, stranger, True)]
    done = _judged(workspace, judge)
    left = [pair for pair in drawn if (pair.subject, pair.shuffled) not in done]
    return [left[i] for i in generator.permutation(len(left))]


def _judged(workspace: Workspace, judge: str) -> set[tuple[str, bool]]:
    table = schema.judgement
    query = select(table.c.subject, table.c.shuffled).where(table.c.judge == judge)
    with workspace.reading() as connection:
        return {(row.subject, row.shuffled) for row in connection.execute(query)}


def judge_pair(workspace: Workspace, event: str, judge: str, pair: Pair, same: bool) -> bool:
    """Save a judgement; True when it is on disk, False where this event already was."""
    event, judge = tidy(event, "event id", LONGEST_NAME), name(judge)
    label, table = schema.label, schema.judgement
    own = select(label.c.id).where(
        label.c.author == judge, label.c.text.in_((pair.first, pair.second))
    )
    with workspace.writing() as connection:
        if connection.execute(own.where(label.c.subject == pair.subject)).first():
            raise LabelRefused("One of these texts is yours: leave the pair to another judge.")
        if connection.execute(select(table.c.id).where(table.c.event == event)).first():
            return False
        row = {"first": pair.first, "second": pair.second, "shuffled": pair.shuffled}
        connection.execute(
            insert_new(connection, table).values(
                event=event, subject=pair.subject, judge=judge, same=same, made_at=now(), **row
            )
        )
    return True


def measure(workspace: Workspace, **where: str | None) -> TextAgreement:
    """Shares called the same among all judgements of the subjects asked for."""
    table, subject = schema.judgement, schema.subject
    query = (
        select(table.c.shuffled, table.c.same)
        .join(subject, subject.c.key == table.c.subject)
        .where(*places(**where))
    )
    with workspace.reading() as connection:
        found = frame(connection, query)
    shuffled = found.shuffled.astype(bool)
    (real, of_real), (mixed, of_mixed) = (
        (int(part.same.sum()), len(part)) for part in (found[~shuffled], found[shuffled])
    )
    return TextAgreement(
        (real, of_real), wilson(real, of_real), (mixed, of_mixed), wilson(mixed, of_mixed)
    )

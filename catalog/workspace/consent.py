"""Which labels may leave: those of people who said so, about nothing that anybody works blind on.

Consent is each author's own, in each workspace, and off until it is given. It can be taken back;
what has left by then has left.
"""

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import and_, exists, or_, select

from catalog.workspace import adjudication, blind, league, schema
from catalog.workspace.file import Workspace, insert_new, now
from catalog.workspace.reading import current
from catalog.workspace.words import LONGEST_NAME, name, tidy


@dataclass(frozen=True)
class Public:
    """The labels of a model that may leave."""

    rows: pd.DataFrame
    """Columns of `reading.current`; `final`: the decision of an adjudicator, who then is the
    author; `nothing`: why the text predicts nothing, by its label test, else missing.
    """
    private: int
    """Labels that stay, since their author has not made them public."""
    waiting: int
    """Public ones that stay for now, since their subject waits in somebody's open queue."""


def give(workspace: Workspace, event: str, person: str, public: bool) -> bool:
    """Say whether this person's labels may leave; False where the event was saved before."""
    row = {
        "event": tidy(event, "event id", LONGEST_NAME),
        "person": name(person),
        "public": public,
    }
    table = schema.consent
    with workspace.writing() as connection:
        if connection.execute(select(table.c.id).where(table.c.event == row["event"])).first():
            return False
        connection.execute(insert_new(connection, table).values(**row, made_at=now()))
    return True


def people(workspace: Workspace) -> frozenset[str]:
    """Everybody whose labels may leave now."""
    table, newer = schema.consent, schema.consent.alias()
    later = or_(
        newer.c.made_at > table.c.made_at,
        and_(newer.c.made_at == table.c.made_at, newer.c.id > table.c.id),
    )
    query = select(table.c.person).where(
        table.c.public, ~exists().where(newer.c.person == table.c.person, later)
    )
    with workspace.reading() as connection:
        return frozenset(connection.scalars(query))


def labels(workspace: Workspace, **where: str | None) -> Public:
    """The labels that may leave, oldest first; `where` names model, revision, reading, site, kind.

    Answers and final decisions alone: skips, flags and their notes never leave. Of an author who is
    an e-mail address the part before the @ is shown.
    """
    said = current(workspace, None, **where)
    said = said[said["action"].isin(schema.ANSWERS)].assign(final=False, note=None)
    decided = adjudication.decisions(workspace, None, everything=False, **where)
    decided = decided.rename(columns={"person": "author"}).assign(action="label", final=True)
    decided = decided.reindex(columns=said.columns)
    every = pd.concat([one for one in (said, decided) if len(one)] or [said], ignore_index=True)
    allowed = every["author"].isin(people(workspace))
    with workspace.reading() as connection:
        held = every["target"].isin(set(connection.scalars(blind.waiting())))
    rows = every[allowed & ~held].reset_index(drop=True)
    rows["nothing"] = league.reasons(league.empties(workspace, None, **where), rows)
    rows["author"] = [author.partition("@")[0] for author in rows["author"]]
    return Public(rows, int((~allowed).sum()), int((allowed & held).sum()))

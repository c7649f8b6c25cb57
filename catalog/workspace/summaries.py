"""What people call a subject, in a few words: for tables and pickers."""

from collections import Counter
from collections.abc import Iterable

import pandas as pd
from sqlalchemy import select

from catalog.workspace import adjudication, blind, league, schema
from catalog.workspace.file import Workspace
from catalog.workspace.reading import by_people, frame, places
from catalog.workspace.subjects import NAMED
from catalog.workspace.words import EMPTY

LONGEST = 60
"""Characters of a summary."""
_AT_ONCE = 500


def short(
    workspace: Workspace, viewer: str | None, names: Iterable[str], **where: str | None
) -> dict[str, str]:
    """A summary for each of `names` that somebody has labelled; what is hidden is left out.

    The final label where there is one (marked ✓), else what most people say of the whole and of
    each pole, a category before a text: "+ animals · − months (2)" with the number of people; what
    machines say where nobody else does: "+ animals (machine)". A text whose test says that it
    predicts nothing comes last, and marked: "+ ∅ animals". `where` gives the model, revision,
    reading, site and kind.
    """
    said = _said(workspace, viewer, sorted(set(names)), where)
    final = adjudication.decisions(workspace, viewer, everything=False, **where)
    said = league.marked(league.empties(workspace, viewer, **where), said)
    found = {str(name): _by_whom(rows) for name, rows in said.groupby("name")}
    found |= {
        str(name): f"✓ {_words(rows)}"
        for name, rows in final[final.name.isin(set(names))].groupby("name")
    }
    return found


def _by_whom(rows: pd.DataFrame) -> str:
    people = by_people(rows)
    if people.empty:
        return f"{_words(rows)} (machine)"
    return f"{_words(people)} ({people.author.nunique()})"


def _said(
    workspace: Workspace, viewer: str | None, names: list[str], where: dict[str, str | None]
) -> pd.DataFrame:
    label, subject = schema.label, schema.subject
    columns = (label.c.author, label.c.clear_pole, label.c.category, label.c.text)
    frames = []
    with workspace.reading() as connection:
        for start in range(0, max(1, len(names)), _AT_ONCE):
            query = (
                select(*NAMED, subject.c.target.label("target"), *columns)
                .join(subject, subject.c.key == label.c.subject)
                .where(*places(**where), subject.c.name.in_(names[start : start + _AT_ONCE]))
                .where(label.c.action.in_(schema.ANSWERS), blind.is_newest())
                .where(blind.visible(viewer, label.c.author, subject.c.target))
                .order_by(label.c.made_at, label.c.id)
            )
            frames.append(frame(connection, query))
    return pd.concat(frames, ignore_index=True)


def _words(rows: pd.DataFrame) -> str:
    """The most frequent word of the whole, then of each pole; the clear pole where nothing else."""
    parts = [_most(rows[rows.pole == ""], "category") or _most(rows[rows.pole == ""], "text")]
    for pole, sign in (("+", "+ "), ("-", "− ")):
        text = _most(rows[rows.pole == pole], "text")
        parts.append(text and sign + text)
    told = " · ".join(part for part in parts if part)
    if not told:
        pole = _most(rows, "clear_pole")
        told = {"none": "no clear pole", "both": "both poles", "": "–"}.get(pole, f"pole {pole}")
    return told if len(told) <= LONGEST else told[: LONGEST - 1] + "…"


def _most(rows: pd.DataFrame, column: str) -> str:
    said = rows[column].dropna().astype(str)
    if not said.empty and not said.str.startswith(EMPTY).all():
        said = said[~said.str.startswith(EMPTY)]
    counted = Counter(said).most_common(1)
    return counted[0][0].replace("_", " ") if counted else ""

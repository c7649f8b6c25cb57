"""Settling: what divides people, the two ends of a subject, and the decision saved."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from catalog.figures import dimension as figures
from catalog.workspace import adjudication, agreement, known
from catalog.workspace.adjudication import Decision
from catalog.workspace.known import Known
from catalog.workspace.subjects import FIELDS, Subject
from dashboard.common import drawn, frames, parts, workspace
from dashboard.common.answers import Here
from dashboard.desk import shown as desk
from dashboard.media import frames as media_frames
from dashboard.media import stage

PAGE = "adjudicate"
CHECK = (
    "Mixed into queues that are opened with checks, unmarked. How each one answered is shown to "
    "that person alone; people who know the answer here are not asked."
)
SHOWN = 16
"""Items of a pole that are drawn."""
SIDES: tuple[tuple[str, frames.Pole, str], ...] = (
    ("plus", "positive", ":orange[**+**] positive pole"),
    ("minus", "negative", ":blue[**−**] negative pole"),
)


def subject(here: Here, kind: str, name: str) -> Subject:
    """The subject of a kind and name at the rail's catalog and site."""
    if kind == "dimension":
        return workspace.subject(here, int(name))
    return workspace.feature(here, name, kind)


def divided(here: Here) -> pd.DataFrame:
    """Subjects of the rail's site on which people differ, the most divided first."""
    where = workspace.where(here, here.site)
    return agreement.disagreements(workspace.workspace(), workspace.person(), **where)


def decide(event: str, decisions: Sequence[Decision]) -> None:
    """Save final labels of one subject and its poles, all of one act."""
    for number, decision in enumerate(decisions):
        adjudication.decide(workspace.acting("adjudicate"), f"{event}-{number}", decision)


def known_answer(here: Here, one: Subject, person: str, held: Mapping[str, object]) -> None:
    """Have the final label check labelers as an answer that is known, or no longer.

    `held` is the final label, by column.
    """
    names = {name: getattr(one, name) for name in FIELDS if name != "pole"}
    declared = known.held(workspace.workspace(), workspace.person(), **names)
    pole, category = (_text(held.get(name)) for name in ("clear_pole", "category"))

    @parts.guard()
    def say(clear_pole: str | None, named: str | None) -> None:
        said = Known(one, person, clear_pole, named)
        known.declare(workspace.acting("adjudicate"), workspace.event(), said)

    with parts.panel("A check for labelers", help=CHECK):
        for row in declared.itertuples():
            told = [word for word in (row.clear_pole, row.category) if isinstance(word, str)]
            by = parts.visible(row.person)
            st.text(f"Known answer: {parts.visible(' · '.join(told))}   ({by})")
        if len(declared):
            st.button("Ask nobody any more", on_click=say, args=(None, None), key="known.not")
        elif pole or category:
            st.button("The final label is certain: check labelers by it", on_click=say,
                args=(pole, category), key="known.say")  # fmt: skip
        else:
            st.caption("Settle the clear pole or the category first, if the answer is certain.")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def show(here: Here, one: Subject) -> None:
    """Both ends of a subject, and the values of all items between them."""
    if one.kind == "dimension":
        _dimension(here, int(one.name))
    else:
        _feature(here, one)


def _dimension(here: Here, number: int) -> None:
    row = frames.dimension(here, number)
    pictured = media_frames.is_media(here.catalog)
    if pictured:
        first = frames.pole(here, number, "positive", 1).frame["item"]
        begin = None if first.empty else int(first.iloc[0])
        stage.start(here, PAGE, f"{here}/{number}", begin)
    count = stage.size(here) if pictured else SHOWN
    left, middle, right = st.columns([3, 4, 3], gap="medium")
    for column, (_, pole, title) in zip((left, right), SIDES, strict=True):
        answer = frames.pole(here, number, pole, count)
        with column:
            if pictured:
                stage.pole_panel(here, PAGE, title, answer, pole)
                continue
            with parts.panel(title, answer):
                figure = figures.pole(answer.frame, row["value"])
                drawn.figure(figure, f"adjudicate.{pole}", opens=False)
    with middle:
        if pictured:
            stage.stage(here, PAGE)
        with parts.panel("Values of all items", frames.dimension_copy(here, number)):
            drawn.figure(figures.histogram(row), "adjudicate.histogram")


def _feature(here: Here, one: Subject) -> None:
    shown = desk.shown(one, here)
    pictured = media_frames.is_media(here.catalog)
    if pictured:
        stage.start(here, PAGE, one.key, int(shown["plus"][0][3]))
    for column, (side, _, _), title in zip(st.columns(2), SIDES, shown["poles"], strict=True):
        rows = pd.DataFrame(shown[side], columns=["text", "agreement", "wide", "item"])
        rows["agreement"] = rows["agreement"].astype(float)
        with column, parts.panel(title.capitalize()):
            if pictured:
                stage.wall(here, PAGE, side, rows, "agreement")
            else:
                listed = rows[["text", "agreement"]]
                parts.table(listed, raw=True, key=f"adjudicate.{side}", height=320)
    if pictured:
        stage.stage(here, PAGE)

"""The line below a table or a map that does something with many of its rows at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from catalog.workspace.subjects import Subject
from dashboard.common import access, parts, workspace
from dashboard.common.answers import Here
from dashboard.frame import address
from dashboard.labels import gathering
from dashboard.labels.gathering import Done

_DONE, _SAID = "bulk.done", "bulk.said"
MODES = ["multi-row", "single-cell"]
"""Of a table with such a line: rows are marked at their left, a click on a cell opens one."""


def marked(event: Any, names: Sequence[object]) -> list[str]:
    """Names of the rows of a table that are marked."""
    return [str(names[row]) for row in event["selection"].get("rows") or [] if row < len(names)]


def opened(key: str, event: Any) -> int | None:
    """The row whose cell was clicked, once per click; marked rows open nothing."""
    return parts.picked(key, {"selection": {"cells": event["selection"].get("cells")}})


@dataclass(frozen=True)
class Choice:
    """What can be chosen from: the rows of a table or the points of a map."""

    every: Sequence[str]
    """Names of all that pass the filter, also on other pages of a table."""
    marked: Sequence[str]
    make: Callable[[Sequence[str]], list[Subject]]
    """Subjects of some names."""
    inside: str | None = None
    """The list that all of them are in, where the table shows one."""


def of_site(here: Here, kind: str, every: Sequence[str], rows: Sequence[str]) -> Choice:
    """Dimensions or features of the rail's site."""
    return Choice(every, rows, lambda names: gathering.subjects(here, kind, names))


@st.fragment
@parts.guard()
def line(here: Here, choice: Choice) -> None:
    """Star, list, queue or take along what is marked or typed."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="bulk-line"):
        typed = _which(len(choice.marked))
        many = choice.make(gathering.chosen(typed, choice.marked, choice.every))
        told = f"{len(many):,} chosen" if many else "Mark rows at their left, or name some."
        person = workspace.person()
        if not access.may("label"):
            told += " Stars, lists and queues take the role label."
        elif person is None:
            told += " Say who you are (on the left) to star, list or queue them."
        else:
            _acts(here, many, person, choice.inside)
        _take(here, many)
        st.caption(told, width="content")
    _after()


def _which(count: int) -> str:
    shown = f"{count:,} marked" if count else "3, 7, 12-20, or all"
    return st.text_input(
        "Which",
        key="bulk.which",
        placeholder=shown,
        width=240,
        help="Empty: the rows that are marked. Numbers, ranges or names; all: every row of the "
        "filter, on all pages. Key b comes here.",
    )


def _acts(here: Here, many: list[Subject], person: str, inside: str | None) -> None:
    """Star, queue, and the list with its name."""
    none = not many

    def act(what: Callable[[], Done]) -> Callable[[], None]:
        @parts.guard()
        def acted() -> None:
            st.session_state[_DONE] = done = what()
            st.session_state[_SAID] = done.told

        return acted

    st.button(
        "Star", icon=":material/star:", disabled=none, key="bulk.star",
        on_click=act(lambda: gathering.star(many, person)),
    )  # fmt: skip
    st.button(
        "Queue", icon=":material/playlist_add_check:", disabled=none, key="bulk.queue",
        on_click=act(lambda: gathering.line_up(here, many, person)),
        help="Opens a queue of them: you work blind on them from then on.",
    )  # fmt: skip
    title = st.selectbox(
        "List",
        [str(one) for one in gathering.every()["list"]],
        index=None,
        key="bulk.list",
        placeholder="list or tag",
        accept_new_options=True,
        width=170,
    )
    st.button(
        "Add", icon=":material/bookmark_add:", disabled=none or not title, key="bulk.add",
        on_click=act(lambda: gathering.enlist(many, person, str(title))),
        help="Lists are everybody's: Label > Lists.",
    )  # fmt: skip
    if inside is not None:
        st.button(
            "Take out", icon=":material/bookmark_remove:", disabled=none, key="bulk.out",
            on_click=act(lambda: gathering.enlist(many, person, inside, out=True)),
        )  # fmt: skip


def _take(here: Here, many: list[Subject]) -> None:
    st.download_button(
        "CSV",
        lambda: parts.csv(gathering.sheet(here, many)),
        file_name=f"{parts.file('chosen')}.csv",
        mime="text/csv",
        key="bulk.csv",
        on_click="ignore",
        disabled=not many,
        icon=":material/download:",
    )


def _after() -> None:
    """What was done last, and the way back; key u."""
    done: Done | None = st.session_state.get(_DONE)
    said = st.session_state.get(_SAID)
    if not said:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(parts.visible(said), width="content")
        if done is None:
            return
        st.button("Undo", icon=":material/undo:", shortcut="u", key="bulk.undo", on_click=_undo)
        here, icon = st.session_state["rail.here"], ":material/arrow_forward:"
        if done.kind == "queue":
            address.link("queue", "To the queue", here, icon, queue=done.event)
        elif done.kind == "list":
            address.link("lists", "To the lists", here, icon)


@parts.guard()
def _undo() -> None:
    done: Done | None = st.session_state.pop(_DONE, None)
    person = workspace.person()
    if done is not None and person is not None:
        st.session_state[_SAID] = gathering.undo(done, person)

"""Comments that name who looks: how many wait, and a link to each. Nothing is sent by mail."""

import streamlit as st

from catalog import places
from catalog.workspace import mentions
from catalog.workspace.mentions import Mention
from dashboard.common import parts, workspace
from dashboard.frame import address
from dashboard.labels.gathering import PAGES

SHOWN = 10
"""Comments shown at once, the newest."""


def waiting() -> list[Mention]:
    """Comments that name who looks and are not marked as read."""
    person = workspace.person()
    if person is None or not places.workspace_exists():
        return []
    return mentions.waiting(workspace.workspace(), person)


@st.fragment
@parts.guard()
def panel() -> None:
    """Each with its link and a button that marks it as read; nothing where none waits."""
    found = waiting()
    if not found:
        return
    with parts.panel(f"{_count(len(found))} {'names' if len(found) == 1 else 'name'} you"):
        for one in found[:SHOWN]:
            _one(one)
        if len(found) > SHOWN:
            st.caption(f"and {len(found) - SHOWN:,} older")
        if len(found) > 1:
            st.button(
                "Mark all as read", key="mentioned.all", on_click=_read,
                args=([one.comment for one in found],),
            )  # fmt: skip


def brief() -> None:
    """One line with the count, for pages that have no room: it leads to Lists, where they are."""
    found = waiting()
    here = st.session_state.get("rail.here")
    if found and here is not None:
        told = f"{_count(len(found))} {'names' if len(found) == 1 else 'name'} you"
        address.link("lists", told, here, ":material/alternate_email:")


def _count(many: int) -> str:
    return "1 comment" if many == 1 else f"{many:,} comments"


def _one(one: Mention) -> None:
    with st.container(border=True, gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="center"):
            place = workspace.place_of(one.subject)
            view, field = PAGES[one.subject.kind]
            told = f"{one.subject.site} / {parts.plain(one.subject.name[:40])}"
            if place is None:
                st.text(f"{parts.visible(one.subject.model)}: {parts.visible(told)} (not here)")
            else:
                address.link(
                    view, told, place, ":material/arrow_forward:", **{field: one.subject.name}
                )
            st.caption(parts.plain(f"{one.person}, {one.made_at:%Y-%m-%d %H:%M} UTC"))
            st.button("Read", key=f"mentioned.{one.comment}", on_click=_read, args=([one.comment],))
        st.text(parts.visible(one.text[:500]))


@parts.guard()
def _read(comments: list[str]) -> None:
    person = workspace.person()
    if person is not None:
        read(comments, person)


def read(comments: list[str], person: str) -> None:
    """Note that somebody has read these comments: whoever may look may."""
    mentions.read(workspace.acting("look"), workspace.event(), person, comments)

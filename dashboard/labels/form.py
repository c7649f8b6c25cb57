"""What a person says on a page: label, star, comment."""

from typing import Any

import streamlit as st

from catalog.workspace import schema
from catalog.workspace.subjects import Subject
from catalog.workspace.values import Answer
from dashboard.common import parts, workspace
from dashboard.labels import frames

_LIST = "choose, or leave empty"
_POLES: dict[str | None, str] = dict([(None, "not said"), *frames.POLES.items()])
ENDS: dict[str | None, str] = {
    None: "not said",
    "+": "items that agree most",
    "-": "least",
    "both": "both",
    "none": "none",
}
_TEXTS = {
    "text": ("Text", "whole"),
    "positive": ("Text for the + pole", "plus"),
    "negative": ("Text for the − pole", "minus"),
}


def star(subject: Subject, person: str) -> None:
    """Star the subject, or take the star off; key s."""
    on = bool(workspace.stars(subject=subject))

    @parts.guard()
    def turn() -> None:
        workspace.star(subject, person, not on)

    icon = ":material/star:" if not on else ":material/star_rate:"
    st.button(
        "Starred" if on else "Star",
        icon=icon,
        on_click=turn,
        shortcut="s",
        type="primary" if on else "secondary",
        key="labels.star",
    )


def write(subject: Subject, person: str) -> None:
    """Label this: closed answers and text, outside the queue, so never part of agreement; key l."""
    shown = st.popover("Label this", icon=":material/edit:", key="labels.write", on_change="rerun")
    if not shown.open:
        return
    with shown, st.form("labels.form", border=False, clear_on_submit=True):
        poles = _POLES if subject.kind == "dimension" else ENDS
        pole = st.radio(
            "Clear pole" if subject.kind == "dimension" else "Clear end",
            poles,
            format_func=lambda one: poles[one],
            horizontal=True,
            key="labels.pole",
        )
        category = st.selectbox(
            "Category",
            frames.categories_of(subject),
            index=None,
            placeholder=_LIST,
            format_func=lambda one: one.replace("_", " "),
            key="labels.category",
        )
        said: dict[str, Any] = {
            field: st.text_input(title, key=f"labels.{key}") or None
            for field, (title, key) in _TEXTS.items()
            if (field == "text") == (subject.kind != "dimension")
        }
        said |= scales(subject)
        st.caption("Labels from this page are not blind: they never enter agreement.")
        if st.form_submit_button("Save", type="primary"):
            with parts.guard():
                action = "no_clear_pole" if pole == "none" else "label"
                given = Answer(subject, person, action, pole, category, **said)
                workspace.answer(given, bool(st.session_state.get("labels.suggest")))
                st.rerun()


def scales(subject: Subject) -> dict[str, int | None]:
    """Steps from 1 to 5, by field; None where nothing is said."""
    ends = ("+", "−") if subject.kind == "dimension" else ("most", "least")
    titles = {
        "confidence": "Confidence",
        "clarity_plus": f"Clarity, {ends[0]}",
        "clarity_minus": f"Clarity, {ends[1]}",
        "specificity": "Specificity",
    }
    with st.container(horizontal=True, gap="small"):
        said: dict[str, int | None] = {}
        for field, title in titles.items():
            help = schema.SCALES.get(field)
            said[field] = st.segmented_control(title, range(1, 6), key=f"labels.{field}", help=help)
    return said


def remark(subject: Subject, person: str) -> None:
    """Comment on the subject."""
    shown = st.popover("Comment", icon=":material/comment:", key="labels.remark", on_change="rerun")
    if not shown.open:
        return
    with shown, st.form("labels.comment", border=False, clear_on_submit=True):
        text = st.text_area(
            "Comment", key="labels.text", max_chars=10_000,
            help="@name names a person: the comment waits for them on Home and on Label.",
        )  # fmt: skip
        if st.form_submit_button("Save", type="primary"):
            with parts.guard():
                workspace.comment(subject, person, text)
                st.rerun()

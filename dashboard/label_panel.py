"""Labels of one dimension: who said what, the final label, verdicts, stars, comments."""

import pandas as pd
import streamlit as st

from catalog.workspace.subjects import Subject
from dashboard import address, agreement_frames, labeling_frames, parts
from dashboard.frames import Answer, Here

_LIST = "choose, or leave empty"
HIDDEN = (
    "This dimension waits in your open queue: what others said of it, and every suggestion, is "
    "hidden until you have answered it or closed the queue."
)


@st.fragment
@parts.guard()
def panel(here: Here, number: int) -> None:
    """Everything people said of a dimension, and the form to say something."""
    subject = labeling_frames.subject(here, number)
    blind = labeling_frames.hidden(subject)
    said = agreement_frames.labels_of(subject)
    with parts.panel(_title(said)):
        if blind:
            parts.notice(HIDDEN)
        if len(said):
            parts.table(said, key="labels.said")
        if not blind:
            _final(here, subject)
            _suggested(here, number)
        _comments(subject)
    person = labeling_frames.person()
    if person is None:
        st.caption("Say who you are (left, below the threshold) to label, star or comment.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        _star(subject, person)
        if not blind:
            _write(subject, person)
        _remark(subject, person)
        address.link("adjudicate", "Settle", here, ":material/gavel:", dim=number)


def withheld(here: Here, number: int) -> bool:
    """Whether what suggests a label is kept from who looks; says so in its place."""
    hidden = labeling_frames.hidden(labeling_frames.subject(here, number))
    if hidden:
        with parts.panel("Categories that read this dimension"):
            parts.notice(HIDDEN)
    return hidden


def unhidden(here: Here, found: Answer) -> Answer:
    """An answer with a column `dimension` without those whose suggestions are hidden."""
    hidden = labeling_frames.hidden_dimensions(here)
    if not hidden or "dimension" not in found.frame:
        return found
    kept = found.frame[~found.frame.dimension.isin(hidden)].reset_index(drop=True)
    if len(kept) < len(found.frame):
        parts.notice(
            f"{len(found.frame) - len(kept)} dimensions that wait in your open queue are left out."
        )
    return found._replace(frame=kept)


def _title(said: pd.DataFrame) -> str:
    people = len(said)
    if not people:
        return "Labels: none yet"
    return f"Labels: {people} {'person' if people == 1 else 'people'}"


def _final(here: Here, subject: Subject) -> None:
    """The final label and the verdicts of tests, where there are any."""
    if not labeling_frames.anything_saved():
        return
    for row in agreement_frames.decisions(here, subject).itertuples():
        words = [row.pole, row.clear_pole, row.category, row.text]
        shown = " · ".join(parts.visible(word) for word in words if isinstance(word, str) and word)
        st.text(f"Final: {shown}   ({parts.visible(row.person)})")
    for row in agreement_frames.results(here, subject).itertuples():
        st.text(
            f"{row.verdict}: {row.pole} {parts.visible(row.text)!r}   {row.right} of {row.scored} "
            f"right [{parts.number(row.low)}, {parts.number(row.high)}]"
        )


def _suggested(here: Here, number: int) -> None:
    """Suggestions, kept apart and off until somebody switches them on."""
    if not st.toggle("Suggestions", key="labels.suggest", help="Categories of highest AUC here."):
        return
    found = labeling_frames.suggestions(here, number)
    if found.empty:
        st.caption("Suggestion: none; no measured category reads this dimension here.")
    for row in found.itertuples():
        q = "< 0.001" if row.q < 0.001 else parts.number(row.q)
        sign = "+" if row.sign > 0 else "−"
        st.text(
            f"Suggestion, not a label: {sign} {parts.visible(row.category)}   "
            f"AUC {parts.number(row.auc)}   q {q}"
        )


def _comments(subject: Subject) -> None:
    for comment in labeling_frames.comments(subject)[:20]:
        st.caption(f"{comment.made_at:%Y-%m-%d %H:%M} UTC")
        st.text(parts.visible(comment.person) + ": " + parts.visible(comment.body.get("text", "")))


def _star(subject: Subject, person: str) -> None:
    on = bool(labeling_frames.stars(subject=subject))

    @parts.guard()
    def turn() -> None:
        labeling_frames.star(subject, person, not on)

    icon = ":material/star:" if not on else ":material/star_rate:"
    st.button(
        "Starred" if on else "Star",
        icon=icon,
        on_click=turn,
        shortcut="s",
        type="primary" if on else "secondary",
        key="labels.star",
    )


def _write(subject: Subject, person: str) -> None:
    """Label this: closed answers and text, outside the queue, so never part of agreement."""
    with (
        st.popover("Label this", icon=":material/edit:", key="labels.write"),
        st.form("labels.form", border=False, clear_on_submit=True),
    ):
        poles = [None, *agreement_frames.POLES]
        pole = st.radio(
            "Clear pole",
            poles,
            format_func=lambda one: agreement_frames.POLES.get(one, "not said"),
            horizontal=True,
            key="labels.pole",
        )
        category = st.selectbox(
            "Category",
            labeling_frames.categories(),
            index=None,
            placeholder=_LIST,
            format_func=lambda one: one.replace("_", " "),
            key="labels.category",
        )
        plus = st.text_input("Text for the + pole", key="labels.plus")
        minus = st.text_input("Text for the − pole", key="labels.minus")
        sure = st.segmented_control("Confidence", [1, 2, 3, 4, 5], key="labels.sure")
        st.caption("Labels from this page are not blind: they never enter agreement.")
        if st.form_submit_button("Save", type="primary"):
            with parts.guard():
                _save(subject, person, pole, category, plus, minus, sure)
                st.rerun()


def _save(
    subject: Subject,
    person: str,
    pole: str | None,
    category: str | None,
    plus: str,
    minus: str,
    sure: int | None,
) -> None:
    labeling_frames.answer(
        subject,
        person,
        clear_pole=pole,
        category=category,
        positive=plus,
        negative=minus,
        confidence=sure,
        suggested=bool(st.session_state.get("labels.suggest")),
    )


def _remark(subject: Subject, person: str) -> None:
    with (
        st.popover("Comment", icon=":material/comment:", key="labels.remark"),
        st.form("labels.comment", border=False, clear_on_submit=True),
    ):
        text = st.text_area("Comment", key="labels.text", max_chars=10_000)
        if st.form_submit_button("Save", type="primary"):
            with parts.guard():
                labeling_frames.comment(subject, person, text)
                st.rerun()


def starred(here: Here) -> None:
    """The stars of who looks in this catalog's model; a link each."""
    found = labeling_frames.stars(here)
    if not found:
        return
    with parts.panel("Starred"), st.container(horizontal=True):
        for one in found[:40]:
            if one.body.get("kind") == "dimension":
                place = here._replace(site=str(one.body["site"]))
                label = f"{place.site} / {one.body['name']}"
                address.link("dimension", label, place, ":material/star:", dim=one.body["name"])

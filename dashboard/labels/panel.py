"""Labels of one dimension or feature: who said what, final label, verdicts, stars, comments."""

import pandas as pd
import streamlit as st

from catalog.workspace import marks
from catalog.workspace.subjects import Subject
from dashboard.common import access, parts, workspace
from dashboard.common.answers import Answer, Here
from dashboard.frame import address, who
from dashboard.labels import form, frames, gathering, sure

NOUNS = {
    "dimension": "This dimension",
    "feature": "This feature",
    "discovered": "This discovered feature",
}


def sentence(kind: str) -> str:
    """Why something about a subject of this kind is not shown."""
    return (
        f"{NOUNS[kind]} waits in your open queue: what others said of it, and every suggestion, "
        "is hidden until you have answered it or closed the queue."
    )


HIDDEN = sentence("dimension")


def panel(here: Here, number: int) -> None:
    """Everything people said of a dimension, and the form to say something."""
    _about(here, workspace.subject(here, number))


def of_feature(here: Here, name: str, kind: str = "feature") -> None:
    """The same of a measured category, or of a discovered feature."""
    _about(here, workspace.feature(here, name, kind))


@st.fragment
@parts.guard()
def _about(here: Here, subject: Subject) -> None:
    blind = workspace.hidden(subject)
    said = frames.labels_of(subject)
    with parts.panel(_title(said)):
        if blind:
            parts.notice(sentence(subject.kind))
        if len(said):
            parts.table(said, key="labels.said", column_config=frames.columns())
        for line in sure.of_subject(here, subject):
            st.text(f"How sure: {line}")
        if not blind:
            _final(here, subject)
            if subject.kind == "dimension":
                _suggested(here, int(subject.name))
        _comments(subject)
        _lists(here, subject)
    if not access.may("label"):
        st.caption("You may look here: labels, stars and comments take the role label.")
        return
    person = workspace.person()
    if person is None:
        st.caption("Say who you are (on the left) to label, star or comment.")
        return
    if who.waiting():
        st.caption("One moment …")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        form.star(subject, person)
        if not blind:
            form.write(subject, person)
        form.remark(subject, person)
        at = {"dim" if subject.kind == "dimension" else "name": subject.name}
        address.link("adjudicate", "Settle", here, ":material/gavel:", kind=subject.kind, **at)


def withheld(here: Here, number: int) -> bool:
    """Whether what suggests a label is kept from who looks; says so in its place."""
    hidden = workspace.hidden(workspace.subject(here, number))
    if hidden:
        with parts.panel("Categories that read this dimension"):
            parts.notice(HIDDEN)
    return hidden


def unhidden(here: Here, found: Answer) -> Answer:
    """An answer with a column `dimension` without those whose suggestions are hidden."""
    hidden = workspace.hidden_dimensions(here)
    if not hidden or "dimension" not in found.frame:
        return found
    kept = found.frame[~found.frame.dimension.isin(hidden)].reset_index(drop=True)
    if len(kept) < len(found.frame):
        parts.notice(
            f"{len(found.frame) - len(kept)} dimensions that wait in your open queue are left out."
        )
    return found._replace(frame=kept)


def unnamed(here: Here, found: Answer) -> Answer:
    """Discovered features without the nearest category of those whose suggestions are hidden."""
    frame = found.frame
    hidden = workspace.hidden_features(here, frame["name"].astype(str), "discovered")
    if not hidden:
        return found
    keep = ~frame["name"].isin(hidden)
    parts.notice(
        f"The nearest category of {len(hidden)} features that wait in your open queue is hidden."
    )
    return found._replace(
        frame=frame.assign(
            category=frame["category"].where(keep), category_auc=frame["category_auc"].where(keep)
        )
    )


def _title(said: pd.DataFrame) -> str:
    if said.empty:
        return "Labels: none yet"
    machines = sum(map(marks.is_machine, said["author"]))
    people = len(said) - machines
    counts = [(people, "person", "people"), (machines, "machine", "machines")]
    told = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
    return f"Labels: {', '.join(told)}"


def _final(here: Here, subject: Subject) -> None:
    """The final label and the verdicts of tests, where there are any."""
    if not workspace.anything_saved():
        return
    for row in frames.decisions(here, subject).itertuples():
        words = [row.pole, row.clear_pole, row.category, row.text]
        shown = " · ".join(parts.visible(word) for word in words if isinstance(word, str) and word)
        st.text(f"Final: {shown}   ({parts.visible(row.person)})")
    empty = frames.empties(subject)
    for row in frames.results(here, subject).itertuples():
        said = (
            f"{row.verdict}: {row.pole} {parts.visible(row.text)!r}   {row.right} of {row.scored} "
            f"right [{parts.number(row.low)}, {parts.number(row.high)}]"
        )
        why = empty.get((row.author, row.target, row.pole, row.text))
        if why is None:
            st.text(said)
        else:
            st.markdown(f":gray[{parts.plain(said)}]", help=f"This label {why}.")


def _suggested(here: Here, number: int) -> None:
    """Suggestions, kept apart and off until somebody switches them on."""
    if not st.toggle("Suggestions", key="labels.suggest", help="Categories of highest AUC here."):
        return
    found = frames.suggestions(here, number)
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
    for comment in workspace.comments(subject)[:20]:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(f"{comment.made_at:%Y-%m-%d %H:%M} UTC", width="content")
            if comment.person == workspace.person() and access.may("label"):
                st.button(
                    "Take back", key=f"labels.back.{comment.key}", type="tertiary",
                    on_click=_take_back, args=(comment.key, comment.person),
                )  # fmt: skip
        st.text(parts.visible(comment.person) + ": " + parts.visible(comment.body.get("text", "")))


@parts.guard()
def _take_back(key: str, person: str) -> None:
    workspace.take_back(key, person)


def _lists(here: Here, subject: Subject) -> None:
    """Lists that it is in, a link each."""
    found = gathering.of(subject)
    if not found:
        return
    with st.container(horizontal=True, gap="small"):
        for title in found[:20]:
            address.link("lists", parts.plain(title), here, ":material/bookmark:", list=title)


def starred(here: Here) -> None:
    """The stars of who looks in this catalog's model; a link each."""
    found = workspace.stars(here)
    if not found:
        return
    with parts.panel("Starred"), st.container(horizontal=True):
        for one in found[:40]:
            name, kind = str(one.body["name"]), str(one.body.get("kind"))
            place = here._replace(site=str(one.body["site"]))
            label = f"{place.site} / {parts.plain(name[:40])}"
            view, field = gathering.PAGES[kind]
            address.link(view, label, place, ":material/star:", **{field: name})

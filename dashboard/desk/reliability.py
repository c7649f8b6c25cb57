"""Panels of Agreement: how sure answers are, what a panel agrees on as a page, one's own checks."""

import pandas as pd
import streamlit as st

from catalog.notebook.reliability import BLIND, Reliability
from catalog.workspace import printable
from catalog.workspace.printable import Summary
from dashboard.common import parts, workspace
from dashboard.common.answers import Here
from dashboard.desk import reliability_frames as frames
from dashboard.frame import who

_HELP = (
    "Dawid & Skene 1979 on first, blind answers: each person's own confusion matrix, and from all "
    "of them together the probability of every true answer. 95 % credible intervals. A posterior "
    "holds if people err independently of each other."
)
_PROTOCOL = (
    "Unanimous: of subjects of two people or more. All but one: of those of three or more. Fleiss' "
    "kappa and, between the majority answers of two panels that share nobody, Cohen's, with 95 % "
    "intervals over subjects drawn with replacement."
)
_SUMMARY = "Every figure comes again out of the exported file (Label > Files) alone."
_NAMES = {"clear_pole": "Clear pole", "category": "Category"}
_P = st.column_config.NumberColumn
COLUMNS = {
    "author": st.column_config.TextColumn("person"),
    "accuracy": _P("right", format="%.2f", help="Probability that their answer is right."),
    "probability": _P("posterior", format="%.2f", help="That this answer is the true one."),
    "low": _P("from", format="%.2f"),
    "high": _P("to", format="%.2f"),
    "people": _P("people", help="Who answered blind."),
    "alpha": _P("ordinal alpha", format="%.2f"),
    "units": _P("subjects", help="Of two people or more."),
    "mean": _P("mean step", format="%.1f"),
    "check": st.column_config.TextColumn("check"),
    "same": _P("right or the same"),
    "unanimous": st.column_config.TextColumn("unanimous", help="Of subjects of two or more."),
    "near": st.column_config.TextColumn("all but one", help="Of subjects of three or more."),
    "fleiss": st.column_config.TextColumn("Fleiss' kappa"),
    "cohen": st.column_config.TextColumn("Cohen's kappa, second panel"),
    "compared": _P("compared", help="Subjects with a majority in both panels."),
}


@parts.guard()
def sure(here: Here, site: str | None) -> None:
    """Posteriors and people's accuracies, a panel for each field; nothing to who labels now."""
    if workspace.anything_hidden():
        with parts.panel("How sure the answers are", help=_HELP):
            parts.notice(BLIND)
        return
    for found in frames.reliabilities(here, site):
        _field(here, found)


def _field(here: Here, found: Reliability) -> None:
    answer = frames.posteriors(here, found)
    rows = answer.frame
    title = f"How sure: {_NAMES[found.field].lower()}"
    with parts.panel(title, answer, _HELP):
        with st.container(horizontal=True, gap="small"):
            parts.figure("subjects", f"{len(rows):,}", width=90)
            certain = int((rows["probability"] >= printable.SURE).sum())
            parts.figure(f"at {printable.SURE} or above", f"{certain:,}", width=120)
            parts.figure("median posterior", rows["probability"].median(), width=120)
        for note in found.notes:
            parts.notice(parts.visible(note))
        left, right = st.columns(2)
        with left:
            people = frames.together(here, found).frame
            shown = people[["author", "answers", "accuracy", "low", "high"]]
            parts.table(shown, column_config=COLUMNS, key=f"sure.people.{found.field}")
        with right:
            listed = rows[["site", "name", "answer", "probability", "low", "high", "people"]]
            key = f"sure.subjects.{found.field}"
            height = min(260, 36 * len(listed) + 40)
            parts.table(listed, column_config=COLUMNS, key=key, height=height)
            st.caption("The least sure first.")


@st.fragment
@parts.guard()
def protocol(here: Here, site: str | None) -> None:
    """How far the panel is at one, and on scales, with a second panel where one is named."""
    with parts.panel("Consensus protocol", help=_PROTOCOL):
        people = sorted(set(frames.entering(here, site)["author"]))
        second = st.multiselect(
            "Second panel: who labelled the same subjects again",
            people,
            key="agreement.second",
            format_func=parts.visible,
            max_selections=max(1, len(people) - 1),
        )
        shown, steps = frames.consensus(here, site, second)
        shown = shown.assign(field=shown["field"].map(_NAMES))
        parts.table(shown, column_config=COLUMNS, key="agreement.protocol")
        if len(steps):
            st.caption("Scales, 1 to 5: Krippendorff's ordinal alpha")
            named = steps.assign(scale=steps["scale"].str.replace("_", " "))
            parts.table(named, column_config=COLUMNS, key="agreement.scales")
        if workspace.anything_hidden():
            st.caption(BLIND)
        elif st.toggle("As a summary to print", key="agreement.summary", help=_SUMMARY):
            text = shown_text(frames.summary(here, site, second))
            st.code(text, language=None)
            name = f"{parts.file('summary')}.txt"
            st.download_button("Download", text, file_name=name, on_click="ignore")


def shown_text(found: Summary) -> str:
    """The summary as text in which nothing hides."""
    return "\n".join(parts.visible(line) for line in printable.text(found).split("\n"))


@parts.guard()
def own(here: Here) -> None:
    """How who looks did on their checks: for them alone."""
    if who.waiting():
        return
    found: pd.DataFrame = frames.own(here)
    if found.empty:
        return
    help = (
        "Known answers: your first answers to subjects whose answer is known. Asked again: whether "
        "you gave the same answer a second time. Closed queues alone; Wilson intervals."
    )
    with parts.panel("Your own checks: nobody else sees these", help=help):
        parts.table(
            found.assign(field=found["field"].map(_NAMES)), column_config=COLUMNS, key="checks.own"
        )

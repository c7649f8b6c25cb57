"""Test a label: can a person who holds only the label tell which item has which sign?"""

import time
from typing import Any

import streamlit as st

from dashboard.common import frames, parts, workspace
from dashboard.desk import label_test_frames
from dashboard.frame import address, rail, who
from dashboard.labels import frames as label_frames
from dashboard.media import frames as media_frames
from dashboard.media import stage

here = rail.here()
ALIKE = "length" if media_frames.is_sound(here.catalog) else (
    "size" if media_frames.is_media(here.catalog) else "frequency and length"
)  # fmt: skip
RULES = (
    f"30 pairs of one + and one − item, alike in {ALIKE}, never shown to a labeler; a "
    "tenth carry another dimension's label. predicts: q < 0.05, exact one-sided binomial, "
    "Benjamini-Hochberg over the model's tests. predicts nothing: the upper bound of the Wilson "
    "interval is below 0.65. Else undecided. ∅ and grey: so are all tests of a text together."
)
LEAGUE = (
    "Every finished test counts once for the author of its label, apart by who tested: the share "
    "that predicts and the share that predicts nothing, with Wilson intervals. Machines and the "
    "baseline (the category or spelling that best separates the signs of other items) are scored "
    "as people are."
)
POLE = {"+": "+ positive", "-": "− negative"}


def choose(person: str) -> None:
    """Labels that this person may test; a click begins."""
    found = label_test_frames.testable(here, person)
    with parts.panel("Labels you may test; click one to begin", help=RULES):
        if found.empty:
            st.text(
                "There is no label with text that you could test: it takes one that another person "
                "wrote, of a dimension you have not labelled and that no queue of yours hides."
            )
            return
        names = ["site", "name", "pole", "text", "author", "made_at"]
        event = parts.table(
            label_test_frames.marked(here, found)[names],
            raw=True,
            key="label_test.labels",
            on_select="rerun",
            selection_mode="single-cell",
            height=min(320, 36 * len(found) + 40),
            column_config={
                "name": "dimension",
                "made_at": st.column_config.DatetimeColumn(
                    "made (UTC)", format="YYYY-MM-DD HH:mm:ss"
                ),
            },
        )
    row = parts.picked("label_test.labels", event)
    if row is not None:
        begin(person, found.iloc[row].to_dict())


@parts.guard()
def begin(person: str, label: dict[str, Any]) -> None:
    """Draw the pairs and begin."""
    with st.spinner("Drawing pairs: a sample of items is read by the model once for each site ..."):
        key, values = label_test_frames.begin(here, label, person, workspace.event())
    st.session_state["label_test.values"] = values
    st.query_params["test"] = key
    st.rerun()


@st.fragment
@parts.guard()
def trial(key: str) -> None:
    """One pair, or the end."""
    waiting = label_test_frames.next_trial(key)
    if waiting is None:
        finished(key)
        return

    shown_at = time.monotonic()

    @parts.guard()
    def chose(side: str) -> None:
        label_test_frames.choose(key, waiting.trial, side, time.monotonic() - shown_at)

    st.progress(waiting.done / waiting.of, f"pair {waiting.done + 1} of {waiting.of}")
    st.caption("Which of the two does this label fit?")
    st.code(parts.visible(waiting.shown), language=None, wrap_lines=True)
    sides = (("left", waiting.left_item, "1"), ("right", waiting.right_item, "2"))
    for column, (side, item, digit) in zip(st.columns(2), sides, strict=True):
        with column.container(border=True, key=f"large-{side}"):
            if media_frames.is_media(here.catalog):
                stage.alone(here, item, f"label_test.{side}.item")
            else:
                text = frames.item(here.catalog, item).text
                st.code(parts.visible(text), language=None, wrap_lines=True)
            st.button(
                f"The {side} one",
                on_click=chose,
                args=(side,),
                shortcut=digit,
                key=f"label_test.{side}",
                width="stretch",
            )
    st.caption("Keys 1 and 2 choose. The answer is not shown, so that the next pairs stay blind.")
    if not st.session_state.get("label_test.values", True):
        st.caption(
            "The model is not at hand: all pairs are of the whole range of values, none of the "
            "extreme deciles, which makes the test harder."
        )


def finished(key: str) -> None:
    """The verdict of one test."""
    found = label_frames.results(here)
    mine = found[found.test == key]
    if mine.empty:
        st.text("The result of this test is hidden while your queue holds its dimension.")
    else:
        row = mine.iloc[0]
        with st.container(border=True):
            st.text(f"{row.verdict}: {parts.visible(row.text)}")
            st.text(
                f"{row.right} of {row.scored} right, {parts.number(row.share)} "
                f"[{parts.number(row.low)}, {parts.number(row.high)}]   chance 0.50   "
                f"q {small(row.q)}"
            )
    if st.button("Test another label", shortcut="Enter"):
        st.query_params["test"] = ""
        st.rerun(scope="app")


def small(value: float) -> str:
    """A p or q."""
    return "< 0.001" if value < 0.001 else parts.number(value)


def verdicts() -> None:
    """Finished tests with their verdicts, and the empirical chance level."""
    found = label_frames.results(here)
    with parts.panel("Verdicts", help=RULES):
        if found.empty:
            st.text("No test is finished yet.")
            return
        shown = label_test_frames.marked(here, found)
        shown = shown.assign(q=[small(q) for q in found.q], right=found.right.astype(str))
        shown["right"] = shown.right + " of " + found.scored.astype(str)
        names = ["verdict", "text", "site", "name", "pole", "author", "tester", "right"]
        parts.table(
            shown[[*names, "share", "low", "high", "q"]],
            key="label_test.verdicts",
            column_config={
                "name": "dimension",
                "share": st.column_config.NumberColumn("share", format="%.2f"),
                "low": st.column_config.NumberColumn("from", format="%.2f"),
                "high": st.column_config.NumberColumn("to", format="%.2f"),
            },
        )
        right, trials, low, high = label_test_frames.chance_level(found)
        if trials:
            st.caption(
                f"Pairs with another dimension's label: {right} of {trials} right "
                f"[{parts.number(low)}, {parts.number(high)}]; an interval above 0.5 would mean "
                "that the pairs give the sign away without the label."
            )


def league() -> None:
    """Whose labels tell the signs of items that no labeler saw."""
    found = label_test_frames.league(here)
    if found.frame.empty:
        return
    with parts.panel("League of labelers", found, help=LEAGUE):
        parts.table(
            label_test_frames.told(found.frame),
            key="label_test.league",
            column_config={
                "predicts": st.column_config.TextColumn("predicts [95 %]"),
                "nothing": st.column_config.TextColumn("predicts nothing [95 %]"),
                "right": st.column_config.TextColumn(
                    "right choices [95 %]",
                    help="Of all pairs that showed the label; chance is 0.5.",
                ),
                "by": st.column_config.TextColumn(
                    "tested by", help="Compare within one tester: another reads labels otherwise."
                ),
            },
        )


def main() -> None:
    """A test under way, or the labels and the verdicts."""
    person = who.ask()
    if person is None:
        return
    address.seed("label_test.key", "test", "", address.anything)
    key = st.session_state["label_test.key"]
    address.write(test=key)
    if key:
        parts.breadcrumb(here.slug, "label test")
        trial(key)
    else:
        choose(person)
        league()
        verdicts()


main()

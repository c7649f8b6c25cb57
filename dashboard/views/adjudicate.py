"""Settle a dimension: everybody's labels beside the evidence, and the final one."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from catalog.workspace.adjudication import Decision
from catalog.workspace.subjects import Subject
from dashboard import address, agreement_frames, charts, frames, labeling_frames, parts, rail, who

here = rail.here()
NOTHING = "–"


def choose() -> int:
    """The dimension to settle: a number, or the next one people differ on."""
    dims = int(frames.sites(here.path).set_index("site").dims[here.site])
    divided = agreement_frames.disagreements(here, here.site).frame
    open_ = [int(name) for name in divided[divided.kind == "dimension"].name]
    settled = {
        int(name) for name in agreement_frames.decisions(here).query("site == @here.site").name
    }
    waiting = [number for number in open_ if number not in settled]
    address.seed("adjudicate.dim", "dim", (waiting or [0])[0], address.between(0, dims - 1))

    def following() -> None:
        now = st.session_state["adjudicate.dim"]
        later = [number for number in waiting if number != now]
        if later:
            place = waiting.index(now) + 1 if now in waiting else 0
            st.session_state["adjudicate.dim"] = (waiting + waiting)[place]

    with st.container(horizontal=True, vertical_alignment="bottom"):
        number = st.session_state["adjudicate.dim"]
        parts.breadcrumb(here.slug, here.site, f"dimension {number}")
        st.space("stretch")
        st.caption(f"{len(waiting)} at {here.site} wait for a decision")
        st.number_input(
            "Dimension",
            0,
            dims - 1,
            key="adjudicate.dim",
            label_visibility="collapsed",
            width=130,
        )
        st.button("Next divided", on_click=following, shortcut="n", disabled=not waiting)
    number = int(st.session_state["adjudicate.dim"])
    address.write(dim=number)
    return number


def evidence(number: int) -> None:
    """Both poles and the histogram."""
    row, poles = frames.dimension(here, number), frames.poles(here, number)
    left, middle, right = st.columns([3, 4, 3], gap="medium")
    for column, title, pole in (
        (left, ":orange[**+**] positive pole", "positive"),
        (right, ":blue[**−**] negative pole", "negative"),
    ):
        items = poles.frame[poles.frame.pole == pole].head(16).reset_index(drop=True)
        with column, parts.panel(title, frames.Answer(items, poles.copy)):
            key = f"adjudicate.{pole}"
            st.plotly_chart(charts.pole(items, row["value"]), key=key, config=charts.CONFIG)
    with middle, parts.panel("Values of all items", frames.dimension_copy(here, number)):
        st.plotly_chart(charts.histogram(row), key="adjudicate.histogram", config=charts.CONFIG)


def form(subject: Subject, said: pd.DataFrame, person: str) -> None:
    """Choose somebody's label or write the final one."""
    start = last(subject)
    sources = ["write it"] + [str(author) for author in said.author]
    taken = st.selectbox(
        "Start from the label of",
        sources,
        format_func=parts.visible,
        key=f"adjudicate.from.{subject.key}",
        width=260,
    )
    if taken != sources[0]:
        start = said[said.author == taken].iloc[0].to_dict()
    begun = {
        name: _plain(start.get(name)) for name in ("clear_pole", "category", "text +", "text -")
    }
    poles = [NOTHING, *agreement_frames.POLES]
    names = [NOTHING, *labeling_frames.categories()]
    key = f"adjudicate.{subject.key}.{taken}"
    with st.form("adjudicate.form"):
        left, right = st.columns(2)
        pole = left.radio(
            "Clear pole",
            poles,
            poles.index(begun["clear_pole"]) if begun["clear_pole"] in poles else 0,
            format_func=lambda one: agreement_frames.POLES.get(one, "not decided"),
            horizontal=True,
            key=f"{key}.pole",
        )
        category = right.selectbox(
            "Category",
            names,
            names.index(begun["category"]) if begun["category"] in names else 0,
            format_func=lambda one: one.replace("_", " "),
            key=f"{key}.category",
        )
        plus = left.text_input("Text for the + pole", begun["text +"], key=f"{key}.plus")
        minus = right.text_input("Text for the − pole", begun["text -"], key=f"{key}.minus")
        reason = st.text_input("Reason (kept in the history)", key=f"{key}.reason")
        if st.form_submit_button("Save the final label", type="primary"):
            save(subject, person, pole, category, plus, minus, reason)


def last(subject: Subject) -> dict[str, object]:
    """The final label that holds, as a label."""
    found: dict[str, object] = {}
    for row in agreement_frames.decisions(here, subject).itertuples():
        if row.pole:
            found[f"text {row.pole}"] = row.text
        else:
            found |= {"clear_pole": row.clear_pole, "category": row.category}
    return found


def _plain(value: object) -> str:
    return value if isinstance(value, str) else ""


@parts.guard()
def save(
    subject: Subject, person: str, pole: str, category: str, plus: str, minus: str, reason: str
) -> None:
    """Save the decision on the whole and on the poles that have text, or had one."""
    why = reason.strip() or None
    held = last(subject)
    made = []
    closed = (None if pole == NOTHING else pole, None if category == NOTHING else category)
    if any(closed) or "clear_pole" in held:
        made.append(Decision(subject, person, *closed, reason=why))
    for side, text in (("+", plus), ("-", minus)):
        if text.strip() or f"text {side}" in held:
            made.append(
                Decision(replace(subject, pole=side), person, text=text.strip() or None, reason=why)
            )
    if not made:
        parts.notice("Nothing is said yet: choose a clear pole or a category, or write text.")
        return
    for decision in made:
        decision.checked()  # refuse the whole act before any of it is saved
    agreement_frames.decide(labeling_frames.event(), made)
    st.toast("Saved.")
    st.rerun()


def main() -> None:
    """Evidence, labels side by side, the form, the history."""
    person = who.ask()
    if person is None:
        return
    number = choose()
    subject = labeling_frames.subject(here, number)
    if labeling_frames.hidden(subject):
        parts.empty(
            "This dimension waits in your open queue: answer it there first, or close the queue."
        )
        return
    evidence(number)
    said = agreement_frames.labels_of(subject)
    with parts.panel("What people said"):
        if said.empty:
            st.text("Nobody has labelled this dimension yet.")
        else:
            parts.table(said, key="adjudicate.labels")
    st.caption(labeling_frames.adjudicators())
    if labeling_frames.may_adjudicate(person):
        form(subject, said if len(said) else pd.DataFrame(columns=["author"]), person)
    log = agreement_frames.decisions(here, subject, everything=True)
    if len(log):
        with parts.panel("History of the final label"):
            names = [
                "made_at",
                "person",
                "action",
                "pole",
                "clear_pole",
                "category",
                "text",
                "reason",
            ]
            parts.table(log[names].iloc[::-1], raw=True, key="adjudicate.history")


main()

"""Settle a dimension or feature: everybody's labels beside the evidence, and the final one."""

from dataclasses import replace

import pandas as pd
import streamlit as st

from catalog.workspace.adjudication import Decision
from catalog.workspace.subjects import Subject
from dashboard.common import discovered, parts, workspace
from dashboard.common.answers import Here
from dashboard.desk import frames as queue_frames
from dashboard.desk import settling
from dashboard.frame import address, rail, who
from dashboard.labels import form as label_form
from dashboard.labels import frames, panel, sure

here = rail.here()
NOTHING = "–"
TEXTS = {"+": "Text for the + pole", "-": "Text for the − pole"}
KINDS = {"dimension": "dimension", "feature": "feature", "discovered": "discovered feature"}


def _spaced(_here: Here, name: str) -> str:
    return parts.spaced(name)


def choose() -> Subject | None:
    """What to settle: a dimension, a feature, or the next one people differ on; None: no such."""
    if address.news("dim") is not None and "kind" not in st.query_params:
        st.session_state["adjudicate.kind"] = "dimension"
    address.seed("adjudicate.kind", "kind", "dimension", address.among(list(KINDS)))
    kind = str(st.session_state["adjudicate.kind"])
    names = queue_frames.names(here, kind)
    divided = settling.divided(here)
    settled = frames.decisions(here)
    done = set(settled[(settled.site == here.site) & (settled.kind == kind)].name)
    waiting = [str(name) for name in divided[divided.kind == kind].name if name not in done]
    waiting = [name for name in waiting if name in names]
    first, key = (waiting or names or [""])[0], f"adjudicate.{kind}"
    if kind == "dimension":
        address.seed(key, "dim", int(first), address.between(0, len(names) - 1))
    elif names:
        address.seed(key, "name", first, address.among(names))
        if st.session_state[key] not in names:  # of another site
            st.session_state[key] = first

    def following() -> None:
        now = str(st.session_state[key])
        place = waiting.index(now) + 1 if now in waiting else 0
        later = (waiting + waiting)[place]
        st.session_state[key] = int(later) if kind == "dimension" else later

    now = st.session_state.get(key)
    shown = f"dimension {now}" if kind == "dimension" else f"{KINDS[kind]} {now or ''}"
    parts.breadcrumb(here.slug, here.site, shown)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.segmented_control(
            "What",
            list(KINDS),
            format_func=lambda one: KINDS[one],
            key="adjudicate.kind",
            required=True,
            label_visibility="collapsed",
        )
        if kind == "dimension":
            most = len(names) - 1
            st.number_input("Dimension", 0, most, key=key, label_visibility="collapsed", width=130)
        elif names:
            read = discovered.words if kind == "discovered" else _spaced
            st.selectbox(
                "Name", names, key=key, label_visibility="collapsed", width=260,
                format_func=lambda name: read(here, name),
            )  # fmt: skip
        st.space("stretch")
        st.caption(f"{len(waiting)} at {here.site} wait for a decision")
        st.button("Next divided", on_click=following, shortcut="n", disabled=not waiting)
    if not names:
        return None
    chosen = str(st.session_state[key])
    address.write(kind=kind, **{"dim" if kind == "dimension" else "name": chosen})
    return settling.subject(here, kind, chosen)


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
        start = frames.unmarked(said[said.author == taken].iloc[0].to_dict())
    texts = TEXTS if subject.kind == "dimension" else {"": "Text"}
    columns = ["clear_pole", "category", *(text_of(side) for side in texts)]
    begun = {name: _plain(start.get(name)) for name in columns}
    words = frames.POLES if subject.kind == "dimension" else label_form.ENDS
    poles = [NOTHING, *frames.POLES]
    names = [NOTHING, *frames.categories(here.catalog)]
    key = f"adjudicate.{subject.key}.{taken}"
    with st.form("adjudicate.form"):
        left, right = st.columns(2)
        pole = left.radio(
            "Clear pole" if subject.kind == "dimension" else "Clear end",
            poles,
            poles.index(begun["clear_pole"]) if begun["clear_pole"] in poles else 0,
            format_func=lambda one: words.get(one, "not decided"),
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
        said_of = {
            side: column.text_input(title, begun[text_of(side)], key=f"{key}.text{side}")
            for column, (side, title) in zip((left, right), texts.items(), strict=False)
        }
        reason = st.text_input("Reason (kept in the history)", key=f"{key}.reason")
        if st.form_submit_button("Save the final label", type="primary"):
            save(subject, person, pole, category, said_of, reason)


def text_of(side: str) -> str:
    """Column of the text of one pole; of a feature, which has no poles, that of the whole."""
    return f"text {side}".strip()


def last(subject: Subject) -> dict[str, object]:
    """The final label that holds, as a label."""
    found: dict[str, object] = {}
    for row in frames.decisions(here, subject).itertuples():
        if row.pole:
            found[text_of(row.pole)] = row.text
        else:
            found |= {"clear_pole": row.clear_pole, "category": row.category, "text": row.text}
    return found


def _plain(value: object) -> str:
    return value if isinstance(value, str) else ""


@parts.guard()
def save(
    subject: Subject, person: str, pole: str, category: str, texts: dict[str, str], reason: str
) -> None:
    """Save the decision on the whole and on the poles that have text, or had one."""
    why = reason.strip() or None
    held = last(subject)
    made = []
    whole = (None if pole == NOTHING else pole, None if category == NOTHING else category)
    own = texts.get("", "").strip() or None  # of a feature: text is about the whole
    if any(whole) or own or "clear_pole" in held:
        made.append(Decision(subject, person, *whole, text=own, reason=why))
    for side, text in texts.items():
        if side and (text.strip() or text_of(side) in held):
            made.append(
                Decision(replace(subject, pole=side), person, text=text.strip() or None, reason=why)
            )
    if not made:
        parts.notice("Nothing is said yet: choose a clear pole or a category, or write text.")
        return
    for decision in made:
        decision.checked()  # refuse the whole act before any of it is saved
    settling.decide(workspace.event(), made)
    st.toast("Saved.")
    st.rerun()


def main() -> None:
    """Evidence, labels side by side, the form, the history."""
    person = who.ask()
    if person is None:
        return
    subject = choose()
    if subject is None:
        parts.empty("There is none of this kind at this site: measure or find some first.")
        return
    if workspace.hidden(subject):
        parts.empty(
            f"{panel.NOUNS[subject.kind]} waits in your open queue: answer it there first, "
            "or close the queue."
        )
        return
    settling.show(here, subject)
    said = frames.labels_of(subject)
    with parts.panel("What people and machines said"):
        if said.empty:
            st.text("Nobody has labelled it yet.")
        else:
            parts.table(said, key="adjudicate.labels", column_config=frames.columns())
        for line in sure.of_subject(here, subject):
            st.text(f"How sure: {line}")
    st.caption(workspace.adjudicators())
    if workspace.may_adjudicate(person):
        form(subject, said if len(said) else pd.DataFrame(columns=["author"]), person)
        settling.known_answer(here, subject, person, last(subject))
    log = frames.decisions(here, subject, everything=True)
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

"""Do people agree? Closed fields by Krippendorff's alpha, free text by blind judgements."""

import streamlit as st

from catalog.notebook.labels import Agreement
from catalog.workspace.free_text import Pair
from dashboard.common import parts, workspace
from dashboard.desk import agreement_frames as frames
from dashboard.desk import reliability
from dashboard.frame import address, rail, who

here = rail.here()
EVERYWHERE = "every site"
ALPHA = (
    "Krippendorff's nominal alpha on first, blind answers from the queue: 1 is perfect, 0 is what "
    "chance gives. 95 % interval: 2,000 bootstrap draws of dimensions."
)


def alpha_text(found: Agreement) -> str:
    """Alpha with its interval, or why there is none."""
    if found.alpha is None or found.low is None:
        return "–"
    return f"{parts.number(found.alpha)} [{parts.number(found.low)}, {parts.number(found.high)}]"


def field_panel(found: Agreement) -> None:
    """Alpha, raw agreement, prevalence and consensus of one closed field."""
    figures, at_one, people = found.of, found.consensus, frames.labelers(here, found)
    with parts.panel(frames.FIELDS[found.field], people, ALPHA):
        with st.container(horizontal=True, gap="small"):
            parts.figure("alpha [95 %]", alpha_text(found), width=190)
            parts.figure("raw agreement", found.raw, width=110)
            parts.figure("dimensions", str(figures.units), width=90)
            parts.figure("people", str(figures.people), width=70)
            parts.figure("unanimous", at_one["unanimous"], width=90)
            if at_one["near"] is not None:
                parts.figure("all but one", at_one["near"], width=90)
        if found.alpha is None:
            why = (
                "one value only was given" if figures.units else "two people share no dimension yet"
            )
            st.caption(f"Alpha cannot be computed: {why}.")
        if figures.undefined:
            st.caption(
                f"{figures.undefined:,} of 2,000 draws held one value only and are left out."
            )
        shares = sorted(
            ((name, share) for name, share in figures.prevalence.items() if share),
            key=lambda pair: -pair[1],
        )
        listed = [f"{parts.visible(name)} {share:.0%}" for name, share in shares[:8]]
        more = f", and {len(shares) - 8} more" if len(shares) > 8 else ""
        st.text("Prevalence: " + (", ".join(listed) or "–") + more)
        left, right = st.columns(2)
        with left:
            key = f"agreement.people.{found.field}"
            parts.table(people.frame, column_config=COLUMNS, key=key)
        with right:
            key = f"agreement.sites.{found.field}"
            parts.table(found.frame(), column_config=COLUMNS, key=key)


COLUMNS = {
    "author": st.column_config.TextColumn("person"),
    "missing": st.column_config.NumberColumn(
        "skipped", format="percent", help="Share skipped or flagged."
    ),
    "pairs": st.column_config.NumberColumn("pairs", help="Pairs with another person's answer."),
    "raw": st.column_config.NumberColumn("same", format="%.2f", help="Share of pairs that agree."),
    "without": st.column_config.NumberColumn(
        "alpha without", format="%.2f", help="Alpha of everybody else."
    ),
    "alpha": st.column_config.NumberColumn("alpha", format="%.2f"),
    "low": st.column_config.NumberColumn("from", format="%.2f"),
    "high": st.column_config.NumberColumn("to", format="%.2f"),
    "units": st.column_config.NumberColumn("dimensions"),
    "agreeing": st.column_config.NumberColumn("same answers", format="%.2f"),
    "name": st.column_config.TextColumn("name"),
}


def divided(found: Agreement) -> None:
    """Subjects people differ on; a click opens them for a decision."""
    answer = frames.disagreements(here, found)
    title = f"{len(answer.frame):,} disagreements; click one to settle it"
    with parts.panel(title, answer, "Current closed answers that differ, the most divided first."):
        if answer.frame.empty:
            st.text("Nobody differs, or nothing is visible to you while your queue is open.")
            return
        shown = answer.frame[["site", "kind", "name", "people", "agreeing"]]
        event = parts.table(
            shown,
            key="agreement.divided",
            on_select="rerun",
            selection_mode="single-cell",
            column_config=COLUMNS,
            height=min(360, 36 * len(shown) + 40),
        )
    row = parts.picked("agreement.divided", event)
    if row is not None:
        kind = str(shown.kind[row])
        at = {"dim" if kind == "dimension" else "name": shown.name[row]}
        address.go("adjudicate", here._replace(site=shown.site[row]), kind=kind, **at)


@st.fragment
@parts.guard()
def texts() -> None:
    """Free texts: the figures, and the next pair for the person who looks."""
    found = frames.judged(here)
    help = (
        "A judge who wrote neither says whether two texts mean the same, without knowing which "
        "pairs are of one dimension and which are shuffled."
    )
    with parts.panel("Free text", help=help):
        with st.container(horizontal=True, gap="small"):
            for name, (same, judged), span in (
                ("real pairs the same", found.real, found.real_interval),
                ("shuffled pairs the same", found.shuffled, found.shuffled_interval),
            ):
                low, high = (parts.number(end) for end in span)
                share = f"{same} of {judged} [{low}, {high}]" if judged else "none judged"
                parts.figure(name, share, width=230)
        person = None if who.waiting() else workspace.person()
        if person is None:
            st.text("Say who you are (on the left) to judge pairs.")
            return
        pair, left = frames.next_pair(here, person)
        if pair is None:
            st.text("No pair is left for you: two other people have to write about one pole first.")
            return
        compare(person, pair, left)


def compare(person: str, pair: Pair, left: int) -> None:
    """One pair, side by side."""

    @parts.guard()
    def said(same: bool) -> None:
        event = f"judge-{workspace.event()}"
        frames.judge(event, person, pair, same)

    one, other = st.columns(2)
    one.code(parts.visible(pair.first), language=None, wrap_lines=True)
    other.code(parts.visible(pair.second), language=None, wrap_lines=True)
    with st.container(horizontal=True):
        st.button("They mean the same", on_click=said, args=(True,), shortcut="1")
        st.button("They differ", on_click=said, args=(False,), shortcut="2")
        st.caption(f"{left} pairs left")


names = list(here.catalog.site_names)
address.seed("agreement.site", "at", EVERYWHERE, address.among([EVERYWHERE, *names]))
at = st.selectbox("Where", [EVERYWHERE, *names], key="agreement.site", width=220)
address.write(at=at)
site = None if at == EVERYWHERE else at
measured = frames.agreements(here, site)
entered = measured[0].entered
if not entered:
    parts.empty(
        f"Nobody has answered dimensions of {here.slug} blind from the queue yet. Agreement needs "
        "two people who label the same dimensions: open a queue each."
    )
else:
    people, subjects = len(measured[0].labelers()), measured[0].subjects
    st.caption(f"{entered:,} first blind answers of {people} people about {subjects:,} dimensions")
    for found in measured:
        field_panel(found)
    reliability.sure(here, site)
    reliability.protocol(here, site)
reliability.own(here)
divided(measured[0])
texts()

"""Machines label and test: ask one, its cost told before; what they were asked and said."""

import json

import pandas as pd
import streamlit as st

from catalog.labelers.planned import Plan
from dashboard.common import parts
from dashboard.common.times import told
from dashboard.desk import machines_frames as frames
from dashboard.frame import rail
from dashboard.jobs import parts as jobs

here = rail.here()
COUNTS = {"30": 30, "60": 60, "120": 120, "all": None}
HELP = (
    "A machine gets what a person's queue shows: the items of both poles, those near the "
    "threshold, and the list of categories; no suggestion and nobody's label. Its labels carry a "
    "name that begins with machine:, and count in no agreement, no queue and no number of people."
)


def ask() -> None:
    """Choose what is asked of which machine; say what it costs, and start it as a job."""
    chosen = frames.settings()
    with parts.panel("Ask a machine", help=HELP):
        what = st.segmented_control(
            "What",
            list(frames.WHAT),
            default=frames.BASELINE,
            required=True,
            format_func=lambda one: frames.WHAT[one],
            key="machines.what",
            label_visibility="collapsed",
        )
        if what in frames.MODEL and chosen is None:
            st.text(frames.missing())
            return
        left, right, _ = st.columns([2, 2, 3])
        names = list(here.catalog.site_names)
        site = left.selectbox("Site", names, names.index(here.site), key="machines.site")
        count = None
        if what in (frames.LABEL, frames.BASELINE):
            many = right.selectbox(
                "How many dimensions",
                list(COUNTS),
                key="machines.count",
                help="Those that a queue of the site gives everybody first.",
            )
            count = COUNTS[many]
        wanted = frames.wanted(here, what, site, count)
        if wanted.plan is not None and chosen is not None:
            st.text(parts.visible(_cost(wanted.plan, f"{chosen.model} at {chosen.place}")))
            if not wanted.plan.requests:
                return
        jobs.offer(_sentence(what), frames.WHAT[what].capitalize(), wanted.asked)


def _sentence(what: str) -> str:
    return {
        frames.LABEL: "The model is asked for a label of each dimension, one after another.",
        frames.TEST: "The model takes the label test of each text of this site: 30 pairs at once.",
        frames.BASELINE: "The baseline labels by categories and spelling, without any model.",
        frames.LISTS: "Texts that name categories or spellings are tested without a model.",
    }[what]


def _cost(plan: Plan, who: str) -> str:
    """What a run would take, before it starts."""
    left = "".join(f" {count:,} labels left out: {why}." for why, count in plan.left_out.items())
    if not plan.requests:
        return f"Nothing is left to ask {who}: {plan.done:,} answers are there.{left}"
    pace = "as fast as before" if plan.measured else "if each takes 3 seconds"
    return (
        f"{plan.requests:,} questions to {who}, {plan.done:,} are answered. About "
        f"{plan.tokens_in:,} tokens in, at most {plan.tokens_out:,} out, about "
        f"{told(plan.seconds)} {pace}.{left}"
    )


def counted() -> None:
    """What machines were asked, and how often they gave no answer, by reason."""
    found = frames.counted()
    with parts.panel("What they were asked"):
        if found.empty:
            st.text("No machine has been asked anything yet.")
            return
        parts.table(
            found,
            raw=True,
            key="machines.counted",
            height=min(320, 36 * len(found) + 40),
            column_config={
                "tokens_in": st.column_config.NumberColumn("tokens in", format="localized"),
                "tokens_out": st.column_config.NumberColumn("tokens out", format="localized"),
                "seconds": st.column_config.NumberColumn("seconds", format="%.1f"),
            },
        )


def calls() -> None:
    """The newest questions; a click shows one as it was sent, and what came back."""
    found = frames.calls(here)
    if found.empty:
        return
    names = ["site", "name", "author", "purpose", "outcome", "reason", "answer", "made_at"]
    with parts.panel("Questions and answers, the newest first; click one to read it"):
        event = parts.table(
            found[names],
            raw=True,
            key="machines.calls",
            on_select="rerun",
            selection_mode="single-cell",
            height=min(360, 36 * len(found) + 40),
            column_config={
                "name": "dimension",
                "made_at": st.column_config.DatetimeColumn(
                    "made (UTC)", format="YYYY-MM-DD HH:mm:ss"
                ),
            },
        )
        cells = event["selection"].get("cells") or []
        if cells:
            _read(found.iloc[cells[0][0]])


def _read(call: "pd.Series[object]") -> None:
    """One question and its answer, literally."""
    try:
        sent = [str(one["content"]) for one in json.loads(str(call["prompt"]))]
    except (TypeError, KeyError, ValueError):
        sent = [str(call["prompt"])]
    left, right = st.columns([3, 2])
    for text in sent:
        left.code(parts.visible(text), language=None, wrap_lines=True, height=260)
    answer = str(call["answer"] or call["reason"])
    right.code(parts.visible(answer), language=None, wrap_lines=True)


parts.breadcrumb(here.slug, "machines that label")
with parts.guard():
    ask()
counted()
calls()

"""Pieces of the flip lab: everything that a run gave."""

import numpy as np
import pandas as pd
import streamlit as st

from catalog.figures import conditions
from catalog.figures import flips as flip_charts
from catalog.flips.readouts import counted
from catalog.notebook.flips import Flip
from dashboard.common import drawn, parts
from dashboard.common.answers import Here
from dashboard.flips import frames as flip_frames
from dashboard.flips import samples, told
from dashboard.flips.frames import SoFar
from dashboard.frame import address

TITLE = "The conditions, side by side"


def show(here: Here, made: Flip) -> None:
    """Verdict, conditions, specificity, next tokens or classes, matching."""
    readout = made.found.setup.readout
    _verdict(made)
    answer = flip_frames.conditions(made)
    left, right = st.columns([1, 1], gap="medium")
    with left, parts.panel(TITLE, answer, told.EFFECT[readout.kind]):
        chart = conditions.drawn(answer.frame, readout.kind)
        drawn.figure(chart, "flip.conditions", "conditions")
    every = flip_frames.others(made)
    with (
        right,
        parts.panel(f"Away, on every other {told.OTHER[readout.kind]}", every, told.OTHERS),
    ):
        chart = flip_charts.others(every.frame, readout.kind)
        st.plotly_chart(chart, config=parts.plotly(), key="flip.others")
        lower = int((every.frame["away"] < made.summary.effects["away"].value).sum())
        st.caption(f"Gold: this one. {lower} of {len(every.frame) - 1} others fall further.")
    if readout.sample == "items":
        samples.draw(here, made)
    else:
        _tokens(made)
    if made.summary.by_column and readout.kind == "layers":
        later = flip_frames.by_site(made)
        with parts.panel("At every later site", later):
            chart = flip_charts.sweep(later.frame.assign(verdict=""), readout.unit)
            st.plotly_chart(chart, config=parts.plotly(), key="flip.later")
    left, right = st.columns([3, 2], gap="medium")
    with left, parts.panel("Matching: what each condition changes", answer):
        _matching(answer.frame)
        st.caption(
            f"Random: {made.found.rank.drawn} fixed features; the worst is "
            f"{made.found.worst_match:.1%} from away over all {readout.sample} together (allowed "
            f"5 %), {made.found.worst_prompt:.0%} at one of them. "
            f"Disjoint: {', '.join(made.found.setup.disjoint_names) or 'none'}."
        )
    kinds = flip_frames.by_kind(made)
    with right, parts.panel(f"Neutral and eliciting {readout.sample} apart", kinds, told.KINDS):
        parts.table(kinds.frame, column_config=_numbers("effect", "low", "high"))


def growing(found: SoFar) -> None:
    """The conditions over the prompts that were run so far."""
    with parts.panel(TITLE):
        drawn.figure(conditions.drawn(found.frame, found.reads), "flip.conditions")
        st.caption(f"{found.done} of {found.all} so far; a verdict comes when all were run.")


def _verdict(made: Flip) -> None:
    """The verdict, what it rests on, and warnings."""
    readout = made.found.setup.readout
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.badge(made.verdict, help=told.RULE)
            st.text(parts.visible(made.sentence))
        st.text(
            f"{made.reason} "
            f"n = {len(made.found.setup.prompts)} {readout.sample} from "
            f"{len(np.unique(made.found.sources))} sources, "
            f"{counted(readout)}, "
            f"{len(made.found.setup.feature.dimensions)} dimensions."
        )
    for warning in made.summary.warnings:
        parts.notice(warning)


def _matching(frame: pd.DataFrame) -> None:
    """Share changed, norms, KL of every condition."""
    wanted = ["condition", "changed", "delta_norm", "norm_ratio", "log_odds", "kl", "raw_logits"]
    wanted += ["centred_logits", "neighbours"]
    shown = frame[[name for name in wanted if name in frame]]
    shown = shown.assign(changed=100 * shown["changed"])
    number = st.column_config.NumberColumn
    parts.table(
        shown,
        column_config={
            "changed": number("signs changed (%)", format="%.1f"),
            "delta_norm": number("||delta||", format="%.3g"),
            "norm_ratio": number("||x'|| / ||x||", format="%.3f"),
            "log_odds": number("log odds", format="%+.2f", help="Of the concept's mass."),
            "kl": number("KL (nats)", format="%.3f"),
            "raw_logits": number(
                "raw logits",
                format="%+.2f",
                help="Change of the concept's logits as they are: the paper's procedure, which any "
                "damage moves.",
            ),
            "centred_logits": number(
                "logits − mean", format="%+.2f", help="Minus the change of the vocabulary's mean."
            ),
            "neighbours": number("nearest lost", format="percent", help="Of the 10 nearest items."),
        },
    )


def _tokens(made: Flip) -> None:
    """Next tokens of one prompt before and after away."""
    texts = [parts.visible(prompt.text) for prompt in made.found.setup.prompts]
    options = flip_frames.by_strength(made)
    address.seed("flip.prompt", "prompt", options[0], address.between(0, len(texts) - 1))
    before = flip_frames.top(made, int(st.session_state["flip.prompt"]))
    with parts.panel("Next tokens before and after away; ● marks members", before):
        number = st.selectbox(
            "Prompt", options, key="flip.prompt", format_func=lambda n: f"{n + 1}  {texts[n]} ..."
        )
        address.write(prompt=number)
        left, right = st.columns(2, gap="medium")
        percent = {
            name: st.column_config.NumberColumn(title, format="%.2f")
            for name, title in (("p", "%"), ("then", "% after away"))
        }
        with left:
            st.caption("Before")
            parts.table(
                flip_frames.next_tokens(made, int(number), False), column_config=percent, height=320
            )
        with right:
            st.caption("After")
            parts.table(
                flip_frames.next_tokens(made, int(number), True), column_config=percent, height=320
            )


def _numbers(*columns: str) -> dict[str, object]:
    return {name: st.column_config.NumberColumn(name, format="%+.2f") for name in columns}

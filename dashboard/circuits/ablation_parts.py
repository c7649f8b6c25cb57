"""The part of the Circuits page that runs a model: ablate writers, beside random neurons."""

import streamlit as st

from catalog.circuits.ablate import ONLY_TEXT
from catalog.notebook.circuits import Ablation
from dashboard.circuits import ablation_frames
from dashboard.common import catalogs, parts, running
from dashboard.common.answers import Here
from dashboard.frame import address

JOB = "circuits"
COLOURS = {
    "carry the feature": "green",
    "work against the feature": "violet",
    "undecided": "yellow",
    "no more than random neurons": "red",
}
_ABLATION = (
    "The strongest writers by their weights alone, chosen on a random half of the dimensions, are "
    "set to 0 while held-out members run through the model; agreement is read on the other half "
    "(5 splits). So are, 20 times in all, as many random neurons of the same blocks "
    "whose mean |activation| × length of column adds up to the same."
)
_RULE = (
    "Carry: the 95 % interval of writers − random lies below 0 and no random draw falls as far. "
    "Work against: above 0, likewise. Undecided: the interval leaves 0 out, but some random draw "
    "goes as far. Items and draws are resampled."
)


@parts.guard()
def panel(here: Here, kind: str, name: str) -> None:
    """Ablate the strongest writers in the live model, beside matched random neurons."""
    build = here.catalog.build
    st.divider()
    absent = catalogs.missing(build)
    with parts.panel("What ablating the writers does (live)", None, _ABLATION):
        if build["modality"] != "text" or absent:
            parts.empty(absent or ONLY_TEXT)
            return
        address.seed(
            "circuits.neurons", "neurons", 20, address.between(1, max(ablation_frames.COUNTS))
        )
        if st.session_state["circuits.neurons"] not in ablation_frames.COUNTS:
            st.session_state["circuits.neurons"] = 20
        address.seed("circuits.seed", "seed", 0, address.between(0, 9999))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            count = int(
                st.segmented_control(
                    "Neurons", ablation_frames.COUNTS, key="circuits.neurons", required=True
                )
                or 20
            )
            seed = int(st.number_input("Seed", 0, 9999, key="circuits.seed", width=130))
            pressed = st.button(
                "Ablate", type="primary", icon=":material/content_cut:", key="circuits.run"
            )
        address.write(neurons=count, seed=seed)
        wanted = ablation_frames.wanted(here, kind, name, count, seed)
        if pressed:
            running.start(JOB, here.catalog, wanted, ablation_frames.work(wanted))
        made = running.outcome(JOB, wanted)
        if made is None:
            if not running.started(JOB, wanted):
                st.caption("Press Ablate: a second or two for a small model.")
            return
        _ablated(made)


def _ablated(answer: Ablation) -> None:
    """Verdict, changes with intervals, the neurons."""
    made, judged = answer.made, answer.made.members
    with st.container(horizontal=True, vertical_alignment="center"):
        st.badge(judged.verdict, color=COLOURS[judged.verdict], help=_RULE)  # type: ignore[arg-type]
        st.text(answer.sentence)
    left, right = st.columns([3, 2], gap="medium")
    with left, parts.panel("Change of agreement", ablation_frames.effects(answer)):
        st.plotly_chart(answer.plot(), config=parts.plotly(), key="circuits.ablation")
        st.caption(
            f"{judged.reached} of {judged.draws} random draws (dots) go as far. On the dimensions "
            f"that chose the neurons: {made.same:+.3f} (in sample). Worst match in "
            f"activation × norm: {made.worst:.1%} (allowed 5 %); {made.distinct} different neurons "
            f"over all draws. Background agreement before: "
            f"{made.background_before:.3f}."
        )
    neurons = ablation_frames.neurons(answer)
    with right, parts.panel("Ablated neurons", neurons):
        number = st.column_config.NumberColumn
        parts.table(
            neurons.frame,
            height=290,
            column_config={
                "layer": number("layer", format="%d"),
                "neuron": number("neuron", format="%d"),
                "times": number("splits", format="%d", help="Splits in which it was ablated."),
                "size": number(
                    "act × norm",
                    format="%.3g",
                    help="Mean |activation| over the items times the length of the column.",
                ),
            },
        )

"""Prototypes against a learned dictionary: the panels of the Evidence page."""

import streamlit as st

from catalog.figures import contest
from dashboard.common import contest_frames as frames
from dashboard.common import parts, terms
from dashboard.common.answers import Here


def panel(here: Here) -> None:
    """The contest over all categories; where none was held, the command that holds one."""
    known = frames.dictionaries(here.catalog).frame
    if here.catalog.modality != "text":
        return
    if known.empty:
        parts.empty(
            "Signs have not been compared with a learned dictionary (a sparse autoencoder) yet. "
            "Its folder is one that SAELens or Gemma Scope writes.",
            f"dims evidence {here.slug} --sae FOLDER",
        )
        return
    made = known.iloc[0]
    answer = frames.means(here.catalog)
    with parts.panel("Against a learned dictionary", answer, terms.term("contest")):
        st.text(
            f"{made['name']}: {made['latents']:,} latents ({made['kind']}) of {made['site']}; "
            f"{made['active']:.1f} fire for an item, {made['silent']:.1%} never; it explains "
            f"{made['explained']:.1%} of the variance of these {made['items']:,} items."
        )
        st.plotly_chart(
            contest.by_units(answer.frame), key="evidence.contest", config=parts.plotly()
        )
        st.caption(
            "Mean held-out AUC over categories. The paper sets a whole prototype against one "
            "latent; at equal numbers of units only like is compared with like."
        )
    _table(here)


@st.fragment
@parts.guard()
def _table(here: Here) -> None:
    """Every category at one number of units."""
    k = st.segmented_control(
        "Units of each kind",
        frames.SIZES,
        default=1,
        format_func=lambda one: f"k = {one}",
        key="evidence.contest.k",
    )
    answer = frames.by_category(here.catalog, int(k or 1))
    with parts.panel("Categories", answer, terms.term("contest.unit")):
        won = int((answer.frame["difference"] > 0).sum())
        whole = int((answer.frame["prototype"] > answer.frame["latents"]).sum())
        parts.table(answer.frame, key="evidence.contest.rows", height=320)
        st.caption(
            f"Signs read {won} of {len(answer.frame)} categories better than as many latents; "
            f"whole prototypes {whole}."
        )

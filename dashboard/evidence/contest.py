"""Prototypes against a learned dictionary: the panels of the Evidence page."""

import streamlit as st

from catalog import places
from catalog.figures import contest
from dashboard.common import catalogs, parts, terms
from dashboard.common import contest_frames as frames
from dashboard.common.answers import Here
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs


def panel(here: Here) -> None:
    """The contest over all categories; where none was held, the way to one."""
    known = frames.dictionaries(here.catalog).frame
    if here.catalog.modality != "text":
        return
    if known.empty:
        ask(here)
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


def ask(here: Here) -> None:
    """The folder of a dictionary, and the button that compares with it."""
    shipped = places.shipped() / "models" / f"{here.catalog.build['model']}-sae"
    folder = st.text_input(
        "Folder of a learned dictionary, as SAELens or Gemma Scope writes it",
        str(shipped) if shipped.is_dir() else "",
        key="evidence.contest.folder",
    ).strip()
    sentence = "Signs have not been compared with a learned dictionary (a sparse autoencoder) yet."
    if not folder:
        parts.empty(f"{sentence} Name its folder above.")
        return
    jobs.offer(
        sentence,
        "Compare them",
        asks.dictionary(here, folder),
        catalogs.missing(here.catalog.build),
    )


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

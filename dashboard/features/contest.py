"""One feature against a learned dictionary: its category in the contest, where one was held."""

import streamlit as st

from catalog.figures import contest
from dashboard.common import contest_frames as frames
from dashboard.common import parts, terms
from dashboard.common.answers import Here


def panel(here: Here, category: str) -> None:
    """One category in the contest; nothing where it was not held, or not at all."""
    answer = frames.of_category(here.catalog, category)
    if answer.frame.empty:
        return
    site = frames.dictionaries(here.catalog).frame["site"].iloc[0]
    with parts.panel(f"Against a learned dictionary of {site}", answer, terms.term("contest")):
        st.plotly_chart(
            contest.by_units(answer.frame), key="feature.contest", config=parts.plotly()
        )

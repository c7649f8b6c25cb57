"""Panels of a category whose words stand in a circle: whether signs turn with it."""

import numpy as np
import streamlit as st

from catalog.errors import CatalogError
from catalog.figures import cells
from catalog.figures.text import chance
from catalog.notebook.feature_answers import Waves
from dashboard.common import drawn, parts, workspace
from dashboard.common.answers import Here
from dashboard.features import frames
from dashboard.frame import address

TITLE = "Do its signs turn with the circle?"
_HELP = (
    "Signs along the circle split into waves; share of each period in their variation, mean "
    "over dimensions. Grey: 90 % of 999 permuted orders of the same words."
)
SHOWN = 20
"""Dimensions drawn along the circle."""


def draw(here: Here, category: str) -> None:
    """Both panels, or why there are none."""
    try:
        found = frames.cycle(here, category)
    except CatalogError as error:
        with parts.panel(TITLE, None, _HELP):
            st.text(str(error))
        return
    left, right = st.columns([2, 3], gap="medium")
    with left, parts.panel(TITLE, frames.cycle_copy(here, category), _HELP):
        st.plotly_chart(found.plot(), key="feature.waves", config=parts.plotly())
        _told(found)
    with right:
        _dimensions(here, category, found)


def _told(found: Waves) -> None:
    """The figures of one turn, and whether a line would do as well."""
    made, missing = found.circle.cycle, found.circle.missing
    st.text(
        f"One turn ({made.words} words): share {parts.number(made.share[0])}, permuted orders "
        f"{parts.number(made.null_mean[0])} (95 %: {parts.number(made.null_high[0])}), "
        f"p {chance(made.p[0])}, q over the periods {chance(made.q[0])}. "
        f"{int((made.first_q < 0.05).sum())} of {len(made.varying):,} varying dimensions have "
        "q < 0.05 on their own."
    )
    st.text(
        "A line would do that too, but keep its ends apart. Share of equal signs: "
        f"neighbours {parts.number(made.adjacent)}, the two ends {parts.number(made.ends)}, "
        f"any two words {parts.number(made.pairs)}."
    )
    if missing:
        st.caption(f"{missing} of its words are no single tokens here.")


def _dimensions(here: Here, category: str, found: Waves) -> None:
    """The dimensions that turn most; a click on a column opens one."""
    circle, made = found.circle, found.circle.cycle
    order = (-made.first).argsort(kind="stable")
    order = order[~np.isin(made.varying[order], workspace.hidden_dimensions(here))][:SHOWN]
    title = "Dimensions that turn most; click a column to open it"
    with parts.panel(title, frames.turning(here, category)):
        turns = cells.turns(circle.words, circle.signs[:, order], made.varying[order])
        turn = drawn.figure(turns, "feature.turns", "turns")
        st.caption("Chosen for it: single columns prove nothing, the share on the left does.")
    if turn is not None:
        address.go("dimension", here, dim=turn)

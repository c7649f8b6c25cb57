"""What is true of this model: one row per claim of the paper, with control and verdict."""

import pandas as pd
import streamlit as st

from catalog.figures import strips
from catalog.notebook.evidence import Claim
from dashboard.common import drawn, lazy, parts
from dashboard.evidence import contest, flips, frames
from dashboard.frame import address, rail
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs


def figures(claim: Claim) -> str:
    """Measure, number of cases and rule, for the fold of a claim."""
    row = claim.row
    if pd.isna(row["value"]):
        return str(row["reason"])
    return f"{row['measure']}   |   n = {row['n']} {row['unit']}\n{row['reason']}"


@st.fragment
@parts.guard()
def fold(claim: Claim) -> None:
    """One claim: its method in words, every control, and its plot; drawn when it is opened."""
    row = claim.row
    opened = st.expander(
        f"{row['verdict']}: {parts.plain(row['statement'])}",
        key=f"evidence.fold.{claim.key}",
        on_change="rerun",
    )
    if not opened.open:
        return
    with opened:
        st.text(f"{figures(claim)}\n\n{row['method']}\n\n{row['cell']}")
        left, right = st.columns(2)
        with left:
            if not claim.controls.empty:
                parts.table(claim.controls)
        with right:
            if not claim.curves.empty:
                key = f"evidence.{claim.key}"
                st.plotly_chart(claim.plot(), config=parts.plotly(), key=key)


here = rail.here()
answer, table = frames.evidence(here.catalog), frames.table(here.catalog)
parts.breadcrumb(here.slug, "evidence")
if answer.frame.empty:
    jobs.offer(
        "The claims have not been tested on this model yet.", "Test them", asks.evidence(here)
    )
else:
    figure = frames.drawn(here.catalog)
    with parts.panel("Claims on this model", answer):
        drawn.figure(strips.verdicts(frames.counts(here.catalog)), "evidence.verdicts")
        drawn.figure(figure, "evidence")
        with st.container(horizontal=True):
            drawn.download(figure, "evidence")
            st.caption("One page for print or a paper. How each was tested stands below.")
    for one in table.claims:
        fold(one)
    lazy.below("evidence.flips", 500, lambda: flips.draw(here))
    lazy.folded(
        "As a table for a paper (Markdown)",
        "evidence.markdown",
        lambda: st.code(table.markdown(), language=None),
    )
    address.link("features", "All features", here, ":material/grid_on:")
contest.panel(here)

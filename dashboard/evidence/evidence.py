"""What is true of this model: one row per claim of the paper, with control and verdict."""

import pandas as pd
import streamlit as st

from catalog.figures import charts
from catalog.notebook.evidence import Claim
from dashboard.common import parts
from dashboard.evidence import flips, frames
from dashboard.frame import address, rail

COLOURS = {
    "holds": "green",
    "partly": "yellow",
    "does not hold": "red",
    "undecided": "blue",
    "cannot be tested": "gray",
}


def summary(frame: pd.DataFrame) -> None:
    """How many claims have each verdict, and where the table was made."""
    counts = frame["verdict"].value_counts()
    with st.container(horizontal=True):
        for verdict, colour in COLOURS.items():
            if verdict in counts:
                st.badge(f"{counts[verdict]} {verdict}", color=colour)  # type: ignore[arg-type]
    usual = frame["cell"].mode()[0]
    st.caption(
        f"Verdicts are made in cells fixed beforehand: {usual}, where a claim names no other place."
    )


def figures(claim: Claim) -> str:
    """The figure with its interval, its strongest control, n and the paper's figure."""
    row = claim.row
    if pd.isna(row["value"]):
        return str(row["reason"])
    values = dict(zip(claim.controls["control"], claim.controls["value"], strict=True))
    told = [
        f"{row['measure']}: {parts.number(row['value'])} "
        f"[{parts.number(row['low'])}, {parts.number(row['high'])}]"
    ]
    if row["strongest"] in values:
        told.append(f"{row['strongest']}: {parts.number(values[row['strongest']])}")
    told.append(f"paper: {row['paper']}")
    told.append(f"n = {row['n']} {row['unit']}")
    return "   |   ".join(told)


def draw(claim: Claim) -> None:
    """One claim: verdict and statement, its figures, and a fold with the method and the plot."""
    row = claim.row
    with st.container(border=True):
        chip, words = st.columns([1, 6], vertical_alignment="center")
        chip.badge(str(row["verdict"]), color=COLOURS[str(row["verdict"])])  # type: ignore[arg-type]
        words.markdown(f"**{row['statement']}**")
        words.text(figures(claim))
        if not pd.isna(row["value"]):
            words.caption(parts.plain(row["reason"]))
        with words.expander("Method, controls, plot"):
            st.text(f"{row['method']}\n\n{row['cell']}")
            left, right = st.columns(2)
            with left:
                if not claim.controls.empty:
                    parts.table(claim.controls)
            with right:
                if not claim.curves.empty:
                    key = f"evidence.{claim.key}"
                    st.plotly_chart(claim.plot(), config=charts.CONFIG, key=key)


here = rail.here()
answer, table = frames.evidence(here.catalog), frames.table(here.catalog)
parts.breadcrumb(here.slug, "evidence")
if answer.frame.empty:
    parts.empty(
        "The claims have not been tested on this model yet. This takes a few minutes:",
        f"dims evidence {here.slug}",
    )
else:
    summary(answer.frame)
    with parts.panel("Claims", answer):
        for one in table.claims:
            draw(one)
    flips.draw(here)
    with st.expander("As a table for a paper (Markdown)"):
        st.code(table.markdown(), language=None)
    address.link("features", "All features", here, ":material/grid_on:")

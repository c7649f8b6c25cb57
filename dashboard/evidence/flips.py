"""The flips of the evidence table: every category by layer and by dose, with its controls."""

import streamlit as st

from catalog.figures import conditions
from catalog.figures import flips as flip_charts
from dashboard.common import parts, terms
from dashboard.common.answers import Answer, Here
from dashboard.evidence import frames
from dashboard.evidence.frames import ALL
from dashboard.frame import address


def draw(here: Here) -> None:
    """Charts by layer and by dose, and one row a category; nothing where there are no flips."""
    made, told = frames.runs(here.catalog), frames.effects(here.catalog)
    if made.frame.empty or told.frame.empty:
        return
    st.subheader("Flips, category by category", anchor=False)
    frame, site = told.frame, frames.dosed(made.frame)
    names = [ALL, *frame["category"].unique().tolist()]
    address.seed("flips.category", "flips", ALL, address.among(names))
    category = str(st.selectbox("Category", names, key="flips.category", width=260))
    address.write(flips=category)
    left, right = st.columns([3, 2], gap="medium")
    with left, parts.panel("By layer, scale 1", told, _BANDS):
        part = frames.curve(frame[frame["scale"] == 1], "site", category)
        st.plotly_chart(flip_charts.sweep(part), config=parts.plotly(), key="flips.layer")
    with right, parts.panel(f"By scale, at {site}", told, _BANDS):
        part = frames.curve(frame[frame["site"] == site].sort_values("scale"), "scale", category)
        st.plotly_chart(flip_charts.sweep(part), config=parts.plotly(), key="flips.dose")
    _rows(here, made, told, site)


def _rows(here: Here, made: Answer, told: Answer, site: str) -> None:
    shown = frames.by_category(told.frame, made.frame, site)
    with parts.panel(f"At {site}, in nats; click one to run it in the flip lab", made, _ROWS):
        number = st.column_config.NumberColumn
        config = {name: number(name, format="%+.2f") for name in conditions.NAMES}
        config |= {
            "q": number("q", format="%.3f"),
            "as_low": number("others as low", help=terms.term("flip_run.as_low")),
        }
        event = parts.table(
            shown,
            key="flips.rows",
            on_select="rerun",
            selection_mode="single-row",
            height="content",
            column_config=config,
        )
    row = parts.picked("flips.rows", event)
    if row is not None:
        chosen = str(shown["category"].iloc[row])
        address.go("flip_lab", here._replace(site=site), category=chosen, run=1)


_BANDS = (
    "Change of log p of held-out tokens minus that of frequency-matched tokens, 95 % bands. Random "
    "and noise are as large a change elsewhere; direct path: the change added after the last block."
)
_ROWS = (
    "Suppresses: fewer random features lower the concept as far than chance allows (q < 0.05 over "
    "categories x layers), and away lies below random, noise, disjoint and toward. Ten categories, "
    "drawn beforehand."
)

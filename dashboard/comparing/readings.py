"""Compare, readings: tokens in context beside the same model's tokens alone, sign by sign."""

import pandas as pd
import streamlit as st

from catalog.browse import siblings
from catalog.browse.pole_families import POLES
from catalog.figures import readings
from catalog.figures.text import chance
from dashboard.common import parts
from dashboard.common.answers import Answer, Here
from dashboard.comparing import frames, reading_frames
from dashboard.comparing.frames import Both
from dashboard.frame import address


def draw(both: Both) -> None:
    """What context keeps, by layer, by place in the text and dimension by dimension."""
    a, b = both
    if not siblings.two_readings(a.catalog, b.catalog):
        parts.empty(
            f"{a.slug} and {b.slug} are not two readings of one model. Choose the same model's "
            "tokens in context (built with --texts) on one side, its single tokens on the other."
        )
        return
    here = frames.place(a if a.catalog.contextual else b)
    answer = reading_frames.dimensions(here)
    _told(here, answer.frame)
    left, right = st.columns(2, gap="medium")
    sites = reading_frames.by_site(here)
    with left, parts.panel("What context keeps, by layer", sites, _KEPT):
        figure = readings.by_site(sites.frame, here.site)
        st.plotly_chart(figure, config=parts.plotly(), key="readings.sites")
        st.caption(f"{here.site} is marked. Bars: 95 % intervals over documents. Dashed: chance.")
    places = reading_frames.by_place(here)
    with right, parts.panel(f"By place in the text, at {here.site}", places, _KEPT):
        figure = readings.by_place(places.frame)
        st.plotly_chart(figure, config=parts.plotly(), key="readings.places")
        st.caption("Bars: 95 % intervals over documents.")
    with parts.panel("Dimension by dimension; click one to open it", answer, _KEPT + _POLES):
        _table(here, answer)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Senses of a word, and what two signs share in context, are claims:")
        address.link("evidence", "Evidence", here, ":material/fact_check:")


def _told(here: Here, frame: pd.DataFrame) -> None:
    kept, positions = reading_frames.whole(here)
    with st.container(horizontal=True):
        share = f"{kept.value:.1%} [{kept.low:.1%}, {kept.high:.1%}]"
        parts.figure("context keeps", share, width=200)
        parts.figure("signs that differ", f"{frame['own'].mean():.1%}", width=130)
        parts.figure("by chance", f"{frame['other'].mean():.1%}", width=100)
        parts.figure("positions", f"{positions:,}", width=100)
        for name, mark in zip(POLES, "+−", strict=True):
            clear = f"{(frame[f'{name}_q'] < 0.05).sum()} of {frame[name].notna().sum()}"
            parts.figure(f"{mark} poles agree", clear, width=130)


def _table(here: Here, answer: Answer) -> None:
    """The dimensions that context changes most first."""
    frame = answer.frame.sort_values("retained", kind="stable").reset_index(drop=True)
    shown = frame[["dimension"]].copy()
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    shares = {"own": "differs (%)", "other": "by chance (%)", "retained": "kept (%)"}
    config: dict[str, object] = {}
    for name, mark in zip(POLES, "+−", strict=True):
        shares |= {name: f"{mark} agree (%)", f"{name}_chance": f"{mark} chance (%)"}
    for name, title in shares.items():
        shown[name] = 100 * frame[name]
        config[name] = number(title, format="%.0f")
    for name, mark in zip(POLES, "+−", strict=True):
        shown[f"{name}_q"] = frame[f"{name}_q"].map(lambda q: "–" if pd.isna(q) else chance(q))
        config[f"{name}_q"] = text(f"{mark} q")
    event = parts.table(
        shown,
        key="readings.dimensions",
        on_select="rerun",
        selection_mode="single-cell",
        height=420,
        column_config=config,
    )
    row = parts.picked("readings.dimensions", event)
    if row is not None:
        address.go("dimension", here, dim=int(frame["dimension"][row]))


_KEPT = (
    "Differs: share of positions whose sign is not that of their token alone. By chance: the same "
    "against the token of a random position of another text. Kept = 1 − differs / by chance: 1 "
    "where context turns no sign, 0 where a sign in context says nothing of its token. "
)
_POLES = (
    "Poles agree: share of the families at a pole in context that stand at the same pole of single "
    "tokens; chance: other dimensions' poles; q: Benjamini-Hochberg over dimensions."
)

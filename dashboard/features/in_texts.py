"""A feature of single tokens in real text: how often it fires rightly, and where it does wrongly.

Drawn where a catalog of the same model's tokens in context lies beside this one.
"""

import pandas as pd
import streamlit as st

from catalog.browse.in_context import InContext
from catalog.modalities.backgrounds import Background
from dashboard.common import parts
from dashboard.common.answers import Here
from dashboard.features import frames
from dashboard.frame import address

_BEFORE, _AFTER = 30, 44
"""Characters of a window that are shown on either side of its token."""
_HELP = (
    "The registered signs, tried at every position of the texts. It should fire where the token "
    "is of a member's family; it fires where more dimensions agree than the firing level, which "
    "comes from held-out single tokens. Precision: share of the positions where it fires that are "
    "such; recall: share of such positions where it fires."
)


def panel(here: Here, category: str, background: Background) -> None:
    """Figures, precision by band of agreement, and the windows in which it is wrong."""
    tried = frames.in_texts(here, category, background)
    if tried is None:
        return
    texts, found = tried
    answer = frames.in_texts_copy(here, category, background, texts)
    with parts.panel("In real text", answer, _HELP):
        _figures(found, texts.slug)
        left, right = st.columns([2, 5], gap="medium")
        with left:
            st.caption("By band of agreement, from the least to the largest")
            parts.table(_bands(found), key="feature.texts.bands", height="content")
        with right:
            st.caption("Strongest positions of other tokens, one of a family; click one to open it")
            shown = answer.frame[["window", "agreement", "document"]]
            shown = shown.assign(window=shown["window"].map(_narrow))
            event = parts.table(
                shown,
                key="feature.texts.wrong",
                on_select="rerun",
                selection_mode="single-cell",
                height=330,
                column_config={
                    "window": st.column_config.TextColumn("window", width="large"),
                    "agreement": st.column_config.NumberColumn("agreement", format="%.3f"),
                },
            )
    row = parts.picked("feature.texts.wrong", event)
    if row is not None:
        address.go("item", here._replace(catalog=texts), item=int(answer.frame["item"][row]))


def _figures(found: InContext, slug: str) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        parts.figure("AUC in text", f"{found.auc:.3f}", width=92)
        parts.figure("fires at", f"{found.fires:.1%}", width=80)
        parts.figure("precision", _percent(found.precision), width=84)
        parts.figure("recall", _percent(found.recall), width=80)
        parts.figure("of members", f"{found.members:,}", width=100)
        parts.figure("positions", f"{found.positions:,}", width=100)
    st.text(f"Texts of {parts.visible(slug)}; it fires above an agreement of {found.level:.2f}.")


def _narrow(window: str) -> str:
    """So much of a window that its token stays in sight."""
    before, mark, rest = window.partition("⟦")
    return f"{before[-_BEFORE:]}{mark}{rest[:_AFTER]}"


def _bands(found: InContext) -> pd.DataFrame:
    bands = found.bands
    ends = [f"{low:.2f} to {high:.2f}" for low, high in zip(bands.low, bands.high, strict=True)]
    return bands[["positions", "members"]].assign(
        agreement=ends, precision=[_percent(one) for one in bands.precision]
    )[["agreement", "positions", "members", "precision"]]


def _percent(value: float | None) -> str:
    return "–" if value is None or value != value else f"{value:.1%}"

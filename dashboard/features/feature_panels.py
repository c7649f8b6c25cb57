"""Panels of the Feature page: signed dimensions, ROC and agreement, layers, items, overlaps."""

import numpy as np
import streamlit as st

from catalog.figures import cells, features
from catalog.figures.text import signed
from catalog.modalities.backgrounds import Background
from dashboard.common import drawn, parts, terms
from dashboard.common.answers import Answer, Here, Row
from dashboard.features import frames, media_feature
from dashboard.features import parts as parts_of
from dashboard.frame import address
from dashboard.labels import words
from dashboard.media import frames as media_frames
from dashboard.media import stage

SHOWN = 20
"""Items by agreement that are drawn as bars."""
_ALL_ITEMS = "The list has all items, anchors too: what is held out is the ROC above."


def strip(here: Here, found: Answer, category: str) -> None:
    """Signed dimensions; a click opens one, and the feature travels along."""
    many = len(found.frame)
    title = f"{many:,} signed dimensions; click a bar to open it"
    if many > cells.WIDEST:
        title = f"The {cells.WIDEST} strongest of {title}"
    with parts.panel(title, found, terms.term("feature_dimension.auc"), what=""):
        if found.frame.empty:
            parts.empty("No dimension of this site varies, so none could be registered.")
            return
        row = drawn.figure(cells.strip(found.frame), "feature.strip", "dimensions")
        clear = int((found.frame["q"] < 0.05).sum())
        st.caption(
            f"Orange: expected +, blue: expected −. {clear:,} of {many:,} have q < 0.05 "
            "(hypergeometric, over all dimensions and categories of this site)."
        )
    if row is not None:
        address.go("dimension", here, dim=found.frame["dimension"].iloc[row], of=category)


def curves(here: Here, category: str, background: Background, row: Row) -> None:
    """Held-out ROC, agreement, and the layers, side by side."""
    left, middle, right = st.columns(3, gap="medium")
    found = frames.curves(here, category, background)
    made = found.made
    with (
        left,
        parts.panel(
            "Held-out ROC",
            frames.curves_copy(here, category, background),
            "Mean of 20 splits. " + terms.term("feature.auc"),
        ),
    ):
        st.plotly_chart(found.plot(), key="feature.roc", config=parts.plotly())
        st.caption(
            f"Area {made.aucs.mean():.3f}. Grey: 5 to 95 % of {len(made.null_aucs)} random sets, "
            f"whose area is below {np.quantile(made.null_aucs, 0.95):.3f} in 95 %."
        )
    with (
        middle,
        parts.panel(
            "Agreement",
            frames.agreement_copy(here, category, background),
            "Share of the feature's dimensions whose sign matches. "
            + terms.term("feature.firing_level"),
        ),
    ):
        st.plotly_chart(
            frames.agreement(here, category, background).plot(),
            key="feature.agreement",
            config=parts.plotly(),
        )
        st.caption(
            "Violet: held-out members. Grey: background. "
            f"Line: firing level {parts.number(row['firing_level'])}"
        )
    with right:
        across(here, category, background)


def across(here: Here, category: str, background: Background) -> None:
    """The same category at every site; a click on a point goes there."""
    answer = frames.across(here, category, background)
    help = "Grey ticks: null p95. Dotted: the level of the embeddings, resid.0."
    with parts.panel("Across layers", answer, help):
        event = st.plotly_chart(
            features.across(answer.frame, here.site),
            key="feature.across",
            on_select="rerun",
            selection_mode="points",
            config=parts.plotly(),
        )
        row = answer.frame[answer.frame["site"] == here.site].iloc[0]
        st.caption(f"{here.site}: {signed(row['gain'])} over resid.0; click for another.")
    points = event["selection"]["points"]
    if points and parts.changed("feature.across", points[0]["point_index"]):
        site = answer.frame["site"][points[0]["point_index"]]
        address.go("feature", here._replace(site=site), category=category, background=background)


def items(here: Here, category: str, background: Background) -> None:
    """Items that agree most with members marked, and the best of the others."""
    pictured = media_frames.is_media(here.catalog)
    count = stage.size(here) if pictured else SHOWN
    top = frames.top(here, category, background, count)
    firing = "" if top.firing is None else f"; {top.firing:.1%} of all other families fire"
    sentence = (
        f"Among the first {top.members} families by agreement {top.members_first} are members"
        f"{firing}."
    )
    if pictured:
        media_feature.items(here, category, background, top)
        st.caption(f"{sentence} {_ALL_ITEMS}")
        return
    left, right = st.columns(2, gap="medium")
    for column, title, answer, key in (
        (left, "Items that agree most, members bold", top.items, "feature.top"),
        (right, "Best false positives", top.false_positives, "feature.false"),
    ):
        with column, parts.panel(title, answer):
            rows = answer.frame
            event = st.plotly_chart(
                features.best(rows),
                key=key,
                on_select="rerun",
                selection_mode="points",
                config=parts.plotly(),
            )
        points = event["selection"]["points"]
        if points and parts.changed(key, points[0]["point_index"]):
            address.go("item", here, item=rows["item"][points[0]["point_index"]])
    st.caption(f"{sentence} {_ALL_ITEMS}")


def overlap(here: Here, category: str, background: Background) -> None:
    """Other features that share dimensions; a click opens one."""
    answer = frames.overlap(here, category, background)
    help = "Dimensions that both features register, with the same or the opposite expected sign."
    with parts.panel("Shares dimensions with", answer, help):
        shown = answer.frame[["category", "same", "opposite", "expected", "dimensions"]]
        shown = words.beside(here, shown, "category", "feature")
        event = parts.table(
            shown,
            key="feature.overlap",
            on_select="rerun",
            selection_mode="single-cell",
            height=330,
            column_config=parts_of.columns() | words.title(),
        )
    row = parts.picked("feature.overlap", event)
    if row is not None:
        address.go("feature", here, category=shown["category"][row], background=background)

"""Parts that the feature pages share: background switch, columns of tables, texts of a feature."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from catalog.figures import strips
from catalog.figures.svg import Mark
from catalog.figures.text import between, chance, ends, signed
from catalog.modalities.backgrounds import Background
from dashboard.common import drawn, parts, terms, workspace
from dashboard.common.answers import Here
from dashboard.features import frames
from dashboard.frame import address
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs
from dashboard.labels import words


def unmeasured(here: Here) -> None:
    """Nothing was measured yet: the sentence and the button."""
    jobs.offer(
        f"The categories of {here.slug} have not been measured yet.",
        "Measure them",
        asks.features(here),
    )


def background(page: str, here: Here) -> Background:
    """The switch between backgrounds, as the link has it; none where there is only one."""
    several, first = here.catalog.backgrounds, here.catalog.primary.background
    if len(several) == 1:
        return first
    key = f"{page}.background"
    address.seed(key, "background", first, address.among(several))
    chosen = st.segmented_control(
        "Background",
        several,
        key=key,
        required=True,
        help=terms.term("feature.background"),
    )
    return next(one for one in several if one == chosen)


def columns() -> dict[str, Any]:
    """Titles, formats and meanings of the columns that feature tables have."""
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    term = terms.term
    return {
        "category": text("category", pinned=True),
        "auc": number("AUC", format="%.3f", help=term("feature.auc")),
        "interval": text("95 % interval", help=term("feature.auc_low")),
        "reliability": number("reliability", format="%.2f", help=term("feature.reliability")),
        "null_p95": number("null p95", format="%.3f", help=term("feature.null_p95")),
        "chance": text("q", help=term("feature.q") + " Where no q was made: p of its own null."),
        "coherence": number("coherence", format="%.3f", help=term("feature.coherence")),
        "confusable": text("most confusable", help=term("feature.confusable")),
        "confusable_auc": number(
            "v confusable", format="%.3f", help=term("feature.confusable_auc")
        ),
        "dimensions": number("dims", format="%d", help=term("feature.dimensions")),
        "gain": number("gain", format="%+.3f", help="AUC minus the AUC at resid.0."),
        "flags": text("flags", help=term("feature.fallback") + " " + term("feature.small")),
        "families": number("families", format="%d", help=term("category.families")),
        "found": number("found", format="%d", help=term("category.found")),
        "words": number("words", format="%d", help=term("category.words")),
        "reason": text("why", help=term("category.reason")),
        "same": number("same sign", format="%d", help="Shared dimensions, same expected sign."),
        "opposite": number("opposite", format="%d", help="Shared, opposite expected sign."),
        "expected": number(
            "expected",
            format="%.1f",
            help="Dimensions shared by chance: product of both sizes over the site's dimensions.",
        ),
        "agreement": number("agreement", format="%.3f", help="Share of signs that match."),
        "sign": text("sign", help=term("feature_dimension.sign")),
    }


def two(value: Any) -> str:
    """A figure to two decimals; – where missing."""
    return "–" if pd.isna(value) else f"{value:z.2f}".replace("-", "−")


def flags(row: Mapping[Any, Any]) -> str:
    """fallback and small, in words."""
    return " ".join(name for name in ("fallback", "small") if row[name])


def told(frame: pd.DataFrame) -> pd.DataFrame:
    """What is said of features, which are as `rivals.shown` gives them: clear, gain, texts.

    gain: over resid.0. clear (it beats its null): q below 0.05, or p where there is no q; also
    where no null was drawn and nothing can be said (its tooltip shows no null).
    """
    tested = frame["q"].fillna(frame["p"])
    base = frame[frame["site"] == "resid.0"].set_index("category")["auc"]
    rivals = zip(frame["confusable_auc"], frame["confusable"], frame["besides"], strict=True)
    return frame.assign(
        clear=tested.lt(0.05) | tested.isna(),
        gain=frame["auc"] - frame["category"].map(base),
        group=frame["group"].fillna("other"),
        figure=[between(row.auc, row.auc_low, row.auc_high) for row in frame.itertuples()],
        interval=[ends(row.auc_low, row.auc_high) for row in frame.itertuples()],
        null=[parts.number(value) for value in frame["null_p95"]],
        chance=[chance(value) for value in tested],
        rival=[
            f"{parts.number(auc)} ({parts.spaced(name)})" if name else told or "–"
            for auc, name, told in rivals
        ],
        coherence_text=[parts.number(value) for value in frame["coherence"]],
        flags=[f"{row['dimensions']} {flags(row)}".strip() for row in frame.to_dict("records")],
        sizes=[f"{row.anchors} anchors, {row.held_out} held out" for row in frame.itertuples()],
    )


def header(row: Mapping[str, Any], gain: float | None) -> None:
    """A feature's value between its null and its rival, drawn and in figures; the rest folded."""
    tested, named = (row["q"], "q") if pd.notna(row["q"]) else (row["p"], "p")
    first = [
        ("AUC", f"{row['auc']:.3f}", "feature.auc", 66),
        ("95 % interval", ends(row["auc_low"], row["auc_high"]), "feature.auc_low", 136),
        ("null p95", parts.number(row["null_p95"]), "feature.null_p95", 82),
        ("v confusable", parts.number(row["confusable_auc"]), "feature.confusable_auc", 108),
        (named, chance(tested), f"feature.{named}", 68),
        ("dims", f"{row['dimensions']:,}", "feature.dimensions", 62),
    ]
    more = [
        ("reliability", two(row["reliability"]), "feature.reliability", 84),
        ("v all others", parts.number(row["coherence"]), "feature.coherence", 96),
        ("best dim", parts.number(row["best_held_out"]), "feature.best_held_out", 84),
        ("over resid.0", signed(gain), "", 88),
        ("families", f"{row['anchors']} + {row['held_out']}", "feature.anchors", 84),
        ("pool", f"{row['pool']:,}", "feature.pool", 64),
    ]
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="center")
    with left:
        drawn.figure(strip(row), "feature.header")
    with right, st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        for label, value, term, width in first:
            parts.figure(label, value, term, width=width)
        with (
            st.popover("More figures", type="tertiary"),
            st.container(horizontal=True, gap="xsmall"),
        ):
            for label, value, term, width in more:
                parts.figure(label, value, term, width=width)


def strip(row: Mapping[str, Any]) -> str:
    """A feature's AUC with its interval, between its null, its rival and chance (SVG)."""
    rival = parts.spaced(row["confusable"] or "rival")
    marks = [
        Mark("null p95", row["null_p95"]),
        Mark(f"v {rival}", row["confusable_auc"]),
        Mark("chance", 0.5),
    ]
    return strips.interval(row["auc"], row["auc_low"], row["auc_high"], marks)


def readers_panel(here: Here, dimension: int) -> None:
    """Categories whose feature uses a dimension; a click opens one. Hidden from blind labelers."""
    if workspace.hidden(workspace.subject(here, dimension)):
        return  # a suggestion to who labels it blind
    answer = frames.readers(here, dimension)
    help = (
        f"Features (background {here.catalog.primary.background}) that register this dimension, "
        "strongest first. " + terms.term("feature_dimension.auc")
    )
    copied = None if answer.frame.empty else answer
    with parts.panel("Categories that read this dimension", copied, help):
        if not here.catalog.measured:
            unmeasured(here)
            return
        if answer.frame.empty:
            st.caption("No category's feature uses it at this site and threshold.")
            return
        shown = answer.frame.assign(
            sign=["+" if sign > 0 else "−" for sign in answer.frame["sign"]],
            q=[chance(q) for q in answer.frame["q"]],
        )[["category", "sign", "auc", "q"]]
        shown = words.beside(here, shown, "category", "feature")
        event = parts.table(
            shown,
            key="feature.readers",
            on_select="rerun",
            selection_mode="single-cell",
            height=min(340, 33 * len(shown) + 37),
            column_config=columns()
            | {
                "auc": st.column_config.NumberColumn(
                    "sign AUC", format="%.3f", help=terms.term("feature_dimension.auc")
                ),
                "q": st.column_config.TextColumn("q", help=terms.term("feature_dimension.q")),
            }
            | words.title(),
        )
    row = parts.picked("feature.readers", event)
    if row is not None:
        background = here.catalog.primary.background
        address.go("feature", here, category=shown["category"][row], background=background)

"""One feature: its signed dimensions, held-out ROC, items, layers, overlaps; waves of a circle."""

import pandas as pd
import streamlit as st

from catalog.figures.text import chance
from catalog.modalities import backgrounds
from catalog.modalities.backgrounds import Background
from catalog.signs.prototypes import SPLITS
from dashboard.common import lazy, parts, workspace
from dashboard.common.answers import Answer, Row
from dashboard.features import circle, contest, exports, frames, in_texts, rivals
from dashboard.features import feature_panels as panels
from dashboard.features import parts as feature_parts
from dashboard.frame import address, keys, rail
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs
from dashboard.labels import panel, words
from dashboard.media import frames as media_frames

CLAIMS = ("probe_gain", "basis", "training")

here = rail.here()


def choose(names: list[str]) -> tuple[str, Background]:
    """Category and background, with previous and next; keys j and k."""
    first = frames.strongest(here)
    first = first if first in names else names[0]
    address.seed("feature.category", "category", first, address.among(names))

    def step(by: int) -> None:
        place = names.index(st.session_state["feature.category"]) + by
        st.session_state["feature.category"] = names[place % len(names)]

    category = st.session_state["feature.category"]
    shown = parts.spaced(category)
    parts.breadcrumb(here.slug, here.site, shown, f"threshold {here.threshold}")
    with st.container(horizontal=True, vertical_alignment="bottom"):
        category = st.selectbox(
            "Category",
            names,
            key="feature.category",
            width=250,
            format_func=words.picker(here, names),
        )
        background = feature_parts.background("feature", here)
        st.space("stretch")
        keys.steps(lambda: step(-1), lambda: step(1))
        if here.site.startswith("resid."):
            address.link(
                "flip_lab",
                "Flip it",
                here,
                ":material/science:",
                feature="category",
                category=category,
                run=1,
            )
    address.write(category=category, background=background)
    parts.about(str(category))
    return str(category), background


def told(row: Row, about: Row) -> None:
    """What the category is, and what the figures rest on, in two lines of plain text."""
    st.text(parts.visible(about["description"]))
    named = media_frames.named(here.catalog)
    lines = [
        f"Told apart from {row['pool'] - row['anchors'] - row['held_out']:,} "
        f"{backgrounds.TOLD[row['background']].format(items=named)}, {SPLITS} splits."
    ]
    if row["confusable"]:
        lines.append(f"Most confusable: {parts.spaced(row['confusable'])}.")
    elif row["besides"]:
        lines.append(f"No most confusable rival, {row['besides']}.")
    if pd.notna(row["null_draws"]):
        lines.append(f"Null: {row['null_draws']:.0f} random sets.")
    else:
        lines.append("No null was drawn here.")
    if row["widened"]:
        lines.append(f"Wider strata were needed for {row['widened']} members.")
    if row["fallback"]:
        lines.append(
            "Fallback: fewer than 8 dimensions reached the registration level "
            f"({row['fallback_share']:.0%} of the splits), so the strongest were taken."
        )
    if row["small"]:
        lines.append("Small: fewer than 20 anchor or 20 held-out families, so no verdict.")
    st.text(" ".join(lines))


def best(row: Row, category: str) -> None:
    """The one dimension that tells the category best, by name, and the way to it."""
    if pd.isna(row["best_dimension"]):
        return
    number = int(row["best_dimension"])
    if workspace.hidden(workspace.subject(here, number)):
        return  # a suggestion to who labels it blind
    address.link(
        "dimension",
        f"Best dimension: {number} (AUC {parts.number(row['best_held_out'])} held out, "
        f"q {chance(row['best_q'])})",
        here,
        ":material/align_vertical_bottom:",
        dim=number,
        of=category,
    )


def controls_panel() -> None:
    """Probe, basis and training: rows of the evidence table, or the button that makes them."""
    help = "Measured over all categories together, with intervals: see the page Evidence."
    answer = frames.evidence(here.catalog, CLAIMS)
    title = "Is it the basis? Is it training? Does a probe do better?"
    with parts.panel(title, answer, help):
        if answer is None:
            jobs.offer(
                "Comparisons with a trained probe, the difference of means, rotated axes and "
                "random weights have not been made for this catalog.",
                "Make them",
                asks.evidence(here),
            )
            return
        for row in answer.frame.itertuples():
            with st.container(border=True, gap="xsmall"):
                st.text(f"{row.verdict}: {row.claim}")
                st.text(f"{row.figure}   control: {row.control}   n = {row.n}")
        address.link("evidence", "All claims", here, ":material/fact_check:")


def export_panel(category: str, background: Background, found: Answer, row: Row) -> None:
    """Permanent link and the prototype as files."""
    with parts.panel("Take it along"):
        st.caption("Permanent link")
        st.code(parts.link(), language=None, wrap_lines=True)
        exports.buttons(
            exports.source(here, category, background),
            here,
            found.frame,
            frames.figures_of(row),
            "feature",
        )


def show(category: str, background: Background, about: Row) -> None:
    """A feature that was measured."""
    if workspace.hidden_features(here, [category], "feature"):
        panel.of_feature(here, category)  # its name beside its items is a suggestion
        return
    row = frames.feature(here, category, background)
    if row is None:
        jobs.offer(
            "It was not measured at this site, threshold and background.",
            "Measure every category",
            asks.features(here, "feature", category=category),
        )
        return
    layers = frames.across(here, category, background).frame
    gain = layers.loc[layers["site"] == here.site, "gain"].iloc[0]
    seen = rivals.shown(here.catalog, row.to_frame().T).iloc[0]
    feature_parts.header(seen, gain)
    told(seen, about)
    if pd.isna(row["null_draws"]):
        asked = asks.features(here, "feature", category=category)
        jobs.offer("Is that chance? Its null was not drawn at this site.", "Draw all nulls", asked)
    best(row, category)
    found = frames.prototype(here, category, background)
    found = panel.unhidden(here, found)
    panels.strip(here, found, category)
    if found.frame.empty:
        return
    panels.curves(here, category, background, row)

    lazy.below("feature.items", 560, lambda: panels.items(here, category, background))
    panel.of_feature(here, category)  # its keys work before anybody comes near it

    def rest() -> None:
        if about["cyclic"]:
            circle.draw(here, category)
        in_texts.panel(here, category, background)
        contest.panel(here, category)
        left, right = st.columns([3, 2], gap="medium")
        with left:
            panels.overlap(here, category, background)
        with right:
            export_panel(category, background, found, row)
            controls_panel()

    lazy.below("feature.rest", 700, rest)


listed = frames.categories(here.catalog).frame
if listed.empty:
    parts.breadcrumb(here.slug, here.site, "feature")
    feature_parts.unmeasured(here)
    st.stop()
usable = listed[(listed["status"] != "skipped") | listed["cyclic"]].sort_values("category")
chosen, against = choose(usable["category"].tolist())
about = usable[usable["category"] == chosen].iloc[0]
if about["status"] == "skipped":
    parts.notice(f"Skipped as a feature. {about['reason']}")
    circle.draw(here, chosen)
else:
    show(chosen, against, about)

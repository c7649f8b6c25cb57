"""One feature: its signed dimensions, held-out ROC, items, layers, overlaps; waves of a circle."""

import numpy as np
import pandas as pd
import streamlit as st

from catalog.errors import CatalogError
from catalog.figures import charts
from dashboard.common import answers, parts, terms, workspace
from dashboard.features import charts as feature_charts
from dashboard.features import exports, media_feature
from dashboard.features import frames as feature_frames
from dashboard.features import parts as feature_parts
from dashboard.frame import address, keys, rail
from dashboard.labels import panel, words
from dashboard.media import frames as media_frames

CLAIMS = ("probe_gain", "basis", "training")
_ALL_ITEMS = "The list has all items, anchors too: what is held out is the ROC above."

here = rail.here()


def choose(names: list[str]) -> tuple[str, str]:
    """Category and background, with previous and next; keys j and k."""
    address.seed("feature.category", "category", names[0], address.among(names))

    def step(by: int) -> None:
        place = names.index(st.session_state["feature.category"]) + by
        st.session_state["feature.category"] = names[place % len(names)]

    category = st.session_state["feature.category"]
    parts.breadcrumb(here.slug, here.site, category, f"threshold {here.threshold}")
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
            address.link("circuits", "Who writes it", here, ":material/hub:", category=category)
    address.write(category=category, background=background)
    return str(category), background


def told(row: "answers.Row", about: "answers.Row") -> None:
    """What the category is, and what the figures rest on, in two lines of plain text."""
    st.text(parts.visible(about["description"]))
    named = media_frames.named(here.catalog)
    against = {"all": f"other {named}", "words": "whole words", "matched": "matched items"}
    lines = [
        f"Told apart from {row['pool'] - row['anchors'] - row['held_out']:,} "
        f"{against[row['background']]}, 20 splits."
    ]
    if row["confusable"]:
        lines.append(f"Most confusable: {parts.visible(row['confusable'])}.")
    if pd.notna(row["null_draws"]):
        lines.append(f"Null: {row['null_draws']:.0f} random sets.")
    else:
        lines.append(f"No null was drawn here: dims features {here.slug} draws all of them.")
    if row["widened"]:
        lines.append(f"Wider strata were needed for {row['widened']} members.")
    if row["fallback"]:
        lines.append(
            f"Fallback: fewer than 8 dimensions reached 0.75 ({row['fallback_share']:.0%} of the "
            "splits), so the strongest were taken."
        )
    if row["small"]:
        lines.append("Small: fewer than 20 anchor or 20 held-out families, so no verdict.")
    st.text(" ".join(lines))


def strip_panel(found: answers.Answer) -> None:
    """Signed dimensions; a click opens one."""
    many = len(found.frame)
    title = f"{many:,} signed dimensions; click a bar to open it"
    if many > feature_charts.WIDEST:
        title = f"The {feature_charts.WIDEST} strongest of {title}"
    with parts.panel(title, found, terms.term("feature_dimension.auc")):
        if found.frame.empty:
            parts.empty("No dimension of this site varies, so none could be registered.")
            return
        event = st.altair_chart(
            feature_charts.strip(found.frame), key="feature.strip", on_select="rerun"
        )
        clear = int((found.frame["q"] < 0.05).sum())
        st.caption(
            f"Orange: expected +, blue: expected −. {clear:,} of {many:,} have q < 0.05 "
            "(hypergeometric, over all dimensions and categories of this site)."
        )
    bars = event["selection"].get("bar") or []
    if bars and parts.changed("feature.strip", bars[0]["dimension"]):
        address.go("dimension", here, dim=bars[0]["dimension"])


def curves_panels(category: str, background: str, row: "answers.Row") -> None:
    """Held-out ROC, agreement, and the layers, side by side."""
    left, middle, right = st.columns(3, gap="medium")
    made = feature_frames.curves(here, category, background)
    with (
        left,
        parts.panel(
            "Held-out ROC",
            feature_frames.curves_copy(here, category, background),
            "Mean of 20 splits with its sd. " + terms.term("feature.auc"),
        ),
    ):
        st.plotly_chart(feature_charts.roc(made), key="feature.roc", config=charts.CONFIG)
        st.caption(
            f"Area {made.aucs.mean():.3f}. Grey: 5 to 95 % of {len(made.null_aucs)} random sets, "
            f"whose area is below {np.quantile(made.null_aucs, 0.95):.3f} in 95 %."
        )
    with (
        middle,
        parts.panel(
            "Agreement",
            feature_frames.agreement_copy(here, category, background),
            "Share of the feature's dimensions whose sign matches. "
            + terms.term("feature.firing_level"),
        ),
    ):
        st.plotly_chart(
            feature_charts.distribution(made, float(row["firing_level"])),
            key="feature.agreement",
            config=charts.CONFIG,
        )
        st.caption(
            "Violet: held-out members. Grey: background. "
            f"Line: firing level {parts.number(row['firing_level'])}"
        )
    with right:
        across_panel(category, background)


def across_panel(category: str, background: str) -> None:
    """The same category at every site; a click on a point goes there."""
    answer = feature_frames.across(here, category, background)
    help = "Grey ticks: null p95. Dotted: the level of the embeddings, resid.0."
    with parts.panel("Across layers", answer, help):
        event = st.plotly_chart(
            feature_charts.across(answer.frame, here.site),
            key="feature.across",
            on_select="rerun",
            selection_mode="points",
            config=charts.CONFIG,
        )
        row = answer.frame[answer.frame["site"] == here.site].iloc[0]
        st.caption(
            f"{here.site}: {feature_charts.signed(row['gain'])} over resid.0; click for another."
        )
    points = event["selection"]["points"]
    if points and parts.changed("feature.across", points[0]["point_index"]):
        site = answer.frame["site"][points[0]["point_index"]]
        address.go("feature", here._replace(site=site), category=category, background=background)


def items_panels(category: str, background: str) -> None:
    """Items that agree most with members marked, and the best of the others."""
    top = feature_frames.top(here, category, background)
    firing = f"; {top.firing:.1%} of all other families fire" if top.firing == top.firing else ""
    sentence = (
        f"Among the first {top.members} families by agreement {top.members_first} are members"
        f"{firing}."
    )
    if media_frames.is_media(here.catalog):
        media_feature.items(here, category, background, top)
        st.caption(f"{sentence} {_ALL_ITEMS}")
        return
    left, right = st.columns(2, gap="medium")
    for column, title, answer, key in (
        (left, "Items that agree most, members bold", top.items, "feature.top"),
        (right, "Best false positives", top.false_positives, "feature.false"),
    ):
        with column, parts.panel(title, answer):
            rows = answer.frame.head(20)
            event = st.plotly_chart(
                feature_charts.best(rows),
                key=key,
                on_select="rerun",
                selection_mode="points",
                config=charts.CONFIG,
            )
        points = event["selection"]["points"]
        if points and parts.changed(key, points[0]["point_index"]):
            address.go("item", here, item=rows["item"][points[0]["point_index"]])
    st.caption(f"{sentence} {_ALL_ITEMS}")


def overlap_panel(category: str, background: str) -> None:
    """Other features that share dimensions; a click opens one."""
    answer = feature_frames.overlap(here, category, background)
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
            column_config=feature_parts.columns() | words.title(),
        )
    row = parts.picked("feature.overlap", event)
    if row is not None:
        address.go("feature", here, category=shown["category"][row], background=background)


def controls_panel() -> None:
    """Probe, basis and training: rows of the evidence table, or the command that makes them."""
    help = "Measured over all categories together, with intervals: see the page Evidence."
    answer = feature_frames.evidence(here.catalog, CLAIMS)
    title = "Is it the basis? Is it training? Does a probe do better?"
    with parts.panel(title, answer, help):
        if answer is None:
            parts.empty(
                "Comparisons with a trained probe, the difference of means, rotated axes and "
                "random weights have not been made for this catalog. Make them with:",
                f"dims evidence {here.slug}",
            )
            return
        for row in answer.frame.itertuples():
            with st.container(border=True, gap="xsmall"):
                st.text(f"{row.verdict}: {row.claim}")
                st.text(f"{row.figure}   control: {row.control}   n = {row.n}")
        address.link("evidence", "All claims", here, ":material/fact_check:")


def cycle_panel(category: str) -> None:
    """Whether signs turn with the circle of the words; a click on a column opens the dimension."""
    help = (
        "Signs along the circle split into waves; share of each period in their variation, mean "
        "over dimensions. Grey: 90 % of 999 permuted orders of the same words."
    )
    try:
        turning = feature_frames.cycle(here, category)
    except CatalogError as error:
        with parts.panel("Do its signs turn with the circle?", None, help):
            st.text(str(error))
        return
    made = turning.cycle
    left, right = st.columns([2, 3], gap="medium")
    copied = feature_frames.cycle_copy(here, category)
    with left, parts.panel("Do its signs turn with the circle?", copied, help):
        st.plotly_chart(feature_charts.waves(made), key="feature.waves", config=charts.CONFIG)
        st.text(
            f"One turn ({made.words} words): share {parts.number(made.share[0])}, permuted orders "
            f"{parts.number(made.null_mean[0])} (95 %: {parts.number(made.null_high[0])}), "
            f"p {feature_charts.chance(made.p[0])}, q over the periods "
            f"{feature_charts.chance(made.q[0])}. "
            f"{int((made.first_q < 0.05).sum())} of {len(made.varying):,} varying dimensions have "
            "q < 0.05 on their own."
        )
        st.text(
            "A line would do that too, but keep its ends apart. Share of equal signs: "
            f"neighbours {parts.number(made.adjacent)}, the two ends {parts.number(made.ends)}, "
            f"any two words {parts.number(made.pairs)}."
        )
        if turning.missing:
            st.caption(f"{len(turning.missing)} of its words are no single tokens here.")
    order = (-made.first).argsort(kind="stable")
    order = order[~np.isin(made.varying[order], workspace.hidden_dimensions(here))][:20]
    with right, parts.panel("Dimensions that turn most; click a column to open it", copied):
        event = st.altair_chart(
            feature_charts.turns(turning.words, turning.signs[:, order], made.varying[order]),
            key="feature.turns",
            on_select="rerun",
        )
        st.caption("Chosen for it: single columns prove nothing, the share on the left does.")
    cells = event["selection"].get("turn") or []
    if cells and parts.changed("feature.turns", cells[0]["dimension"]):
        address.go("dimension", here, dim=cells[0]["dimension"])


def export_panel(category: str, background: str, found: answers.Answer, row: "answers.Row") -> None:
    """Permanent link and the prototype as files."""
    with parts.panel("Take it along"):
        st.caption("Permanent link")
        st.code(parts.link(), language=None, wrap_lines=True)
        exports.buttons(
            exports.source(here, category, background),
            here,
            found.frame,
            feature_frames.figures_of(row),
            "feature",
        )


def show(category: str, background: str, about: "answers.Row") -> None:
    """A feature that was measured."""
    if workspace.hidden_features(here, [category], "feature"):
        panel.of_feature(here, category)  # its name beside its items is a suggestion
        return
    row = feature_frames.feature(here, category, background)
    if row is None:
        parts.empty(
            "It was not measured at this site, threshold and background. Measure it with:",
            f"dims features {here.slug}",
        )
        return
    layers = feature_frames.across(here, category, background).frame
    gain = layers.loc[layers["site"] == here.site, "gain"].iloc[0]
    feature_parts.header(row, gain)
    told(row, about)
    found = feature_frames.prototype(here, category, background)
    found = panel.unhidden(here, found)
    strip_panel(found)
    if found.frame.empty:
        return
    curves_panels(category, background, row)
    items_panels(category, background)
    panel.of_feature(here, category)
    if about["cyclic"]:
        cycle_panel(category)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        overlap_panel(category, background)
    with right:
        export_panel(category, background, found, row)
        controls_panel()


listed = feature_frames.categories(here.catalog).frame
if listed.empty:
    parts.breadcrumb(here.slug, here.site, "feature")
    feature_parts.unmeasured(here)
    st.stop()
usable = listed[(listed["status"] != "skipped") | listed["cyclic"]].sort_values("category")
chosen, against = choose(usable["category"].tolist())
about = usable[usable["category"] == chosen].iloc[0]
if about["status"] == "skipped":
    parts.notice(f"Skipped as a feature. {about['reason']}")
    cycle_panel(chosen)
else:
    show(chosen, against, about)

"""Every category at every site: a heat map of held-out AUC, a table, and what was skipped."""

import pandas as pd
import streamlit as st

from catalog.figures.text import chance
from catalog.modalities.backgrounds import Background
from dashboard.common import answers, drawn, parts, terms, workspace
from dashboard.features import charts as clickable
from dashboard.features import frames, rivals
from dashboard.features import parts as feature_parts
from dashboard.frame import address, rail
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs
from dashboard.labels import bulk, words

VIEWS = {"map": "Map", "table": "Table", "skipped": "Skipped"}
STATES = {"all": "all", "clear": "beats its null", "measured": "not small", "small": "small"}
EVERY = "every group"

here = rail.here()


def choose(listed: pd.DataFrame) -> tuple[str, str, str, str, Background]:
    """View, group, state, text of the filter, and background."""
    groups = [EVERY, *sorted(listed["group"].dropna().unique())]
    address.seed("features.view", "view", "map", address.among(list(VIEWS)))
    address.seed("features.group", "group", EVERY, address.among(groups))
    address.seed("features.state", "state", "all", address.among(list(STATES)))
    address.seed("features.find", "find", "", address.anything)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        view = st.segmented_control(
            "Show",
            list(VIEWS),
            key="features.view",
            format_func=lambda name: VIEWS[name],
            required=True,
        )
        background = feature_parts.background("features", here)
        group = st.selectbox("Group", groups, key="features.group", width=170)
        state = st.selectbox(
            "Which",
            list(STATES),
            key="features.state",
            width=150,
            format_func=lambda name: STATES[name],
            help=terms.term("category.status"),
        )
        find = st.text_input("Name contains", key="features.find", width=150, placeholder="bird")
    return str(view), group, state, find.strip().lower(), background


def summary(at: pd.DataFrame, skipped: int) -> None:
    """What holds at this site, in figures."""
    tested = at["p"].notna()
    facts = [
        ("categories", str(len(at)), "category"),
        ("median AUC", parts.number(at["auc"].median()), "feature.auc"),
        ("median null p95", parts.number(at["null_p95"].median()), "feature.null_p95"),
        ("v all others", parts.number(at["coherence"].median()), "feature.coherence"),
        ("v confusable", parts.number(at["confusable_auc"].median()), "feature.confusable"),
        (
            "beat their null",
            f"{int(at['clear'][tested].sum())} of {int(tested.sum())}"
            if tested.any()
            else "not drawn",
            "feature.q",
        ),
        ("by fallback", f"{int(at['fallback'].sum())}", "feature.fallback"),
        ("small", f"{int(at['small'].sum())}", "feature.small"),
        ("skipped", str(skipped), "category.status"),
    ]
    with st.container(horizontal=True, gap="xsmall"):
        for fact in facts:
            parts.figure(*fact, width=122)


def show_map(frame: pd.DataFrame, answer: answers.Answer) -> None:
    """Sheets of cells side by side; a click on a cell opens the feature there."""
    kinds = here.catalog.sites.dropna(subset="dims").set_index("site")["kind"]
    order = frame.sort_values("position")["site"].drop_duplicates().tolist()
    stream = [site for site in order if kinds[site] in ("resid", "final")]
    if len(stream) < len(order):
        address.seed("features.sites", "sites", "stream", address.among(["stream", "all"]))
        wide = st.checkbox("Also sites that are not residual", key="features.all")
        order = order if wide else stream
    title = f"Held-out prototype AUC at threshold {here.threshold}; click a cell to open it"
    with parts.panel(title, answer, terms.term("feature.auc")):
        with st.container(horizontal=True, vertical_alignment="center"):
            drawn.figure(clickable.legend(), "features.legend")
        st.caption(
            f"Columns: layers of the residual stream (f: final), {here.site} framed. "
            + (
                "Faint: no better than random sets (q, or p without one, at least 0.05)."
                if frame["p"].notna().all()
                else f"Faint: no better than random sets. {frame['p'].isna().mean():.0%} of the "
                "cells have no null yet: see below."
            )
        )
        cell = drawn.figure(clickable.heat(frame, order, here.site), "features.map", "map")
    if cell is not None:
        row = frame.iloc[cell]
        place = here._replace(site=row["site"])
        address.go("feature", place, category=row["category"], background=answer_background)


def show_table(at: pd.DataFrame, answer: answers.Answer) -> None:
    """The features of this site, strongest first; a click on a row opens it."""
    shown = at.sort_values("auc", ascending=False).reset_index(drop=True)
    shown["chance"] = shown["q"].fillna(shown["p"]).map(chance)
    shown["confusable"] = shown["confusable"].fillna(shown["besides"])
    shown["flags"] = [feature_parts.flags(row) for row in shown.to_dict("records")]
    columns = [
        "category",
        "auc",
        "interval",
        "reliability",
        "null_p95",
        "chance",
        "coherence",
        "confusable_auc",
        "confusable",
        "dimensions",
        "gain",
        "flags",
        "families",
        "group",
    ]
    listed = words.beside(here, shown[columns], "category", "feature")
    copied = answers.Answer(listed, answer.copy)
    title = f"{len(shown)} features at {here.site}; click a row to open it"
    with parts.panel(title, copied, what="features"):
        event = parts.table(
            listed,
            key=f"features.table.{here.site}.{len(shown)}",  # marks are of these rows alone
            on_select="rerun",
            selection_mode=bulk.MODES,
            height=min(640, 33 * len(shown) + 37),
            column_config=feature_parts.columns() | words.title(),
        )
        names = shown["category"].tolist()
        bulk.line(here, bulk.of_site(here, "feature", names, bulk.marked(event, names)))
    row = bulk.opened("features.table", event)
    if row is not None:
        address.go("feature", here, category=shown["category"][row], background=answer_background)


def show_skipped(listed: pd.DataFrame, answer: answers.Answer) -> None:
    """Categories that were not measured, and why."""
    rows = listed[listed["status"] == "skipped"].reset_index(drop=True)
    if rows.empty:
        parts.empty("Every category was measured.")
        return
    columns = ["category", "families", "found", "words", "reason", "group"]
    with parts.panel(f"{len(rows)} categories were skipped", answers.Answer(rows, answer.copy)):
        event = parts.table(
            rows[columns],
            key="features.skipped",
            on_select="rerun",
            selection_mode="single-cell",
            height=min(560, 33 * len(rows) + 37),
            column_config=feature_parts.columns(),
        )
        st.caption("Lists in a circle (months, digits) open: whether signs turn with them.")
    row = parts.picked("features.skipped", event)
    if row is not None and rows["cyclic"][row]:
        address.go("feature", here, category=rows["category"][row], background=answer_background)


parts.breadcrumb(here.slug, here.site, "features of all categories")
categories = frames.categories(here.catalog)
if categories.frame.empty:
    feature_parts.unmeasured(here)
    st.stop()
rail.warn_degenerate(here)
view, group, state, find, answer_background = choose(categories.frame)
address.write(view=view, background=answer_background, group=group, state=state, find=find)
answer = frames.features_everywhere(here, answer_background)
if workspace.anything_hidden():  # the best dimension of a category suggests its label
    answer = answer._replace(frame=answer.frame.drop(columns="best_dimension"))
everything = rivals.told(here.catalog, here.threshold, answer_background)
kept = everything["category"].str.replace("_", " ").str.contains(find, regex=False)
if group != EVERY:
    kept &= everything["group"] == group
if state == "small":
    kept &= everything["small"]
elif state == "measured":
    kept &= ~everything["small"]
shown = everything[kept]
if state == "clear":
    best = shown.groupby("category")["clear"].transform("any")
    shown = shown[best] if view == "map" else shown[shown["clear"]]
at = shown[shown["site"] == here.site]
skipped = int((categories.frame["status"] == "skipped").sum())
summary(at, skipped)
if view == "skipped":
    show_skipped(categories.frame, categories)
elif shown.empty or (view == "table" and at.empty):
    parts.empty("No category passes this filter. Widen it above.")
elif view == "map":
    show_map(shown, answer)
else:
    show_table(at, answer)
if view != "skipped" and shown["p"].isna().any():
    jobs.offer("Nulls at every layer were not drawn yet.", "Draw them", asks.features(here))
st.caption(
    "small: fewer than 20 anchor or 20 held-out families, so no verdict. fallback: fewer than 8 "
    "dimensions reached the registration level, so the strongest were taken."
)

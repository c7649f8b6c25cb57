"""Compare, side by side: every shared category in both models; the evidence tables in columns."""

import pandas as pd
import streamlit as st

from catalog.comparing import cached_pairs
from catalog.figures import comparing
from catalog.figures.text import chance
from catalog.store.cache import Result
from dashboard.common import catalogs, parts
from dashboard.common.answers import Answer
from dashboard.comparing import frames
from dashboard.comparing import parts as compare_parts
from dashboard.comparing.frames import Both
from dashboard.frame import address
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs

JOB = "compare.categories"
MEAN = "(mean of all)"


def draw(both: Both) -> None:
    """The paired table with its chart, and AUC by relative depth."""
    found = cached_pairs.stored_categories(both.a, both.b)
    if found is None:
        compare_parts.ask(
            JOB,
            both,
            "Compare the categories",
            "Every category with 20 shared families, with the same members, negatives and splits "
            "in both models, beside the null of each. About a minute.",
            frames.work(lambda _states, report: cached_pairs.categories(both.a, both.b, report)),
        )
        return
    frame = found.tables["categories"]
    _told(found)
    if frame.empty:
        parts.empty(_NONE["text" if both.a.catalog.modality == "text" else "media"])
        return
    names = [MEAN, *sorted(frame["name"])]
    address.seed("compare.category", "category", MEAN, address.among(names))
    chosen = str(st.selectbox("Category", names, key="compare.category"))
    address.write(category=chosen)
    answer = frames.of_both(both, frame, ".categories().frame()")
    left, right = st.columns(2, gap="medium")
    with left, parts.panel("AUC in A and in B", answer, _SCATTER.format(both.background)):
        st.plotly_chart(
            comparing.scatter(frame, chosen), config=parts.plotly(), key="compare.scatter"
        )
        st.caption("Violet: q < 0.05. Bars: 95 % intervals. Faint: too small. Dashed: equal.")
    with right:
        _depth(both, chosen)
    _table(both, frame, answer)


def _told(found: Result) -> None:
    one = found.summary
    with st.container(horizontal=True):
        parts.figure("categories judged", f"{one['judged']} of {one['categories']}", width=150)
        parts.figure("better in A", str(one["a_better"]), width=110)
        parts.figure("better in B", str(one["b_better"]), width=110)
        parts.figure("vanished in B", str(one["vanished"]), width=110)
        parts.figure("appeared in B", str(one["appeared"]), width=110)
        mean = one["mean_difference"]
        parts.figure("mean A − B", "–" if mean is None else f"{mean:+.3f}", width=110)


def _depth(both: Both, chosen: str) -> None:
    answer = frames.by_depth(both)
    names = (f"A {both.a.slug}", f"B {both.b.slug}")
    with parts.panel("By relative depth", answer, _DEPTH.format(both.background)):
        if answer.frame.empty:
            missing = next((one for one in both if not one.catalog.measured), both.b)
            jobs.offer(
                f"{missing.slug} has no findings yet, so its other layers are unknown.",
                "Measure them",
                asks.features(frames.place(missing), "features"),
            )
            return
        shown = answer.frame
        if chosen != MEAN:
            own = shown[shown["category"] == chosen]
            lines = own.assign(low=own["auc_low"], high=own["auc_high"])
        else:
            lines = _means(shown)
        if lines.empty:
            parts.empty("This category was not measured in both.")
            return
        st.plotly_chart(comparing.depth(lines, names), config=parts.plotly(), key="compare.depth")
        bars = (
            "2 standard errors over categories"
            if chosen == MEAN
            else "95 % intervals over families"
        )
        st.caption(f"Bars: {bars}. Ticks: null p95, where it was drawn.")


def _means(frame: pd.DataFrame) -> pd.DataFrame:
    found = frame.groupby(["model", "site", "depth"], as_index=False).agg(
        mean=("auc", "mean"), se=("auc", "sem"), null_p95=("null_p95", "mean")
    )
    two = 2 * found["se"].fillna(0)
    return found.assign(auc=found["mean"], low=found["mean"] - two, high=found["mean"] + two)


def _table(both: Both, frame: pd.DataFrame, answer: Answer) -> None:
    others = [
        entry.catalog
        for entry in catalogs.listed()
        if entry.build is not None and entry.catalog not in (both.a.catalog, both.b.catalog)
    ]
    with parts.panel("Difference of every category", answer, _TABLE):
        more = st.multiselect(
            "More catalogs (stored AUC at the depth of A, in the background of their verdicts)",
            [one.slug for one in others],
            key="compare.more",
        )
        gap = frame["difference"].abs()
        shown = frame.assign(gap=-gap).sort_values(["q", "gap"], na_position="last")
        shown = shown.drop(columns="gap")
        for one in others:
            if one.slug in more:
                shown = shown.join(frames.elsewhere(one, both), on="name")
        columns = ["name", "families", "a", "a_null_p95", "b", "b_null_p95", "difference"]
        columns += ["low", "high", "q", "change", *shown.columns[len(frame.columns) :]]
        q = shown["q"].map(lambda value: "small" if pd.isna(value) else chance(value))
        number = st.column_config.NumberColumn
        titles = {"a": "A", "b": "B", "a_null_p95": "A null p95", "b_null_p95": "B null p95"}
        config = {name: number(title, format="%.3f") for name, title in titles.items()}
        signs = {"difference": "A − B", "low": "95 % low", "high": "95 % high"}
        config |= {name: number(title, format="%+.3f") for name, title in signs.items()}
        config["name"] = st.column_config.TextColumn("category", pinned=True)
        config |= {name: number(name, format="%.3f") for name in columns[11:]}
        event = parts.table(
            shown.assign(q=q)[columns],
            key="compare.table",
            on_select="rerun",
            selection_mode="single-cell",
            column_config=config,
            height=420,
        )
        row = parts.picked("compare.table", event)
        if row is not None:
            st.query_params["category"] = str(shown["name"].iloc[row])
            st.rerun()


def evidence(both: Both) -> None:
    """Both evidence tables, a claim a row."""
    answer = frames.evidence(both)
    for side in {side.slug: side for side in both}.values():
        if frames.untested(side.catalog):
            jobs.offer(
                f"The claims have not been tested on {side.slug} yet.",
                "Test them",
                asks.evidence(frames.place(side)),
            )
    if answer.frame.empty:
        return
    shown = answer.frame
    rows = pd.DataFrame(
        {
            "claim": shown["statement"],
            "verdict in A": shown["verdict_a"].fillna("–"),
            "A": [_figure(row, "a") for row in shown.to_dict("records")],
            "verdict in B": shown["verdict_b"].fillna("–"),
            "B": [_figure(row, "b") for row in shown.to_dict("records")],
            "measure": shown["measure"],
        }
    )
    with parts.panel(f"A {both.a.slug} and B {both.b.slug}, claim by claim", answer, _EVIDENCE):
        widths = {"claim": 330, "verdict in A": 110, "verdict in B": 110, "A": 170, "B": 170}
        config = {n: st.column_config.TextColumn(n, width=w) for n, w in widths.items()}
        parts.table(rows, height="content", row_height=58, column_config=config)


def _figure(row: dict[str, object], side: str) -> str:
    value = row[f"value_{side}"]
    if pd.isna(value):
        return "–"
    low, high = (parts.number(row[f"{end}_{side}"]) for end in ("low", "high"))
    return f"{parts.number(value)} [{low}, {high}]"


_NONE = {
    "text": "No category has 20 families that both vocabularies hold as single tokens.",
    "media": "No class has 20 items that both catalogs were shown.",
}
_SCATTER = (
    "Prototype AUC: same members, same negatives (background {}), same 20 splits: only the signs "
    "differ. Intervals: bootstrap over member families."
)
_DEPTH = (
    "Stored AUC of the categories that both catalogs measured, each on all of its own items, "
    "background {}."
)
_TABLE = (
    "A − B: mean over families of the rank in A minus that in B while held out. p: sign-flip test "
    "over families; q: Benjamini-Hochberg over categories of 40 families or more, the others are "
    "small. Vanished, appeared: readable (q < 0.05 against its null) in one alone, and q < 0.05."
)
_EVIDENCE = "Each catalog's own table, in its own primary cell: figures with 95 % intervals."

"""Compare, versions: which signs changed from A to B beyond what rebuilding A changes."""

import pandas as pd
import streamlit as st

from catalog.errors import CatalogError
from catalog.figures import charts
from catalog.store.catalog import Catalog
from dashboard.common import parts, running
from dashboard.common.answers import Here
from dashboard.comparing import charts as compare_charts
from dashboard.comparing import frames
from dashboard.comparing import parts as compare_parts
from dashboard.comparing.frames import Both, Result
from dashboard.features.charts import chance
from dashboard.frame import address

JOB = "compare.versions"


def draw(both: Both) -> None:
    """What changed, or why it is not asked, or the button that finds out."""
    try:
        frames.check_versions(both)
    except CatalogError as error:
        parts.empty(str(error))
        return
    builds = {path.stem: path for path in frames.rebuilds(both.a.catalog)}
    if not builds:
        parts.empty(
            f"There is no second build of {both.a.slug} to say how many signs change by themselves "
            "(another number format or batch size). Make one:",
            frames.how_to_rebuild(both.a),
        )
        return
    address.seed("compare.rebuilt", "rebuilt", next(iter(builds)), address.among(list(builds)))
    chosen = str(st.selectbox("The null: A rebuilt as", list(builds), key="compare.rebuilt"))
    address.write(rebuilt=chosen)
    rebuilt = builds[chosen]
    found = frames.versions(both, rebuilt)
    if found is None:
        _ask(both, rebuilt)
        return
    _show(both, rebuilt, found)


def _ask(both: Both, rebuilt: Catalog) -> None:
    absent = running.missing(both.a.build)
    compare_parts.ask(
        JOB,
        (both, rebuilt),
        "Find what changed",
        absent
        or "Signs of A, of B and of A rebuilt, family by family; A's model is run once for the "
        "distance of each state from its threshold. Seconds for small models.",
        frames.work_versions(both, rebuilt),
        None if absent else both.a.catalog,
    )


def _show(both: Both, rebuilt: Catalog, found: Result) -> None:
    one = found.summary
    with st.container(horizontal=True):
        parts.figure("signs changed", f"{one['rate']:.2%}", width=120)
        parts.figure("by rebuilding", f"{one['null_rate']:.2%}", width=120)
        total = len(found.tables["dimensions"])
        parts.figure("dimensions beyond", f"{one['dimensions_beyond']} of {total}", width=150)
        parts.figure("in one direction", str(one["dimensions_directed"]), width=130)
        parts.figure("items beyond", f"{one['items_beyond']:,} of {one['families']:,}", width=170)
    maker = f"through.changed(a, b, Path({str(rebuilt)!r}), None)"
    left, right = st.columns(2, gap="medium")
    dimensions = found.tables["dimensions"].reset_index(drop=True)
    answer = frames.answer(both, dimensions, maker, "dimensions")
    with left, parts.panel("Signs changed, by dimension", answer, _CHANGED):
        st.plotly_chart(
            compare_charts.changes(dimensions), config=charts.CONFIG, key="compare.changes"
        )
        st.caption("Violet: beyond the rebuild null, q < 0.05. Dashed: equal.")
    with right:
        _magnitude(both, found, maker)
    left, right = st.columns(2, gap="medium")
    with left:
        _sites(both, found, maker)
    with right:
        _features(both)
    left, right = st.columns(2, gap="medium")
    with left, parts.panel("Dimensions", answer, _CHANGED):
        _dimensions(both, dimensions)
    items = found.tables["items"].reset_index(drop=True)
    with right:
        listed = frames.answer(both, items, maker, "items")
        with parts.panel("Items", listed, _ITEMS):
            _items(both, items)


def _magnitude(both: Both, found: Result, maker: str) -> None:
    bands = found.tables.get("magnitude")
    if bands is None:
        parts.empty("The curve by magnitude needs A's model, which was not there.")
        return
    answer = frames.answer(both, bands, maker, "magnitude")
    with parts.panel("By magnitude", answer, _MAGNITUDE):
        st.plotly_chart(
            compare_charts.two_rates(bands, "band", "states, nearest to their threshold first"),
            config=charts.CONFIG,
            key="compare.magnitude",
        )


def _sites(both: Both, found: Result, maker: str) -> None:
    sites = found.tables["sites"]
    answer = frames.answer(both, sites, maker, "sites")
    with parts.panel("By site", answer):
        st.plotly_chart(
            compare_charts.two_rates(sites, "site", "site"),
            config=charts.CONFIG,
            key="compare.sites",
        )


def _percents(**titles: str) -> dict[str, object]:
    return {n: st.column_config.NumberColumn(t, format="%.2f") for n, t in titles.items()}


def _dimensions(both: Both, frame: pd.DataFrame) -> None:
    shown = frame.assign(
        rate=100 * frame["rate"],
        null_rate=100 * frame["null_rate"],
        q=frame["q"].map(chance),
        directed=frame["directed_q"].map(chance),
    )[["dimension", "rate", "null_rate", "q", "up", "down", "directed", "mean_abs"]]
    event = parts.table(
        shown,
        key="compare.changed",
        on_select="rerun",
        selection_mode="single-cell",
        height=360,
        column_config={
            **_percents(rate="changed (%)", null_rate="rebuilt (%)"),
            "up": st.column_config.NumberColumn("− to +", format="%d"),
            "down": st.column_config.NumberColumn("+ to −", format="%d"),
            "directed": st.column_config.TextColumn("direction q", help="McNemar, exact"),
        },
    )
    row = parts.picked("compare.changed", event)
    if row is not None:
        here = Here(both.a.catalog, both.a.site, both.a.threshold)
        address.go("dimension", here, dim=int(frame["dimension"][row]))


def _items(both: Both, frame: pd.DataFrame) -> None:
    shown = frame.assign(
        rate=100 * frame["rate"], null_rate=100 * frame["null_rate"], q=frame["q"].map(chance)
    )[["text", "changed", "rate", "null_rate", "q"]].head(500)
    event = parts.table(
        shown,
        key="compare.items",
        on_select="rerun",
        selection_mode="single-cell",
        height=360,
        column_config={
            **_percents(rate="changed (%)", null_rate="rebuilt (%)"),
            "changed": st.column_config.NumberColumn("dimensions changed", format="%d"),
        },
    )
    row = parts.picked("compare.items", event)
    if row is not None:
        here = Here(both.a.catalog, both.a.site, both.a.threshold)
        address.go("item", here, item=int(frame["item"][row]))


def _features(both: Both) -> None:
    """Features that appeared or vanished: read from the paired categories."""
    known = frames.categories(both)
    if known is None:
        parts.empty(
            "Features that appeared or vanished: compare the categories first (side by side)."
        )
        return
    frame = known.tables["categories"]
    one = known.summary
    gone = frame[frame["change"] != ""]
    answer = frames.answer(both, gone, "compared.categories(a, b)", "categories")
    with parts.panel("Appeared or vanished", answer, _FEATURES):
        if not gone.empty:
            parts.table(gone[["name", "change", "a", "b", "difference", "q"]], height=250)
        st.text(
            f"{one['vanished']} vanished, {one['appeared']} appeared, of {one['judged']} "
            f"categories judged; {one['a_better']} read better in A, {one['b_better']} in B "
            "(q < 0.05)."
        )


_CHANGED = (
    "Families whose sign differs between A and B, against those between A and A rebuilt: one-sided "
    "binomial with the rebuild's rate (one added), Benjamini-Hochberg over the site's dimensions."
)
_ITEMS = (
    "The same over the dimensions of one item, which depend on each other: read q as an order, not "
    "as a certainty. The first 500; the download holds all."
)
_MAGNITUDE = "Distance of the base's state from its threshold, in sds of its dimension."
_FEATURES = "Readable in one alone (q < 0.05 against its null) and different (paired q < 0.05)."

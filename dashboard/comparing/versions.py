"""Compare, versions: which signs changed from A to B beyond what rebuilding A changes."""

import pandas as pd
import streamlit as st

from catalog.comparing import cached_pairs, cached_versions
from catalog.errors import CatalogError
from catalog.figures import comparing
from catalog.figures.text import chance
from catalog.store.cache import Result
from catalog.store.catalog import Catalog
from dashboard.common import catalogs, parts
from dashboard.common.answers import Here
from dashboard.comparing import frames
from dashboard.comparing import parts as compare_parts
from dashboard.comparing.frames import Both
from dashboard.frame import address

JOB = "compare.versions"


def draw(both: Both) -> None:
    """What changed, or why it is not asked, or the button that finds out."""
    try:
        cached_versions.check(both.a, both.b)
    except CatalogError as error:
        parts.empty(str(error))
        return
    builds = {one.slug: one for one in cached_versions.rebuilds(both.a.catalog)}
    if not builds:
        parts.empty(
            f"There is no second build of {both.a.slug} to say how many signs change by themselves "
            "(another number format or batch size). Make one:",
            cached_versions.command(both.a),
        )
        return
    address.seed("compare.rebuilt", "rebuilt", next(iter(builds)), address.among(list(builds)))
    chosen = str(st.selectbox("The null: A rebuilt as", list(builds), key="compare.rebuilt"))
    address.write(rebuilt=chosen)
    rebuilt = builds[chosen]
    found = cached_versions.stored_changes(both.a, both.b, rebuilt)
    if found is None:
        _ask(both, rebuilt)
        return
    _show(both, rebuilt, found)


def _ask(both: Both, rebuilt: Catalog) -> None:
    absent = catalogs.missing(both.a.build)
    compare_parts.ask(
        JOB,
        (both, rebuilt),
        "Find what changed",
        absent
        or "Signs of A, of B and of A rebuilt, family by family; A's model is run once for the "
        "distance of each state from its threshold. Seconds for small models.",
        frames.work(
            lambda states, report: cached_versions.changes(
                both.a, both.b, rebuilt, states(both.a), report
            )
        ),
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
    asked = f".versions({rebuilt.slug!r})"
    left, right = st.columns(2, gap="medium")
    dimensions = found.tables["dimensions"]
    answer = frames.of_both(both, dimensions, f"{asked}.frame()")
    with left, parts.panel("Signs changed, by dimension", answer, _CHANGED):
        st.plotly_chart(comparing.changes(dimensions), config=parts.plotly(), key="compare.changes")
        st.caption("Violet: beyond the rebuild null, q < 0.05. Dashed: equal.")
    with right:
        _magnitude(both, found, asked)
    left, right = st.columns(2, gap="medium")
    with left:
        _sites(both, found, asked)
    with right:
        _features(both)
    left, right = st.columns(2, gap="medium")
    with left, parts.panel("Dimensions", answer, _CHANGED):
        _dimensions(both, dimensions)
    items = found.tables["items"]
    with right:
        listed = frames.of_both(both, items, f"{asked}.items()")
        with parts.panel("Items", listed, _ITEMS):
            _items(both, items)


def _magnitude(both: Both, found: Result, asked: str) -> None:
    bands = found.tables.get("magnitude")
    if bands is None:
        parts.empty("The curve by magnitude needs A's model, which was not there.")
        return
    answer = frames.of_both(both, bands, f"{asked}.magnitude()", with_model=True)
    with parts.panel("By magnitude", answer, _MAGNITUDE):
        st.plotly_chart(
            comparing.two_rates(bands, "band", comparing.BAND),
            config=parts.plotly(),
            key="compare.magnitude",
        )


def _sites(both: Both, found: Result, asked: str) -> None:
    sites = found.tables["sites"]
    answer = frames.of_both(both, sites, f"{asked}.sites()")
    with parts.panel("By site", answer):
        st.plotly_chart(
            comparing.two_rates(sites, "site", "site"),
            config=parts.plotly(),
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
    known = cached_pairs.stored_categories(both.a, both.b)
    if known is None:
        parts.empty(
            "Features that appeared or vanished: compare the categories first (side by side)."
        )
        return
    frame = known.tables["categories"]
    one = known.summary
    changed = frame[frame["change"] != ""].reset_index(drop=True)
    answer = frames.of_both(both, changed, ".categories().changed()")
    with parts.panel("Appeared or vanished", answer, _FEATURES):
        if not changed.empty:
            parts.table(changed[["name", "change", "a", "b", "difference", "q"]], height=250)
        st.text(
            f"{one['vanished']} vanished, {one['appeared']} appeared, of {one['judged']} "
            f"categories judged; {one['a_better']} read better in A, {one['b_better']} in B "
            "(q < 0.05)."
        )


_CHANGED = (
    "Families whose sign differs between A and B, against those between A and A rebuilt: of both "
    "together half would fall to B if nothing but rebuilding changed them (exact, one-sided), "
    "Benjamini-Hochberg over the site's dimensions."
)
_ITEMS = (
    "The same over the dimensions of one item, which depend on each other: read q as an order, not "
    "as a certainty. The first 500; the download holds all."
)
_MAGNITUDE = "Distance of the base's state from its threshold, in sds of its dimension."
_FEATURES = "Readable in one alone (q < 0.05 against its null) and different (paired q < 0.05)."

"""Compare, layers: the sites of A against each other, and categories on their way through."""

import pandas as pd
import streamlit as st

from catalog.comparing import cached_layers
from catalog.comparing.sides import Side
from catalog.features import splits
from catalog.figures import comparing
from catalog.figures.text import chance, ends
from dashboard.common import parts, terms
from dashboard.comparing import frames
from dashboard.comparing import parts as compare_parts
from dashboard.frame import address
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs

JOB = "compare.layers"
MEASURES = {"cka": "CKA of signs", "kappa": "signs equal, above chance"}


def draw(side: Side) -> None:
    """Similarity of sites, first readable layers, one category's track."""
    parts.breadcrumb(f"layers of A, {side.slug}", f"threshold {side.threshold}")
    left, right = st.columns(2, gap="medium")
    with left:
        _similarity(side)
    with right:
        _first(side)
    _track(side)


def _similarity(side: Side) -> None:
    found = cached_layers.stored_similarity(side.catalog, side.threshold)
    if found is None:
        compare_parts.ask(
            JOB,
            (side.catalog, side.threshold),
            "Compare the sites",
            "Every site against every other, on 2,000 families. Seconds.",
            frames.work(
                lambda _states, report: cached_layers.similarity(
                    side.catalog, side.threshold, report
                )
            ),
        )
        return
    frame = found.tables["similarity"]
    answer = frames.of_layers(side.catalog, side.threshold, frame)
    with parts.panel("Site by site", answer, _SIMILARITY):
        address.seed("compare.measure", "measure", "cka", address.among(list(MEASURES)))
        measure = str(
            st.segmented_control(
                "Measure",
                list(MEASURES),
                key="compare.measure",
                format_func=lambda name: MEASURES[name],
                required=True,
                label_visibility="collapsed",
            )
        )
        address.write(measure=measure)
        sites = list(dict.fromkeys(frame["site_a"]))
        st.plotly_chart(
            comparing.similarity(frame, measure, sites),
            config=parts.plotly(),
            key="compare.similarity",
        )
        worst = frame["cka_permuted"].abs().max()
        note = (
            f"With items permuted at most {worst:.3f}."
            if measure == "cka"
            else "Kappa: 0 = chance."
        )
        st.caption(f"{note} {found.summary['families']:,} families.")


def _first(side: Side) -> None:
    answer, background = frames.first_readable(side.catalog, side.threshold)
    with parts.panel("First readable layer", answer, _FIRST):
        if not background:
            jobs.offer(
                f"{side.slug} has no nulls at every layer for threshold {side.threshold}.",
                "Draw them",
                asks.features(frames.place(side), "compare", part="layers"),
            )
            return
        sites = side.catalog.residual_sites
        st.plotly_chart(
            comparing.bars(answer.frame, sites), config=parts.plotly(), key="compare.first"
        )
        usual = side.catalog.primary.background
        told = "" if background == usual else f" The {usual} nulls were not drawn at every layer."
        st.caption(f"{len(answer.frame)} categories, background {background}.{told}")
        with st.expander("Every category"):
            shown = _with_interval(answer.frame).assign(q=answer.frame["q"].map(chance))
            config = {
                "auc": st.column_config.NumberColumn("AUC there", format="%.3f"),
                "interval": st.column_config.TextColumn(
                    "95 % interval", help=terms.term("feature.auc_low")
                ),
            }
            parts.table(shown, column_config=config, height=260)


def _with_interval(frame: pd.DataFrame) -> pd.DataFrame:
    told = [ends(row.auc_low, row.auc_high) for row in frame.itertuples()]
    shown = frame.drop(columns=["auc_low", "auc_high"])
    shown.insert(list(shown.columns).index("auc") + 1, "interval", told)
    return shown


def _track(side: Side) -> None:
    names = sorted(splits.measured(side.catalog))
    if not names:
        return
    first = "animals" if "animals" in names else names[0]
    address.seed("compare.track", "track", first, address.among(names))
    chosen = str(st.selectbox("A feature's track", names, key="compare.track"))
    address.write(track=chosen)
    answer = frames.track(side.catalog, chosen, side.threshold)
    left, right = st.columns(2, gap="medium")
    with (
        left,
        parts.panel("AUC on the way", answer, _TRACK.format(side.catalog.primary.background)),
    ):
        st.plotly_chart(comparing.track(answer.frame), config=parts.plotly(), key="compare.way")
        st.caption("Bars: 95 % intervals over families. Tick: null p95, where it was drawn.")
    with right, parts.panel("Dimensions kept to the next layer", answer, _KEPT):
        shown = answer.frame[["site", "dimensions", "kept", "same_sign", "chance", "gain"]]
        number = st.column_config.NumberColumn
        parts.table(
            shown,
            height="content",
            column_config={
                "dimensions": number(format="%d"),
                "kept": number(format="%d"),
                "same_sign": number("same sign", format="%d"),
                "chance": number("kept by chance", format="%.1f", help=None),
                "gain": number("gain over resid.0", format="%+.3f"),
            },
        )


_SIMILARITY = (
    "CKA of signs (linear, unbiased): 1 the same geometry of items, 0 nothing in common. Signs "
    "equal: share of equal signs, dimension by dimension, above chance (kappa); only where "
    "coordinates are the same: residual sites and final."
)
_FIRST = "First of two consecutive residual sites with q < 0.05, over its categories x sites."
_TRACK = "Prototype AUC at every residual site, background {}."
_KEPT = "Registered dimensions that the next residual site registers too, and with the same sign."

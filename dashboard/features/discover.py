"""Features found without any categories, beside what the same search finds in noise."""

from typing import Any

import streamlit as st

from dashboard.common import discovered, parts, terms
from dashboard.features import discovery_frames
from dashboard.features import parts as feature_parts
from dashboard.frame import address, rail
from dashboard.jobs import asks
from dashboard.jobs import parts as jobs
from dashboard.labels import panel, words
from dashboard.media import frames as media_frames
from dashboard.media import stage

here = rail.here()


def _columns() -> dict[str, Any]:
    number, term = st.column_config.NumberColumn, terms.term
    return (
        feature_parts.columns()
        | words.title()
        | {
            "words": st.column_config.TextColumn(
                "top words", help="The items that agree most with it; its own name is a hash."
            ),
            "auc": number("AUC", format="%.3f", help=term("discovered.auc")),
            "q": number("q", format="%.4f", help=term("discovered.q")),
            "sparsity": number("fires", format="%.3f", help=term("discovered.sparsity")),
            "merged": number("merged", format="%d", help=term("discovered.merged")),
            "category": st.column_config.TextColumn(
                "nearest category", help=term("discovered.category")
            ),
            "category_auc": number("its AUC", format="%.3f", help=term("discovered.category_auc")),
        }
    )


parts.breadcrumb(here.slug, here.site, "discovered features")
searches = discovery_frames.searches(here.catalog)
mine = searches.frame[
    (searches.frame["site"] == here.site) & (searches.frame["threshold"] == here.threshold)
]
if mine.empty:
    jobs.offer(
        f"{here.site} has not been searched at threshold {here.threshold}.",
        "Search it",
        asks.discover(here),
    )
    if not searches.frame.empty:
        with parts.panel("Sites that were searched", searches):
            parts.table(searches.frame[["site", "threshold", "seeds", "yield", "kept"]])
else:
    found = mine.iloc[0]
    with st.container(horizontal=True):
        parts.figure("seeds", int(found["seeds"]), "discovery.seeds")
        parts.figure("yield", found["yield"], "discovery.yield")
        parts.figure("Gaussian", found["gaussian_yield"], "discovery.gaussian_yield", 110)
        parts.figure("AUC", found["auc"], "discovery.auc")
        parts.figure("Gaussian AUC", found["gaussian_auc"], "discovery.gaussian_auc", 130)
        parts.figure("permuted AUC", found["null_auc"], "discovery.null_auc", 130)
        parts.figure("share fires", found["sparsity"], "discovery.sparsity", 110)
        parts.figure("kept", int(found["kept"]), "discovery.kept")
    if found["gaussian_yield"] >= 0.9 * found["yield"]:
        parts.notice(
            "Signs of a Gaussian with the same correlations yield as much: a high yield here is "
            "no evidence of discrete features. Compare the AUCs."
        )
    st.caption(
        f"The paper's procedure tests on the dimensions that chose the neighbours: it yields "
        f"{found['paper_yield']:.0%} here and {found['paper_coin_yield']:.0%} on permuted signs, "
        "which hold no features at all."
    )
    kept = panel.unnamed(here, discovery_frames.discovered(here))
    shown = kept.frame[
        ["seed", "auc", "q", "sparsity", "dimensions", "merged", "category", "category_auc", "name"]
    ]
    shown = words.beside(here, shown.fillna({"category": ""}), "name", "discovered")
    names = [str(name) for name in shown["name"]]
    shown.insert(0, "words", list(discovered.every(here, names).values()))
    with parts.panel("Features kept, strongest first; click one", kept):
        event = parts.table(
            shown,
            on_select="rerun",
            selection_mode="single-row",
            key="discover.table",
            column_order=[name for name in shown.columns if name != "name"],
            height=380,
            column_config=_columns(),
        )
    row = parts.picked("discover.table", event)
    if row is not None:
        address.write(found=str(shown["name"].iloc[row]))
    name = st.query_params.get("found")
    if name in set(shown["name"]):
        chosen = shown[shown["name"] == name].iloc[0]
        left, right = st.columns(2, gap="medium")
        parts.about(str(chosen["words"]))
        st.text(f"{chosen['words']}, found from {parts.visible(chosen['seed'])}")
        agreeing = discovery_frames.top(here, str(name))
        with left, parts.panel("Items that agree most", agreeing):
            if media_frames.is_media(here.catalog):
                stage.discovered(here, str(name), agreeing.frame)
            else:
                parts.table(agreeing.frame[["text", "agreement", "item"]], height=380)
        prototype = discovery_frames.prototype(here, str(name))
        prototype = panel.unhidden(here, prototype)
        with right, parts.panel("Its signed dimensions", prototype):
            parts.table(prototype.frame, height=380)
        if chosen["category"]:
            address.link(
                "feature",
                f"Nearest category: {parts.plain(parts.spaced(chosen['category']))}",
                here,
                ":material/join_inner:",
                category=chosen["category"],
            )
        if here.site.startswith("resid."):
            address.link(
                "flip_lab",
                "Open in the flip lab",
                here,
                ":material/science:",
                feature="discovered",
                found=name,
                run=1,
            )
        panel.of_feature(here, str(name), "discovered")

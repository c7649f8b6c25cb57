"""A card per catalog: what was measured, how, and how well its signs vary."""

import textwrap
from collections.abc import Mapping
from typing import Any

import streamlit as st

from catalog.figures import charts, lines
from dashboard.common import catalogs, parts, terms
from dashboard.common.answers import Here
from dashboard.common.catalogs import Entry
from dashboard.frame import address
from dashboard.labels import carry, panel
from dashboard.media import frames as media_frames
from dashboard.media import stage


def card(entry: Entry) -> None:
    """One catalog."""
    if entry.build is None:
        st.text(parts.visible(entry.catalog.slug))
        st.text(entry.problem)
        return
    here, build = Here.start(entry.catalog), entry.build
    summary = catalogs.summary(entry.catalog).frame
    zero = summary[summary.threshold == summary.threshold.iloc[-1]]  # zero, where it is stored
    st.text(parts.visible(entry.catalog.slug))
    facts = [
        ("Items", f"{build['items']:,}", "item"),
        ("Sites", str(len(zero)), "site"),
        ("Dimensions", str(int(zero.dims.max())), "site.dims"),
        ("Degenerate", f"{zero.degenerate.sum() / zero.dims.sum():.1%}", "site.degenerate"),
    ]
    with st.container(horizontal=True, gap="xsmall"):
        for label, value, term in facts:
            parts.figure(label, value, term)
    st.plotly_chart(lines.layers(zero), config=charts.CONFIG, key=f"overview.{entry.catalog.slug}")
    if build["modality"] != "text":
        stage.samples(here)
    details(here, build)
    readings(here)
    with st.container(horizontal=True):
        address.link("dimensions", "Dimensions", here, ":material/scatter_plot:")
        address.link("dimension", "Dimension", here, ":material/align_vertical_bottom:", dim=0)
        address.link("item", "Items", here, ":material/match_word:")
        address.link("features", "Features", here, ":material/grid_on:")
        address.link("evidence", "Evidence", here, ":material/fact_check:")
    panel.starred(here)
    carry.offer(here)


def details(here: Here, build: Mapping[str, Any]) -> None:
    """Identity and provenance, small."""
    catalog = here.catalog
    absent = catalog.sites.dropna(subset="absent")
    facts = [
        ("model", build["model"]),
        ("class", f"{build['architecture']}, {parts.number(build['parameters'] / 1e6)} M"),
        ("revision", str(build["revision"])[:24]),
        ("items are", f"{build['modality']}, read {build['reading']}"),
        *media_frames.provenance(catalog),
        ("computed", f"{build['dtype']} on {build['device']}, {parts.number(build['seconds'])} s"),
        ("thresholds", ", ".join(build["thresholds"])),
        ("built", f"{build['built_at']:%Y-%m-%d %H:%M} UTC"),
        ("verified", catalogs.verified(catalog) or f"not yet: dims verify {catalog.slug}"),
        ("file", f"{parts.number(catalog.stamp.size / 1e6)} MB"),
        *(("no " + row.site, row.absent) for row in absent.itertuples()),
    ]
    text = []
    for name, value in facts:
        first, *rest = textwrap.wrap(parts.visible(value), 30) or [""]
        text += [f"{name:<11}{first}", *(" " * 11 + line for line in rest)]
    st.code("\n".join(text), language=None)


def readings(here: Here) -> None:
    """The readings that a trial chose among, where it did."""
    tried = catalogs.trials(here.catalog)
    if tried.empty:
        return
    with st.expander(f"Reading chosen among {len(tried)} by a trial"):
        st.caption(
            "A token alone stands where many causal models keep an attention sink. The rule that "
            "chose never sees a category."
        )
        shown = tried.rename(columns={"entropy_bits": "entropy", "outliers": "norm outliers"})
        help_of = {"entropy": "entropy_bits", "norm outliers": "outliers"}
        config = {
            name: st.column_config.NumberColumn(
                format="%.3f" if name == "entropy" else "percent",
                help=terms.term(f"reading_trial.{help_of.get(name, name)}"),
            )
            for name in ("entropy", "norm outliers", "degenerate")
        }
        parts.table(shown, column_config=config, raw=True)


entries = catalogs.listed()
if not entries:
    parts.empty(
        "There is no catalog yet. Build the one of the small model that ships, "
        "or one of any model of the Hugging Face hub:",
        "dims demo\ndims build MODEL",
    )
for first in range(0, len(entries), 2):
    for column, entry in zip(st.columns(2), entries[first : first + 2], strict=False):
        with column.container(border=True), parts.guard():
            card(entry)

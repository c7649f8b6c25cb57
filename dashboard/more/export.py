"""Take a catalog along: whole, in the formats of others, with the labels that may leave."""

from functools import partial

import streamlit as st

from catalog.sharing import exporting
from catalog.workspace import consent
from dashboard.common import parts, workspace
from dashboard.common.answers import Here
from dashboard.frame import rail

TOLD = {
    "parquet": "Every table as a Parquet file; the comments of its columns are in its metadata.",
    "csv": "Every table but packed bits and pictures; no cell begins a formula.",
    "neuronpedia": "Features, activations, explanations and vectors, as its import expects them.",
    "saedashboard": "Batches of dimensions with the items at both poles.",
    "safetensors": "The prototypes of features as directions, a file a site.",
}
TEXTS = ("neuronpedia", "saedashboard")
"""Formats that show texts alone."""


def out(here: Here) -> None:
    """A format, what it holds, and the button; nothing while the person works blind."""
    with parts.panel("Take this catalog along"):
        if workspace.anything_hidden():
            st.text("Close your open queue first: features and labels would say too much.")
            return
        fitting = [
            name
            for name in exporting.FORMATS
            if here.catalog.modality == "text" or name not in TEXTS
        ]
        form = st.selectbox("Format", fitting, key="export.format")
        st.caption(TOLD[form])
        if here.catalog.stamp.size > exporting.PACKED:
            parts.empty(
                f"This catalog has {here.catalog.stamp.size / 1e6:,.0f} MB, too much for a browser "
                "to wait for. It is written into a folder with:",
                f"dims export {here.slug} --format {form} --out FOLDER",
            )
            return
        with parts.guard():
            st.download_button(
                "Download (ZIP)",
                partial(_packed, here, form),
                f"{here.slug}-{form}.zip",
                "application/zip",
                on_click="ignore",
                icon=":material/download:",
                key="export.download",
            )


def _packed(here: Here, form: str) -> bytes:
    return exporting.zipped(here.catalog, form)


def own_word() -> None:
    """Whether the labels of who looks may leave; each person says it for themselves."""
    with parts.panel("Your labels"):
        name = workspace.person()
        if name is None:
            st.text("Say who you are on the left, and whether your labels may leave.")
            return
        allowed = workspace.anything_saved() and name in consent.people(workspace.workspace())
        st.toggle(
            "My labels may leave, with my name, in exports, reports and sites",
            value=allowed,
            key=f"export.consent.{name}.{allowed}",
            on_change=_said,
            args=(name, not allowed),
        )
        st.caption(
            "Off at first. Only answers leave, never notes, skips and flags, and nothing that "
            "waits in anybody's open queue. What has left cannot be called back."
        )


@parts.guard()
def _said(name: str, public: bool) -> None:
    consent.give(workspace.acting("label"), workspace.event(), name, public)


here = rail.here()
parts.breadcrumb(here.slug, "take it along")
left, right = st.columns(2, gap="large")
with left:
    out(here)
with right, parts.guard():
    own_word()

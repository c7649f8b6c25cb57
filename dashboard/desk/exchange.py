"""Labels out of and into files, in the browser."""

import streamlit as st

from dashboard.common import access, parts, workspace
from dashboard.desk import exchange_frames as frames
from dashboard.frame import rail

here = rail.here()
COLUMNS = (
    "A table needs the columns model, site, dimension (or kind and name), pole, label and author; "
    "confidence, made_at, revision, reading and action are read where they are. What is there "
    "already is not added twice."
)


def out() -> None:
    """A button a format; nothing while the person works blind."""
    with parts.panel("Take labels along"):
        if workspace.anything_hidden():
            st.text("Close your open queue first: a file would say what others have labelled.")
            return
        if not access.may("exchange"):
            st.text("Files of labels take the role adjudicate: others' labels are in them.")
            return
        if not workspace.anything_saved():
            st.text("Nobody has labelled anything yet.")
            return
        with st.container(horizontal=True):
            for kind in frames.FORMATS:
                st.download_button(
                    kind.title,
                    frames.writer(here, kind),
                    file_name=_name(kind),
                    on_click="ignore",
                    icon=":material/download:",
                    key=f"exchange.{kind.ending}",
                )
        st.caption(
            f"Labels of {parts.plain(here.slug)}'s model; JSON lines hold the whole workspace, and "
            "are read back without losing or doubling a row."
        )


def _name(kind: frames.Format) -> str:
    return f"{'workspace' if kind.whole else f'{here.slug}_labels'}.{kind.ending}"


def into() -> None:
    """A file to add; it is checked whole before anything is written."""
    with parts.panel("Add labels from a file"):
        if not access.may("exchange"):
            st.text("To add labels from a file takes the role adjudicate.")
            return
        endings = [kind.ending for kind in frames.FORMATS]
        with st.form("exchange.form", border=False, clear_on_submit=True):
            given = st.file_uploader("File", endings, key="exchange.file")
            any_model = st.checkbox("Also of models without a catalog here", key="exchange.any")
            pressed = st.form_submit_button("Add them", type="primary", icon=":material/upload:")
        if not pressed or given is None:
            st.caption(COLUMNS)
            return
        with parts.guard():
            found = frames.taken(given.name, given.getvalue(), any_model)
            st.text(
                f"{found.read:,} rows read: {found.added:,} added, {found.same:,} were there "
                f"already, {found.conflicts:,} conflicts."
            )
            for sentence in found.examples:
                st.text(parts.visible(sentence))


parts.breadcrumb(here.slug, "labels as files")
left, right = st.columns(2, gap="large")
with left:
    out()
with right:
    into()

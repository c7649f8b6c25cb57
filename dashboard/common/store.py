"""The workspace in force, opened once for the whole server, and anew when its file was replaced."""

import os
from pathlib import Path

import streamlit as st

from catalog import places
from catalog.workspace import file
from catalog.workspace.file import Workspace


def workspace() -> Workspace:
    """The workspace, made where there is none. Pages take `dashboard.common.workspace`'s."""
    named = os.environ.get("DIMS_WORKSPACE", "")
    if "://" in named:
        return _opened(named, 0)
    path = Path(named or places.data() / "workspace.sqlite").resolve()
    if not path.is_file():
        file.open_workspace().close()
    return _opened(str(path), path.stat().st_ino)


@st.cache_resource(max_entries=4, show_spinner=False)
def _opened(place: str, inode: int) -> Workspace:
    return file.open_workspace(place)

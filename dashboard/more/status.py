"""Versions, memory, disk, and what is loaded."""

import platform
import shutil
from importlib import metadata

import pandas as pd
import psutil
import streamlit as st

from catalog import places
from dashboard.common import catalogs, parts, running

LIBRARIES = [
    "dimension-catalog",
    "duckdb",
    "streamlit",
    "pandas",
    "numpy",
    "plotly",
    "torch",
    "transformers",
]

process = psutil.Process()
folder = places.data().resolve()
disk = shutil.disk_usage(folder if folder.exists() else folder.anchor)
left, right = st.columns(2, gap="medium")
with left:
    with parts.panel("This server"):
        with st.container(horizontal=True):
            parts.figure("this server, MB", process.memory_info().rss / 1e6, width=140)
            parts.figure("memory free, GB", psutil.virtual_memory().available / 1e9, width=140)
            parts.figure("disk free, GB", disk.free / 1e9, width=140)
        st.caption("Loaded model" + ("" if running.loaded() else ": none. Browsing needs none."))
        if running.loaded():
            st.code(parts.visible(running.loaded()), language=None)
    with parts.panel("Packed signs in memory"):
        held = catalogs.in_memory()
        if held.empty:
            parts.empty("None yet: they are read when a page first needs them.")
        else:
            parts.table(held)
    with parts.panel("Data folder"):
        st.code(parts.visible(folder), language=None)
with right, parts.panel("Versions"):
    versions = {"python": platform.python_version()}
    versions |= {d.name: d.version for d in metadata.distributions() if d.name in LIBRARIES}
    frame = pd.DataFrame(versions.items(), columns=["what", "version"])
    parts.table(frame)

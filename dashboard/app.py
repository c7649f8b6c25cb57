"""The dashboard: `streamlit run dashboard/app.py`, or `dims serve`."""

from pathlib import Path

import streamlit as st

from dashboard.common import catalogs, metrics, parts
from dashboard.frame import (
    address,
    embedding,
    keys,
    menu,
    presenting,
    rail,
    sign_in,
    tab,
    who,
)
from dashboard.jobs import parts as jobs
from dashboard.pages import MOVED, VIEWS

HERE = Path(__file__).parent


def main() -> None:
    """Draw the frame, then the page."""
    st.set_page_config(
        "Dimension catalog",
        str(HERE / "favicon.svg"),
        layout="wide",
        initial_sidebar_state=190,
    )
    st.html(HERE / "style.css")
    with parts.guard():
        readable = [entry for entry in catalogs.listed() if entry.build is not None]
        refused = sign_in.refusal()
        page = st.navigation(
            menu.navigation(rail.modality(readable)),
            position="hidden" if refused else "sidebar",
            expanded=True,
        )
        if refused:
            sign_in.door(refused)
            return
        name = page.url_path or VIEWS[0].name
        if name in MOVED:
            page.run()
        address.begin()
        parts.about("")
        presenting.follow()
        presenting.tour()
        with st.sidebar:
            keys.listen()
        chosen = rail.choose(readable, name)
        menu.heading(name, chosen)
        if chosen is not None:
            rail.results(chosen, name)
            who.choose()
        with st.sidebar:
            jobs.summary()
            tab.listen()
        presenting.enter()
        embedding.begin()
        with metrics.page(name):
            page.run()
        embedding.end()


main()

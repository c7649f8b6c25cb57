"""The dashboard: `streamlit run dashboard/app.py`, or `dims serve`."""

from pathlib import Path

import streamlit as st

from dashboard.common import catalogs, parts
from dashboard.frame import address, keys, presenting, rail, who
from dashboard.pages import PAGES

HERE = Path(__file__).parent


def navigation() -> dict[str, list[st.Page]]:
    """Pages by group, the first one being the start."""
    groups: dict[str, list[st.Page]] = {}
    for page in PAGES:
        groups.setdefault(page.group, []).append(
            st.Page(
                HERE / page.file,
                title=page.title,
                icon=f":material/{page.icon}:",
                default=page == PAGES[0],
            )
        )
    return groups


def main() -> None:
    """Draw the frame, then the page."""
    st.set_page_config(
        "Dimension catalog",
        str(HERE / "favicon.svg"),
        layout="wide",
        initial_sidebar_state=220,
    )
    st.html(HERE / "style.css")
    page = st.navigation(navigation(), expanded=True)
    name = page.url_path or PAGES[0].name
    with parts.guard():
        readable = [entry for entry in catalogs.listed() if entry.build is not None]
        address.begin()
        parts.about("")
        presenting.follow()
        presenting.tour()
        with st.sidebar:
            address.settle()
            keys.listen()
        heading, box = st.columns(2, vertical_alignment="center")
        heading.header(page.title, anchor=False)
        if readable:
            chosen = rail.choose(readable)
            who.choose()
            with box:
                rail.search(chosen, name)
            rail.results(chosen, name)
        else:
            rail.forget()
        presenting.enter()
        page.run()


main()

"""The dashboard: `streamlit run dashboard/app.py`, or `dims serve`."""

from pathlib import Path

import streamlit as st

from dashboard import frames, keys, parts, presenting, rail, who

VIEWS = Path(__file__).parent / "views"
# Group, file in views, title, icon: a new page is one line here.
PAGES = [
    ("Browse", "overview", "Overview", "home"),
    ("Browse", "dimensions", "Dimensions", "scatter_plot"),
    ("Browse", "dimension", "Dimension", "align_vertical_bottom"),
    ("Browse", "item", "Item", "match_word"),
    ("Browse", "read_text", "Read a text", "article"),
    ("Features", "features", "Features", "grid_on"),
    ("Features", "feature", "Feature", "join_inner"),
    ("Features", "concept", "Concept builder", "construction"),
    ("Features", "discover", "Discover", "travel_explore"),
    ("Features", "evidence", "Evidence", "fact_check"),
    ("Experiment", "flip_lab", "Flip lab", "science"),
    ("Experiment", "flip_runs", "Saved runs", "folder_open"),
    ("Experiment", "circuits", "Circuits", "account_tree"),
    ("Experiment", "compare", "Compare", "compare_arrows"),
    ("Experiment", "tour", "Tour", "tour"),
    ("Label", "queue", "Queue", "edit_note"),
    ("Label", "agreement", "Agreement", "handshake"),
    ("Label", "adjudicate", "Adjudicate", "gavel"),
    ("Label", "label_test", "Label test", "quiz"),
    ("More", "sql", "SQL", "database"),
    ("More", "glossary", "Glossary", "menu_book"),
    ("More", "status", "Status", "monitor_heart"),
]


def navigation() -> dict[str, list[st.Page]]:
    """Pages by group, the first one being the start."""
    groups: dict[str, list[st.Page]] = {}
    for group, file, title, icon in PAGES:
        groups.setdefault(group, []).append(
            st.Page(
                VIEWS / f"{file}.py",
                title=title,
                icon=f":material/{icon}:",
                default=file == PAGES[0][1],
            )
        )
    return groups


def main() -> None:
    """Draw the frame, then the page."""
    st.set_page_config(
        "Dimension catalog",
        str(VIEWS.parent / "favicon.svg"),
        layout="wide",
        initial_sidebar_state=220,
    )
    st.html(VIEWS.parent / "style.css")
    page = st.navigation(navigation(), expanded=True)
    with parts.guard():
        readable = [entry for entry in frames.catalogs() if entry.build is not None]
        presenting.follow()
        presenting.tour()
        with st.sidebar:
            keys.listen()
        heading, box = st.columns(2, vertical_alignment="center")
        heading.header(page.title, anchor=False)
        if readable:
            chosen = rail.choose(readable)
            who.choose()
            with box:
                rail.search(chosen)
            rail.results(chosen)
        else:
            rail.forget()
        presenting.enter()
        page.run()


main()

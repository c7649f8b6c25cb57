"""The menu on the left and the tabs of a page: ten pages, each view with an address of its own."""

from functools import partial
from pathlib import Path

import streamlit as st

from catalog.modalities import facts
from dashboard.common.answers import Here
from dashboard.frame import address
from dashboard.pages import FILES, MOVED, PAGES, Page, View, page_of

FOLDER = Path(__file__).parents[1]


def navigation(modality: str) -> list[st.Page]:
    """Every view; those that the menu shows are the first of their pages, the start first."""
    made = [_view(page, view, modality) for page in PAGES for view in page.views]
    return made + [
        st.Page(partial(_moved, new), title=old, url_path=old, visibility="hidden")
        for old, new in MOVED.items()
    ]


def _view(page: Page, view: View, modality: str) -> st.Page:
    first = view is page.views[0]
    title = _title(page, modality)
    return st.Page(
        FOLDER / view.file,
        title=title if first else f"{title} · {view.title}",
        icon=f":material/{page.icon}:",
        default=view is PAGES[0].views[0],
        visibility="visible" if first else "hidden",
    )


def _title(page: Page, modality: str) -> str:
    return facts.OF[modality].page if page.title == facts.OF["text"].page else page.title


def _moved(view: str) -> None:
    """Open the view that shows now what an old link asks for, with what the link says."""
    st.switch_page(FILES[view], query_params=st.query_params.to_dict())


def heading(name: str, here: Here | None) -> None:
    """The title of a view's page, and the page's tabs beside it."""
    page = page_of(name)
    modality = here.catalog.modality if here else "text"
    with st.container(horizontal=True, vertical_alignment="center", key="frame-heading"):
        st.header(_title(page, modality), anchor=False, width="content")
        shown = [view for view in page.views if modality == "text" or not view.text]
        if len(shown) > 1:
            with st.container(horizontal=True, gap="xsmall", key="frame-tabs"):
                for view in shown:
                    _tab(view, modality, here)
    _mark(page)


def _tab(view: View, modality: str, here: Here | None) -> None:
    title = facts.OF[modality].tab if view.name == "item" else view.title
    asked = None if here is None else address.of(here)
    st.page_link(view.file, label=title, query_params=asked)


def _mark(page: Page) -> None:
    """The menu knows only the first view of a page: mark the page on its other tabs too."""
    first = page.views[0].name
    end = "/" if page is PAGES[0] else f"/{first}"
    st.html(
        f"<style>[data-testid=stSidebarNavLink][href$='{end}'] {{ font-weight: 600; "
        "background: color-mix(in srgb, currentColor 12%, transparent); }</style>"
    )

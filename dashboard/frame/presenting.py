"""Presentation mode, `?present=1`: no navigation, larger type, and a small way out."""

import streamlit as st

from dashboard.frame import address
from dashboard.pages import FILES

_ON = "present.on"
_STYLE = """<style>
html { font-size: 20px !important; }
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"], [data-testid="stHeader"] {
  display: none !important; }
[data-testid="stMainBlockContainer"] { padding: 1rem 2rem 3rem; }
</style>"""


def on() -> bool:
    """Whether this is a presentation."""
    return bool(st.session_state.get(_ON))


def follow() -> None:
    """Take the mode from the link; from then on it follows the user from page to page.

    Draws its style and its way out; both before anything that a page draws.
    """
    asked = address.news("present")
    if asked is not None:
        st.session_state[_ON] = asked == "1"
    if not on():
        return
    address.write(present=1)
    st.html(_STYLE)
    st.button(
        "Leave presentation", on_click=_leave, shortcut="p", key="present.leave",
        icon=":material/close_fullscreen:",
    )  # fmt: skip


def enter() -> None:
    """The way in, at the end of the sidebar."""
    if not on():
        st.sidebar.button(
            "Present", on_click=_enter, shortcut="p", key="present.enter",
            icon=":material/slideshow:", help="Hides the navigation and enlarges the type.",
        )  # fmt: skip


def tour() -> None:
    """On a page that the tour opened: the way on, key t."""
    at = address.between(1, 5)(st.query_params.get("tour", ""))
    if at is None:
        return
    if st.button(f"Tour {at} of 5: next", shortcut="t", key="present.tour", icon=":material/tour:"):
        st.switch_page(FILES["tour"], query_params={"step": str(at % 5 + 1)})


def _enter() -> None:
    st.session_state[_ON] = True
    address.write(present=1)


def _leave() -> None:
    st.session_state[_ON] = False
    address.forget("present")

"""One panel of a page alone, for an iframe elsewhere: `?embed=1&panel=NAME` behind any link.

The page runs as it always does, and everything but the panel is left undrawn by the browser. The
name of a panel stands in the menu of its three dots.
"""

import streamlit as st

from dashboard.common import parts

_STYLE = """<style>
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"], [data-testid="stHeader"],
[data-testid="stToolbar"] { display: none !important; }
[data-testid="stMainBlockContainer"] { padding: .5rem !important; max-width: none !important; }
[data-testid="stMainBlockContainer"] *:not(:has(.st-key-embedded)):not(.st-key-embedded)
  :not(.st-key-embedded *) { display: none; }
</style>"""


def begin() -> None:
    """Before the page: which panel alone is to be seen, where the link says so."""
    asked = st.query_params.get("panel", "")
    st.session_state[parts.EMBEDDED] = {"asked": asked, "found": False, "seen": []}
    if asked:
        st.html(_STYLE.replace("\n  :not", ":not"))


def end() -> None:
    """After the page: say so where it has no such panel."""
    told = st.session_state[parts.EMBEDDED]
    if told["asked"] and not told["found"]:
        with st.container(key=parts.EMBEDDED_KEY):
            known = ", ".join(told["seen"]) or "none"
            parts.notice(f"This page has no panel {told['asked'][:60]!r}. It has: {known}.")

"""What the browser's tab tells as soon as it is there: that it listens, and who works in it.

One component tells both at once: two that report in the same moment would be run as one.
"""

from pathlib import Path

import streamlit as st

from dashboard.common import parts
from dashboard.frame import address, who

_TOLD = "tab.told"

_tab = st.components.v2.component(
    "dims_tab", js=(Path(__file__).parent / "tab.js").read_text("utf-8")
)


@st.fragment
@parts.guard()
def listen() -> None:
    """Hear it, write into the link what was held for it, and take over the name of the tab."""
    data = {**who.known(), "told": st.session_state.get(_TOLD)}
    told = _tab(data=data, key="frame.tab", height=1, on_told_change=lambda: None).told
    if not told:
        return
    st.session_state[_TOLD] = dict(told)
    address.release()
    who.heard(told)
    who.elsewhere()

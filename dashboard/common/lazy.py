"""Parts of a page that are made when somebody comes near them: below the first screen, folded."""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard.common import parts

_near = st.components.v2.component(
    "dims_near",
    html="<div></div>",
    js=(Path(__file__).parent / "near.js").read_text("utf-8"),
)


@st.fragment
@parts.guard()
def below(key: str, height: int, draw: Callable[[], object]) -> None:
    """Draw a part when it is scrolled near; `height` pixels are kept for it until then.

    Only this part runs then, and whenever something in it is chosen. Without a browser (a test),
    and where one panel alone is asked for, it is drawn at once.
    """
    known = bool(getattr(st.session_state.get(key), "near", False))
    said = _near(data={"height": height, "near": known}, key=key, on_near_change=lambda: None)
    if said.near or st.context.url is None or parts.embedding():
        draw()


@st.fragment
@parts.guard()
def folded(title: str, key: str, draw: Callable[[], object]) -> None:
    """A fold whose inside is made when it is opened; `title` is this program's own words."""
    fold = st.expander(title, key=key, on_change="rerun")
    if fold.open or parts.embedding():
        with fold:
            draw()

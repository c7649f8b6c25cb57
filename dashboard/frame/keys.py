"""Keys: those a button cannot have, the buttons that have one, and the list of all."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Literal

import streamlit as st

from dashboard.common import parts

LISTED = {
    "j or →": "next dimension, feature, item or finding",
    "k or ←": "the one before",
    "g": "go to: into the search box",
    "l": "label what the page is about",
    "s": "star it, or take the star off",
    "b": "choose many: below a table or a map, rows by number (Tab: to star, queue, list them)",
    "u": "undo what was just done with many",
    "n": "the next divided one (Adjudicate)",
    "1 2": "choose the left or right item (Label test)",
    "o": "open the finding (Tour)",
    "t": "on with the tour, from a page it opened",
    "p": "presentation: begin or leave",
    "?": "this list",
    "Esc": "close a list, dialog or menu",
}
"""Every key and what it does; the labeling desk lists its own."""

# The toolkit's buttons take letters and digits, one each: arrows and ? need a listener.
_listener = st.components.v2.component(
    "dims_keys", js=(Path(__file__).parent / "keys.js").read_text("utf-8")
)


@st.fragment
@parts.guard()
def listen() -> None:
    """Listen on this page; ? opens the list."""
    asked = _listener(key="frame.keys", height=1, on_help_change=lambda: None).help
    if asked:
        _list()


@st.dialog("Keys")
def _list() -> None:
    lines = [f"{key:<8} {meaning}" for key, meaning in LISTED.items()]
    st.code("\n".join(lines), language=None, wrap_lines=True)
    st.caption("They rest while a field or a table has the focus.")


def bar(alignment: Literal["center", "bottom"]) -> AbstractContextManager[object]:
    """The line that holds the steps, beside where the page stands; it breaks on a phone alone."""
    return st.container(horizontal=True, wrap=False, vertical_alignment=alignment, key="step-bar")


def steps(back: Callable[[], None], on: Callable[[], None]) -> None:
    """Buttons to the one before and the next: keys k and j, or the arrows."""
    st.button(
        "Previous", on_click=back, shortcut="k", key="step.previous", icon=":material/chevron_left:"
    )
    st.button("Next", on_click=on, shortcut="j", key="step.next", icon=":material/chevron_right:")

"""Which tokens of a long text are shown: a page of them, as the link has it."""

import streamlit as st

from dashboard.frame import address

WINDOW = 40
"""Tokens shown at a time."""


def choose(tokens: int) -> slice:
    """Draw the choice of a page, where there are several; the tokens that are shown now."""
    pages = -(-tokens // WINDOW)
    if pages < 2:
        return slice(0, tokens)
    address.seed("read.page", "page", 1, address.between(1, pages))
    with st.container(horizontal=True, vertical_alignment="center"):
        page = int(st.pagination(pages, key="read.page"))
        first = (page - 1) * WINDOW
        st.caption(f"tokens {first + 1} to {min(tokens, first + WINDOW)} of {tokens}")
    address.write(page=page)
    return slice(first, min(tokens, first + WINDOW))


def chosen(tokens: int) -> slice:
    """The tokens that are shown now, without drawing anything."""
    if tokens <= WINDOW:
        return slice(0, tokens)
    first = (int(st.session_state.get("read.page", 1)) - 1) * WINDOW
    return slice(first, min(tokens, first + WINDOW))

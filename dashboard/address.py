"""The link of a page: what is chosen stands in the query string, and comes back from it."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import streamlit as st

from dashboard import parts
from dashboard.frames import Here

_WRITTEN = "address.written"
Reader = Callable[[str], Any]
"""Turns the text of a link into a widget's value; None where it is not valid here."""


def among(options: Sequence[str]) -> Reader:
    """Valid are these words."""
    return lambda text: text if text in options else None


def between(low: int, high: int) -> Reader:
    """Valid are whole numbers from low to high."""

    def read(text: str) -> int | None:
        digits = text.strip()
        return int(digits) if digits.isascii() and digits.isdigit() and low <= int(digits) <= high else None

    return read


def anything(text: str) -> str:
    """Valid is any text."""
    return text


def seed(key: str, name: str, default: Any, read: Reader) -> None:
    """Before a widget with `key` is made: take its value from the link where the link is news.

    A value that is not valid falls back to the default with a notice.
    """
    written = st.session_state.setdefault(_WRITTEN, {})
    asked = st.query_params.get(name)
    if asked is not None and (asked != written.get(name) or key not in st.session_state):
        value = read(asked)
        if value is not None:
            st.session_state[key] = value
            return
        parts.notice(f"The link asks for {name} {asked[:80]!r}, which is not here: showing {default}.")
        st.session_state[key] = default
    current = st.session_state.get(key)
    if current is None or read(str(current)) is None:
        st.session_state[key] = default


def write(**values: object) -> None:
    """After the widgets are made: put their values into the link."""
    written = st.session_state.setdefault(_WRITTEN, {})
    for name, value in values.items():
        text = str(value)
        written[name] = text
        if st.query_params.get(name) != text:
            st.query_params[name] = text


def of(here: Here, **more: object) -> dict[str, str]:
    """Query parameters of a page at `here`, with further ones."""
    base = {"catalog": here.slug, "site": here.site, "threshold": here.threshold}
    return base | {name: str(value) for name, value in more.items()}


def go(view: str, here: Here, **more: object) -> NoReturn:
    """Open another page (its file's name) at `here`."""
    st.switch_page(f"views/{view}.py", query_params=of(here, **more))


def link(view: str, label: str, here: Here, icon: str | None = None, **more: object) -> None:
    """A link to another page; `label` is this program's own words."""
    st.page_link(f"views/{view}.py", label=label, icon=icon, query_params=of(here, **more))

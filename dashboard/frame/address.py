"""The link of a page: what is chosen stands in the query string, and comes back from it."""

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import streamlit as st

from dashboard.common import parts
from dashboard.common.answers import Here
from dashboard.pages import FILES

_WRITTEN, _HELD = "address.written", parts.HELD
Reader = Callable[[str], Any]
"""Turns the text of a link into a widget's value; None where it is not valid here."""


def begin() -> None:
    """At the start of each run: the first one in a browser holds what it writes.

    Until the tab listens (`dashboard.frame.tab`), every change of the link would be a step of Back.
    """
    first = _WRITTEN not in st.session_state and st.context.url is not None
    st.session_state[_HELD] = {} if first else None
    if not first:
        st.query_params.pop(parts.PERSONAL, None)


def release() -> None:
    """Write what was held: the browser tells choices from what a page writes by itself."""
    held = st.session_state.get(_HELD)
    if held is not None:
        st.session_state[_HELD] = None
        _put(held)
        st.query_params.pop(parts.PERSONAL, None)


def among(options: Sequence[str]) -> Reader:
    """Valid are these words."""
    return lambda text: text if text in options else None


def between(low: int, high: int) -> Reader:
    """Valid are whole numbers from low to high."""

    def read(text: str) -> int | None:
        digits = text.strip()
        return (
            int(digits)
            if digits.isascii() and digits.isdigit() and low <= int(digits) <= high
            else None
        )

    return read


def anything(text: str) -> str:
    """Valid is any text."""
    return text


def news(name: str) -> str | None:
    """Value of `name` in the link where this program did not write it: a link was followed."""
    asked = st.query_params.get(name)
    return None if asked == last(name) else asked


def last(name: str) -> str | None:
    """Value of `name` that was last written into a link, on whatever page."""
    written: dict[str, str] = st.session_state.get(_WRITTEN, {})  # reading begins nothing
    return written.get(name)


def seed(key: str, name: str, default: Any, read: Reader) -> None:
    """Before a widget with `key` is made: its value from the link, else as it last was.

    A value that is not valid falls back to the default with a notice.
    """
    asked = news(name)
    if asked is not None:
        value = read(asked)
        if value is None:
            shown = asked if len(asked) <= 80 else asked[:79] + "…"
            parts.notice(
                f"The link asks for {name} {shown!r}, which is not here: showing {default}."
            )
        st.session_state[key] = default if value is None else value
        return
    current = st.session_state.get(key, last(name))
    value = None if current is None else read(str(current))
    st.session_state[key] = default if value is None else value


def _written() -> dict[str, str]:
    written: dict[str, str] = st.session_state.setdefault(_WRITTEN, {})
    return written


def write(**values: object) -> None:
    """After the widgets are made: put their values into the link."""
    texts = {name: str(value) for name, value in values.items()}
    _written().update(texts)
    held = st.session_state.get(_HELD)
    if held is None:
        _put(texts)
    else:
        held.update(texts)


def _put(texts: dict[str, str]) -> None:
    new = {name: text for name, text in texts.items() if st.query_params.get(name) != text}
    if new:
        st.query_params.update(new)


def forget(name: str) -> None:
    """Take a value out of the link, and out of what was written."""
    _written().pop(name, None)
    (st.session_state.get(_HELD) or {}).pop(name, None)
    st.query_params.pop(name, None)


def of(here: Here, **more: object) -> dict[str, str]:
    """Query parameters of a page at `here`, with further ones."""
    base = {"catalog": here.slug, "site": here.site, "threshold": here.threshold}
    return base | {name: str(value) for name, value in more.items()}


def go(view: str, here: Here, **more: object) -> NoReturn:
    """Open another page (its file's name) at `here`."""
    st.switch_page(FILES[view], query_params=of(here, **more))


def link(view: str, label: str, here: Here, icon: str | None = None, **more: object) -> None:
    """A link to another view; `label` is this program's own words."""
    st.page_link(FILES[view], label=label, icon=icon, query_params=of(here, **more))

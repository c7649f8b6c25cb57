"""Who looks: a name kept in the browser and never in a link, asked for once."""

import time
from collections.abc import Mapping
from urllib.parse import unquote

import streamlit as st

from catalog.errors import LabelRefused, NotAllowed
from catalog.workspace import marks, words
from dashboard.common import access, parts, workspace
from dashboard.frame import sign_in

COOKIE = "dims_person"
_SEEN, _TAB, _SAID, _ASKED = "who.seen_at", "who.tab", "who.said", "who.asked_for"
_MINUTE = 60.0


def choose() -> str | None:
    """Draw the name in the sidebar; keep it in the browser, and among those here."""
    if not access.closed():
        _restore()
    name = workspace.person()
    icon = ":material/person:"
    if name and access.closed():
        shown = parts.plain(name.split("@")[0] or name)  # what fits; the popover has all of it
    else:
        shown = parts.plain(name) if name else "Looking" if access.closed() else "Who are you?"
    with st.sidebar.popover(shown, icon=icon, key="who.popover"), parts.guard():
        if access.closed():
            sign_in.account()
        else:
            _form(name)
    return name


def _form(name: str | None) -> None:
    with st.form("who.form", border=False):
        typed = st.text_input(
            "Your name, as it stands beside your labels",
            value=name or "",
            key=f"who.typed.{name}",
            max_chars=words.LONGEST_NAME,
        )
        if st.form_submit_button("This is me", type="primary") and typed.strip() != name:
            take(typed)
            st.rerun()


def ask() -> str | None:
    """Say on a page that needs a name that there is none; the name, where there is one.

    None too for the moment in which the tab has not told yet who works in it.
    """
    if access.closed():
        access.require("label")
        return workspace.person()
    if waiting():
        st.caption("One moment …")
        return None
    name = workspace.person()
    if name is None:
        parts.empty("Who are you? Labels carry the name of the person who gave them.")
        with st.form("who.ask", border=False):
            typed = st.text_input("Your name", key="who.asked", max_chars=words.LONGEST_NAME)
            if st.form_submit_button("This is me", type="primary"):
                take(typed)
                st.rerun()
    return name


def waiting() -> bool:
    """Whether the name is not certain yet: nothing may be saved under it.

    The page runs again as soon as the tab has told who works in it.
    """
    unsure = bool(st.session_state.get(workspace.UNSURE))
    st.session_state[_ASKED] = unsure or bool(st.session_state.get(_ASKED))
    return unsure


def take(typed: str) -> None:
    """From now on this person looks; LabelRefused for a name that nobody could read.

    NotAllowed where people sign in: nobody else's name can be taken there.
    """
    if access.closed():
        raise NotAllowed("Here your name is that of the account you signed in with.")
    name = marks.of_person(words.name(typed))
    before = workspace.person()
    tab = st.session_state.get(_TAB)
    if before is not None and before != name and tab:
        workspace.left(before, tab)
    st.session_state[workspace.PERSON] = name
    st.session_state[_SAID] = True
    st.session_state.pop(_SEEN, None)


def _restore() -> None:
    if workspace.person() is not None:
        return
    kept = st.context.cookies.get(COOKIE)
    asked = unquote(kept) if isinstance(kept, str) else None  # AppTest has no cookies
    if not asked:
        return
    try:
        take(asked)
    except LabelRefused as error:
        parts.notice(str(error))
    st.session_state[_SAID] = False
    st.session_state[workspace.UNSURE] = True


def known() -> dict[str, object]:
    """What the tab is told: the name, and whether it was said here."""
    said = bool(st.session_state.get(_SAID))
    name = None if access.closed() else workspace.person()  # an account's name is kept nowhere
    return {"name": name, "cookie": COOKIE, "said": said}


def heard(told: Mapping[str, object]) -> None:
    """Take over what the tab told: its own name, where it has another one than the cookie.

    From then on the name is certain, and something may be saved under it.
    """
    mine, said = told.get("mine"), bool(st.session_state.get(_SAID))
    if told.get("tab"):
        st.session_state[_TAB] = str(told["tab"])
    if access.closed():
        return
    other = bool(mine) and not said and str(mine) != workspace.person()
    if other:
        take(str(mine))
    waited = st.session_state.pop(workspace.UNSURE, None) and st.session_state.pop(_ASKED, None)
    if other or waited:
        st.rerun()


def elsewhere() -> None:
    """About once a minute, a notice where the name is active in another tab too."""
    name, tab = workspace.person(), st.session_state.get(_TAB)
    if name is None or not tab:
        return
    before, now = st.session_state.get(_SEEN), time.monotonic()
    if before is None or now - before > _MINUTE:
        st.session_state[_SEEN] = now
        st.session_state["who.elsewhere"] = workspace.seen(name, str(tab))
    if st.session_state.get("who.elsewhere"):
        st.caption(
            "This name was active in another tab or by another person in the last five minutes."
        )

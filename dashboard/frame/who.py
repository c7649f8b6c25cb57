"""Who looks: a name kept in the browser and never in a link, asked for once."""

import time
from urllib.parse import unquote

import streamlit as st

from catalog.errors import LabelRefused
from catalog.workspace import words
from dashboard.common import parts, workspace

COOKIE = "dims_person"
_SEEN, _TAB, _SAID = "who.seen_at", "who.tab", "who.said"
_MINUTE = 60.0

# Keeps the name for new tabs in a cookie, and in the tab itself: two people may work in two tabs.
# The tab, which stays the same when it is loaded again, knows better than the cookie.
_keep = st.components.v2.component(
    "dims_who",
    js="""
    export default function ({ data, setStateValue }) {
      let tab = null;
      try {
        const mine = sessionStorage.getItem("dims_person");
        if (!data.said && mine && mine !== data.name)
          return void setTimeout(() => setStateValue("mine", mine), 1000); // late: see below
        sessionStorage.setItem("dims_person", data.name);
        tab = sessionStorage.getItem("dims_tab");
        if (!tab) sessionStorage.setItem("dims_tab", (tab = String(Math.random()).slice(2)));
      } catch { /* a browser without storage has the cookie only */ }
      if (data.said && window.dimsPerson !== data.name) keep(data);
      window.dimsPerson = data.name;
      // Late: two fragments that report at once would be run as one.
      if (tab && data.tab !== tab) setTimeout(() => setStateValue("tab", tab), 1500);
    }

    // Only a name that was said in this tab: others may have their own.
    function keep(data) {
      const value = encodeURIComponent(data.name);
      document.cookie = `${data.cookie}=${value}; path=/; max-age=31536000; samesite=lax`;
    }
    """,
)


def choose() -> str | None:
    """Draw the name in the sidebar; keep it in the browser, and among those here."""
    _restore()
    name = workspace.person()
    icon = ":material/person:"
    shown = parts.plain(name) if name else "Who are you?"
    with st.sidebar.popover(shown, icon=icon, key="who.popover"), parts.guard():
        if _signed_in() is not None:
            st.caption("Your name is that of the account you signed in with.")
        else:
            _form(name)
    if name is not None:
        with st.sidebar:
            _here(name)
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
    """Say on a page that needs a name that there is none; the name, where there is one."""
    name = workspace.person()
    if name is None:
        parts.empty("Who are you? Labels carry the name of the person who gave them.")
        with st.form("who.ask", border=False):
            typed = st.text_input("Your name", key="who.asked", max_chars=words.LONGEST_NAME)
            if st.form_submit_button("This is me", type="primary"):
                take(typed)
                st.rerun()
    return name


def take(typed: str) -> None:
    """From now on this person looks; LabelRefused for a name that nobody could read."""
    name = words.name(typed)
    before = workspace.person()
    tab = st.session_state.get(_TAB)
    if before is not None and before != name and tab:
        workspace.left(before, tab)
    st.session_state[workspace.PERSON] = name
    st.session_state[_SAID] = True
    st.session_state.pop(_SEEN, None)


def _signed_in() -> str | None:
    """Name of the account, where sign-in is configured (Streamlit's OIDC)."""
    account = st.user.to_dict()
    if not account.get("is_logged_in"):
        return None
    return str(account.get("name") or account.get("email") or "") or None


def _restore() -> None:
    asked = _signed_in()
    kept = None
    if asked is None and workspace.person() is None:
        kept = st.context.cookies.get(COOKIE)
        asked = unquote(kept) if isinstance(kept, str) else None  # AppTest has no cookies
    if not asked or asked == workspace.person():
        return
    try:
        take(asked)
    except LabelRefused as error:
        parts.notice(str(error))
    st.session_state[_SAID] = kept is None


@st.fragment
@parts.guard()
def _here(name: str) -> None:
    """Keep the name; about once a minute, a notice where it is active in another tab too."""
    said = bool(st.session_state.get(_SAID))
    data = {"name": name, "cookie": COOKIE, "tab": st.session_state.get(_TAB), "said": said}
    told = _keep(
        data=data, key="who.keep", height=1,
        on_tab_change=lambda: None, on_mine_change=lambda: None,
    )  # fmt: skip
    if told.mine and not said:
        take(str(told.mine))
        st.rerun()
    tab = told.tab
    if not tab:
        return
    st.session_state[_TAB] = str(tab)
    before, now = st.session_state.get(_SEEN), time.monotonic()
    if before is None or now - before > _MINUTE:
        elsewhere = workspace.seen(name, str(tab))
        st.session_state[_SEEN], st.session_state["who.elsewhere"] = now, elsewhere
    if st.session_state.get("who.elsewhere"):
        st.caption(
            "This name was active in another tab or by another person in the last five minutes."
        )

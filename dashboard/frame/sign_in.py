"""The door: nothing is drawn before somebody who may look has signed in, where people sign in."""

import streamlit as st

from catalog.errors import NotAllowed, SignInEnded
from catalog.workspace import roles
from dashboard.common import access, parts

_LOCAL = ("127.0.0.1", "localhost", "::1")
_back = st.components.v2.component(
    "dims_back",
    js="""export default () => {
  try { sessionStorage.setItem("dims_return", location.href); } catch { /* Home, then */ }
}""",
)
"""Keeps the address that was asked for in the tab; `tab.js` goes back there after the sign-in."""


def refusal() -> str:
    """Why nothing may be drawn for who looks; empty where it may."""
    if not access.closed():
        address = st.get_option("server.address")
        if address is None or address in _LOCAL:
            return ""
        return (
            f"This server listens at {address} without sign-in, so it shows nothing. Start it with "
            "dims serve: docs/share.md says how people sign in."
        )
    try:
        access.require("look")
        access.note_sign_in()
    except NotAllowed as error:
        return str(error)
    return ""


def door(sentence: str) -> None:
    """What stands in the place of every page: why, and the way in."""
    st.header("Dimension catalog", anchor=False)
    st.text(parts.visible(sentence))
    if access.mode() == roles.OIDC:
        _back(key="sign_in.back", height=1)
        with st.container(horizontal=True):
            st.button("Sign in", type="primary", on_click=st.login, key="sign_in.in")
            if st.user.to_dict().get("is_logged_in"):
                st.button("Sign out", on_click=st.logout, key="sign_in.out")


def account() -> None:
    """Who is signed in, with what they may do, and the way out."""
    try:
        name, held = access.person(), sorted(access.held_roles())
    except SignInEnded as error:
        st.caption(str(error))
        return
    if name is None:
        st.caption("This server is for looking only.")
        return
    st.text(parts.visible(name))
    labelling = " Your labels carry this name." if access.may("label") else ""
    st.caption(f"Roles: {', '.join(held)}.{labelling}")
    if access.mode() == roles.OIDC:
        st.button("Sign out", on_click=st.logout, key="sign_in.account.out")

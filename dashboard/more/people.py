"""Who may do what here, for everybody to see; roles and the log of who started what, for admins."""

import pandas as pd
import streamlit as st

from catalog.workspace import audit, roles
from dashboard.common import access, parts, workspace

LINES = 200
"""Lines of the log that are shown."""


def table() -> pd.DataFrame:
    """Every action with what it covers, and a column a role."""
    rows = [
        {"action": name, "covers": covered}
        | {one: "yes" if name in held else "" for one, held in roles.MAY.items()}
        for name, covered in roles.ACTIONS.items()
    ]
    return pd.DataFrame(rows)


@parts.guard()
def change(verb: str, person: str, role: str) -> None:
    """Grant or revoke a role, in the name of who is signed in."""
    opened, by = workspace.acting("administer"), access.person()
    act = roles.grant if verb == "grant" else roles.revoke
    changed = act(opened, workspace.event(), str(by), person, role)
    done = "granted" if verb == "grant" else "revoked"
    st.toast(f"{role} {done}." if changed else "Nothing changed: it was so before.")


@parts.guard()
def _granting() -> None:
    with st.form("people.grant"), st.container(horizontal=True, vertical_alignment="bottom"):
        person = st.text_input("Person, as signed in", key="people.person", max_chars=80)
        role = st.selectbox("Role", list(roles.MAY), key="people.role")
        if st.form_submit_button("Grant", type="primary"):
            change("grant", person, role)
    held = roles.held(workspace.workspace())
    rows = [(one.person, one.role, one.by, one.since) for one in held]
    parts.table(
        pd.DataFrame(rows, columns=["person", "role", "granted by", "since (UTC)"]), raw=True
    )
    listed = [f"{one.role} of {one.person}" for one in held]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Role to revoke", listed, key="people.held", format_func=parts.visible
        )
        one = held[listed.index(chosen)] if chosen in listed else None
        st.button(
            "Revoke",
            key="people.revoke",
            disabled=one is None,
            on_click=change,
            args=("revoke", one.person if one else "", one.role if one else ""),
        )


@parts.guard()
def _log() -> None:
    lines = audit.entries(workspace.workspace(), LINES)
    rows = [(one.made_at, one.person, one.action, one.what) for one in lines]
    frame = pd.DataFrame(rows, columns=["when (UTC)", "who", "did", "what"])
    parts.table(frame, raw=True, height=360)


def main() -> None:
    """The table; for admins roles and the log."""
    with parts.panel("What each role may"):
        parts.table(table(), raw=True)
        st.caption(
            "A person may hold several. adjudicate includes label; admin includes all. "
            f"A person may start {audit.quota() or 'any number of'} jobs in 24 hours."
        )
    if not access.closed():
        parts.empty("Nobody signs in here: everything is allowed, from this machine alone.")
    elif access.may("administer"):
        with parts.panel("Who holds which role"):
            _granting()
        with parts.panel("What was started by whom"):
            _log()


main()

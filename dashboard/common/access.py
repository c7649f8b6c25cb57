"""Who is signed in, and whether that person may do what a page is about to do.

Every page that writes or computes asks `require` first: there is no other way to the workspace's
writing side, to the worker, or to the queue of jobs (`workspace.acting`, `running.start`,
`jobs.parts.start`). On a server of one machine nobody signs in and everything is allowed.
"""

import ipaddress
import os
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st

from catalog.errors import LabelRefused, SignInEnded
from catalog.sharing import serving
from catalog.workspace import audit, roles, words
from catalog.workspace.file import Workspace
from dashboard.common import store

FRESH = 1.0
"""Seconds for which somebody who might look may go on looking."""
_MOST = 1000
_looked: dict[tuple[str, str | None], float] = {}
"""When who looks at which workspace was last asked."""
_signed: dict[str, float] = {}
"""By person: until when the sign-in holds that was last put into the log."""
_BEGUN = "access.begun"
"""Key of the session state: when this tab was connected, for sign-ins without a time."""


class SignedIn(NamedTuple):
    """Who is signed in."""

    person: str
    """As labels and roles name the person."""
    until: float
    """Seconds since the epoch: from then on nothing is done in that name."""


def mode() -> str:
    """How people sign in here: one of `roles.MODES`."""
    return roles.mode()


def closed() -> bool:
    """Whether people sign in, or may only look: names are not chosen freely then."""
    return mode() != roles.OPEN


def signed_in() -> SignedIn | None:
    """Who is signed in, by the account or by the proxy; None where nobody is, or may be named."""
    named = (
        _by_account() if mode() == roles.OIDC else _by_proxy() if mode() == roles.PROXY else None
    )
    if named is None:
        return None
    try:
        return SignedIn(words.name(named[0]), named[1] + 3600 * _hours())
    except LabelRefused:
        return None


def person() -> str | None:
    """Who acts; SignInEnded where the sign-in is over. None where nobody signs in here."""
    if mode() not in (roles.OIDC, roles.PROXY):
        return None
    held = signed_in()
    if held is None:
        raise SignInEnded("You are not signed in. Load the page again and sign in.")
    if time.time() >= held.until:
        raise SignInEnded(
            "Your sign-in has ended. Load the page again and sign in: answers that are not saved "
            "yet wait in this browser, and are saved then."
        )
    return held.person


def check() -> None:
    """NotAllowed where who looks may not look (any more): asked before every piece of a page.

    The roles are read again after FRESH seconds; `require`, which stands before every act, reads
    them each time.
    """
    if not closed():
        return
    opened, who, moment = _workspace(), person(), time.monotonic()
    key = (opened.where if opened else "", who)
    if moment - _looked.get(key, -FRESH) < FRESH:
        return
    roles.require(opened, who, "look")
    if len(_looked) > _MOST:
        _looked.clear()
    _looked[key] = moment


def may(action: str) -> bool:
    """Whether who acts may do this."""
    return not closed() or roles.may(_workspace(), person(), action)


def require(action: str) -> None:
    """NotAllowed or SignInEnded where who acts may not do this."""
    if closed():
        roles.require(_workspace(), person(), action)


def note(action: str, what: str) -> None:
    """Add a line to the log of who started what, where people sign in."""
    who = person()
    if who is not None:
        audit.note(store.workspace(), who, action, what)


def note_sign_in() -> None:
    """One line in the log a sign-in, not one a tab; behind a proxy, one a person in its hours."""
    held = signed_in()
    if held is None:
        return
    apart = 0.0 if mode() == roles.OIDC else 3600 * _hours()
    if held.until > _signed.get(held.person, 0.0) + apart:
        if len(_signed) > _MOST:
            _signed.clear()
        _signed[held.person] = held.until
        note("sign-in", mode())


def start_job(what: str) -> None:
    """Let a job begin: allowed, within the quota, and in the log; else NotAllowed."""
    require("compute")
    who = person()
    if who is not None:
        audit.start_job(store.workspace(), who, what)


def held_roles() -> frozenset[str]:
    """Roles of who is signed in."""
    who = person()
    return frozenset() if who is None else roles.of(store.workspace(), who)


def _workspace() -> Workspace | None:
    return store.workspace() if mode() in (roles.OIDC, roles.PROXY) else None


def _by_account() -> tuple[str, float] | None:
    """Name and time of sign-in of an OpenID account (Streamlit keeps it in a signed cookie)."""
    account: Mapping[str, Any] = st.user.to_dict()
    claim = os.environ.get("DIMS_CLAIM", serving.CLAIM)
    named, at = account.get(claim), account.get("iat")
    if not account.get("is_logged_in") or not isinstance(named, str):
        return None
    if claim == "email" and account.get("email_verified") is False:
        return None
    return (named, float(at)) if isinstance(at, int | float) else None


def _by_proxy() -> tuple[str, float] | None:
    """Name in the trusted header, where the proxy itself connected and named one person."""
    given = st.context.headers.get_all(os.environ.get("DIMS_HEADER", serving.HEADER))
    peer = ipaddress.ip_address(st.context.ip_address or "127.0.0.1")  # None: this machine
    peer = getattr(peer, "ipv4_mapped", None) or peer
    proxies = tuple(filter(None, os.environ.get("DIMS_PROXIES", "").split(",")))
    trusted = os.environ.get("FORWARDED_ALLOW_IPS") == "none"  # else a header could name the peer
    if len(given) != 1 or not trusted or not any(peer in n for n in serving.networks(proxies)):
        return None
    return given[0], float(st.session_state.setdefault(_BEGUN, time.time()))


def _hours() -> float:
    return float(os.environ.get("DIMS_SESSION_HOURS", serving.HOURS))

"""The labeling desk: one component that owns focus and keys and shows what it is sent.

It sends an outbox of events, each with an id of the client's; an event leaves the outbox when its
id comes back among `saved` (on disk) or `refused`. Strings from outside are shown as text only.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import streamlit as st

_FILES = Path(__file__).parent
_PIECES = ("component", "gallery")

_desk = st.components.v2.component(
    "dims_queue",
    html=(_FILES / "component.html").read_text("utf-8"),
    css="".join((_FILES / f"{name}.css").read_text("utf-8") for name in _PIECES),
    js="".join((_FILES / f"{name}.js").read_text("utf-8") for name in _PIECES),
)


class Sound(TypedDict):
    """A sound, as an address that needs no request."""

    key: str
    """Of the subject it was asked for at."""
    item: int
    address: str


class Data(TypedDict):
    """What the desk is sent at every run."""

    queue: str
    person: str
    heading: str
    items: list[dict[str, Any]]
    """The next subjects, as `desk.shown.shown` gives them; the first ones are preloaded."""
    saved: list[str]
    refused: dict[str, str]
    problem: str
    """Why nothing could be saved just now; the desk goes on trying."""
    progress: dict[str, float | None]
    sound: "Sound | None"
    """The sound that the desk asked for last."""
    categories: list[str]
    words: list[str]


def desk(data: Data, key: str, sent: Callable[[], None]) -> None:
    """Mount the desk; `sent` is called when events arrive, and `arrived` gives them."""
    _desk(data=data, key=key, on_sent_change=sent)


def arrived(key: str) -> dict[str, Any]:
    """What was sent last: n (times sent), events, sound (key, subject, item) or None."""
    value = getattr(st.session_state.get(key), "sent", None)
    return value if isinstance(value, dict) else {}

"""The labeling desk: one component that owns focus and keys and shows what it is sent.

It sends an outbox of events, each with an id of the client's; an event leaves the outbox when its
id comes back among `saved` (on disk) or `refused`. Strings from outside are shown as text only.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import streamlit as st

from catalog.workspace.subjects import FIELDS, Subject
from dashboard import frames, parts
from dashboard.frames import Here

ITEMS = 16
"""Items shown at each pole."""
_FILES = Path(__file__).parent

_desk = st.components.v2.component(
    "dims_queue",
    html=(_FILES / "queue_component.html").read_text("utf-8"),
    css=(_FILES / "queue_component.css").read_text("utf-8"),
    js=(_FILES / "queue_component.js").read_text("utf-8"),
)


class Data(TypedDict):
    """What the desk is sent at every run."""

    queue: str
    person: str
    heading: str
    items: list[dict[str, Any]]
    """The next subjects, as `shown` gives them; the first ones are preloaded."""
    saved: list[str]
    refused: dict[str, str]
    problem: str
    """Why nothing could be saved just now; the desk goes on trying."""
    progress: dict[str, float | None]
    categories: list[str]
    words: list[str]


def desk(data: Data, key: str, sent: Callable[[], None]) -> None:
    """Mount the desk; `sent` is called when events arrive, and `arrived` gives them."""
    _desk(data=data, key=key, on_sent_change=sent)


def arrived(key: str) -> dict[str, Any]:
    """The outbox as it was sent last: n (times sent), events."""
    value = getattr(st.session_state.get(key), "sent", None)
    return value if isinstance(value, dict) else {}


def shown(subject: Subject, here: Here) -> dict[str, Any]:
    """One dimension as the desk shows it."""
    return _shown(subject, here, here.path.stat().st_mtime_ns)


@st.cache_data(max_entries=256, show_spinner=False, hash_funcs={Subject: lambda one: one.key})
def _shown(subject: Subject, here: Here, changed_at: int) -> dict[str, Any]:
    number = int(subject.name)
    row = frames.dimension(here, number)
    poles = frames.poles(here, number).frame
    low, high, cut = float(row["low"]), float(row["high"]), float(row["value"])
    at = (cut - low) / (high - low) if high > low else 0.5
    share = row["share_positive"]
    figures = [
        ("share +", share),
        ("mean", row["mean"]),
        ("sd", row["std"]),
        ("mean |x|", row["mean_abs"]),
        ("median", row["q50"]),
        ("H, bits", row["entropy_bits"]),
    ]
    return {
        "key": subject.key,
        "subject": {field: getattr(subject, field) for field in FIELDS if field != "pole"},
        "title": f"{subject.site} · dimension {number}",
        "plus": _items(poles, "positive"),
        "minus": _items(poles, "negative"),
        "counts": [int(count) for count in row["histogram"]],
        "cut_at": (1 + 62 * at) / 64 if 0 <= at <= 1 else None,
        "cut_bin": int(1 + 62 * min(max(at, -1 / 62), 1)),
        "low": parts.number(low),
        "cut_text": f"┆ {parts.number(cut)}" if 0 <= at <= 1 else "",
        "high": parts.number(high),
        "figures": [[name, parts.number(value)] for name, value in figures],
    }


def _items(poles: Any, pole: str) -> list[list[Any]]:
    rows = poles[poles.pole == pole].sort_values("rank").head(ITEMS)
    most = float(rows.value.abs().max() or 1.0) if len(rows) else 1.0
    return [
        [parts.visible(row.text), parts.number(row.value), round(100 * abs(row.value) / most, 1)]
        for row in rows.itertuples()
    ]

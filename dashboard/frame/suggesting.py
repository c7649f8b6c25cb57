"""Suggestions below the search box while somebody types; Enter takes the first, a click any."""

from pathlib import Path
from typing import Any

import streamlit as st

from catalog.browse.search import Hit
from dashboard.common import parts, workspace
from dashboard.common.answers import Here
from dashboard.frame import address, search

_KEY = "rail.suggested"
_LONGEST = 200
_suggest = st.components.v2.component(
    "dims_suggest",
    html='<div class="dims-suggest" id="dims-suggest" role="listbox" aria-label="Found" hidden>'
    "</div>",
    js=(Path(__file__).parent / "suggest.js").read_text("utf-8"),
    isolate_styles=False,  # the box, outside, names the list and its options
)


@st.fragment
@parts.guard()
def draw(here: Here) -> None:
    """The list, which only this part of the page runs for, and where a choice from it leads."""
    typed = str(getattr(st.session_state.get(_KEY), "typed", None) or "")[:_LONGEST]
    found = _found(here, typed)
    said = _suggest(
        data={
            "typed": typed,
            "hits": [_line(hit) for hit in found],
            "nothing": f"Nothing here is called {parts.visible(typed)[:40]!r}.",
        },
        key=_KEY,
        on_typed_change=lambda: None,
        on_chosen_change=lambda: None,
    )
    hit = _chosen(here, said.chosen)
    if hit is not None:
        view, place, more = search.target(hit, here)
        address.go(view, place, **more)


def _found(here: Here, typed: str) -> list[Hit]:
    return search.suggestions(here, typed, workspace.person()) if typed else []


def _chosen(here: Here, told: Any) -> Hit | None:
    """The hit that the browser says was chosen; None where it says none that is there."""
    try:
        typed, place = str(told["typed"])[:_LONGEST], int(told["place"])
    except (KeyError, TypeError, ValueError):
        return None
    found = _found(here, typed)
    return found[place] if 0 <= place < len(found) else None


def _line(hit: Hit) -> dict[str, str]:
    why = f"{hit.why} · {hit.site}" if hit.site and hit.kind != "dimension" else hit.why
    return {"kind": hit.kind, "text": parts.visible(hit.text), "why": parts.visible(why)}

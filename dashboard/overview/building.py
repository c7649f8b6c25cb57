"""Build a catalog from Home: a model that ships or is installed, a hub id, or a folder."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from catalog import places
from dashboard.common import parts
from dashboard.jobs import asks, planning, sizes, table
from dashboard.jobs import parts as jobs
from dashboard.jobs.table import Asked

TOLD = {
    "storyteller": "a small language model of English stories",
    "storyteller-small": "a smaller one, to compare it with",
    "digits": "a vision transformer that reads handwritten digits",
    "sounds": "an audio transformer that tells 16 kinds of sounds apart",
}
"""What the models that ship are."""


def draw(built: set[str]) -> None:
    """What can be built with one click, and the form for any other model."""
    if not jobs.allowed():
        st.caption(jobs.ELSEWHERE)
        return
    ready = [name for name in _names() if name not in built]
    for name in ready:
        _ready(name)
    with st.form("home.build", border=False):
        left, middle, right = st.columns([3, 3, 2], vertical_alignment="bottom")
        model = left.text_input(
            "Another model: a Hugging Face id, or a folder on this machine",
            key="home.build.model",
            placeholder="gpt2",
        )
        items = middle.text_input(
            "For images or sounds: the folder that holds them",
            key="home.build.items",
            placeholder="a subfolder per class",
        )
        pressed = right.form_submit_button("Build it", icon=":material/build:")
    if pressed:
        _ask(model, items)
    asked = st.session_state.get("home.build.asked")
    if asked is not None:
        _settle(*asked)


def _names() -> list[str]:
    shipped = [name for name in TOLD if name in places.shipped_models()]
    return shipped + [name for name, one in places.PACKAGED.items() if one.installed]


def _ready(name: str) -> None:
    words = TOLD.get(name) or places.PACKAGED[name].told
    jobs.offer(f"{name}: {words}.{_size(name)}", "Build it", asks.shipped(name))


def _size(model: str) -> str:
    size = sizes.of(model)
    if size is None:
        return ""
    return f" About {parts.number(size.disk / 1e6)} MB on disk, {size.memory / 1e9:.1f} GB memory."


def _ask(model: str, items: str) -> None:
    """Begin to find out what it will take: nothing is built before a person saw that."""
    planning.begin(asks.build(model, items=items))  # refuses what cannot be asked for
    st.session_state["home.build.asked"] = (model.strip(), items.strip())


def _settle(model: str, items: str) -> None:
    asked = asks.build(model, items=items)
    plan = planning.found(asked)
    if plan is None and table.find(asked.arguments) is None:
        _waiting(asked)
    elif plan is not None and plan.known is None:
        parts.notice(f"{model}: {plan.problem}")
    else:
        known = {} if plan is None or plan.known is None else plan.known
        timed = replace(asked, seconds=float(known.get("seconds", 0.0)))
        jobs.offer(f"{model}: {told(known)}" if known else f"{model}.", "Begin", timed)


@st.fragment(run_every=0.5)
@parts.guard()
def _waiting(asked: Asked) -> None:
    """Until it is known what a build will take; the page is free meanwhile."""
    if planning.found(asked) is not None:
        st.rerun()
    st.caption("Looking at its configuration; no weights are fetched …")


def told(known: Mapping[str, Any]) -> str:
    """An estimate in one line: what is read, its size, memory; the button tells the time."""
    file, memory, model = (float(known[f"{one}_bytes"]) for one in ("file", "memory", "model"))
    return (
        f"{known['items']:,} items at {known['sites']} sites of {known['dims']:,} dimensions. The "
        f"catalog takes {parts.number(file / 1e6)} MB, twice that on disk while it is built; "
        f"{memory / 1e9:.1f} GB of memory, {model / 1e9:.1f} of them the model."
    )

"""Build a catalog from Home: a model that ships or is installed, a hub id, or a folder."""

import streamlit as st

from catalog import places
from dashboard.common import parts
from dashboard.jobs import asks, sizes, table
from dashboard.jobs import parts as jobs

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
    """Say what it will take before it starts, where that is known."""
    asks.build(model, items=items)  # refuses what cannot be asked for
    st.session_state["home.build.asked"] = (model.strip(), items.strip())


def _settle(model: str, items: str) -> None:
    asked = asks.build(model, items=items)
    if table.find(asked.arguments) is None and (size := _size(model)):
        sentence = f"{model}:{size}"
    else:
        sentence = (
            f"{model}: its size is known once its configuration was read; the job says it first, "
            "stops before anything large where memory is short, and can be cancelled."
        )
    jobs.offer(sentence, "Begin", asked)

"""The Concept builder for images and sounds: chosen from a class, by search, or from its results.

What is chosen stands in the same two texts as words do, as numbers: "#12 #57".
"""

import streamlit as st

from catalog.modalities.backgrounds import Background
from dashboard.common import parts
from dashboard.common.answers import Here
from dashboard.features import concept_frames
from dashboard.features import parts as feature_parts
from dashboard.features.concept_frames import Asked
from dashboard.frame import address
from dashboard.media import frames as media_frames
from dashboard.media import stage

LONGEST_LINK = 4000
"""Characters of numbers that still go into the link."""
SHOWN = 40
"""Tiles of a wall of chosen items."""
WORDS, COUNTER = "concept.words", "concept.counter"


def numbers(key: str) -> list[int]:
    """Items of one of the two texts, each once, in order; what is no number is left out."""
    found = [piece[1:] for piece in str(st.session_state.get(key, "")).split()]
    return list(dict.fromkeys(int(number) for number in found if number.isdigit()))


def add(key: str, items: list[int]) -> None:
    """Put items into one text, and take them out of the other."""
    other = COUNTER if key == WORDS else WORDS
    _keep(key, list(dict.fromkeys([*numbers(key), *items])))
    _keep(other, [item for item in numbers(other) if item not in set(items)])


def remove(key: str, item: int) -> None:
    """Take one item out."""
    _keep(key, [one for one in numbers(key) if one != item])


def _keep(key: str, items: list[int]) -> None:
    st.session_state[key] = " ".join(f"#{item}" for item in items)


def ask(here: Here) -> tuple[tuple[str, ...], tuple[str, ...], Background]:
    """Choose by class or by search; what was chosen as walls, a click takes a tile out."""
    address.seed(WORDS, "words", "", address.anything)
    address.seed(COUNTER, "against", "", address.anything)
    for key in (WORDS, COUNTER):
        _keep(key, [item for item in numbers(key) if media_frames.there(here.catalog, item)])
    many = media_frames.named(here.catalog)
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _by_class(here)
        _by_search(here)
    with right:
        _chosen(here, WORDS, f"{many.capitalize()} that share it")
        _chosen(here, COUNTER, "Counter-examples (optional)")
    background = feature_parts.background("concept", here)
    texts = [str(st.session_state[key]) for key in (WORDS, COUNTER)]
    if sum(map(len, texts)) > LONGEST_LINK:
        texts = ["", ""]
    address.write(words=texts[0], against=texts[1], background=background)
    words, counter = ((*(f"#{n}" for n in numbers(key)),) for key in (WORDS, COUNTER))
    return words, counter, background


def _by_class(here: Here) -> None:
    found = media_frames.classes(here.catalog)
    if found.empty:
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = str(
            st.selectbox(
                "All of a class",
                found["label"].tolist(),
                key="concept.class",
                format_func=parts.visible,
                width=180,
            )
        )
        items = media_frames.of_class(here.catalog, label)
        st.button(f"Add {len(items)}", on_click=add, args=(WORDS, items), icon=":material/add:")
        st.button(
            "As counter-examples", on_click=add, args=(COUNTER, items), icon=":material/remove:"
        )


def _by_search(here: Here) -> None:
    wanted = st.text_input(
        "Or one by one: class, part of a path, or #number",
        key="concept.find",
        placeholder="#12",
    ).strip()
    if not wanted:
        return
    rows = media_frames.find(here.catalog, wanted).frame.head(stage.size(here))
    if rows.empty:
        st.caption(f"Nothing here is called {parts.plain(wanted)}.")
        return
    stage.wall(here, "concept", "find", rows, picked=lambda item: add(WORDS, [item]))
    st.caption("A click adds it.")


def _chosen(here: Here, key: str, title: str) -> None:
    items = numbers(key)
    with parts.panel(f"{title}: {len(items)}"):
        if not items:
            st.caption("None yet.")
            return
        rows = media_frames.shown(here.catalog, items[:SHOWN])[["item"]]
        with st.container(height=260, border=False):
            stage.wall(here, "concept", key, rows, picked=lambda item: remove(key, item))
        more = f"{len(items) - SHOWN} more are not drawn. " if len(items) > SHOWN else ""
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption(f"{more}A click takes one out.", width="stretch")
            st.button("Clear", key=f"{key}.clear", on_click=_keep, args=(key, []), type="tertiary")


def items(here: Here, what: Asked) -> None:
    """Items that agree most as a wall, and the chosen one, which can be added."""
    answer = concept_frames.top(what, stage.size(here))
    first = answer.frame["item"]
    stage.start(here, "concept", str(what), None if first.empty else int(first.iloc[0]))
    left, right = st.columns([3, 2], gap="medium")
    with left:
        stage.agreeing(here, "concept", "Items that agree most, members violet", answer, "top")
    with right:
        made = concept_frames.concept(what)
        stage.overlaid(here, "concept", made.dimensions, made.signs)
        item = stage.chosen("concept")
        if item is None:
            return
        with st.container(horizontal=True):
            st.button("Add it", on_click=add, args=(WORDS, [item]), icon=":material/add:")
            st.button(
                "Add as counter-example",
                on_click=add,
                args=(COUNTER, [item]),
                icon=":material/remove:",
            )

"""The big box of Home: a word, a sentence, ten words or an address; it goes where that leads."""

import re
from typing import NamedTuple

import streamlit as st

from dashboard.common import parts
from dashboard.common.answers import Here
from dashboard.features import asking
from dashboard.features import frames as feature_frames
from dashboard.frame import address, rail
from dashboard.media import frames as media_frames

SENTENCE = "The old man walked slowly down to the river and looked at the fish."
FEW = 4
"""Words from which on a text is a sentence or a concept, not a search."""
_PLAIN = frozenset(asking.words_of(
    "a an and are as at be but by for from had has have he her his i in is it its me my not of on "
    "or our she that the their they this to was we were what which who will with you your"
))  # fmt: skip
"""Words that lists of words do not have, and sentences do."""


class Example(NamedTuple):
    """Something to try: what the button says, and what it puts into the box."""

    title: str
    text: str


def meant(text: str) -> str:
    """What a text is: search (a word or an address), sentence, or words (a concept).

    Commas, or words without any that only sentences have, make a list.
    """
    words = asking.words_of(text)
    if len(words) < FEW:
        return "search"
    if re.search(r"[.!?]\s*$", text) or any(word.lower() in _PLAIN for word in words):
        return "sentence"
    return "words"


def follow(here: Here, text: str) -> None:
    """Go where a text leads."""
    kind = meant(text) if here.catalog.modality == "text" else "search"
    if kind == "sentence":
        address.go("read_text", here, text=text)
    if kind == "words":
        address.go("concept", here, words=" ".join(asking.words_of(text)))
    rail.follow(text, here, "overview")


def examples(here: Here) -> list[Example]:
    """Things of this catalog that show something: its strongest feature, a word, a dimension."""
    name = feature_frames.strongest(here)
    if name is None:
        return []
    background = here.catalog.primary.background
    row = feature_frames.feature(here, name, background)
    members = feature_frames.members(here.catalog, name)
    found = [Example(name.replace("_", " "), name)]
    if row is not None and row["best_dimension"] == row["best_dimension"]:
        place = f"{here.site}/{int(row['best_dimension'])}"
        found.append(Example(place, place))
    if here.catalog.modality == "text" and members:
        found.insert(0, Example(members[0], members[0]))
        found.append(Example("ten words", " ".join(members[:10])))
        found.append(Example("a sentence", SENTENCE))
    return found


def draw(here: Here) -> None:
    """The box, and things to try."""
    textual = here.catalog.modality == "text"
    asked = "a word, a sentence, ten words, or resid.3/123" if textual else "a class or resid.3/123"
    with st.form("home.form", border=False, enter_to_submit=True), st.container(
        horizontal=True, vertical_alignment="bottom", key="home-box"
    ):  # fmt: skip
        text = st.text_input("Ask this model", key="home.asked", placeholder=asked)
        pressed = st.form_submit_button("Go", type="primary", icon=":material/arrow_forward:")
    with st.container(horizontal=True, gap="xsmall", vertical_alignment="center"):
        st.caption("Try", width="content")
        for place, one in enumerate(examples(here)):
            label = parts.spaced(one.title)
            if st.button(parts.plain(label), key=f"home.try.{place}", type="secondary"):
                follow(here, one.text)
        named = media_frames.named(here.catalog)
        address.link("item_map", f"the map of {named}", here, ":material/bubble_chart:")
    if pressed and text.strip():
        follow(here, text.strip())

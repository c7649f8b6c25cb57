"""What a concept is asked of: the words of the form, of the link, or of one that was saved."""

import streamlit as st

from catalog.features.from_words import words_of
from catalog.modalities.backgrounds import Background
from dashboard.common import parts
from dashboard.common.answers import Here
from dashboard.features import parts as feature_parts
from dashboard.features import shelf
from dashboard.frame import address

__all__ = ["ask", "reopen", "words_of"]

LONGEST_LINK = 1500
"""Characters of words that still go into the link; longer lists are saved to be shared."""
EXAMPLE = "dog cat horse cow pig sheep goat lion tiger bear wolf fox rabbit mouse deer monkey"
OPENED = "concept.opened"
"""Key of the saved concept that the page was last filled with."""


def reopen(here: Here) -> None:
    """Take over a saved concept that the link or the list names."""
    key = st.query_params.get("concept")
    opened, st.session_state[OPENED] = st.session_state.get(OPENED), key
    if not key or key == opened:
        return
    kept = shelf.one(here, key)
    if kept is None:
        parts.notice(f"There is no saved concept {key[:40]!r} of this model.")
        return
    body = kept.body
    st.session_state["concept.words"] = " ".join(body.get("words", []))
    st.session_state["concept.counter"] = " ".join(body.get("counter", []))
    if body.get("background") in here.catalog.backgrounds:  # saved at any catalog of the model
        st.session_state["concept.background"] = body["background"]
    st.session_state["concept.name"] = kept.name
    parts.notice(
        f"{kept.name}, saved by {kept.person} on {kept.made} UTC at {body.get('site')}, "
        f"threshold {body.get('threshold')}; measured here at {here.site}, {here.threshold}."
    )


def ask(here: Here) -> tuple[tuple[str, ...], tuple[str, ...], Background]:
    """The form: words, counter-examples, background."""
    address.seed("concept.words", "words", "", address.anything)
    address.seed("concept.counter", "against", "", address.anything)
    with st.form("concept.form", border=False):
        left, right = st.columns([3, 2], gap="medium")
        left.text_area(
            "Words that share it",
            key="concept.words",
            height=96,
            placeholder=EXAMPLE,
            help="Separated by spaces, commas or lines. Each must be one token of the vocabulary.",
        )
        right.text_area(
            "Counter-examples (optional)",
            key="concept.counter",
            height=96,
            placeholder="car train boat",
            help="Words it must not fire on: a dimension counts as far as it tells both apart.",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            background = feature_parts.background("concept", here)
            st.form_submit_button("Make it", type="primary", icon=":material/play_arrow:")
    words = words_of(st.session_state["concept.words"])
    counter = words_of(st.session_state["concept.counter"])
    text, against = " ".join(words), " ".join(counter)
    if len(text) + len(against) > LONGEST_LINK:
        text, against = "", ""
    address.write(words=text, against=against, background=background)
    return words, counter, background

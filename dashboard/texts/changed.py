"""Panels of the signs that context changes: by layer, by magnitude, token by token."""

import streamlit as st

from catalog.figures import texts
from catalog.notebook.text_changes import Changes
from catalog.notebook.texts import Text
from dashboard.common import parts
from dashboard.common.answers import Answer, Here
from dashboard.texts import charts as clickable
from dashboard.texts import frames, window

_HELP = (
    "Share of a token's signs that differ from those the catalog holds for it without context. "
    "Dashed: the same against the other tokens of this text, which is the chance level. "
    "Retained = 1 − own / chance."
)


def draw(here: Here, read: Text, made: Changes, place: int | None) -> None:
    """How far context turns signs; the token at `place` is marked."""
    left, right = st.columns([3, 2], gap="medium")
    answer = frames.layers_copy(read, made)
    with left, parts.panel("Signs that context changes, by layer", answer, _HELP):
        figure = texts.by_layer(answer.frame, here.site)
        st.plotly_chart(figure, config=parts.plotly(), key="read.layers")
        st.caption(
            "Violet: from the token's own cached signs, band ± sd over "
            f"{int(made.at(here.site).counted.sum())} tokens. Dashed: by chance (another token's)."
        )
    answer = frames.magnitude_copy(read, made)
    with right, parts.panel(f"By magnitude, at {here.site}", answer, _HELP):
        figure = made.plot("magnitude", here.site)
        st.plotly_chart(figure, config=parts.plotly(), key="read.magnitude")
        st.caption("Quarters of the dimensions of each token. Grey ticks: by chance.")
    answer = frames.token_copy(read, made)
    with parts.panel(f"By token, at {here.site}", answer, _HELP):
        _tokens(here, read, answer, place)


def _tokens(here: Here, read: Text, answer: Answer, place: int | None) -> None:
    """A bar a token of those that are shown."""
    states, part = read.states, window.chosen(len(read.states.ids))
    names = clickable.token_names(states.tokens[part], states.special[part], part.start)
    rows = answer.frame[answer.frame["site"] == here.site].iloc[part]
    inside = None if place is None else place - part.start
    figure = texts.by_token(names, rows, inside)
    st.plotly_chart(figure, config=parts.plotly(), key="read.tokens")
    first = " and the first token, which has no context" if states.causal else ""
    st.caption(f"Faint: special tokens{first}; means leave them out. Grey ticks: by chance.")

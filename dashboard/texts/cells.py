"""The map of a text, tokens x features, and the one cell of it that is open."""

import numpy as np
import pandas as pd
import streamlit as st

from catalog.figures import texts
from catalog.figures.text import chance
from catalog.notebook.texts import Map, Text
from catalog.store.catalog import Catalog
from dashboard.common import drawn, parts, terms
from dashboard.common.answers import Here
from dashboard.features import parts as feature_parts
from dashboard.frame import address
from dashboard.texts import charts as clickable
from dashboard.texts import frames, window

FEATURES = 20
"""Features shown: those that fire most clearly."""


def draw(here: Here, read: Text, found: Map, alone: Catalog | None) -> int | None:
    """The map, and below it the cell that is open; the place of its token.

    `alone`: the catalog in which a token can be opened by itself.
    """
    _map(here, read, found)
    cell = _opened(read, found)
    if cell is None:
        return None
    st.divider()
    with st.container(horizontal=True, vertical_alignment="center"):
        _links(here, read, cell, alone)
    _cell(here, read, found, *cell)
    st.divider()
    return cell[0]


def _map(here: Here, read: Text, found: Map) -> None:
    """Tokens x features; a click on a cell opens it below."""
    states = read.states
    chosen = found.fired.clearest(~states.special, FEATURES)
    title = f"Features that fire most clearly, at {here.site}; click a cell to open it"
    help = (
        "Colour: how few items of the vocabulary agree with the feature as much as this token. "
        "Strong colour: the feature fires, its agreement is above the firing level. "
        + terms.term("feature.firing_level")
    )
    with parts.panel(title, frames.fired_copy(read), help):
        part = window.choose(len(states.ids))
        now = _opened(read, found)
        opened = None if now is None else (now[0], found.names.index(now[1]))
        cell = drawn.figure(
            clickable.sheet(read, found, chosen, part, opened), "read.map", "features"
        )
        drawn.figure(clickable.legend(), "read.legend")
        marked = " * marks special tokens." if states.special[part].any() else ""
        st.caption(
            f"The {len(chosen)} of {len(found.names)} features that fire most clearly anywhere in "
            "the text (fewest items agree as much), background "
            f"{here.catalog.primary.background}. Faint: does not fire.{marked}"
        )
    if cell is not None:
        place, feature = divmod(cell, len(found.names))
        st.session_state["read.place"] = str(place)
        st.session_state["read.feature"] = found.names[feature]
        address.write(token=place, feature=found.names[feature])
        st.rerun()  # with a ring around it


def _opened(read: Text, found: Map) -> tuple[int, str] | None:
    """The cell that is open: clicked, or as a link has it."""
    address.seed("read.place", "token", "", address.anything)
    address.seed("read.feature", "feature", "", address.anything)
    place, name = str(st.session_state["read.place"]), str(st.session_state["read.feature"])
    inside = place.isascii() and place.isdigit() and int(place) < len(read.states.ids)
    if not inside or name not in found.names:
        return None
    address.write(token=place, feature=name)
    return int(place), name


def _links(here: Here, read: Text, cell: tuple[int, str], alone: Catalog | None) -> None:
    """What is open, and where its feature and its token are looked at."""
    place, name = cell
    st.text(f"{parts.visible(read.states.tokens[place])}  ×  {parts.visible(name)}")
    address.link("feature", "Open the feature", here, ":material/join_inner:", category=name)
    if alone is not None:
        item, there = int(read.states.ids[place]), here._replace(catalog=alone)
        address.link("item", "Open the token", there, ":material/match_word:", item=item)


def _cell(here: Here, read: Text, found: Map, place: int, name: str) -> None:
    """One token against one feature: its dimensions here, its agreement across layers."""
    number, fired = found.names.index(name), found.fired
    answer = frames.cell(read, place, name)
    frame = answer.frame
    with st.container(horizontal=True, gap="xsmall"):
        parts.figure("agreement", float(fired.agreement[place, number]), width=100)
        parts.figure("fires above", float(found.level[number]), "feature.firing_level", width=100)
        parts.figure("fires", "yes" if fired.fires[place, number] else "no", width=70)
        parts.figure("items that agree so", f"{fired.rarity[place, number]:.2%}", width=150)
        parts.figure("dims that match", f"{int(frame['matches'].sum())} of {len(frame)}", width=130)
    left, right = st.columns([3, 2], gap="medium")
    with left, parts.panel("Dimensions behind it; click one", answer):
        _dimensions(here, frame)
    layers = frames.across(read, place, name)
    help = "Dashed: the level it fires above. Filled: it fires."
    with right, parts.panel("This token across layers", layers, help):
        figure = texts.across(layers.frame, here.site)
        st.plotly_chart(figure, config=parts.plotly(), key="read.across")


def _dimensions(here: Here, frame: pd.DataFrame) -> None:
    """The token's sign against the prototype; a click opens the dimension."""
    shown = frame.assign(
        expected=np.where(frame["expected"] > 0, "+", "−"),
        sign=np.where(frame["sign"] > 0, "+", "−"),
        match=np.where(frame["matches"], "same", "differs"),
        chance=frame["q"].map(chance),
    )[["dimension", "expected", "sign", "match", "state", "auc", "chance"]]
    text = st.column_config.TextColumn
    event = parts.table(
        shown,
        key="read.dimensions",
        on_select="rerun",
        selection_mode="single-cell",
        height=min(300, 35 * len(shown) + 38),
        column_config=feature_parts.columns()
        | {
            "expected": text("expected", help=terms.term("feature_dimension.sign")),
            "sign": text("sign here", help="Sign of this token's state, in this text."),
            "match": text("match"),
            "state": st.column_config.NumberColumn("state", format="%.3g"),
            "chance": text("q", help=terms.term("feature_dimension.q")),
        },
    )
    row = parts.picked("read.dimensions", event)
    if row is not None:
        address.go("dimension", here, dim=int(shown["dimension"][row]))

"""One item: its signs at a site, its nearest neighbours, the dimensions it is extreme in."""

from functools import partial

import streamlit as st

from catalog.figures import dimension as figures
from dashboard.common import answers, drawn, frames, parts, terms
from dashboard.dimensions import media_item
from dashboard.features import frames as feature_frames
from dashboard.frame import address, keys, rail
from dashboard.labels import words as label_words
from dashboard.media import frames as media_frames

here = rail.here()
items = int(here.catalog.build["items"])
pictured = media_frames.is_media(here.catalog)


def matching(wanted: str) -> answers.Answer:
    """Items that the search text finds: tokens, or images and sounds by path and class."""
    found = media_frames.find if pictured else frames.find_items
    return found(here.catalog, wanted)


def first() -> str:
    """What to look at where nothing was asked for: a word of the strongest feature."""
    name = None if pictured else feature_frames.strongest(here)
    words = [] if name is None else feature_frames.members(here.catalog, name)
    return words[0] if words else ""


def linked() -> int | None:
    """The item that a link asks for, or the one last shown; its search text is set to find it."""
    asked = address.news("item")
    if asked is None and address.news("q") is None and "item.number" not in st.session_state:
        asked = address.last("item")
    address.seed("item.wanted", "q", first(), address.anything)
    if asked is None:
        return None
    number: int | None = address.between(0, items - 1)(asked)
    if number is None:
        parts.notice(f"The link asks for item {asked[:40]!r}; items are numbered 0 to {items - 1}.")
    elif number not in matching(st.session_state["item.wanted"]).frame.item.values:
        st.session_state["item.wanted"] = f"#{number}"
    return number


def choose() -> int | None:
    """Search field and the matches; the item chosen."""
    asked = linked()
    left, right = st.columns(2)
    words = (
        ("Class, part of a path, or #number", "#12")
        if pictured
        else (
            "Word, part of a word, or #number",
            "cat",
        )
    )
    wanted = left.text_input(words[0], key="item.wanted", placeholder=words[1]).strip()
    matches = matching(wanted).frame
    if matches.empty:
        parts.empty(f"No item of {here.slug} contains {wanted!r}. Try a shorter part of it.")
        return None
    numbers = matches.item.tolist()
    about = matches["label"].fillna("") if pictured else matches["kind"]
    labels = {
        row.item: f"{parts.visible(row.text)}   #{row.item} {parts.visible(of)}"
        for row, of in zip(matches.itertuples(), about, strict=True)
    }
    if asked is not None:
        st.session_state["item.number"] = asked
    elif st.session_state.get("item.number") not in numbers:
        st.session_state["item.number"] = numbers[0]
    number = right.selectbox(
        f"{len(numbers)} found, the best first",
        numbers,
        key="item.number",
        format_func=lambda n: labels[n],
    )
    address.write(q=wanted, item=number)
    parts.about(f"item-{number}")
    return int(number)


def step(number: int, by: int) -> None:
    """The item after or before, whatever was searched for."""
    following = (number + by) % items
    st.session_state["item.wanted"] = f"#{following}"
    st.session_state["item.number"] = following


def signs_panel(number: int) -> None:
    """The strip of D cells; a click opens the dimension."""
    signs, answer = frames.strip(here, number)
    share = f"{signs.mean():.0%} of {len(signs):,} positive"
    with parts.panel(f"Signs at {here.site}: {share}; click a cell to open it", answer):
        cell = drawn.figure(figures.strip(signs), "item.strip", "signs")
    if cell is not None:
        address.go("dimension", here, dim=cell)


def _yes_or_no(text: str) -> bool | None:
    return {"True": True, "False": False}.get(text)


def neighbours_panel(number: int) -> None:
    """Nearest items by Hamming distance; a click opens the item."""
    address.seed("item.family", "family", False, _yes_or_no)
    family = st.session_state["item.family"]
    found = frames.neighbours(here, number, family)
    help = "Items whose signs differ in the fewest dimensions (Hamming distance). " + terms.term(
        "item.family"
    )
    with parts.panel("Nearest items", found.answer, help):
        event = parts.table(
            found.answer.frame[["text", "same", "distance", "item"]],
            key="item.neighbours",
            on_select="rerun",
            selection_mode="single-cell",
            height=460,
        )
        st.caption(f"The median item shares {found.reference:.1%} of its signs with this one.")
        st.checkbox("Also its own family (other case, inflections)", key="item.family")
    address.write(family=family)
    row = parts.picked("item.neighbours", event)
    if row is not None:
        address.go("item", here, item=found.answer.frame.item[row])


def extremes_panel(number: int) -> None:
    """Dimensions at whose poles the item stands; a click opens the dimension."""
    answer = frames.extremes(here, number)
    with parts.panel("Poles it stands at", answer, terms.term("pole.rank")):
        if answer.frame.empty:
            st.caption("It is among the most extreme items of no dimension, at any site.")
            return
        event = parts.table(
            label_words.beside(here, answer.frame),
            column_config=label_words.title(),
            key="item.extremes",
            on_select="rerun",
            selection_mode="single-cell",
            height=min(250, 36 * len(answer.frame) + 40),
        )
    row = parts.picked("item.extremes", event)
    if row is not None:
        found = answer.frame.iloc[row]
        address.go("dimension", here._replace(site=found["site"]), dim=found["dimension"])


def rarest_panel(number: int) -> None:
    """Signs that few items share with this one; a click opens the dimension."""
    if here.threshold == "median":
        st.caption("With threshold median all signs are equally rare by construction.")
        return
    answer = frames.rarest(here, number)
    help = "Dimensions in which the fewest items have the same sign as this one."
    with parts.panel("Its rarest signs", answer, help):
        event = parts.table(
            label_words.beside(here, answer.frame),
            column_config=label_words.title(),
            key="item.rarest",
            on_select="rerun",
            selection_mode="single-cell",
            height=250,
        )
    row = parts.picked("item.rarest", event)
    if row is not None:
        address.go("dimension", here, dim=answer.frame.dimension[row])


number = choose()
if number is not None:
    item = frames.item(here.catalog, number)
    with keys.bar("center"):
        parts.breadcrumb(here.slug, here.site, f"item {number}", item["text"])
        st.space("stretch")
        keys.steps(partial(step, number, -1), partial(step, number, 1))
    signs_panel(number)
    left, right = st.columns(2, gap="medium")
    with left:
        if pictured:
            media_item.neighbours(here, number)
        else:
            neighbours_panel(number)
    with right:
        if pictured:
            media_item.stage(here, number)
        rarest_panel(number)
        extremes_panel(number)

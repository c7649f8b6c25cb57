"""Walls of a page and its stage: the one tile that was chosen, large, with its sound."""

from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from catalog.browse import originals
from dashboard.common import parts
from dashboard.common.answers import Answer, Here, Row
from dashboard.frame import address
from dashboard.media import charts as media_charts
from dashboard.media import frames as media_frames
from dashboard.media import wall as media_wall

IMAGES, SOUNDS = 20, 12
"""Tiles of a wall: spectrograms are wider."""


def size(here: Here) -> int:
    """Tiles that a wall of this catalog has."""
    return SOUNDS if media_frames.is_sound(here.catalog) else IMAGES


def chosen(page: str) -> int | None:
    """The item on the stage of a page."""
    found = st.session_state.get(f"{page}.shown")
    return None if found is None else int(found)


def start(here: Here, page: str, of: str, otherwise: int | None) -> None:
    """Put an item on the stage: the link's, else the one clicked since `of`, else `otherwise`."""
    asked = address.news("shown")
    key = f"{page}.shown"
    if st.session_state.get(f"{key}.of") != of:
        st.session_state[key] = otherwise
    st.session_state[f"{key}.of"] = of
    if asked is not None:
        item = address.between(0, 2**31)(asked)
        known = item is not None and media_frames.there(here.catalog, item)
        st.session_state[key] = item if known else otherwise


def wall(
    here: Here,
    page: str,
    name: str,
    rows: pd.DataFrame,
    values: str | None = None,
    tone: Callable[[pd.DataFrame], NDArray[Any]] | None = None,
    picked: Callable[[int], None] | None = None,
) -> None:
    """A wall of `rows` (item, and the columns that are shown).

    A click puts a tile on the stage of `page`, or calls `picked`.
    """
    shown = media_frames.shown(here.catalog, rows["item"].tolist())
    if "member" in rows:
        shown["member"] = rows["member"].to_numpy()
    made = media_wall.tiles(
        shown,
        None if values is None else rows[values],
        None if tone is None else pd.Series(tone(rows)),
        chosen(page),
    )

    def pick(item: int) -> None:
        st.session_state[f"{page}.play"] = True
        if picked is not None:
            picked(item)
        else:
            st.session_state[f"{page}.shown"] = item

    media_wall.wall(f"{page}.wall.{name}", made, media_frames.is_sound(here.catalog), pick)


def pole_panel(here: Here, page: str, title: str, answer: Answer, name: str) -> None:
    """Items of one pole, or near the threshold, as a wall called `name`."""

    def tone(found: pd.DataFrame) -> NDArray[Any]:
        return np.where(found["away"] > 0, "plus", "minus")

    with parts.panel(title, answer):
        wall(here, page, name, answer.frame, "value", tone)


def stage(
    here: Here,
    page: str,
    patches: NDArray[np.floating] | None = None,
    signs: bool = False,
    said: str = "",
) -> None:
    """The chosen item large; a sound with the page's only player: a click on a tile plays it."""
    item = chosen(page)
    if item is None:
        return
    found = media_frames.shown(here.catalog, [item]).iloc[0]
    name = media_frames.named(here.catalog, many=False)
    with parts.panel(f"The chosen {name}" if page != "item" else f"This {name}"):
        _pictures(here, page, found, patches, signs)
        held = media_frames.sound(here.catalog, item)
        if held is not None:
            clicked = bool(st.session_state.pop(f"{page}.play", False))
            st.audio(held, format="audio/ogg", autoplay=clicked)
        if said:
            st.caption(said)
        with st.container(horizontal=True, vertical_alignment="center"):
            told = [str(value) for _, value in media_frames.figures(found)]
            st.text(" · ".join(parts.visible(value) for value in told), width="stretch")
            if page != "item":
                address.link("item", "Open it", here, ":material/open_in_new:", item=item)
            _original(here, page, item, str(found["path"]))
    address.write(shown=item)


def alone(here: Here, item: int, key: str) -> None:
    """An item without its class and file, which would say what it is: picture, and sound."""
    found = media_frames.shown(here.catalog, [item]).iloc[0]
    figure = media_charts.picture(bytes(found["image"]), frame_of(here, found), height=260)
    st.plotly_chart(figure, key=key, config=parts.plotly())
    held = media_frames.sound(here.catalog, item)
    if held is not None:
        st.audio(held, format="audio/ogg")


def _original(here: Here, page: str, item: int, path: str) -> None:
    """The file itself, read when asked for; disabled with the reason where it is not there."""
    reason = originals.absent(here.catalog, item)
    st.download_button(
        "Open the original",
        lambda: originals.original(here.catalog, item),
        PurePosixPath(path).name,
        disabled=reason is not None,
        key=f"{page}.original",
        on_click="ignore",
        icon=":material/download:",
        help=parts.plain(reason) if reason else "The file the model was shown, as it lies on disk.",
    )
    if reason:
        st.caption(parts.plain(reason))


def _pictures(
    here: Here,
    page: str,
    found: Row,
    patches: NDArray[np.floating] | None,
    signs: bool,
) -> None:
    """The item, and its patches over it: for an image beside it, as they hide what is below."""
    frame, image = frame_of(here, found), bytes(found["image"])
    if patches is None or frame.rate is not None:
        figure = media_charts.picture(image, frame, patches, signs, 240)
        st.plotly_chart(figure, key=f"{page}.stage", config=parts.plotly())
        return
    left, right = st.columns(2 if signs else [4, 5], gap="small")
    figures = (
        media_charts.picture(image, frame, height=200),
        media_charts.picture(image, frame, patches, signs, 200),
    )
    for column, figure, key in zip((left, right), figures, ("plain", "patches"), strict=True):
        column.plotly_chart(figure, key=f"{page}.stage.{key}", config=parts.plotly())


def samples(here: Here) -> None:
    """A row of items of a catalog, one of each class; a click opens one."""
    catalog = here.catalog
    page = f"overview.{catalog.slug}"
    count = 8 if media_frames.is_sound(catalog) else 10
    wall(here, page, "samples", pd.DataFrame({"item": media_frames.examples(catalog, count)}))
    item = st.session_state.pop(f"{page}.shown", None)
    if item is not None:
        address.go("item", here, item=item)


def frame_of(here: Here, found: Row) -> media_charts.Frame:
    """Where the preview and the patches of an item lie."""
    source = media_frames.source(here.catalog)
    if not media_frames.is_sound(here.catalog):
        return media_charts.Frame(1, 1, 1, None)
    window = float(source["window_seconds"])
    rate = media_frames.heard(here.catalog)
    seconds = min(float(found["seconds"]), window)
    return media_charts.Frame(seconds, media_charts.mel(rate / 2), window, rate)


def start_dimension(here: Here, number: int, first: pd.DataFrame) -> None:
    """Begin with the `first` of its items (its most positive one), unless a link names another."""
    begin = None if first.empty else int(first["item"].iloc[0])
    start(here, "dimension", f"{here}/{number}", begin)


def dimension(here: Here, number: int) -> None:
    """The chosen item; where patch signs were kept, this dimension's drawn over it."""
    item = chosen("dimension")
    held = None if item is None else media_frames.patches(here, item)
    if held is None:
        stage(here, "dimension")
        return
    grid = held[:, :, number]
    said = f"Orange: patches where dimension {number} is positive ({grid.mean():.0%}); blue: not."
    stage(here, "dimension", grid.astype(float), True, said)


def agreeing(here: Here, page: str, title: str, answer: Answer, name: str) -> None:
    """Items by agreement as a wall, members violet."""
    rows = answer.frame.head(size(here)).reset_index(drop=True)

    def tone(found: pd.DataFrame) -> NDArray[Any]:
        return np.where(found["member"], "own", "plain")

    with parts.panel(title, Answer(rows, answer.copy, answer.language)):
        wall(here, page, name, rows, "agreement", tone)


def discovered(here: Here, name: str, rows: pd.DataFrame) -> None:
    """Items that agree most with a discovered feature as a wall, and the chosen one."""
    start(here, "discover", f"{here}/{name}", int(rows["item"].iloc[0]))
    wall(here, "discover", "top", rows.head(size(here)).reset_index(drop=True), "agreement")
    stage(here, "discover")


def overlaid(
    here: Here, page: str, dimensions: NDArray[np.integer], signs: NDArray[np.integer]
) -> None:
    """The chosen item; where patch signs were kept, each patch's agreement drawn over it."""
    item = chosen(page)
    held = None if item is None else media_frames.patches(here, item)
    if held is None or not len(dimensions):
        stage(here, page)
        return
    agreement = (held[:, :, dimensions] == (np.asarray(signs) > 0)).mean(axis=2)
    said = f"Agreement of each patch with the feature, mean {parts.number(agreement.mean())}."
    stage(here, page, agreement, said=said)

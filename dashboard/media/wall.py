"""A wall of thumbnails or spectrograms: one component; a click chooses a tile.

Pictures reach the browser as data URIs made from the catalog file, strings as text only.
"""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import pandas as pd
import streamlit as st

from dashboard.common import parts

_FILES = Path(__file__).parent
_wall = st.components.v2.component(
    "dims_wall",
    html='<div class="wall"></div>',
    css=(_FILES / "wall.css").read_text("utf-8"),
    js=(_FILES / "wall.js").read_text("utf-8"),
)


class Tile(TypedDict):
    """One thumbnail as the component is sent it."""

    item: int
    image: str
    title: str
    caption: str
    value: str
    share: float
    """Length of the bar under the picture, 0 to 1."""
    tone: str
    """Colour of the bar: plus, minus, own (violet: a member, a chosen item) or plain."""
    member: bool
    chosen: bool


def data_uri(image: bytes, kind: str = "image/webp") -> str:
    """Bytes of the catalog as an address that needs no request."""
    return f"data:{kind};base64,{base64.b64encode(image).decode()}"


def tiles(
    rows: pd.DataFrame,
    values: "pd.Series[Any] | None" = None,
    tones: "pd.Series[Any] | None" = None,
    chosen: int | None = None,
) -> list[Tile]:
    """Tiles of `rows` (item, image, caption, path, and where it matters member), in their order.

    `values` stand under the pictures, with a bar as long as their share of the largest.
    """
    largest = 0.0 if values is None or values.empty else float(values.abs().max())
    made: list[Tile] = []
    for place, row in enumerate(rows.to_dict("records")):
        value = None if values is None else float(values.iloc[place])
        caption = parts.visible(row["caption"])
        made.append(
            {
                "item": int(row["item"]),
                "image": data_uri(row["image"]),
                "title": f"{caption} · {parts.visible(row['path'])} · item {row['item']}",
                "caption": caption,
                "value": "" if value is None else parts.number(value),
                "share": abs(value) / largest if value is not None and largest else 0.0,
                "tone": "plain" if tones is None else str(tones.iloc[place]),
                "member": bool(row.get("member", False)),
                "chosen": int(row["item"]) == chosen,
            }
        )
    return made


def wall(key: str, shown: list[Tile], wide: bool, picked: Callable[[int], None]) -> None:
    """Draw the wall; `picked` is called with the item that was clicked. `wide`: spectrograms."""

    @parts.guard()
    def arrived() -> None:
        item = getattr(st.session_state.get(key), "picked", None)
        if isinstance(item, int | float) and any(tile["item"] == item for tile in shown):
            picked(int(item))

    _wall(data={"tiles": shown, "wide": wide}, key=key, on_picked_change=arrived)

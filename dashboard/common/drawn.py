"""SVG figures on pages, in the page's own colours; marks of some open what they stand for."""

from pathlib import Path

import streamlit as st

from catalog.figures import svg
from dashboard.common import parts

_FILES = Path(__file__).parent
_show = st.components.v2.component(
    "dims_figure",
    html='<div class="figure"><button class="save" type="button" title="Save as SVG">SVG</button>'
    '<div class="drawn"></div><div class="tip" role="status" hidden></div></div>',
    css=(_FILES / "figure.css").read_text("utf-8"),
    js=(_FILES / "figure.js").read_text("utf-8"),
)


def figure(drawn: str, key: str, saved: str = "", opens: bool = True) -> int | None:
    """Show a figure made by `catalog.figures`; the number of the mark that was chosen just now.

    `saved` names the file that a button gives while the mouse is over it. `opens`: its marks, where
    it has any, can be chosen.
    """
    name = parts.file(saved) if saved else ""
    said = _show(
        data={"svg": drawn, "name": name, "opens": opens},
        key=f"svg.{key}",
        on_picked_change=lambda: None,
    )
    return int(said.picked) if isinstance(said.picked, int | float) else None


def download(drawn: str, what: str) -> None:
    """A button that gives the figure as a file; `what` is a part of its name."""
    st.download_button(
        "SVG",
        svg.alone(drawn),
        file_name=f"{parts.file(what)}.svg",
        mime="image/svg+xml",
        on_click="ignore",
        icon=":material/download:",
        key=f"svg.{what}.download",
    )

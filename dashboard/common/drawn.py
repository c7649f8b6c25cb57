"""SVG figures on pages: drawn as they are, in the page's own colours, with a way to take them."""

import streamlit as st

from catalog.figures import svg
from dashboard.common import parts

# What is set here was made by `catalog.figures.svg`, which escapes every text of the outside world.
_show = st.components.v2.component(
    "dims_svg",
    css=":host, div { line-height: 0; } svg { color: var(--st-text-color, CanvasText); }",
    html="<div></div>",
    js="""export default function ({ data, parentElement }) {
      parentElement.querySelector("div").innerHTML = data.svg;
    }""",
)


def figure(drawn: str, key: str) -> None:
    """Show a figure."""
    _show(data={"svg": drawn}, key=f"svg.{key}")


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

"""The tour: five findings on the model that ships, one at a time; each opens its live page."""

import streamlit as st

from dashboard.common import drawn, parts
from dashboard.frame import address, keys, presenting
from dashboard.overview import frames
from dashboard.overview.frames import Finding

COUNT = 5


def choose() -> int:
    """The stop, from 1; keys j and k."""
    address.seed("tour.step", "step", 1, address.between(1, COUNT))

    def step(by: int) -> None:
        st.session_state["tour.step"] = (st.session_state["tour.step"] - 1 + by) % COUNT + 1

    with keys.bar("center"):
        number = int(st.session_state["tour.step"])
        parts.breadcrumb(frames.SLUG, "tour", f"{number} of {COUNT}")
        st.space("stretch")
        keys.steps(lambda: step(-1), lambda: step(1))
    address.write(step=number)
    return number


def show(finding: Finding, number: int) -> None:
    """One stop."""
    with st.container(border=True, key="tour.finding"):
        st.subheader(f"{number}  {finding.title}", anchor=False)
        with st.container(key="large-tour-sentence"):
            st.text(finding.sentence)
        if finding.drawn:
            drawn.figure(finding.drawn, "tour.finding")
        with st.container(horizontal=True, gap="large"):
            for name, value in finding.figures:
                parts.figure(name, value, width=parts.wide(len(name), len(value)))
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                finding.opens, type="primary", shortcut="o", key="tour.open",
                icon=":material/open_in_new:",
            ):  # fmt: skip
                address.go(finding.view, finding.place, **finding.link, tour=number)
            st.caption("t on the page that opens leads on.")


def contents(found: list[Finding], number: int) -> None:
    """The five titles; a click goes there."""
    with st.container(horizontal=True):
        for place, finding in enumerate(found, 1):

            def go(to: int = place) -> None:
                st.session_state["tour.step"] = to

            st.button(
                f"{place}  {finding.title}",
                on_click=go,
                type="tertiary",
                disabled=place == number,
                key=f"tour.to.{place}",
            )


here = frames.place()
if here is None:
    parts.breadcrumb("tour")
    parts.empty(
        "The tour shows the model that ships, storyteller, whose catalog is not here: build it on "
        "the page Home."
    )
else:
    number = choose()
    found = frames.findings(here)
    show(found[number - 1], number)
    contents(found, number)
    if not presenting.on():
        st.caption("For a room: p hides the navigation and enlarges the type, here and on.")

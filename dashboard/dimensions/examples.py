"""A dimension in real text: windows at both poles, random ones of five bands, single tokens beside.

Drawn where the catalog holds tokens in context; elsewhere the panel is not there.
"""

import pandas as pd
import streamlit as st

from catalog.browse.examples import Agreement, Examples, Spread
from catalog.figures import text, windows
from dashboard.common import parts, terms
from dashboard.common.answers import Here
from dashboard.dimensions import example_frames as frames
from dashboard.frame import address

TITLES = {
    "positive": ":orange[**+**] positive pole in text",
    "negative": ":blue[**−**] negative pole in text",
}
BANDS = {
    "band 1": "lowest fifth",
    "band 2": "second",
    "band 3": "middle",
    "band 4": "fourth",
    "band 5": "highest fifth",
}


def named(here: Here, items: pd.DataFrame) -> pd.DataFrame:
    """Items of a pole by their token alone: their windows stand below, and would be cut here."""
    if not here.catalog.contextual:
        return items
    return items.assign(text=here.catalog.spelled[items["item"].to_numpy()])


def panel(here: Here, number: int, cut: float) -> None:
    """Examples of the dimension; `cut` is the value of the threshold that tints begin at."""
    if not here.catalog.contextual:
        return
    found = frames.found(here, number)
    for column, name in zip(st.columns(2, gap="medium"), TITLES, strict=True):
        with column, parts.panel(TITLES[name], frames.answer(here, number), terms.term("example")):
            st.html(windows.lines(found.part(name), cut, (found.low, found.high)))
            st.caption(_spread(found.spread[name], found.documents))
            _single(found.agreement.get(name))
    kept = frames.kept(here, number)
    if kept is not None:
        own, whole = kept
        st.caption(
            f"Context keeps {own:.0%} of what this dimension's sign says of the token alone (0 %: "
            f"no more than another token's sign); over all dimensions of {here.site} "
            f"{whole.value:.0%} [{whole.low:.0%}, {whole.high:.0%}]."
        )
        both = "Both readings, layer by layer"
        address.link("compare", both, here, ":material/compare_arrows:", part="readings")
    _bands(here, number, found, cut)


@st.fragment
@parts.guard()
def _bands(here: Here, number: int, found: Examples, cut: float) -> None:
    """Random positions of one band of the range: the strongest alone mislead."""
    with parts.panel("Random positions", frames.answer(here, number), terms.term("example.part")):
        band = st.segmented_control(
            "Part of the range",
            list(BANDS),
            default="band 3",
            format_func=BANDS.__getitem__,
            key="dimension.band",
            label_visibility="collapsed",
        )
        rows = found.part(band or "band 3")
        if rows:
            st.html(windows.lines(rows, cut, (found.low, found.high)))
        else:
            st.caption("No position has a value in this part of the range.")


def _spread(spread: Spread, documents: int) -> str:
    told = (
        f"The {spread.shown} strongest come from {spread.documents} of {documents:,} texts and "
        f"{spread.families} families"
    )
    if not spread.passed_over:
        return f"{told}; none was passed over."
    return (
        f"{told}; {spread.passed_over} stronger ones were passed over, since a text gives at most "
        "2 and a family at most 4."
    )


def _single(told: Agreement | None) -> None:
    """What the same pole is for single tokens, and whether both agree."""
    if told is None:
        st.caption("No catalog of the model's single tokens lies beside this one to compare with.")
        return
    st.text("Single tokens: " + "  ".join(parts.visible(word) for word in told.words))
    st.caption(
        f"{told.shared:.0%} of this pole's families stand at the pole of single tokens too; "
        f"chance (the site's other dimensions) {told.chance:.0%}, p {text.chance(told.p)}."
    )

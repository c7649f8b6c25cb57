"""The Item page of an image or a sound: itself with its patches, and a wall of its neighbours."""

import numpy as np
import streamlit as st

from dashboard.common import frames, parts
from dashboard.common.answers import Here
from dashboard.features import frames as feature_frames
from dashboard.frame import address
from dashboard.media import frames as media_frames
from dashboard.media import stage as media_stage

PLAIN, ONE, FEATURE = "nothing", "one dimension", "a feature"


def stage(here: Here, number: int) -> None:
    """The item large, and what its patches say."""
    st.session_state["item.shown"] = number
    if here.site not in media_frames.patch_sites(here.catalog):
        media_stage.stage(here, "item")
        return
    held = media_frames.patches(here, number)
    if held is None:
        media_stage.stage(here, "item", said="Signs of patches are kept at threshold zero.")
        return
    over = st.segmented_control(
        "Draw over it", [PLAIN, ONE, FEATURE], key="item.over", default=ONE, required=True
    )
    if over == ONE:
        address.seed("item.over.dim", "over", 0, address.between(0, held.shape[2] - 1))
        dimension = int(
            st.number_input("Dimension", 0, held.shape[2] - 1, key="item.over.dim", width=160)
        )
        address.write(over=dimension)
        grid = held[:, :, dimension]
        said = f"Orange: positive in {grid.mean():.0%} of its patches; blue: not."
        media_stage.stage(here, "item", grid.astype(float), True, said)
    elif over == FEATURE and (names := _features(here)):
        category = st.selectbox("Feature", names, key="item.over.feature", width=260)
        found = feature_frames.prototype(here, str(category), here.catalog.primary.background).frame
        media_stage.overlaid(
            here, "item", found["dimension"].to_numpy(), found["sign"].to_numpy(np.int64)
        )
    else:
        media_stage.stage(here, "item")


def _features(here: Here) -> list[str]:
    """Categories with a feature at this site and threshold."""
    everywhere = feature_frames.features_everywhere(here, here.catalog.primary.background).frame
    at = everywhere[everywhere["site"] == here.site]
    return sorted(at["category"]) if not at.empty else []


def neighbours(here: Here, number: int) -> None:
    """Nearest items by Hamming distance as a wall; a click opens the item."""
    found = frames.neighbours(here, number, False)
    help = "Items whose signs differ in the fewest dimensions (Hamming distance)."
    rows = found.answer.frame.head(2 * media_stage.SOUNDS)

    def opened(item: int) -> None:
        st.session_state["item.wanted"] = f"#{item}"
        st.session_state["item.number"] = item

    with parts.panel("Nearest items, by the share of equal signs", found.answer, help):
        media_stage.wall(here, "item", "near", rows, "same", picked=opened)
        st.caption(f"The median item shares {found.reference:.1%} of its signs with this one.")

"""The Feature page of images and sounds: walls of the items that agree, and the chosen one."""

import streamlit as st

from dashboard.common.answers import Here
from dashboard.features import frames
from dashboard.features.frames import Top
from dashboard.media import stage


def items(here: Here, category: str, background: str, top: Top) -> None:
    """Items that agree most with a feature, members violet, and the best of the others."""
    first = top.items.frame["item"]
    name = f"{here}/{category}/{background}"
    stage.start(here, "feature", name, None if first.empty else int(first.iloc[0]))
    left, middle, right = st.columns(3, gap="medium")
    with left:
        title = "Items that agree most, members violet"
        stage.agreeing(here, "feature", title, top.items, "top")
    with right:
        stage.agreeing(here, "feature", "Best false positives", top.false_positives, "false")
    with middle:
        found = frames.prototype(here, category, background).frame
        signed = found["dimension"].to_numpy(), found["sign"].to_numpy()
        stage.overlaid(here, "feature", *signed)

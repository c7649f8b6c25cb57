"""A feature that travels along: a dimension opened from one says so, and marks its members."""

import numpy as np
import pandas as pd
import streamlit as st

from catalog.store import feature_queries
from dashboard.common import answers, parts, workspace
from dashboard.common.answers import Here
from dashboard.features import frames as feature_frames
from dashboard.frame import address

FROM = "of"
"""Name of the feature in the link of a dimension."""


def feature(here: Here, number: int) -> str | None:
    """The measured category that the link names; None for any other, and for who works blind."""
    asked = st.query_params.get(FROM)
    known = set(feature_frames.categories(here.catalog).frame["category"]) if asked else set()
    if asked not in known or workspace.hidden(workspace.subject(here, number)):
        return None
    return asked


def banner(here: Here, number: int) -> None:
    """Where the dimension was opened from, what that feature expects of it, and the way back."""
    name = feature(here, number)
    if name is None:
        return
    found = feature_frames.prototype(here, name, here.catalog.primary.background).frame
    row = found[found["dimension"] == number]
    said = f"{parts.spaced(name)} does not use this dimension here."
    if not row.empty:
        sign = "+" if row["sign"].iloc[0] > 0 else "−"
        said = (
            f"{parts.spaced(name)} expects {sign} here: AUC {parts.number(row['auc'].iloc[0])} of "
            "this sign alone, on the words it was found with."
        )
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="travelling"):
        st.text(f"{said} ● marks its members.", width="stretch")
        address.link("feature", "Back to it", here, ":material/arrow_back:", category=name)


def marked(here: Here, number: int, items: pd.DataFrame) -> pd.DataFrame:
    """Items of a pole, a ● before the text of those whose family belongs to the feature."""
    name = feature(here, number)
    if name is None:
        return items
    members = answers.read(here.catalog, feature_queries.members(name))["item"].to_numpy()
    family = here.catalog.families
    mine = pd.Series(np.isin(family[items["item"]], family[members]), items.index)
    return items.assign(text=("● " + items["text"].astype(str)).where(mine, items["text"]))

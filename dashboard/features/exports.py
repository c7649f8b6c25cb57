"""Buttons that take a prototype along: this program's JSON, and a Neuronpedia vector."""

from typing import Any

import pandas as pd
import streamlit as st

from catalog.errors import SettingRefused
from catalog.features import export
from catalog.features.export import Source
from dashboard.common.answers import Here
from dashboard.features import frames


def source(here: Here, name: str, background: str) -> Source:
    """What a prototype made at `here` was measured on."""
    build = here.catalog.build
    dims = here.catalog.sites.set_index("site")["dims"][here.site]
    return Source(
        name=name,
        model=str(build["model"]),
        revision=str(build["revision"]),
        reading=str(build["reading"]),
        site=here.site,
        threshold=here.threshold,
        background=background,
        dims=int(dims),
    )


def buttons(
    origin: Source, here: Here, prototype: pd.DataFrame, figures: dict[str, Any], page: str
) -> None:
    """Two download buttons; `prototype` has the columns dimension and sign."""
    dimensions, signs = prototype["dimension"].to_numpy(), prototype["sign"].to_numpy()
    file = "".join(c if c.isalnum() or c in "-_" else "_" for c in origin.name)[:60] or "prototype"
    file = f"{here.slug}_{origin.site}_{file}"
    with st.container(horizontal=True):
        st.download_button(
            "Prototype, JSON",
            lambda: export.as_json(origin, dimensions, signs, figures).encode(),
            f"{file}.json",
            "application/json",
            key=f"{page}.json",
            on_click="ignore",
            icon=":material/download:",
        )
        if origin.site.startswith("resid"):
            st.download_button(
                "Neuronpedia vector",
                lambda: _vector(origin, here, prototype).encode(),
                f"{file}.neuronpedia.json",
                "application/json",
                key=f"{page}.neuronpedia",
                on_click="ignore",
                icon=":material/download:",
                help="+1 and −1 at the feature's dimensions; strength: their mean |x|.",
            )
        else:
            st.caption("Neuronpedia holds vectors of resid sites only.")


def _vector(origin: Source, here: Here, prototype: pd.DataFrame) -> str:
    dimensions = prototype["dimension"].to_numpy()
    strengths = frames.mean_abs(here)[dimensions]
    try:
        return export.neuronpedia_vector(
            origin, dimensions, prototype["sign"].to_numpy(), strengths
        )
    except SettingRefused as error:
        return str(error)

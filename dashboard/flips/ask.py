"""What the flip lab flips: a category, a discovered feature, an own concept, dimensions by hand."""

import streamlit as st

from catalog.errors import SettingRefused
from catalog.flips.extra_edits import KINDS as EDITS
from catalog.flips.source import Source
from dashboard.common import discovered, parts
from dashboard.common.answers import Here
from dashboard.features import discovery_frames, shelf
from dashboard.features import frames as feature_frames
from dashboard.frame import address
from dashboard.labels import words as label_words

KINDS = {
    "category": "category",
    "discovered": "discovered",
    "concept": "own concept",
    "dimensions": "by hand",
}
OWN = "the feature's own"


def names(here: Here) -> list[str]:
    """Categories that have a feature."""
    listed = feature_frames.categories(here.catalog).frame
    return [str(name) for name in listed[listed["status"] != "skipped"]["category"]]


def source(here: Here, listed: list[str]) -> Source | None:
    """Draw the choice of a feature; None where there is none of the kind chosen."""
    address.seed("flip.kind", "feature", "category", address.among(list(KINDS)))
    left, right = st.columns([5, 4], vertical_alignment="bottom")
    kind = str(
        left.segmented_control(
            "Feature from",
            list(KINDS),
            key="flip.kind",
            format_func=lambda one: KINDS[one],
            required=True,
        )
    )
    address.write(feature=kind)
    with right:
        if kind == "category":
            return _category(here, listed)
        found = {"discovered": _discovered, "concept": _concept, "dimensions": _by_hand}[kind](here)
    if found is None:
        return None
    read = _read(listed)
    return Source(found.kind, found.name, found.words, read)


def _category(here: Here, listed: list[str]) -> Source:
    first = feature_frames.strongest(here)
    first = first if first in listed else listed[0]
    address.seed("flip.category", "category", first, address.among(listed))
    name = str(
        st.selectbox(
            "Feature", listed, key="flip.category", format_func=label_words.picker(here, listed)
        )
    )
    address.write(category=name)
    return Source("category", name)


def _discovered(here: Here) -> Source | None:
    kept = discovery_frames.discovered(here).frame
    if kept.empty:
        address.link("discover", f"Nothing was discovered at {here.site} yet: search it", here)
        return None
    seeds = dict(zip(kept["name"], kept["seed"], strict=True))
    options = [str(name) for name in kept["name"]]
    named = discovered.every(here, options)
    address.seed("flip.found", "found", options[0], address.among(options))
    name = str(
        st.selectbox(
            "Discovered feature",
            options,
            key="flip.found",
            format_func=lambda one: f"{named[one]}, found from {parts.visible(seeds[one])}",
        )
    )
    address.write(found=name)
    return Source("discovered", name)


def _concept(here: Here) -> Source | None:
    kept = {one.key: one for one in shelf.held(here)}
    if not kept:
        st.caption("No concept of this model is saved yet: make one on the page Concept.")
        return None
    options = list(kept)
    address.seed("flip.concept", "concept", options[0], address.among(options))
    key = str(
        st.selectbox(
            "Own concept",
            options,
            key="flip.concept",
            format_func=lambda one: parts.visible(kept[one].name),
        )
    )
    address.write(concept=key)
    words = tuple(str(word) for word in kept[key].body.get("words", []))
    return Source("concept", kept[key].name, words)


def _by_hand(_here: Here) -> Source | None:
    address.seed("flip.dims", "dims", "12+,40-", address.anything)
    text = str(
        st.text_input(
            "Dimensions with their signs",
            key="flip.dims",
            max_chars=2000,
            help="Such as 12+,40-: away sets each against its sign.",
        )
    )
    address.write(dims=text)
    if not text.strip():
        raise SettingRefused("Name at least one dimension with its sign, such as 12+.")
    return Source("dimensions", text.strip())


def _read(listed: list[str]) -> str:
    options = [OWN, *listed]
    address.seed("flip.read", "read", OWN, address.among(options))
    name = str(
        st.selectbox(
            "Read the effect on",
            options,
            key="flip.read",
            width=320,
            help="Held-out items of a category, or those that agree with the feature most.",
        )
    )
    address.write(read=name)
    return "" if name == OWN else name


def edits() -> str:
    """Draw the further edits, a line each."""
    address.seed("flip.edits", "edits", "", lambda text: text[:2000])
    with st.expander("Further edits: several features, several layers"):
        text = str(
            st.text_area(
                "SITE KIND FEATURE, a line each",
                key="flip.edits",
                height=80,
                max_chars=2000,
                placeholder="resid.4 zero birds\nresid.5 clamp 12+,40-\nresid.2 away colours x0.5",
            )
        )
        st.caption(
            f"KIND: {', '.join(EDITS)}. Clamp sets the 95th percentile of the pole, add goes one "
            "standard deviation towards it; x0.5 is the strength. Read alone and together with "
            "away; they have no matched controls."
        )
    if text.strip():
        address.write(edits=text)
    else:
        st.query_params.pop("edits", None)
    return text

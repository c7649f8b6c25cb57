"""Compare: two models side by side, dimension by dimension, layer by layer, version by version."""

from pathlib import Path

import streamlit as st

from catalog.errors import CatalogError
from dashboard.common import catalogs, parts
from dashboard.comparing import dimensions, layers, sides, versions
from dashboard.comparing import frames as compare_frames
from dashboard.comparing.frames import Both
from dashboard.frame import address, rail

VIEWS = {
    "side by side": sides.draw,
    "dimensions": dimensions.draw,
    "layers": lambda both: layers.draw(both.a),
    "versions": versions.draw,
    "evidence": sides.evidence,
}
here = rail.here()


def choose(slugs: dict[str, Path]) -> Both:
    """A is what the rail has chosen; B, its site and threshold are chosen here."""
    usual = next((slug for slug in slugs if slug != here.slug), here.slug)
    left, middle, end, last = st.columns([4, 4, 2, 2], vertical_alignment="bottom")
    left.text_input("A (chosen on the left)", f"{here.slug}  {here.site}", disabled=True)
    address.seed("compare.b", "b", usual, address.among(list(slugs)))
    other = slugs[str(middle.selectbox("B", list(slugs), key="compare.b"))]
    names = other.sites.dropna(subset="dims")["site"].tolist()
    answering = compare_frames.counterpart(here, other)
    followed = (here.catalog, here.site, other)
    if st.session_state.get("compare.followed") not in (None, followed):
        st.session_state["compare.site"] = answering  # B's site follows A's depth
    st.session_state["compare.followed"] = followed
    address.seed("compare.site", "site_b", answering, address.among(names))
    site = str(end.selectbox("Site of B", names, key="compare.site"))
    threshold = compare_frames.threshold_for(here, other)
    last.text_input("Threshold of B", threshold, disabled=True)
    address.write(b=other.stem, site_b=site)
    own = compare_frames.side(here.catalog, here.site, here.threshold)
    return Both(own, compare_frames.side(other, site, threshold))


def what_may_be(both: Both) -> bool:
    """Shared items, and everything in which the two differ; whether anything is shared."""
    try:
        items = compare_frames.shared(both)
    except CatalogError as error:
        parts.notice(str(error))
        return False
    told = f"{len(items):,} shared items, one a family"
    if items.by_word:
        told += f" ({items.by_word:,} of them by word alone)"
    widths = f"{both.a.dims} and {both.b.dims} dimensions"
    found = compare_frames.differences(both)
    names = ", ".join(one.what for one in found) or "nothing"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{told}; {widths}; they differ in {names}.", width="content")
        if found:
            with st.popover("What follows", type="tertiary"):
                for one in found:
                    st.text(parts.visible(f"{one.what}: {one.a} | {one.b}. {one.means}"))
                st.text(items.how)
    return True


def view() -> str:
    """What is looked at."""
    address.seed("compare.view", "part", "side by side", address.among(list(VIEWS)))
    chosen = str(
        st.segmented_control(
            "View", list(VIEWS), key="compare.view", required=True, label_visibility="collapsed"
        )
    )
    address.write(part=chosen)
    return chosen


readable = {
    entry.catalog.slug: entry.catalog for entry in catalogs.listed() if entry.build is not None
}
parts.breadcrumb(here.slug, here.site, "compare")
both = choose(readable)
chosen = view()
alone = chosen in ("layers", "evidence")
if (alone or what_may_be(both)) and chosen in VIEWS:
    VIEWS[chosen](both)

"""Compare: two models side by side, dimension by dimension, layer by layer, version by version."""

import streamlit as st

from catalog.browse import siblings
from catalog.comparing import sides
from catalog.errors import CatalogError
from dashboard.common import catalogs, parts
from dashboard.comparing import dimensions, frames, layers, readings, side_by_side, versions
from dashboard.comparing.frames import Both
from dashboard.frame import address, rail

VIEWS = {
    "side by side": side_by_side.draw,
    "dimensions": dimensions.draw,
    "layers": lambda both: layers.draw(both.a),
    "versions": versions.draw,
    "readings": readings.draw,
    "evidence": side_by_side.evidence,
}
here = rail.here()


def choose() -> Both:
    """A is what the rail has chosen; B, its site and threshold are chosen here."""
    slugs = {one.catalog.slug: one.catalog for one in catalogs.listed() if one.build is not None}
    usual = frames.usual(here.catalog, list(slugs.values()))
    left, middle, end, last = st.columns([4, 4, 2, 2], vertical_alignment="bottom")
    left.text_input("A (chosen on top)", f"{here.slug}  {here.site}", disabled=True)
    address.seed("compare.b", "b", usual, address.among(list(slugs)))
    other = slugs[str(middle.selectbox("B", list(slugs), key="compare.b"))]
    answering = sides.counterpart(here.catalog, here.site, other)
    followed = (here.catalog, here.site, other)
    if st.session_state.get("compare.followed") not in (None, followed):
        st.session_state["compare.site"] = answering  # B's site follows A's depth
    st.session_state["compare.followed"] = followed
    address.seed("compare.site", "site_b", answering, address.among(other.site_names))
    site = str(end.selectbox("Site of B", other.site_names, key="compare.site"))
    threshold = frames.threshold_for(here, other)
    last.text_input("Threshold of B", threshold, disabled=True)
    address.write(b=other.slug, site_b=site)
    own = sides.side(here.catalog, here.site, here.threshold)
    return Both(own, sides.side(other, site, threshold))


def what_may_be(both: Both) -> bool:
    """Shared items, and everything in which the two differ; whether anything is shared."""
    try:
        items = sides.shared(both.a.catalog, both.b.catalog)
    except CatalogError as error:
        parts.notice(str(error))
        return False
    told = f"{len(items):,} shared items, one a family"
    if items.by_word:
        told += f" ({items.by_word:,} of them by word alone)"
    widths = f"{both.a.dims} and {both.b.dims} dimensions"
    found = frames.differences(both)
    names = ", ".join(one.what for one in found) or "nothing"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.text(f"{told}; {widths}; they differ in {names}.", width="content")
        if found:
            with st.popover("What follows", type="tertiary"):
                for one in found:
                    st.text(parts.visible(f"{one.what}: {one.a} | {one.b}. {one.means}"))
                st.text(items.how)
    return True


def view(both: Both) -> str:
    """What is looked at: of two readings of one model first what context keeps."""
    readings = siblings.two_readings(both.a.catalog, both.b.catalog)
    usual = "readings" if readings else "side by side"
    address.seed("compare.view", "part", usual, address.among(list(VIEWS)))
    chosen = str(
        st.segmented_control(
            "View", list(VIEWS), key="compare.view", required=True, label_visibility="collapsed"
        )
    )
    address.write(part=chosen)
    return chosen


parts.breadcrumb(here.slug, here.site, "compare")
both = choose()
chosen = view(both)
alone = chosen in ("layers", "evidence", "readings")
if (alone or what_may_be(both)) and chosen in VIEWS:
    VIEWS[chosen](both)

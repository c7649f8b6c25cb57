"""The bar on top of every page: catalog, site, threshold, and one search box."""

import streamlit as st

from catalog.browse.search import Hit
from catalog.errors import NotInCatalog
from dashboard.common import catalogs, numbers, parts, workspace
from dashboard.common.answers import Here
from dashboard.frame import address, suggesting
from dashboard.frame import search as search_frames

_HERE = "rail.here"
_RESULTS = "rail.results"


def modality(entries: list[catalogs.Entry]) -> str:
    """What the catalog in force was shown (text, image, audio), before it is chosen."""
    asked = address.news("catalog") or st.session_state.get("rail.catalog") or ""
    found = {entry.catalog.slug: entry.catalog.modality for entry in entries}
    return found.get(str(asked)) or next(iter(found.values()), "text")


def choose(entries: list[catalogs.Entry], page: str) -> Here | None:
    """Draw the top bar and return what it chooses, None where there is nothing to choose from.

    `here` gives it to pages. `page` is the name of the view: the search box goes on from it.
    """
    if not entries:
        st.session_state.pop(_HERE, None)
        return None
    with st.container(key="rail-bar"):
        left, site, threshold, box = st.columns([3, 2, 2, 6], vertical_alignment="center")
    with left:
        entry = _catalog(entries)
    start = Here.start(entry.catalog)
    names = list(entry.catalog.site_names)
    address.seed("rail.site", "site", start.site, address.among(names))
    thresholds = list(entry.catalog.thresholds)
    address.seed("rail.threshold", "threshold", start.threshold, address.among(thresholds))
    chosen = Here(
        entry.catalog,
        site.selectbox("Site", names, key="rail.site", label_visibility="collapsed"),
        threshold.selectbox(
            "Threshold",
            thresholds,
            key="rail.threshold",
            label_visibility="collapsed",
            format_func=lambda name: f"at {name}",
        ),
    )
    st.session_state[_HERE] = chosen
    address.write(**address.of(chosen))
    with box:
        search(chosen, page)
    return chosen


def _catalog(entries: list[catalogs.Entry]) -> catalogs.Entry:
    slugs = [entry.catalog.slug for entry in entries]
    address.seed("rail.catalog", "catalog", slugs[0], address.among(slugs))
    slug = st.selectbox("Catalog", slugs, key="rail.catalog", label_visibility="collapsed")
    return entries[slugs.index(slug)]


def here() -> Here:
    """What is chosen; NotInCatalog before there is any catalog."""
    chosen = st.session_state.get(_HERE)
    if not isinstance(chosen, Here):
        raise NotInCatalog("There is no catalog yet. Build one on the page Home.")
    return chosen


def search(chosen: Here, page: str) -> None:
    """Draw the search box of a page (its file's name); go where it says."""
    st.text_input(
        "Search",
        key="rail.search",
        placeholder=f"{_searched(chosen)}, feature, label, resid.5/123, 123, #item",
        label_visibility="collapsed",
        icon=":material/search:",
        on_change=_asked,
    )
    with st.container(key="rail-suggest"):
        suggesting.draw(chosen)
    text = st.session_state.pop("rail.asked", "")
    if text:
        st.session_state.pop(_RESULTS, None)
        follow(text, chosen, page)


def _searched(chosen: Here) -> str:
    return "word" if chosen.catalog.modality == "text" else "file"


def _asked() -> None:
    st.session_state["rail.asked"] = st.session_state["rail.search"].strip()
    st.session_state["rail.search"] = ""


def follow(text: str, chosen: Here, page: str) -> None:
    """Go where an address or the first hit leads; the other hits are listed there.

    Where nothing is found, near spellings are offered on this page.
    """
    view, place, more = target(text, chosen)
    if "q" in more:  # no address
        hits = _hits(chosen, text)
        if not hits and search_frames.near(chosen, text):
            st.session_state[_RESULTS] = (page, text)
            return
        if {hit.kind for hit in hits} - {"item"}:
            view, place, more = search_frames.target(hits[0], chosen)
            st.session_state[_RESULTS] = (view, text) if len(hits) > 1 else None
    address.go(view, place, **more)


def _hits(chosen: Here, text: str) -> list[Hit]:
    return search_frames.hits(chosen, text, workspace.person())


@parts.guard()
def results(chosen: Here, page: str) -> None:
    """What the last search that led to this page found, the best first; a click opens it.

    It lies over the page, which does not move.
    """
    held = st.session_state.get(_RESULTS)
    if held and held[0] == page:
        with st.container(border=True, key="rail-found"):
            _results(chosen, str(held[1]))


def _results(chosen: Here, text: str) -> None:
    hits, shown = _hits(chosen, text), parts.visible(text)[:60]
    said = f"{len(hits)} found for {shown!r}, the best first"
    if not hits:
        hits = search_frames.near(chosen, text)
        said = f"Nothing is called {shown!r}. Near spellings:"
    with st.container(horizontal=True, wrap=False, vertical_alignment="center"):
        st.text(said)
        if st.button("Close", key="rail.close", icon=":material/close:", type="tertiary"):
            st.session_state.pop(_RESULTS, None)
            st.rerun()
    event = parts.table(
        search_frames.table(hits),
        key="rail.results.table",
        on_select="rerun",
        selection_mode="single-cell",
        height="content",
    )
    row = parts.picked("rail.results.table", event)
    if row is not None:
        st.session_state.pop(_RESULTS, None)
        view, place, more = search_frames.target(hits[row], chosen)
        address.go(view, place, **more)


def target(text: str, chosen: Here) -> tuple[str, Here, dict[str, object]]:
    """Page, place and parameters a search leads to.

    resid.5/123 or 123 (a dimension here), resid.5 (a site), #12 (an item), else a token.
    """
    hit = search_frames.addressed(chosen, text)
    return ("item", chosen, {"q": text}) if hit is None else search_frames.target(hit, chosen)


def warn_degenerate(chosen: Here) -> None:
    """Say so where more than a quarter of the site's dimensions hardly ever change sign."""
    row = chosen.catalog.sites.set_index("site").loc[chosen.site]
    share = row.degenerate / row.dims
    if chosen.threshold == "zero" and share > numbers.WARN_DEGENERATE:
        other = "special" if chosen.catalog.build["reading"] == "bare" else "bare"
        stored = "median" in chosen.catalog.thresholds
        median = "threshold median" if stored else "--thresholds zero,median"
        parts.notice(
            f"{row.degenerate:.0f} of {row.dims:.0f} dimensions ({share:.0%}) of {chosen.site} "
            "hardly ever change sign with threshold zero. "
            f"Try {median}, or build with --template {other}."
        )

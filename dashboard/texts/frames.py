"""What "Read a text" asks of a catalog: features that fire, signs that changed, one cell.

Opens catalogs, as `frames` does. Figures are made anew from the states of the text, which live in
the session; what depends on the catalog alone is cached until its file changes.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from catalog.browse import texts
from catalog.errors import NotInCatalog
from catalog.signs.bits import unpack
from catalog.store import feature_queries, queries
from catalog.store.catalog import Catalog
from catalog.store.file import rows_of
from catalog.store.reading import Query
from dashboard.common import answers
from dashboard.common.answers import Answer, Here

if TYPE_CHECKING:
    from catalog.model.text_states import TextStates

_MADE = "text.made"


class Read(NamedTuple):
    """A text that was read, and where."""

    here: Here
    text: str
    states: "TextStates"


class Map(NamedTuple):
    """Features at every token of a site."""

    names: tuple[str, ...]
    fired: texts.Fired
    level: NDArray[np.float64]
    usual: NDArray[np.float64]
    """Share of the catalog's items at which each feature fires: its chance level."""


def states_at(read: Read, site: str) -> NDArray[np.float32]:
    """States of every token at a site: float32[tokens, dims]."""
    found = {str(name): values for name, values in read.states.states.items()}
    if site not in found:
        raise NotInCatalog(f"The text was read without {site}. Run it again.")
    values: NDArray[np.float32] = found[site]
    return values


def fired(read: Read) -> Map | None:
    """Every feature at every token of the rail's site; None where nothing was measured there."""
    here, background = read.here, read.here.catalog.primary.background
    made = _features(here.catalog, here.site, here.threshold, background)
    if made is None:
        return None
    features, tail = made
    cut = _values(here.catalog, here.site, here.threshold)
    found = texts.fired(states_at(read, here.site), cut, features, tail)
    return Map(features.names, found, features.level, texts.usual(features, tail))


def fired_copy(read: Read, found: Map) -> Answer:
    """The map as a frame: place, token, and what is known of each cell.

    The Python beside it makes the states and the agreements.
    """
    tokens, features = found.fired.agreement.shape
    frame = pd.DataFrame(
        {
            "place": np.repeat(np.arange(tokens), features),
            "token": np.repeat(np.array(read.states.tokens, object), features),
            "category": np.tile(np.array(found.names, object), tokens),
            "agreement": found.fired.agreement.ravel(),
            "firing_level": np.tile(found.level, tokens),
            "fires": found.fired.fires.ravel(),
            "share_of_items": found.fired.rarity.ravel(),
            "items_that_fire": np.tile(found.usual, tokens),
        }
    )
    return Answer(frame, _python(read), "python")


TokenChanges = texts.Changed


def part(one: TokenChanges, which: slice) -> TokenChanges:
    """Some of the tokens."""
    return TokenChanges(
        one.own[which],
        one.other[which],
        one.own_by_magnitude[which],
        one.other_by_magnitude[which],
        one.counted[which],
    )


class Changed(NamedTuple):
    """How signs changed, at every site of the text."""

    sites: tuple[str, ...]
    found: tuple[texts.Changed, ...]


def changed(read: Read) -> Changed:
    """Signs that differ from cached ones at every site that was read; kept in the session."""
    key = (read.here.catalog, read.here.threshold, id(read.states))
    kept = st.session_state.get(_MADE)
    if kept is not None and kept[0] == key:
        made: Changed = kept[1]
        return made
    sites = tuple(str(site) for site in read.states.states)
    result = Changed(sites, tuple(_changed(read, site) for site in sites))
    st.session_state[_MADE] = (key, result)
    return result


def changed_frame(read: Read, made: Changed) -> Answer:
    """By site: site, own, sd, other, retained, tokens."""
    rows = [
        {
            "site": site,
            "own": float(one.mean(one.own)),
            "sd": float(one.own[one.counted].std(ddof=1)) if one.counted.sum() > 1 else np.nan,
            "other": float(one.mean(one.other)),
            "retained": one.retained,
            "tokens": int(one.counted.sum()),
        }
        for site, one in zip(made.sites, made.found, strict=True)
    ]
    return Answer(pd.DataFrame(rows), _python(read, "changed"), "python")


def magnitude_frame(read: Read, made: Changed) -> Answer:
    """By site and quarter of |state - threshold|, 1 the smallest: site, quarter, own, other."""
    rows = [
        (site, quarter + 1, own, other)
        for site, one in zip(made.sites, made.found, strict=True)
        for quarter, (own, other) in enumerate(
            zip(one.mean(one.own_by_magnitude), one.mean(one.other_by_magnitude), strict=True)
        )
    ]
    frame = pd.DataFrame(rows, columns=["site", "quarter", "own", "other"])
    return Answer(frame, _python(read, "changed"), "python")


def token_frame(read: Read, made: Changed) -> Answer:
    """By site and token: site, place, token, own, other, counted."""
    parts = [
        pd.DataFrame(
            {
                "site": site,
                "place": np.arange(len(one.own)),
                "token": read.states.tokens,
                "own": one.own,
                "other": one.other,
                "counted": one.counted,
            }
        )
        for site, one in zip(made.sites, made.found, strict=True)
    ]
    return Answer(pd.concat(parts, ignore_index=True), _python(read, "changed"), "python")


def _changed(read: Read, site: str) -> texts.Changed:
    here, states = read.here, read.states
    query = queries.bits_of_items(site, here.threshold, states.ids.tolist())
    table = here.catalog.fetch_arrow(query)
    known = table.column("item").to_numpy() if len(table) else np.empty(0, np.int64)
    if not np.isin(states.ids, known).all():
        raise NotInCatalog(
            f"{here.slug} lacks the signs of some tokens of this text at {site}. Build it again."
        )
    dims = states_at(read, site).shape[1]
    packed = rows_of(table.column("bits"), -(-dims // 8))
    cached = unpack(packed, dims)[np.searchsorted(known, states.ids)]
    return texts.changed(
        states_at(read, site),
        _values(here.catalog, site, here.threshold),
        states.ids,
        cached,
        states.special,
        states.causal,
    )


def cell(read: Read, place: int, category: str) -> Answer:
    """One token against one feature: dimension, expected, sign, matches, state, away, auc, q."""
    here = read.here
    background = here.catalog.primary.background
    query = feature_queries.prototype(category, here.site, here.threshold, background)
    prototype = answers.read(here.catalog, query)
    if prototype.empty:
        raise NotInCatalog(f"{here.slug} has no feature {category!r} at {here.site}.")
    frame = texts.behind(
        states_at(read, here.site)[place],
        _values(here.catalog, here.site, here.threshold),
        prototype["dimension"].to_numpy(),
        prototype["sign"].to_numpy(),
    )
    return Answer(frame.assign(auc=prototype["auc"], q=prototype["q"]), query.text)


def across(read: Read, place: int, category: str) -> pd.DataFrame:
    """One token and category at every site that was read: site, agreement, firing_level."""
    here = read.here
    background = here.catalog.primary.background
    query = feature_queries.prototype_everywhere(category, here.threshold, background)
    every = answers.read(here.catalog, query)
    sites = [str(site) for site in read.states.states]
    rows = []
    for site, part in every.groupby("site", sort=False):
        if site not in sites:
            continue
        cut = _values(here.catalog, str(site), here.threshold)
        one = texts.behind(
            states_at(read, str(site))[place],
            cut,
            part["dimension"].to_numpy(),
            part["sign"].to_numpy(),
        )
        level = float(part["firing_level"].iloc[0])
        rows.append((str(site), float(one["matches"].mean()), level))
    return pd.DataFrame(rows, columns=["site", "agreement", "firing_level"])


def _python(read: Read, last: str = "agreement") -> str:
    path, here = str(read.here.catalog.path), read.here
    background = here.catalog.primary.background
    sites = [str(site) for site in read.states.states]
    end = {
        "agreement": (
            f"f = Features.of(fetch(path, firing_levels({here.site!r}, {here.threshold!r}, "
            f"{background!r})),\n    fetch(path, prototypes({here.site!r}, {here.threshold!r}, "
            f"{background!r})))\n"
            f"cut = fetch(path, threshold_values({here.site!r}, {here.threshold!r})).value\n"
            f"agreement(read.states[Site.parse({here.site!r})], cut.to_numpy(), f.prototypes)"
        ),
        "changed": (
            f"site, threshold = {here.site!r}, {here.threshold!r}\n"
            "states = read.states[Site.parse(site)]\n"
            "cut = fetch(path, threshold_values(site, threshold)).value.to_numpy()\n"
            "signs = path.signs(site, threshold)\n"
            "changed(states, cut, read.ids, signs.bits(read.ids).astype(bool), read.special, "
            "read.causal)"
        ),
    }[last]
    return (
        "from pathlib import Path\n"
        "from catalog import live_feature\n"
        "from catalog.model import text_states\n"
        "from catalog.model.live import Live, ModelKey\n"
        "from catalog.sites import Site\n"
        "from catalog.store.feature_queries import firing_levels, prototypes\n"
        "from catalog.store.queries import build, threshold_values\n"
        "from catalog.store.reading import fetch\n"
        "from catalog.browse.texts import Features, agreement, changed\n\n"
        f"path = Path({path!r})\n"
        f"sites = [Site.parse(name) for name in {sites!r}]\n"
        "key = ModelKey.of(fetch(path, build()).iloc[0])\n"
        f"text = {read.text!r}\n"
        "read = Live().submit(key, lambda m, _: text_states.read(m, text, sites)).wait()\n"
        f"{end}"
    )


def _read(catalog: Catalog, query: Query) -> pd.DataFrame:
    frame: pd.DataFrame = _fetched(catalog, query)
    return frame


@answers.cached()
def _fetched(catalog: Catalog, query: Query) -> pd.DataFrame:
    return catalog.fetch(query)


@answers.cached()
def _values(catalog: Catalog, site: str, threshold: str) -> NDArray[np.float32]:
    frame = catalog.fetch(queries.threshold_values(site, threshold))
    values: NDArray[np.float32] = frame["value"].to_numpy(np.float32)
    return values


@st.cache_resource(max_entries=8, show_spinner="Counting how many items agree with each feature")
def _features(
    catalog: Catalog, site: str, threshold: str, background: str
) -> tuple[texts.Features, list[Any]] | None:
    levels = _read(catalog, feature_queries.firing_levels(site, threshold, background))
    dimensions = _read(catalog, feature_queries.prototypes(site, threshold, background))
    features = texts.Features.of(levels, dimensions)
    if not features.names:
        return None
    items = _read(catalog, feature_queries.items())
    own = np.flatnonzero(items["family"].to_numpy() == items["item"].to_numpy())
    signs = path.signs(site, threshold)
    return features, texts.tails(signs, own, features.prototypes)

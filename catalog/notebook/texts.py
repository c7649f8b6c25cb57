"""A text as a notebook gets it: which features fire at each token, and which signs context changes.

Figures are made anew from the states of the text; what depends on the catalog alone is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.browse import texts
from catalog.browse.texts import Fired
from catalog.errors import NotInCatalog, SettingRefused
from catalog.notebook import text_changes
from catalog.notebook.shown import Shown
from catalog.notebook.text_changes import Changes
from catalog.sites import Site
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from catalog.model.text_states import TextStates


@dataclass(frozen=True)
class Map:
    """Features at every token of a site."""

    names: tuple[str, ...]
    fired: Fired
    level: NDArray[np.float64]
    """Agreement above which each feature fires: float64[features]."""
    usual: NDArray[np.float64]
    """Share of the catalog's items at which each feature fires: its chance level."""


@dataclass(frozen=True)
class Text(Shown):
    """A text that was read, its features those of one site and threshold."""

    catalog: Catalog
    site: str
    threshold: str
    text: str
    states: "TextStates" = field(repr=False, compare=False)
    """Its tokens, and their states at every site that was read."""

    @property
    def title(self) -> str:
        """Where it was read, and how many tokens it has."""
        cut = f", of {self.states.whole:,}" if self.states.cut else ""
        return (
            f"{self.catalog.slug} › {self.site}, threshold {self.threshold}: "
            f"{len(self.states.ids):,} tokens{cut}"
        )

    @property
    def sites(self) -> tuple[str, ...]:
        """Sites that were read, in order."""
        return tuple(str(site) for site in self.states.states)

    def at(self, site: str) -> NDArray[np.float32]:
        """States of every token at a site: float32[tokens, dims]. NotInCatalog unless read."""
        if site not in self.sites:
            raise NotInCatalog(f"The text was read without {site}. Run it again.")
        return self.states.states[Site.parse(site)]

    @cached_property
    def map(self) -> Map | None:
        """Every feature of the catalog at every token; None where nothing was measured here."""
        found = texts.measured(self.catalog, self.site, self.threshold)
        if found is None:
            return None
        features, cut = found.features, self.catalog.cuts(self.site, self.threshold)
        fired = texts.fired(self.at(self.site), cut, features, found.tail)
        return Map(features.names, fired, features.level, texts.usual(features, found.tail))

    def frame(self) -> pd.DataFrame:
        """A row a token and feature; SettingRefused where the categories were not measured.

        Columns: place, token, category, agreement, firing_level, fires, share_of_items (that agree
        at least as much), items_that_fire (share; what chance gives).
        """
        found = self.map
        if found is None:
            raise SettingRefused(
                f"The categories of {self.catalog.slug} have not been measured at {self.site}. "
                f"Measure them with: dims features {self.catalog.slug}"
            )
        tokens, features = found.fired.agreement.shape
        return pd.DataFrame(
            {
                "place": np.repeat(np.arange(tokens), features),
                "token": np.repeat(np.array(self.states.tokens, object), features),
                "category": np.tile(np.array(found.names, object), tokens),
                "agreement": found.fired.agreement.ravel(),
                "firing_level": np.tile(found.level, tokens),
                "fires": found.fired.fires.ravel(),
                "share_of_items": found.fired.rarity.ravel(),
                "items_that_fire": np.tile(found.usual, tokens),
            }
        )

    def changes(self) -> Changes:
        """How many signs differ from those that the catalog holds for the tokens, at every site."""
        return text_changes.changes(
            self.catalog, self.threshold, self.title, self.states, self.sites
        )

    def cell(self, place: int, category: str) -> pd.DataFrame:
        """One token against one feature, the strongest dimension first.

        Columns: dimension, expected, sign (+1 or -1 here), matches, state, away (the state's
        distance from its threshold), auc, q. NotInCatalog for a feature it does not hold.
        """
        background = self.catalog.primary.background
        query = feature_queries.prototype(category, self.site, self.threshold, background)
        prototype = self.catalog.fetch(query)
        if prototype.empty:
            raise NotInCatalog(f"{self.catalog.slug} has no feature {category!r} at {self.site}.")
        frame = texts.behind(
            self.at(self.site)[place],
            self.catalog.cuts(self.site, self.threshold),
            prototype["dimension"].to_numpy(),
            prototype["sign"].to_numpy(),
        )
        return frame.assign(auc=prototype["auc"], q=prototype["q"])

    def across(self, place: int, category: str) -> pd.DataFrame:
        """One token and category at every site that was read: site, agreement, firing_level."""
        background = self.catalog.primary.background
        query = feature_queries.prototype_everywhere(category, self.threshold, background)
        rows = []
        for site, part in self.catalog.fetch(query).groupby("site", sort=False):
            if site not in self.sites:
                continue
            one = texts.behind(
                self.at(str(site))[place],
                self.catalog.cuts(str(site), self.threshold),
                part["dimension"].to_numpy(),
                part["sign"].to_numpy(),
            )
            level = float(part["firing_level"].iloc[0])
            rows.append((str(site), float(one["matches"].mean()), level))
        return pd.DataFrame(rows, columns=["site", "agreement", "firing_level"])

    def plot(self) -> "go.Figure":
        """Share of signs that context changes at every site, beside chance: that of `changes`."""
        return self.changes().plot()


def sites_of(catalog: Catalog, site: str) -> tuple[str, ...]:
    """Sites at which a text is read: the residual stream, final, and `site`."""
    present = catalog.sites.dropna(subset="dims")
    stream = present["kind"].isin(["resid", "final"]) | (present["site"] == site)
    return tuple(present["site"][stream])


def read(catalog: Catalog, text: str, site: str | None, threshold: str | None) -> Text:
    """See `notebook.catalog.Catalog.read`; SettingRefused for an empty text, and for no text model.

    Raises what loading the model raises.
    """
    if catalog.modality != "text":
        raise SettingRefused(
            f"{catalog.slug} was built from a model of {catalog.modality}, which reads no text."
        )
    place = catalog.primary.site if site is None else site
    chosen = catalog.checked(place, threshold)
    from catalog.model import opening, text_states  # torch takes seconds

    asked: Sequence[Site] = [Site.parse(name) for name in sites_of(catalog, place)]
    states = text_states.read(opening.of(catalog), text, asked)
    return Text(catalog, place, chosen, text, states)

"""Signs that context changes in a text: at every site, by magnitude, token by token."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from catalog.browse import siblings
from catalog.errors import NotInCatalog
from catalog.notebook.shown import Shown
from catalog.signs import context
from catalog.signs.bits import unpack
from catalog.signs.context import Changed
from catalog.sites import Site
from catalog.store import queries
from catalog.store.catalog import Catalog
from catalog.store.file import rows_of

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from catalog.model.text_states import TextStates


@dataclass(frozen=True)
class Changes(Shown):
    """Signs of a text that differ from the catalog's, at every site that was read."""

    of: str
    """The text's line."""
    sites: tuple[str, ...]
    found: tuple[Changed, ...] = field(repr=False, compare=False)
    tokens: tuple[str, ...] = field(repr=False)

    @property
    def title(self) -> str:
        """Which text."""
        return f"{self.of}, signs that context changes"

    def at(self, site: str) -> Changed:
        """The shares at one site."""
        return self.found[self.sites.index(site)]

    def frame(self) -> pd.DataFrame:
        """By site: site, own, sd, other, retained, tokens.

        `own` is the share of signs that differ from the token's own cached ones, mean over the
        tokens that have a context, `sd` over them; `other` the same against the text's other
        tokens, which is chance; retained = 1 - own / other.
        """
        rows = [
            {
                "site": site,
                "own": float(one.mean(one.own)),
                "sd": float(one.own[one.counted].std(ddof=1)) if one.counted.sum() > 1 else np.nan,
                "other": float(one.mean(one.other)),
                "retained": one.retained,
                "tokens": int(one.counted.sum()),
            }
            for site, one in zip(self.sites, self.found, strict=True)
        ]
        return pd.DataFrame(rows)

    def by_magnitude(self) -> pd.DataFrame:
        """By site and quarter of |state - threshold|, 1 the smallest: site, quarter, own, other."""
        rows = [
            (site, quarter + 1, own, other)
            for site, one in zip(self.sites, self.found, strict=True)
            for quarter, (own, other) in enumerate(
                zip(one.mean(one.own_by_magnitude), one.mean(one.other_by_magnitude), strict=True)
            )
        ]
        return pd.DataFrame(rows, columns=["site", "quarter", "own", "other"])

    def by_token(self) -> pd.DataFrame:
        """By site and token: site, place, token, own, other, counted (whether it enters means)."""
        parts = [
            pd.DataFrame(
                {
                    "site": site,
                    "place": np.arange(len(one.own)),
                    "token": self.tokens,
                    "own": one.own,
                    "other": one.other,
                    "counted": one.counted,
                }
            )
            for site, one in zip(self.sites, self.found, strict=True)
        ]
        return pd.concat(parts, ignore_index=True)

    def plot(
        self, what: Literal["layers", "magnitude"] = "layers", site: str | None = None
    ) -> "go.Figure":
        """Own and chance at every site (`site` ringed), or at one site by magnitude."""
        from catalog.figures import texts  # Plotly takes a third of a second to import

        if what == "layers":
            return texts.by_layer(self.frame(), site or "")
        place = site or self.sites[-1]
        rows = self.by_magnitude()
        return texts.by_magnitude(rows[rows["site"] == place])


def changes(
    catalog: Catalog, threshold: str, of: str, states: "TextStates", sites: tuple[str, ...]
) -> Changes:
    """Compare a text's signs with those of its tokens alone, at the `sites` that are known alone.

    Of a catalog of tokens in context the one of the same model's single tokens beside it is asked;
    NotInCatalog where there is none, or it lacks a token's signs; SettingRefused where it lacks the
    threshold.
    """
    alone = siblings.beside(catalog) if catalog.contextual else catalog
    alone.checked(alone.primary.site, threshold)
    known = tuple(site for site in sites if site in alone.site_names)
    found = tuple(_changed(alone, threshold, states, site) for site in known)
    return Changes(of, known, found, states.tokens)


def _changed(catalog: Catalog, threshold: str, states: "TextStates", site: str) -> Changed:
    table = catalog.fetch_arrow(queries.bits_of_items(site, threshold, states.ids.tolist()))
    known = table.column("item").to_numpy() if len(table) else np.empty(0, np.int64)
    if not np.isin(states.ids, known).all():
        raise NotInCatalog(
            f"{catalog.slug} lacks the signs of some tokens of this text at {site}. Build it again."
        )
    values = states.states[Site.parse(site)]
    dims = values.shape[1]
    packed = rows_of(table.column("bits"), -(-dims // 8))
    cached = unpack(packed, dims)[np.searchsorted(known, states.ids)]
    return context.changed(
        values,
        catalog.cuts(site, threshold),
        cached,
        context.other_tokens(states.ids, cached, states.special),
        context.in_context(states.special, states.causal),
    )

"""A feature as a notebook gets it: of a stored category, of words given here, or discovered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.features import agreeing, overlaps
from catalog.features import curves as held_out
from catalog.features.agreeing import Agreeing
from catalog.figures.text import between
from catalog.modalities.backgrounds import BACKGROUNDS, Background
from catalog.notebook import feature_answers
from catalog.notebook.feature_answers import Across, Agreement, Curves, Overlap, Top, Waves
from catalog.notebook.shown import Shown
from catalog.signs.prototypes import Ints
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from catalog.browse.in_context import InContext


@dataclass(frozen=True)
class Feature(Shown):
    """Dimensions of a site with one expected sign each. Kinds: OfCategory, OfWords, Discovered."""

    catalog: Catalog
    site: str
    threshold: str
    name: str
    prototype: pd.DataFrame = field(repr=False, compare=False)
    """Registered dimensions, strongest first: what `frame` gives. Never change it."""
    members: Ints = field(repr=False, compare=False)
    """One item a family, in the order of the list; none of a discovered feature."""

    @property
    def title(self) -> str:
        """Where it is, and how many dimensions it has."""
        return (
            f"{self.catalog.slug} › {self.site} › {self.name}, threshold {self.threshold}: "
            f"{len(self.prototype):,} dimensions"
        )

    @property
    def dimensions(self) -> NDArray[np.int64]:
        """The registered dimensions: int64[n]."""
        found: NDArray[np.int64] = self.prototype["dimension"].to_numpy(np.int64)
        return found

    @property
    def signs(self) -> NDArray[np.int8]:
        """The sign expected of each, +1 or -1: int8[n]."""
        found: NDArray[np.int8] = self.prototype["sign"].to_numpy(np.int8)
        return found

    @property
    def firing_level(self) -> float | None:
        """Agreement above which an item fires; None where the feature has no such level."""
        return None

    def frame(self) -> pd.DataFrame:
        """Registered dimensions, strongest first: dimension, sign, auc, p, q.

        `auc` is the sign AUC on the anchors, `p` hypergeometric, `q` over the family that each
        kind names. A discovered feature has dimension and sign alone.
        """
        return self.prototype.copy()

    def top(self, k: int = agreeing.TOP) -> Top:
        """The `k` items that agree most."""
        found = self._agreeing()
        return self._top(found, found.top(k))

    def false_positives(self, k: int = agreeing.TOP) -> Top:
        """The `k` items that agree most and are no members, one of each family."""
        found = self._agreeing()
        return self._top(found, found.false_positives(k))

    def _agreeing(self) -> Agreeing:
        return agreeing.with_prototype(
            self.catalog, self.site, self.threshold, self.prototype, self.members
        )

    def _top(self, found: Agreeing, rows: pd.DataFrame) -> Top:
        level = self.firing_level
        firing = None if level is None else found.firing(level)
        return Top(self.title, rows, len(self.members), found.members_first, firing)


@dataclass(frozen=True)
class OfCategory(Feature):
    """The feature of a measured category, as the catalog holds it."""

    background: Background
    figures: Mapping[str, Any] = field(repr=False, compare=False)
    """Its row of the table `feature`, by column; see docs/schema.md. Missing ones are None."""

    @property
    def title(self) -> str:
        """Where it is, and its held-out AUC beside its null and its strongest control."""
        null, rival = self.null_p95, self.confusable_auc
        auc = between(self.auc, self.low, self.high)
        drawn = "not drawn" if null is None else format(null, ".3f")
        return (
            f"{super().title}; held-out AUC {auc} against {self.background}, null p95 {drawn}"
            + ("" if rival is None else f", against {self.confusable} {rival:.3f}")
        )

    @property
    def auc(self) -> float:
        """Prototype AUC: held-out members against the background, mean of 20 splits."""
        return float(self.figures["auc"])

    @property
    def low(self) -> float | None:
        """Lower end of the 95 % interval of `auc` over families."""
        return self._number("auc_low")

    @property
    def high(self) -> float | None:
        """Upper end of it."""
        return self._number("auc_high")

    def in_context(self, texts: Catalog) -> "InContext":
        """This feature at every position of a catalog of the same model's tokens in context.

        See `catalog.browse.in_context.InContext`. SettingRefused for a catalog of other weights.
        """
        from catalog.browse import in_context

        where = (self.site, self.threshold, self.background)
        return in_context.of(texts, self.catalog, self.name, *where)

    @property
    def reliability(self) -> float | None:
        """Split-half reliability: whether two halves of the members mark the same dimensions."""
        return self._number("reliability")

    @property
    def null_p95(self) -> float | None:
        """95th percentile of the AUC of random sets; None where no null was drawn."""
        return self._number("null_p95")

    @property
    def p(self) -> float | None:
        """Share of random sets with at least this AUC; None where no null was drawn."""
        return self._number("p")

    @property
    def q(self) -> float | None:
        """Benjamini-Hochberg over categories x sites; None outside the primary cell's kind."""
        return self._number("q")

    @property
    def confusable(self) -> str | None:
        """The category it is told apart from worst; None where none is large enough."""
        found = self.figures["confusable"]
        return None if found is None else str(found)

    @property
    def confusable_auc(self) -> float | None:
        """AUC against the members of that category."""
        return self._number("confusable_auc")

    @property
    def coherence(self) -> float | None:
        """AUC against the members of all other categories."""
        return self._number("coherence")

    @property
    def fallback(self) -> bool:
        """Whether fewer than 8 dimensions reached the registration level."""
        return bool(self.figures["fallback"])

    @property
    def small(self) -> bool:
        """Fewer than 20 anchor or 20 held-out families: no verdict."""
        return bool(self.figures["small"])

    @property
    def firing_level(self) -> float:
        """5th percentile of the agreement of held-out members; an item fires above it."""
        return float(self.figures["firing_level"])

    def _number(self, name: str) -> float | None:
        value = self.figures[name]
        return None if value is None else float(value)

    def curves(self) -> Curves:
        """Its held-out ROC, measured again from the same seed, and that of 40 random sets.

        Seconds; made once per file.
        """
        return Curves(self.title, self._curves())

    def agreement(self) -> Agreement:
        """How much held-out members and the background agree with it; made with `curves`."""
        return Agreement(self.title, self._curves(), self.firing_level)

    def _curves(self) -> held_out.Curves:
        return held_out.measure(self.catalog, self.name, self.site, self.threshold, self.background)

    def across(self) -> Across:
        """The same category at every site."""
        query = feature_queries.across(self.name, self.threshold, self.background)
        return Across(self.title, self.site, self.catalog.fetch(query))

    def overlap(self) -> Overlap:
        """Other categories' features here that share dimensions with it."""
        rows = overlaps.of(self.catalog, self.name, self.site, self.threshold, self.background)
        return Overlap(self.title, rows)

    def cycle(self) -> Waves:
        """Whether its signs turn with the circle of its words; NotInCatalog where it is none."""
        return feature_answers.waves(self.catalog, self.name, self.site, self.threshold)

    def plot(self) -> "go.Figure":
        """Its held-out ROC over the band of random sets."""
        return self.curves().plot()


def feature(
    catalog: Catalog,
    site: str,
    category: str | None = None,
    words: Sequence[str] | None = None,
    counter: Sequence[str] = (),
    discovered: str | None = None,
    where: tuple[str | None, str | None] = (None, None),
) -> Feature:
    """See `notebook.catalog.Catalog.feature`; `where` is threshold and background."""
    if sum(one is not None for one in (category, words, discovered)) != 1:
        raise SettingRefused("Name one of category, words and discovered: a feature is of one.")
    threshold, against = where
    chosen = catalog.checked(site, threshold, against)
    if discovered is not None:
        from catalog.notebook import discoveries

        return discoveries.feature(catalog, site, discovered, chosen)
    named = against or catalog.primary.background
    background = next(one for one in BACKGROUNDS if one == named)
    if category is not None:
        return of_category(catalog, site, category, chosen, background)
    from catalog.notebook import concepts

    return concepts.feature(catalog, site, words or (), counter, chosen, background)


def of_category(
    catalog: Catalog, site: str, category: str, threshold: str, background: Background
) -> OfCategory:
    """The stored feature of a category; NotInCatalog where the catalog does not hold it."""
    where = (category, site, threshold, background)
    row = catalog.one(
        feature_queries.feature(*where),
        f"The catalog has no feature {category!r} at {site}, threshold {threshold}, background "
        f"{background}. Its categories are in `.categories`.",
    )
    figures = {str(k): None if pd.isna(v) else v for k, v in row.items()}
    members = catalog.fetch(feature_queries.members_in_order(category))
    return OfCategory(
        catalog,
        site,
        threshold,
        category,
        catalog.fetch(feature_queries.prototype(*where)),
        members["item"].to_numpy(np.int64),
        background,
        MappingProxyType(figures),
    )

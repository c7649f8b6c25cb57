"""A feature of words given on the spot: registered on all of them, its AUC held out by folds."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from catalog.errors import SettingRefused
from catalog.features import from_words, nulls, overlaps
from catalog.features.agreeing import Agreeing
from catalog.features.from_words import Live
from catalog.figures import cells
from catalog.figures.svg import Drawn
from catalog.modalities.backgrounds import Background
from catalog.notebook.feature_answers import Null, Overlap
from catalog.notebook.features import Feature
from catalog.progress import Report, silent
from catalog.store import feature_queries
from catalog.store.catalog import Catalog

NAMED = 4
"""Words that the name of a feature holds."""


@dataclass(frozen=True)
class OfWords(Feature):
    """A feature of words, or of images and sounds by number (#12)."""

    words: tuple[str, ...]
    counter: tuple[str, ...]
    """Counter-examples: items it must not fire on."""
    background: Background
    live: Live = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """Where it is, and its held-out AUC with its interval."""
        if self.auc is None:
            return f"{super().title}; one word has no held-out AUC"
        interval = f"[{self.low:.3f}, {self.high:.3f}]"
        small = "; small: no verdict" if self.small else ""
        return (
            f"{super().title}; held-out AUC {self.auc:.3f} {interval} against {self.background}, "
            f"{len(self.members)} families{small}"
        )

    @property
    def auc(self) -> float | None:
        """Held-out AUC by folds against the background; None for a single word."""
        return self.live.concept.auc

    @property
    def low(self) -> float | None:
        """Lower end of the 95 % interval of `auc` over words."""
        return self.live.concept.low

    @property
    def high(self) -> float | None:
        """Upper end of it."""
        return self.live.concept.high

    @property
    def auc_counter(self) -> float | None:
        """Held-out AUC against the counter-examples; None below two of them."""
        return self.live.concept.auc_counter

    @property
    def fallback(self) -> bool:
        """Whether fewer than 8 dimensions reached the registration level."""
        return self.live.concept.fallback

    @property
    def small(self) -> bool:
        """Fewer than 20 words: no verdict."""
        return self.live.concept.small

    @property
    def missing(self) -> tuple[str, ...]:
        """Words that are no single token here."""
        return self.live.words.missing

    def _agreeing(self) -> Agreeing:
        return self.live.agreeing(self.catalog)

    def overlap(self) -> Overlap:
        """The catalog's own features that share dimensions or words with it; none if unmeasured."""
        query = feature_queries.prototypes(self.site, self.threshold, self.background)
        concept = self.live.concept
        beside = overlaps.beside(
            concept.dimensions,
            concept.signs,
            self.catalog.fetch(query),
            len(concept.sign_auc),
        )
        members = self.catalog.fetch(feature_queries.all_members())
        shared = members[members["item"].isin(self.members)].groupby("category").size()
        words = beside["category"].map(shared).fillna(0).astype(int)
        return Overlap(self.title, beside.assign(words=words))

    def draw_null(self, most: int = nulls.DRAWS, report: Report = silent) -> Null:
        """Draw its null: at least 200 random sets, up to `most` while fewer than 10 reach its AUC.

        Seconds for 200. `report` is told the draws made and may raise to cancel. SettingRefused for
        a single word.
        """
        if self.auc is None:
            raise SettingRefused("One word has no held-out AUC to test: give at least two.")
        null = self.live.null()

        def told(made: int, of: int) -> None:
            report("null", made, of)

        p, draws = null.p(self.auc, min(nulls.DRAWS, most), most, told)
        return Null(self.title, self.auc, p, most, null.aucs[:draws])

    def plot(self) -> Drawn:
        """Its signed dimensions as bars of AUC - 1/2."""
        return Drawn(cells.strip(self.prototype))


def feature(
    catalog: Catalog,
    site: str,
    words: Sequence[str],
    counter: Sequence[str],
    threshold: str,
    background: Background,
) -> OfWords:
    """Make it; NotInCatalog or SettingRefused where the words cannot make one."""
    live = from_words.made(catalog, site, threshold, words, counter, background)
    concept = live.concept
    prototype = pd.DataFrame(
        {
            "dimension": concept.dimensions,
            "sign": concept.signs.astype(int),
            "auc": concept.sign_auc[concept.dimensions],
            "p": concept.p[concept.dimensions],
            "q": concept.q[concept.dimensions],
        }
    )
    strongest = (-(prototype["auc"] - 0.5).abs()).sort_values(kind="stable").index
    more = f" and {len(words) - NAMED} more" if len(words) > NAMED else ""
    return OfWords(
        catalog,
        site,
        threshold,
        ", ".join(words[:NAMED]) + more,
        prototype.loc[strongest].reset_index(drop=True),
        np.asarray(live.words.members, np.int64),
        tuple(words),
        tuple(counter),
        background,
        live,
    )

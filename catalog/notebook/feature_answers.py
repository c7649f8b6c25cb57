"""What a feature answers in a notebook: items, ROC, agreement, layers, overlaps, waves, null."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from catalog.features import curves as held_out
from catalog.features import cycles, power
from catalog.notebook.shown import Shown
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    import plotly.graph_objects as go

DRAWN = 20
"""Items that a figure draws."""


@dataclass(frozen=True)
class Top(Shown):
    """Items by agreement with a feature, members marked."""

    of: str
    """The feature, in a line."""
    rows: pd.DataFrame = field(repr=False, compare=False)
    members: int
    """Families of members; 0 where the feature has none."""
    members_first: int
    """Members among the first as many families by agreement, a member winning no tie."""
    firing: float | None
    """Share of the other families that fire; None without a firing level."""

    @property
    def title(self) -> str:
        """Which feature, and how many members come first."""
        first = f": {self.members_first} of the first {self.members} families are members"
        return f"{self.of}, items that agree most{first if self.members else ''}"

    def frame(self) -> pd.DataFrame:
        """The items that agree most first.

        Columns: item, text, agreement (share of the feature's dimensions whose sign the item has),
        member (whether its family is a member's).
        """
        return self.rows.copy()

    def plot(self) -> "go.Figure":
        """The first 20 as bars of their agreement, members violet."""
        from catalog.figures import features  # Plotly takes a third of a second to import

        return features.best(self.rows.head(DRAWN))


@dataclass(frozen=True)
class Curves(Shown):
    """The held-out ROC of a category's feature, over 20 splits, beside that of random sets."""

    of: str
    made: held_out.Curves = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """Which feature, its area, and what random sets reach."""
        area, null = self.made.aucs.mean(), np.quantile(self.made.null_aucs, 0.95)
        return f"{self.of}, held-out ROC: area {area:.3f}; 95 % of random sets below {null:.3f}"

    def frame(self) -> pd.DataFrame:
        """Rates at 101 points: false_positive, true_positive, null_low, null_high.

        `true_positive` is the mean over the splits; the null is 5 % to 95 % of the curves of
        random sets.
        """
        return pd.DataFrame(
            {
                "false_positive": self.made.rate,
                "true_positive": self.made.roc,
                "null_low": self.made.null_low,
                "null_high": self.made.null_high,
            }
        )

    def plot(self) -> "go.Figure":
        """The curve over the band of random sets."""
        from catalog.figures import held_out as figures

        return figures.roc(self.frame())


@dataclass(frozen=True)
class Agreement(Shown):
    """How much held-out members agree with a category's feature, beside the background."""

    of: str
    made: held_out.Curves = field(repr=False, compare=False)
    level: float
    """The firing level: an item fires above it."""

    @property
    def title(self) -> str:
        """Which feature, and above which agreement an item fires."""
        return f"{self.of}, agreement; fires above {self.level:.3f}"

    def frame(self) -> pd.DataFrame:
        """Shares of the held-out members and of the background in equal bins of agreement.

        Columns: low, high (edges of the bin), members, background (shares, over all splits).
        """
        return pd.DataFrame(
            {
                "low": self.made.edges[:-1],
                "high": self.made.edges[1:],
                "members": self.made.members,
                "background": self.made.background,
            }
        )

    def plot(self) -> "go.Figure":
        """Both distributions as bars, the firing level marked."""
        from catalog.figures import held_out as figures

        return figures.distribution(self.frame(), self.level)


@dataclass(frozen=True)
class Across(Shown):
    """A category's feature at every site."""

    of: str
    site: str
    rows: pd.DataFrame = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """Which feature."""
        return f"{self.of}, at every site"

    def frame(self) -> pd.DataFrame:
        """The columns of table `feature` by site, with `gain`: AUC minus the AUC at resid.0."""
        return self.rows.copy()

    def plot(self) -> "go.Figure":
        """AUC by site with its interval, the null's 95th percentile and the level of resid.0."""
        from catalog.figures import features

        return features.across(self.rows, self.site)


@dataclass(frozen=True)
class Overlap(Shown):
    """Features of the catalog's categories that share dimensions with a feature."""

    of: str
    rows: pd.DataFrame = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """Which feature."""
        return f"{self.of}, dimensions shared with the features of categories"

    def frame(self) -> pd.DataFrame:
        """Most alike first: category, dimensions, same, opposite, expected, excess.

        `same` and `opposite` count shared dimensions by expected sign, `expected` those shared by
        chance; a feature of words has `words` besides, those that are members too.
        """
        return self.rows.copy()


@dataclass(frozen=True)
class Waves(Shown):
    """Whether signs turn with a circle of words (months, weekdays) at a site."""

    category: str
    site: str
    circle: cycles.Circle = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """Which circle, the share of one turn, and its p."""
        made = self.circle.cycle
        return (
            f"{self.category} at {self.site}: one turn of {made.words} words holds "
            f"{made.share[0]:.1%} of the variation of signs (permuted orders "
            f"{made.null_mean[0]:.1%}), p {made.p[0]:.3f}"
        )

    def frame(self) -> pd.DataFrame:
        """By period (words a turn): period, share, null_mean, null_low, null_high, p, q.

        `share` is the part of the variation of signs that the wave holds, mean over the dimensions
        that vary; the null permutes the words.
        """
        columns = ["period", "share", "null_mean", "null_low", "null_high", "p", "q"]
        return pd.DataFrame({name: getattr(self.circle.cycle, name) for name in columns})

    def signs(self) -> pd.DataFrame:
        """Signs along the circle at the dimensions that vary: word, dimension, positive."""
        circle, varying = self.circle, self.circle.cycle.varying
        return pd.DataFrame(
            {
                "word": np.repeat(np.array(circle.words, object), len(varying)),
                "dimension": np.tile(varying, len(circle.words)),
                "positive": circle.signs.ravel(),
            }
        )

    def plot(self) -> "go.Figure":
        """Share of each period over the band of permuted orders."""
        from catalog.figures import features

        return features.waves(self.frame())


@dataclass(frozen=True)
class Null(Shown):
    """Random sets of as many families through the whole procedure, beside the AUC observed."""

    of: str
    observed: float
    p: float
    """(1 + b) / (1 + draws), with b draws of at least the observed AUC."""
    most: int
    """Draws that it might have been extended to."""
    aucs: NDArray[np.float64] = field(repr=False, compare=False)

    @property
    def draws(self) -> int:
        """Random sets drawn."""
        return len(self.aucs)

    @property
    def mean(self) -> float:
        """Mean AUC of the random sets."""
        return float(self.aucs.mean())

    @property
    def p95(self) -> float:
        """95th percentile of their AUC."""
        return float(np.quantile(self.aucs, 0.95))

    @property
    def least_told(self) -> float:
        """AUC below which p is above 0.05 here: so many words cannot be told from chance."""
        return power.least_told(self.aucs)

    @property
    def detectable(self) -> float:
        """True AUC from which 4 of 5 lists of so many words have p at most 0.05 here."""
        return power.detectable(self.aucs)

    @property
    def title(self) -> str:
        """Which feature, its AUC, and how many random sets reach it."""
        return (
            f"{self.of}: AUC {self.observed:.3f} against {self.draws:,} random sets, 95 % of them "
            f"below {self.p95:.3f}; p {self.p:.3g}"
        )

    def frame(self) -> pd.DataFrame:
        """One row a random set: auc."""
        return pd.DataFrame({"auc": self.aucs})

    def plot(self) -> "go.Figure":
        """The draws as bars, the observed AUC as a line."""
        from catalog.figures import features

        return features.null(self.aucs, self.observed)


def waves(catalog: Catalog, category: str, site: str, threshold: str | None) -> Waves:
    """See `notebook.catalog.Catalog.cycle`."""
    chosen = catalog.checked(site, threshold)
    return Waves(category, site, cycles.of(catalog, category, site, chosen))

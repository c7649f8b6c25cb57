"""Who writes the features of a site, and what ablating the writers does, as a notebook gets it."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from catalog.circuits import ablate as ablating
from catalog.circuits.ablate import Ablated, Asked
from catalog.errors import NotInCatalog
from catalog.notebook.shown import Shown
from catalog.progress import Report, silent
from catalog.store import queries, writer_queries
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from catalog.model.loading import LoadedModel


@dataclass(frozen=True)
class Writers(Shown):
    """The FFN neurons that write the features of a site, as `dims writers` left them."""

    catalog: Catalog
    site: str
    threshold: str
    rows: pd.DataFrame = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """How many features are written."""
        able = self.rows[self.rows["verdict"] != "no verdict"]
        written = int((able["verdict"] == "written").sum())
        return (
            f"{self.catalog.slug} › {self.site}, threshold {self.threshold}: {written} of "
            f"{len(able)} features with a verdict are written"
        )

    def frame(self) -> pd.DataFrame:
        """A row a feature, those with a verdict first, the highest held-out agreement on top.

        The columns of the table `coalition` but its null draws; see docs/schema.md.
        """
        return self.rows.copy()

    def coalition(self, name: str, kind: str = "category") -> "pd.Series[Any]":
        """The coalition of one feature, its null draws too: the columns of `coalition`.

        NotInCatalog where it has no dimensions here.
        """
        return self.catalog.one(
            writer_queries.coalition(kind, name, self.site, self.threshold),
            f"{name} has no feature with dimensions at {self.site}.",
        )

    def neurons(self, name: str, kind: str = "category") -> pd.DataFrame:
        """The 20 neurons that agree most, or least, with a feature.

        Columns: rank, layer, neuron, agreement (share of equal signs), polarity, norm (length of
        the column), writer (whether it is above every null).
        """
        query = writer_queries.writers(kind, name, self.site, self.threshold)
        return self.catalog.fetch(query)

    def keys_values(self, category: str) -> pd.DataFrame:
        """A category in the stream, keys and values, layer by layer.

        Columns: kind, layer, site, auc, auc_low, auc_high (95 % interval), null_p95, p, q,
        dimensions, fallback.
        """
        background = self.catalog.primary.background
        return self.catalog.fetch(writer_queries.keys_values(category, self.threshold, background))

    def plot(self, name: str, kind: str = "category") -> "go.Figure":
        """A coalition's held-out agreement against its nulls, the paper's procedure below."""
        from catalog.figures import circuits as figures  # Plotly takes a third of a second

        return figures.coalition(self.coalition(name, kind))


@dataclass(frozen=True)
class Ablation(Shown):
    """What ablating a feature's strongest writers did, beside as many random neurons."""

    catalog: Catalog
    asked: Asked
    made: Ablated = field(repr=False, compare=False)

    @property
    def verdict(self) -> str:
        """carry the feature, work against it, undecided, or no more than random neurons."""
        return self.made.members.verdict

    @property
    def sentence(self) -> str:
        """The changes of agreement on held-out members, in one sentence."""
        judged = self.made.members
        return (
            f"Agreement of {self.made.shown} items with the feature, {self.made.before:.3f} "
            "before, on dimensions that chose no neuron: "
            f"{judged.writers.value:+.3f} without the writers, "
            f"{judged.random.value:+.3f} without random neurons; difference "
            f"{judged.difference.value:+.3f} "
            f"[{judged.difference.low:+.3f}, {judged.difference.high:+.3f}]."
        )

    @property
    def title(self) -> str:
        """Feature, site and verdict, and what it rests on."""
        return f"Writers of {self.asked.name} at {self.asked.site}: {self.verdict}. {self.sentence}"

    def frame(self) -> pd.DataFrame:
        """Changes of agreement with 95 % intervals: items, ablated, change, low, high.

        Of the feature's held-out members and of background items; without the writers, without
        random neurons, and the difference.
        """
        rows = [
            (items, what, one.value, one.low, one.high)
            for items, effect in (
                ("members", self.made.members),
                ("background", self.made.background),
            )
            for what, one in (
                ("the writers", effect.writers),
                ("random neurons", effect.random),
                ("writers − random", effect.difference),
            )
        ]
        return pd.DataFrame(rows, columns=["items", "ablated", "change", "low", "high"])

    def draws(self) -> pd.DataFrame:
        """Change of the members' agreement in every random draw: draw (from 1), change."""
        numbers = np.arange(1, len(self.made.draws) + 1)
        return pd.DataFrame({"draw": numbers, "change": self.made.draws})

    def neurons(self) -> pd.DataFrame:
        """The writers that were ablated, the most often chosen first.

        Columns: layer, neuron, times (splits in which it was ablated), size (mean |activation| over
        the members x length of the column).
        """
        made = self.made
        return pd.DataFrame(
            {"layer": made.layer, "neuron": made.neuron, "times": made.times, "size": made.size}
        )

    def plot(self) -> "go.Figure":
        """The changes with their intervals; each random draw is a dot."""
        from catalog.figures import circuits as figures

        return figures.ablation(self.frame(), self.draws())


def call(asked: Asked) -> str:
    """The call of `Catalog.ablate` that asks for exactly this."""
    named = "" if asked.kind == "category" else f"kind={asked.kind!r}, "
    return (
        f"c.ablate({asked.name!r}, {asked.site!r}, {named}threshold={asked.threshold!r}, "
        f"neurons={asked.neurons}, seed={asked.seed})"
    )


def writers(catalog: Catalog, site: str, threshold: str | None = None) -> Writers:
    """The writers of a site; NotInCatalog where they have not been looked for."""
    chosen = catalog.checked(site, threshold)
    known = set(catalog.fetch(queries.tables())["table"])
    rows = (
        catalog.fetch(writer_queries.coalitions(site, chosen))
        if "coalition" in known  # a file of an earlier day has no such table
        else pd.DataFrame()
    )
    if rows.empty:
        raise NotInCatalog(
            f"The neurons that write to {site} have not been looked for with threshold {chosen}. "
            f"Look for them with: dims writers {catalog.slug} {site} --threshold {chosen}"
        )
    return Writers(catalog, site, chosen, rows)


def ablate(catalog: Catalog, asked: Asked, report: Report = silent) -> Ablation:
    """Load the catalog's model, ablate, and let the model go; raises as `catalog.circuits.ablate`.

    ModelUnavailable or SettingRefused where the model cannot be had, or has other weights.
    """
    from catalog.model import opening  # torch takes seconds

    ablating.check(catalog, asked)
    report("loading the model", 0, 0)
    return ablated(opening.of(catalog), catalog, asked, report)


def ablated(
    model: "LoadedModel", catalog: Catalog, asked: Asked, report: Report = silent
) -> Ablation:
    """The same on a model that is loaded already."""
    return Ablation(catalog, asked, ablating.of(model, catalog, asked, report))

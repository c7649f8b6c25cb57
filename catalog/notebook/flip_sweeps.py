"""A sweep of a flip as a notebook gets it: the same run by layer, by dimensions or by scale."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from catalog.errors import SettingRefused
from catalog.flips import flip as flipping
from catalog.flips import sweeps
from catalog.flips.asked import Asked
from catalog.flips.run import Machine
from catalog.flips.sweeps import Point
from catalog.notebook.shown import Shown
from catalog.progress import Report, silent
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    import plotly.graph_objects as go

KINDS = ("layer", "dimensions", "scale")


@dataclass(frozen=True, eq=False)
class Sweep(Shown):
    """Points of a sweep, each a whole run with its controls."""

    catalog: Catalog
    asked: Asked
    kind: str
    """layer, dimensions or scale."""
    unit: str
    """What effects are in: nats or agreement."""
    points: tuple[Point, ...] = field(repr=False)

    @property
    def title(self) -> str:
        """What was swept, and the verdicts."""
        told = ", ".join(f"{point.at} {point.verdict}" for point in self.points)
        return f"{self.asked.source.name} by {self.kind}: {told}"

    def frame(self) -> pd.DataFrame:
        """A row for each point and condition; none for a point that was refused.

        Columns: at (site, number of dimensions, or scale), condition, effect with its 95 % interval
        low and high, verdict, q (Benjamini-Hochberg over the points that were run).
        """
        rows = [
            {
                "at": point.at,
                "condition": name,
                "effect": one.value,
                "low": one.low,
                "high": one.high,
                "verdict": point.verdict,
                "q": point.q,
            }
            for point in self.points
            for name, one in point.effects.items()
        ]
        columns = ["at", "condition", "effect", "low", "high", "verdict", "q"]
        return pd.DataFrame(rows, columns=columns)

    def refused(self) -> pd.DataFrame:
        """Points that could not be run: at, reason."""
        rows = [(point.at, point.refused) for point in self.points if point.refused]
        return pd.DataFrame(rows, columns=["at", "reason"])

    def plot(self) -> "go.Figure":
        """Away, toward and their controls over the points, with 95 % bands."""
        from catalog.figures import flips as figures  # Plotly takes a third of a second

        return figures.sweep(self.frame(), self.unit)


def swept(
    machine: Machine, catalog: Catalog, wanted: Asked, kind: str, report: Report = silent
) -> Sweep:
    """Sweep on a machine that is there already; SettingRefused for an unknown kind."""
    if kind not in KINDS:
        raise SettingRefused(f"A flip is swept by {', '.join(KINDS)}, not by {kind!r}.")
    report("setting up", 0, 0)
    setup = flipping.setup(machine, catalog, wanted)
    if kind == "layer":
        points = sweeps.by_layer(machine, catalog, setup, catalog.residual_sites, report)
    elif kind == "dimensions":
        points = sweeps.by_count(machine, setup, report)
    else:
        points = sweeps.by_scale(machine, setup, report)
    return Sweep(catalog, wanted, kind, setup.readout.unit, tuple(points))

"""The evidence table as a notebook gets it: every claim of the paper, tested on one catalog."""

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from catalog.errors import NotInCatalog
from catalog.notebook.shown import Shown
from catalog.store import feature_queries, queries
from catalog.store.catalog import Catalog

if TYPE_CHECKING:
    import plotly.graph_objects as go

Row: TypeAlias = "pd.Series[Any]"
"""One row of the table `evidence`."""


@dataclass(frozen=True)
class Claim(Shown):
    """One claim with its figure, its controls and its verdict."""

    row: Row = field(repr=False, compare=False)
    """Its row of the table `evidence`; see docs/schema.md."""
    controls: pd.DataFrame = field(repr=False, compare=False)
    """Columns: control, value."""
    curves: pd.DataFrame = field(repr=False, compare=False)
    """Points of its plot, the first column the axis; empty where the claim has no plot."""

    @property
    def key(self) -> str:
        """What the claim is called in the table."""
        return str(self.row["claim"])

    @property
    def figure(self) -> str:
        """The figure with its 95 % interval, to three digits; – where it could not be tested."""
        if pd.isna(self.row["value"]):
            return "–"
        return "{:.3g} [{:.3g}, {:.3g}]".format(*self.row[["value", "low", "high"]])

    @property
    def strongest(self) -> str:
        """The control that the verdict was made against, and its value; – where there is none."""
        values = dict(zip(self.controls["control"], self.controls["value"], strict=True))
        name = self.row["strongest"]
        return f"{name} {values[name]:.3g}" if name in values else "–"

    @property
    def title(self) -> str:
        """Verdict, statement, figure and strongest control."""
        row = self.row
        return (
            f"{row['verdict']}: {row['statement']} {row['measure']}: {self.figure}; strongest "
            f"control: {self.strongest}; n = {row['n']} {row['unit']}"
        )

    def frame(self) -> pd.DataFrame:
        """What stands beside the figure: control, value."""
        return self.controls.copy()

    def plot(self) -> "go.Figure":
        """Its named lines over the first column; NotInCatalog where the claim has no plot."""
        if self.curves.empty:
            raise NotInCatalog(f"The claim {self.key} has no plot.")
        from catalog.figures import lines  # Plotly takes a third of a second to import

        return lines.curves(self.curves)


@dataclass(frozen=True)
class Evidence(Shown):
    """Every claim, in the order of the table; none before `dims evidence` ran."""

    catalog: Catalog
    rows: pd.DataFrame = field(repr=False, compare=False)

    @property
    def title(self) -> str:
        """The catalog, and how many claims have each verdict."""
        counts = self.rows["verdict"].value_counts() if len(self.rows) else {}
        told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        return f"{self.catalog.slug}: {told or 'no claim was tested yet'}"

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims, each with its controls and curves."""
        return tuple(_claim(row) for _, row in self.rows.iterrows())

    def claim(self, key: str) -> Claim:
        """One claim by its key, such as `basis`; NotInCatalog names those there are."""
        found = next((one for one in self.claims if one.key == key), None)
        if found is None:
            known = ", ".join(one.key for one in self.claims) or "none yet"
            raise NotInCatalog(f"There is no claim {key!r}; those tested are: {known}.")
        return found

    def frame(self) -> pd.DataFrame:
        """The table `evidence` as stored, a row a claim; see docs/schema.md."""
        return self.rows.copy()

    def told(self, *keys: str) -> pd.DataFrame:
        """Some claims, or all, in words: claim, figure, control, verdict, n."""
        chosen = [one for one in self.claims if not keys or one.key in keys]
        rows = [
            (one.row["statement"], one.figure, one.strongest, one.row["verdict"], _n(one.row))
            for one in chosen
        ]
        return pd.DataFrame(rows, columns=["claim", "figure", "control", "verdict", "n"])

    def markdown(self) -> str:
        """The table for a paper: claim, figure with interval, strongest control, verdict."""
        lines = [
            "| claim | this model | strongest control | paper | verdict |",
            "|---|---|---|---|---|",
        ]
        for one in self.claims:
            row = one.row
            told = (one.figure, one.strongest)
            figure, control = ("" if text == "–" else text for text in told)
            cells = [row["statement"], figure, control, row["paper"], row["verdict"]]
            lines.append("| " + " | ".join(str(cell).replace("|", "/") for cell in cells) + " |")
        return "\n".join(lines)

    def plot(self, key: str) -> "go.Figure":
        """The plot of one claim; NotInCatalog where it has none."""
        return self.claim(key).plot()


def _n(row: Row) -> str:
    return f"{row['n']:,} {row['unit']}"


def _claim(row: Row) -> Claim:
    controls, curves = json.loads(row["controls"]), json.loads(row["curves"])
    longest = max((len(values) for values in curves.values()), default=0)
    whole = {name: values for name, values in curves.items() if len(values) == longest}
    table = pd.DataFrame({"control": list(controls), "value": list(controls.values())})
    return Claim(row, table, pd.DataFrame(whole))


def evidence(catalog: Catalog) -> Evidence:
    """See `notebook.catalog.Catalog.evidence`."""
    if "evidence" not in set(catalog.fetch(queries.tables())["table"]):  # an older file
        return Evidence(catalog, pd.DataFrame())
    return Evidence(catalog, catalog.fetch(feature_queries.evidence()))

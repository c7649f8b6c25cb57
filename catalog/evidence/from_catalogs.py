"""The row that compares catalogs: do models differ as their dimensions / vocabulary do?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.errors import CatalogError
from catalog.evidence.cell import Cell
from catalog.evidence.claims import CLAIMS
from catalog.evidence.verdicts import Row, judge, untested
from catalog.signs.resampling import Interval
from catalog.store import feature_queries, queries
from catalog.store.catalog import Catalog

FEWEST = 5
"""Models below which nothing is said of models in general."""
READ = "prototype_auc"


@dataclass(frozen=True)
class Model:
    """One catalog beside this one."""

    weights: str
    ratio: float
    """Dimensions of its primary site / items."""
    auc: float
    """Its prototype AUC, as its evidence table has it."""


def rows(cell: Cell, auc: float | None) -> list[Row]:
    """The row, from the catalogs that lie in the same folder; `auc` is this one's figure."""
    claim = CLAIMS["dimensions_per_token"]
    if cell.build["modality"] != "text" or cell.catalog.contextual:
        return [untested(claim, "This is tested on single tokens of text models only.", cell.name)]
    found = {} if auc is None else {str(cell.build["weights_hash"]): (_ratio(cell.catalog), auc)}
    unread = 0
    for path in sorted(cell.catalog.path.parent.glob("*.duckdb")):
        try:
            one = None if path == cell.catalog.path else _read(Catalog(path))
        except CatalogError:  # counted and said: another program's file may lie here
            unread += 1
            continue
        if one is not None:
            found.setdefault(one.weights, (one.ratio, one.auc))
    if len(found) < FEWEST:
        reason = f"{len(found)} text models with evidence lie here; {FEWEST} are needed."
        if unread:
            reason += f" {unread} files here could not be read."
        return [untested(claim, reason, cell.name)]
    ratio, read = np.array(list(found.values())).T
    return [row(ratio, read)]


def row(ratio: NDArray[np.floating], read: NDArray[np.floating]) -> Row:
    """From D / V and the prototype AUC of each model: float[models]."""
    claim = CLAIMS["dimensions_per_token"]
    figure = correlation(ratio, read)
    verdict, reason = judge(claim, figure.value, figure, figure)
    controls = {"no relation": 0.0, "smallest D / V": float(ratio.min())}
    controls["largest D / V"] = float(ratio.max())
    where = "The text catalogs of this folder"
    return Row(claim, verdict, reason, where, figure, controls, "no relation", len(read), "models")


def correlation(first: NDArray[np.floating], second: NDArray[np.floating]) -> Interval:
    """Spearman's rank correlation with a 95 % interval: Fisher's z, sd sqrt(1.06 / (n - 3)).

    Fieller, Hartley & Pearson (1957). float64[n] each, n > 3.
    """
    from scipy.stats import spearmanr

    value = float(np.clip(spearmanr(first, second)[0], -0.999999, 0.999999))
    spread = 1.96 * np.sqrt(1.06 / (len(first) - 3))
    low, high = np.tanh(np.arctanh(value) + np.array([-spread, spread]))
    return Interval(value, float(low), float(high))


def _ratio(catalog: Catalog) -> float:
    site = catalog.primary.site
    sites = catalog.sites
    return float(sites[sites["site"] == site]["dims"].iloc[0]) / float(catalog.build["items"])


def _read(catalog: Catalog) -> Model | None:
    """Another catalog's figures; None where it is no text model or has no evidence."""
    if catalog.modality != "text" or catalog.contextual:
        return None
    if "evidence" not in set(catalog.fetch(queries.tables())["table"]):
        return None
    rows = catalog.fetch(feature_queries.evidence())
    mine = rows[rows["claim"] == READ]["value"].dropna()
    weights = str(catalog.build["weights_hash"])
    return None if mine.empty else Model(weights, _ratio(catalog), float(mine.iloc[0]))

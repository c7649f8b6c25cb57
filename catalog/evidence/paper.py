"""The paper's own procedure on categories, exactly: whole vocabulary, no fill-up, in sample."""

from dataclasses import dataclass

import numpy as np

from catalog.evidence.cell import Cell
from catalog.features import splits, strongest
from catalog.features.scoring import Contest, run
from catalog.signs.prototypes import TAU


@dataclass(frozen=True)
class Paper:
    """Figures over the categories of a cell, against all items."""

    discoverable: float
    """Share of categories whose best dimension has a sign AUC of at least TAU on the anchors."""
    best: float
    """Mean AUC of that dimension."""
    prototype: float
    """Mean held-out AUC of the dimensions that reach TAU alone; over categories that have any."""
    without: int
    """Categories of which no dimension reaches TAU in any split: the paper has no feature there."""
    filled: float
    """Mean prototype AUC on the same items with this catalog's rule, which fills up."""


def measure(cell: Cell) -> Paper:
    """Run it: members' own families are in neither list, as everywhere."""
    positives = cell.signs.positives(cell.ground.items("all"))
    best, prototypes, filled = [], [], []
    for one in cell.categories:
        drawn = splits.drawn(cell.ground, one.name, one.place, one.members, "all")
        contest = Contest.of(cell.signs, drawn.pool, positives)
        outcome = run(contest, drawn.anchors)
        best.append(0.5 + float(np.abs(outcome.contrasts[0]).max()) / (2 * outcome.unit))
        filled.append(outcome.aucs.mean())
        alone = strongest.registered(contest, drawn.anchors, TAU)
        prototypes.append(np.nan if np.isnan(alone).all() else np.nanmean(alone))
    read = np.array(prototypes)
    some = ~np.isnan(read)
    return Paper(
        discoverable=float(np.mean(np.array(best) >= TAU)),
        best=float(np.mean(best)),
        prototype=float(read[some].mean()) if some.any() else float("nan"),
        without=int((~some).sum()),
        filled=float(np.mean(filled)),
    )

"""Rows made from all signs of the primary cell: independence, cost."""

from dataclasses import replace

import numpy as np

from catalog.errors import SettingRefused
from catalog.evidence.cell import Cell
from catalog.evidence.claims import CLAIMS
from catalog.evidence.verdicts import Row, judge, untested
from catalog.progress import Report
from catalog.signs import independence
from catalog.signs.resampling import Interval

GROUPS = 10
WIDEST = 512
"""Dimensions that the jackknife of mutual information is made on."""


def rows(cell: Cell, report: Report) -> list[Row]:
    """Every row that needs the signs alone."""
    return [independence_row(cell, report), cost_row(cell)]


def independence_row(cell: Cell, report: Report) -> Row:
    """Mutual information beside the permuted floor, phi, effective dimensions."""
    claim = CLAIMS["independence"]
    report("independence", 0, 2)
    generator = np.random.default_rng(0)
    columns, items = cell.signs.by_dimension, cell.signs.items
    try:
        found = independence.measure(columns, items)
    except SettingRefused as error:
        return untested(claim, str(error), cell.name)
    floor = independence.measure(independence.permuted(columns, items, generator), items)
    report("independence", 1, 2)
    spread = 1.96 * _jackknife(cell, generator)
    figure = Interval(found.mean_mi, found.mean_mi - spread, found.mean_mi + spread)
    over = figure.over(floor.mean_mi)
    verdict, reason = judge(claim, figure.value, over, over)
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        figure,
        {
            "permuted signs": floor.mean_mi,
            "largest pair": found.max_mi,
            "rms phi": found.rms_phi,
            "rms phi, permuted": floor.rms_phi,
            "effective dimensions": found.participation,
            "effective dimensions, permuted": floor.participation,
            "dimensions": float(found.dimensions),
            "degenerate": float(found.degenerate),
            "variance of agreement": found.agreement_variance,
            "variance of agreement, independent": found.independent_variance,
        },
        "permuted signs",
        len(cell.representatives),
        "families",
    )


def _jackknife(cell: Cell, generator: np.random.Generator) -> float:
    """Standard error of the mean MI: leave out each of GROUPS groups of families."""
    dims = min(WIDEST, cell.signs.dims)
    chosen = np.sort(generator.choice(cell.signs.dims, dims, replace=False))
    group = generator.integers(GROUPS, size=len(cell.ground.family))[cell.ground.family]
    bits = np.unpackbits(
        cell.signs.by_dimension[chosen], axis=1, count=cell.signs.items, bitorder="little"
    )
    values = []
    for out in range(GROUPS):
        kept = group != out
        part = np.packbits(bits[:, kept], axis=1, bitorder="little")
        values.append(independence.measure(part, int(kept.sum())).mean_mi)
    spread = np.array(values) - np.mean(values)
    return float(np.sqrt((GROUPS - 1) / GROUPS * np.square(spread).sum()))


def cost_row(cell: Cell) -> Row:
    """Megabytes of signs a site, and what the build took."""
    claim = replace(CLAIMS["cost"], least=cell.signs.items * cell.signs.dims / 8e6)
    size = cell.signs.by_dimension.nbytes / 1e6
    states = cell.signs.items * cell.signs.dims * 4 / 1e6
    figure = Interval(size, size, size)
    verdict, reason = judge(claim, size, figure.over(states), figure.over(states))
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        figure,
        {
            "float32 states": states,
            "paper's figure at this size": cell.signs.items * cell.signs.dims / 8e6,
            "seconds of the build": float(cell.build["seconds"]),
            "MB of the whole file": cell.catalog.path.stat().st_size / 1e6,
        },
        "float32 states",
        1,
        "catalog",
    )

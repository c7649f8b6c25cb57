"""Rows made from all signs of the primary cell: independence, cost."""

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.evidence.cell import Cell
from catalog.evidence.claims import CLAIMS
from catalog.evidence.verdicts import (
    ENOUGH,
    Row,
    Verdict,
    judge,
    judge_absence,
    reaches,
    untested,
)
from catalog.progress import Report
from catalog.signs import independence
from catalog.signs.bits import Packed
from catalog.signs.resampling import Interval

PAPER_SPEED = 151_936 / 1200
"""Items a second of the paper: a vocabulary in about 20 minutes of one GPU."""
TOYS: dict[int, tuple[float, float]] = {
    4: (0.0587, 0.0031),
    8: (0.0244, 0.0005),
    16: (0.00167, 0.00016),
    32: (0.000102, 0.000007),
}
"""Mean mutual information above permuted signs (bits), and its standard error, of toy models of
superposition by their number of hidden dimensions; trained by tests/given/toy.py."""
LARGEST = 0.1
"""Bits that the paper bounds every pair by; a mean over many pairs hides any few of them."""
GROUPS = 10
WIDEST = 512
"""Dimensions that the jackknife of mutual information is made on."""


def rows(cell: Cell, report: Report) -> list[Row]:
    """Every row that needs the signs alone."""
    made = independence_row(cell, report)
    return [made, superposition_row(cell, made), cost_row(cell)]


def independence_row(cell: Cell, report: Report) -> Row:
    """Mutual information above the permuted floor, within a margin; phi, effective dimensions.

    One item per family: families are what was sampled.
    """
    claim = CLAIMS["independence"]
    report("independence", 0, 2)
    generator = np.random.default_rng(0)
    families = cell.representatives
    columns, items = cell.signs.columns(families), len(families)
    try:
        found = independence.measure(columns, items)
        floor = independence.measure(independence.permuted(columns, items, generator), items)
        report("independence", 1, 2)
        spread = 1.96 * _error(columns, items, generator.permutation(items) % GROUPS, generator)
    except SettingRefused as error:
        return untested(claim, str(error), cell.name)
    figure = Interval(found.mean_mi, found.mean_mi - spread, found.mean_mi + spread)
    verdict, reason = judge_absence(claim, figure.over(floor.mean_mi), "bits above permuted signs")
    pair = found.max_mi - floor.max_mi
    if verdict == "holds" and pair > LARGEST:
        verdict, reason = "partly", _one_pair(pair)
    return Row(
        claim,
        verdict,
        reason,
        cell.name,
        figure,
        {
            "permuted signs": floor.mean_mi,
            "margin above permuted signs": float(claim.margin or 0),
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
        items,
        "families",
    )


def _one_pair(bits: float) -> str:
    """Why a small mean is not enough: copies of a dimension are 1 of D - 1 pairs each."""
    return (
        f"The mean lies below the margin, but one pair of dimensions shares {bits:.2g} bits more "
        f"than permuted signs do: the paper's bound of a pair is {LARGEST:g}."
    )


def superposition_row(cell: Cell, independent: Row) -> Row:
    """Mutual information of a toy model of superposition minus this model's."""
    claim = CLAIMS["superposition"]
    if independent.figure is None:
        return untested(claim, independent.reason, cell.name)
    mine = independent.figure.over(independent.controls["permuted signs"])
    apart = {}
    for width, (mean, spread) in TOYS.items():
        error = float(np.hypot(mine.high - mine.value, 1.96 * spread))
        apart_by = mean - mine.value
        name = f"toy of {width} dimensions"
        apart[name] = Interval(apart_by, apart_by - error, apart_by + error)
    names = list(apart)
    figure, hardest = apart[names[0]], apart[names[-1]]
    verdict, reason = judge(claim, figure.value, figure, hardest)
    if verdict == "partly":
        reason = (
            f"It is below a {names[0]}, but a {names[-1]}, in full superposition, has less still: "
            "little information between two signs does not speak against superposition."
        )
    controls = {name: TOYS[width][0] for name, width in zip(names, TOYS, strict=True)}
    controls["this model, above permuted signs"] = mine.value
    return Row(
        claim, verdict, reason, cell.name, figure, controls, names[-1], independent.n, "families",
        sides=("this model, above permuted signs", names[-1]),
    )  # fmt: skip


def jackknife(
    columns: Packed, items: int, group: NDArray[np.integer], generator: np.random.Generator
) -> Interval:
    """Mean MI above that of permuted signs, with a 95 % interval, in bits.

    Jackknife: each group of items, int[items], is left out in turn, on at most WIDEST dimensions.
    SettingRefused where fewer than two dimensions vary.
    """
    found = independence.measure(columns, items).mean_mi
    floor = independence.measure(independence.permuted(columns, items, generator), items).mean_mi
    spread = 1.96 * _error(columns, items, group, generator)
    return Interval(found - floor, found - floor - spread, found - floor + spread)


def _error(
    columns: Packed, items: int, group: NDArray[np.integer], generator: np.random.Generator
) -> float:
    """Standard error of the mean MI: leave out each group in turn."""
    dims = min(WIDEST, len(columns))
    chosen = np.sort(generator.choice(len(columns), dims, replace=False))
    bits = np.unpackbits(columns[chosen], axis=1, count=items, bitorder="little")
    names = np.unique(group)
    values = []
    for out in names:
        kept = group != out
        part = np.packbits(bits[:, kept], axis=1, bitorder="little")
        values.append(independence.measure(part, int(kept.sum())).mean_mi)
    spread = np.array(values) - np.mean(values)
    return float(np.sqrt((len(names) - 1) / len(names) * np.square(spread).sum()))


def cost_row(cell: Cell) -> Row:
    """What the build took: items a second on the machine named, and bits of file a sign."""
    build = cell.build
    seconds, items = float(build["seconds"]), cell.signs.items
    file = cell.catalog.path.stat().st_size
    held = cell.catalog.sites.dropna(subset="dims")
    signs = int(held["dims"].sum()) * items * len(cell.catalog.thresholds)
    speed, bits = items / seconds, 8 * file / signs
    machine = f"{build['device']}, {build['machine']}, {build['threads']} threads"
    claim = CLAIMS["cost"]
    fast, small = reaches(claim, speed), bits <= 1 / ENOUGH
    words: tuple[Verdict, ...] = ("does not hold", "partly", "holds")
    return Row(
        claim,
        words[fast + small],
        f"{speed:,.0f} items a second ({'' if fast else 'fewer than '}the paper's "
        f"{PAPER_SPEED:.0f}, of a far larger model on one GPU) on {machine}; {bits:.2f} bits of "
        f"file a sign, {'one' if small else 'more than one'}: the file holds both layouts, "
        "statistics and items too.",
        f"The whole build on {machine}",
        Interval(speed, speed, speed),
        {
            "paper (151,936 items in 20 minutes, 4 billion parameters)": PAPER_SPEED,
            "bits of file a sign": bits,
            "seconds of the build": seconds,
            "parameters of this model (millions)": float(build["parameters"]) / 1e6,
            "MB of the whole file": file / 1e6,
            "MB of packed signs a site": cell.signs.by_dimension.nbytes / 1e6,
        },
        None,
        1,
        "build",
    )

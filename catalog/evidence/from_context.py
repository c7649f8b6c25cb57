"""Rows of what context does to signs: how many it keeps, which it changes, how they depend."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.evidence import sign_prediction as predict
from catalog.evidence.cell import Cell
from catalog.evidence.claims import CLAIMS
from catalog.evidence.from_signs import jackknife
from catalog.evidence.verdicts import Row, Verdict, judge, untested
from catalog.model.contexts import Contexts
from catalog.signs.context import Changed, changed
from catalog.signs.resampling import Interval, clustered, ratio, strongest
from catalog.signs.rotation import signs_above

KEYS = ("context", "flipped_small", "context_mi")
GROUPS = 10
"""Groups of documents that the jackknife of mutual information leaves out in turn."""

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def rows(cell: Cell, read: Contexts) -> list[Row]:
    """Every row of context, at the primary site."""
    other = read.token[predict.elsewhere(read.document, np.random.default_rng(0))]
    own, elsewhere = (cell.signs.bits(tokens) > 0 for tokens in (read.token, other))
    return [
        _context_row(cell, read, changed(read.states[cell.site], cell.level, own, elsewhere)),
        _small_row(cell, read, own, elsewhere),
        _information_row(cell, read, own),
    ]


def absent(cell: Cell, reason: str) -> list[Row]:
    """All these rows as untested."""
    return [untested(CLAIMS[key], reason, cell.name) for key in KEYS]


def _context_row(cell: Cell, read: Contexts, found: Changed) -> Row:
    """Retained share, 1 - own / other: 0 in a world where context leaves nothing."""
    claim = CLAIMS["context"]
    generator = np.random.default_rng(0)
    figure = ratio(found.own, found.other, read.document, generator).reversed()
    figure = figure.over(-1)
    share = float(found.own.mean())
    verdict, reason = judge(claim, 1 - share, figure, figure)
    controls = {
        _OWN: share,
        _OTHER: float(found.other.mean()),
    }
    quarters = (found.mean(found.own_by_magnitude), found.mean(found.other_by_magnitude))
    for quarter, (mine, chance) in enumerate(zip(*quarters, strict=True), 1):
        controls[f"quarter {quarter} of |state|: own"] = float(mine)
        controls[f"quarter {quarter} of |state|: other"] = float(chance)
    made = _row(cell, claim.key, (verdict, reason), figure, controls, read, _OTHER)
    return replace(made, sides=(_OWN, _OTHER))


_OWN, _OTHER = "signs that differ from the token's own", "another position's token"


def _small_row(cell: Cell, read: Contexts, own: Bools, elsewhere: Bools) -> Row:
    """AUC of |x| telling signs that context kept from those it changed."""
    claim, generator = CLAIMS["flipped_small"], np.random.default_rng(0)
    states = read.states[cell.site].astype(np.float64)
    spread = states.std(axis=0)
    distance = np.abs(states - cell.level) / np.where(spread > 0, spread, 1)
    positive = read.states[cell.site] > cell.level
    mine, chance = (smaller(distance, positive != cached) for cached in (own, elsewhere))
    kept = ~np.isnan(mine) & ~np.isnan(chance)
    if len(np.unique(read.document[kept])) < 2:
        return untested(claim, "Too few positions have both kept and changed signs.", cell.name)
    document = read.document[kept]
    figure = clustered(mine[kept], document, generator)
    over = clustered((mine - chance)[kept], document, generator)
    judged = judge(claim, figure.value, figure.over(0.5), over)
    controls = {_OTHER: float(chance[kept].mean()), "chance": 0.5}
    return _row(cell, claim.key, judged, figure, controls, read, _OTHER)


def smaller(distance: Floats, marked: Bools) -> Floats:
    """Share of pairs (marked, unmarked) of one row whose marked value is smaller: float64[rows].

    The ROC AUC of -distance, float[rows, dims], for bool[rows, dims]; NaN where a row has one kind.
    """
    order = np.argsort(np.argsort(distance, axis=1, kind="stable"), axis=1)
    count = marked.sum(axis=1)
    rest = marked.shape[1] - count
    below = (order * marked).sum(axis=1) - count * (count - 1) / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        share: Floats = 1 - below / (count * rest)
    return np.where((count > 0) & (rest > 0), share, np.nan)


def _information_row(cell: Cell, read: Contexts, own: Bools) -> Row:
    """Mutual information of single tokens minus that in context, each above its permuted floor."""
    claim = CLAIMS["context_mi"]
    families = cell.representatives
    kinds = {
        "in context": signs_above(read.states[cell.site], cell.level).by_dimension,
        "cached signs of the same tokens": np.packbits(own.T, axis=1, bitorder="little"),
    }
    generator = np.random.default_rng(0)
    group = generator.permutation(int(read.document.max()) + 1)[read.document] % GROUPS
    try:
        found = {
            name: jackknife(columns, len(own), group, generator) for name, columns in kinds.items()
        }
        single = jackknife(
            cell.signs.columns(families),
            len(families),
            generator.permutation(len(families)) % GROUPS,
            generator,
        )
    except SettingRefused as error:
        return untested(claim, str(error), cell.name)
    found["single tokens"] = single
    inside = found["in context"]
    apart = {name: _difference(one, inside) for name, one in found.items() if name != "in context"}
    worst = strongest(apart)
    judged = judge(claim, apart["single tokens"].value, apart["single tokens"], apart[worst])
    controls = {name: one.value for name, one in found.items()}
    controls["positions"] = float(len(own))
    made = _row(cell, claim.key, judged, apart["single tokens"], controls, read, worst)
    return replace(made, sides=(worst, "in context"))


def _difference(first: Interval, second: Interval) -> Interval:
    """First minus second, whose errors are taken as unrelated."""
    value = first.value - second.value
    spread = float(np.hypot(first.high - first.value, second.high - second.value))
    return Interval(value, value - spread, value + spread)


def _row(
    cell: Cell,
    key: str,
    judged: tuple[Verdict, str],
    figure: Interval,
    controls: dict[str, float],
    read: Contexts,
    control: str,
) -> Row:
    return Row(
        CLAIMS[key], *judged, cell.named("in held-out passages"), figure, controls, control,
        len(np.unique(read.document)), "documents",
    )  # fmt: skip

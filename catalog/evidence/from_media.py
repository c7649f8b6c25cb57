"""A row that only images and sounds have: superclasses, beside random unions of classes."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from catalog.evidence.cell import Cell, held_out_ranks
from catalog.evidence.verdicts import Claim, Row, judge, untested
from catalog.features import nulls
from catalog.features.scoring import Contest, Outcome, run
from catalog.features.splits import Splits
from catalog.signs.prototypes import SPLITS, halves
from catalog.signs.resampling import nested

UNIONS = 20
"""Random unions of classes drawn for each superclass."""

SUPERCLASSES = Claim(
    "superclasses",
    "Superclasses, such as animals among images, can be read from signs.",
    "mean prototype AUC",
    "not compared: classes and items differ",
    "Every superclass of at least 40 items against all other items, 20 random splits. Null: random "
    "sets of items. Control: unions of as many random classes, which share nothing but the number "
    "of classes, the whole procedure repeated. Bootstrap over superclasses, then items.",
    chance=0.5,
)


def rows(cell: Cell) -> list[Row]:
    """The row of superclasses; none where the items have no superclasses."""
    above = [one for one in cell.categories if cell.kinds[one.name] == "superclass"]
    classes = {one.name: one for one in cell.categories if cell.kinds[one.name] == "class"}
    if "superclass" not in cell.kinds.values():
        return []
    if len(above) < 2 or len(classes) < 4:
        reason = f"Only {len(above)} superclasses and {len(classes)} classes have 40 items here."
        return [untested(SUPERCLASSES, reason, cell.name)]
    generator = np.random.default_rng(0)
    found = [_run(cell, one) for one in above]
    ranks = held_out_ranks(found)
    unions = np.array([_unions(cell, one, classes, generator).mean() for one in above])
    random = np.array([_null_mean(cell, one) for one in above])
    aucs = np.array([one.aucs.mean() for one in found])
    figure = replace(nested(ranks, generator), value=float(aucs.mean()))
    over_null = nested([r - mean for r, mean in zip(ranks, random, strict=True)], generator)
    over = nested([r - mean for r, mean in zip(ranks, unions, strict=True)], generator)
    verdict, reason = judge(SUPERCLASSES, figure.value, over_null, over)
    controls = {
        "random unions of classes": float(unions.mean()),
        "random sets of items": float(random.mean()),
        **{one.name: float(auc) for one, auc in zip(above, aucs, strict=True)},
    }
    strongest = "random unions of classes"
    unit = "superclasses"
    return [
        Row(
            SUPERCLASSES,
            verdict,
            reason,
            cell.name,
            figure,
            controls,
            strongest,
            len(above),
            unit,
            {"sorted AUC of each superclass": np.sort(aucs).tolist()},
        )
    ]


def _run(cell: Cell, one: Splits) -> Outcome:
    return run(Contest.of(cell.signs, one.pool), one.anchors)


def _unions(
    cell: Cell, one: Splits, classes: dict[str, Splits], generator: np.random.Generator
) -> NDArray[np.float64]:
    """AUC of unions of as many random classes as a superclass has: float64[UNIONS]."""
    inside = [c for c in classes.values() if np.isin(c.pool.members, one.pool.members).all()]
    count = min(max(1, len(inside)), len(classes) - 1)
    names = sorted(classes)
    aucs = []
    for _ in range(UNIONS):
        chosen = generator.choice(len(names), count, replace=False)
        parts = [classes[names[place]].pool.members for place in chosen]
        members = np.unique(np.concatenate(parts))
        pool = cell.ground.pool(cell.background, members, generator)
        anchors = halves(len(members), SPLITS, generator)
        aucs.append(run(Contest.of(cell.signs, pool), anchors).aucs.mean())
    return np.array(aucs)


def _null_mean(cell: Cell, one: Splits) -> float:
    null = nulls.Null(cell.signs, nulls.Ground.of(cell.signs, one.pool), _size(one), seed=3)
    null.draw(nulls.DRAWS)
    return null.mean


def _size(one: Splits) -> int:
    return nulls.bucket(len(one.pool.members))

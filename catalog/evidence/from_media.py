"""Rows that only images and sounds have: superclasses, beside random unions of classes."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from catalog.evidence.cell import Cell, held_out_ranks
from catalog.evidence.from_categories import best_dimension, count, discoverable_row
from catalog.evidence.verdicts import Claim, Row, judge, untested
from catalog.features import nulls
from catalog.features.scoring import Contest, Outcome, run
from catalog.features.shared_nulls import bucket
from catalog.features.splits import Splits
from catalog.signs.prototypes import SPLITS, TAU, halves
from catalog.signs.resampling import nested
from catalog.store import media_queries

FEWEST = 6
"""Superclasses below which their count says nothing."""
UNIONS_NAME = "random unions of classes"
UNIONS = 20
"""Random unions of classes drawn for each superclass."""

_Drawn = tuple[Contest, NDArray[np.bool_]]
"""One random union with its splits."""

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


COUNTED = Claim(
    "superclasses_counted",
    "A single dimension tells most superclasses apart (AUC at least 0.75), counted as the paper "
    "counts them.",
    "share of superclasses",
    "DINOv2 9 of 12, ViT-Base 11 of 12, AST 50 of 50 classes",
    "The best dimension is chosen on the anchors; counted where its held-out AUC is at least 0.75 "
    "and its q below 0.05. Null: random sets of items. Control: unions of as many random classes, "
    "the whole procedure repeated. The paper's own count (in sample, no control) stands beside. "
    "Bootstrap over superclasses.",
    least=9 / 12,
)

CLAIMS = {claim.key: claim for claim in (SUPERCLASSES, COUNTED)}
"""Claims of images and sounds alone, by key."""


def rows(cell: Cell) -> list[Row]:
    """The rows of superclasses; none where the items have no superclasses."""
    above = [one for one in cell.categories if cell.kinds[one.name] == "superclass"]
    classes = _classes(cell)
    if "superclass" not in cell.kinds.values():
        return []
    if len(above) < 2 or len(classes) < 4:
        reason = (
            f"Only {len(above)} superclasses have 40 items here, of {len(classes)} classes; 2 of 4 "
            "are needed."
        )
        return [untested(claim, reason, cell.name) for claim in CLAIMS.values()]
    drawn = [_unions(cell, one, classes) for one in above]
    return [_readable(cell, above, drawn), _counted(cell, above, drawn)]


def _counted(cell: Cell, above: list[Splits], drawn: list[list[_Drawn]]) -> Row:
    """Superclasses that one dimension tells apart, against unions of random classes."""
    if len(above) < FEWEST:
        reason = f"{len(above)} superclasses say nothing of superclasses; {FEWEST} are needed."
        return untested(COUNTED, reason, cell.name)
    unions = np.array(
        [np.mean([best_dimension(*one).held_out >= TAU for one in of_one]) for of_one in drawn]
    )
    made = discoverable_row(cell, COUNTED, count(cell.signs, above), control=(UNIONS_NAME, unions))
    return replace(made, unit="superclasses")


def _readable(cell: Cell, above: list[Splits], drawn: list[list[_Drawn]]) -> Row:
    """Mean prototype AUC of superclasses, against unions of random classes."""
    generator = np.random.default_rng(0)
    found = [_run(cell, one) for one in above]
    ranks = held_out_ranks(found)
    unions = np.array([np.mean([run(*one).aucs.mean() for one in of_one]) for of_one in drawn])
    random = np.array([_null_mean(cell, one) for one in above])
    aucs = np.array([one.aucs.mean() for one in found])
    figure = replace(nested(ranks, generator), value=float(aucs.mean()))
    over_null = nested([r - mean for r, mean in zip(ranks, random, strict=True)], generator)
    over = nested([r - mean for r, mean in zip(ranks, unions, strict=True)], generator)
    verdict, reason = judge(SUPERCLASSES, figure.value, over_null, over)
    controls = {
        UNIONS_NAME: float(unions.mean()),
        "random sets of items": float(random.mean()),
        **{one.name: float(auc) for one, auc in zip(above, aucs, strict=True)},
    }
    return Row(
        SUPERCLASSES,
        verdict,
        reason,
        cell.name,
        figure,
        controls,
        UNIONS_NAME,
        len(above),
        "superclasses",
        {"sorted AUC of each superclass": np.sort(aucs).tolist()},
    )


def _run(cell: Cell, one: Splits) -> Outcome:
    return run(Contest.of(cell.signs, one.pool), one.anchors)


def _classes(cell: Cell) -> dict[str, NDArray[np.int64]]:
    """Members of every class, one item a family: those of few items make unions too."""
    rows = cell.catalog.fetch(media_queries.every()).groupby("label").indices
    return {str(name): np.unique(cell.catalog.families[mine]) for name, mine in rows.items()}


def _unions(cell: Cell, one: Splits, classes: dict[str, NDArray[np.int64]]) -> list[_Drawn]:
    """UNIONS unions of as many random classes as a superclass has, each with splits of its own."""
    generator = np.random.default_rng(one.place)
    inside = [own for own in classes.values() if np.isin(own, one.pool.members).all()]
    count = min(max(1, len(inside)), len(classes) - 1)
    names = sorted(classes)
    made = []
    for _ in range(UNIONS):
        chosen = generator.choice(len(names), count, replace=False)
        members = np.unique(np.concatenate([classes[names[place]] for place in chosen]))
        pool = cell.ground.pool(cell.background, members, generator)
        anchors = halves(len(members), SPLITS, generator)
        made.append((Contest.of(cell.signs, pool), anchors))
    return made


def _null_mean(cell: Cell, one: Splits) -> float:
    null = nulls.Null(cell.signs, nulls.Ground.of(cell.signs, one.pool), _size(one), seed=3)
    null.draw(nulls.DRAWS)
    return null.mean


def _size(one: Splits) -> int:
    return bucket(len(one.pool.members))

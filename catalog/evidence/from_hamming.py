"""Rows of Hamming against its rivals: the strongest dimensions, and products of states."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.evidence import sign_prediction as predict
from catalog.evidence.claims import CLAIMS
from catalog.evidence.nearest import unit
from catalog.evidence.verdicts import Row, judge, untested
from catalog.model.contexts import Contexts
from catalog.signs.resampling import clustered, strongest

BEST = 800 / 2560
"""Share of the dimensions that the paper calls the best 800, of the largest magnitude."""


@dataclass(frozen=True)
class Cached:
    """States of single tokens at the last site, of the items of the sample."""

    items: NDArray[np.int64]
    """Ascending: a token's place is found by bisection."""
    states: NDArray[np.float32]


def _inside(found: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    return (found < most).astype(np.float64)


def best_row(
    name: str, states: NDArray[np.float32], weight: NDArray[np.float32], read: Contexts
) -> Row:
    """The dimensions of largest |x| alone, against all of them and against as many at random."""
    claim, generator = CLAIMS["hamming_best"], np.random.default_rng(0)
    dims, few = states.shape[1], max(1, len(weight) // 32)
    most = max(1, round(BEST * dims))
    table = predict.signs(weight)
    chosen = predict.strongest_only(states, most)
    drawn = generator.permuted(np.arange(dims) < most, axis=0)
    kinds = {
        "best": chosen,
        "all dimensions": predict.signs(states),
        "as many at random": predict.signs(states) * drawn,
    }
    ranked = {
        kind: _inside(predict.ranks(query, table, read.following), few)
        for kind, query in kinds.items()
    }
    best = ranked.pop("best")
    over = {kind: clustered(best - one, read.document, generator) for kind, one in ranked.items()}
    figure = over["all dimensions"]
    worst = strongest(over)
    verdict, reason = judge(claim, figure.value, figure, over[worst])
    controls = {kind: float(one.mean()) for kind, one in ranked.items()}
    controls |= {"the best dimensions": float(best.mean()), "dimensions taken": float(most)}
    documents = len(np.unique(read.document))
    return Row(
        claim, verdict, reason, name, figure, controls, worst, documents, "documents",
        sides=("the best dimensions", worst),
    )  # fmt: skip


def dot_row(name: str, states: NDArray[np.float32], read: Contexts, cached: Cached | None) -> Row:
    """Equal signs against products of states, both with cached states of single tokens."""
    claim, generator = CLAIMS["hamming_dot"], np.random.default_rng(0)
    if cached is None:
        return untested(claim, "States of single tokens were not read.", name)
    place = np.searchsorted(cached.items, read.following).clip(max=len(cached.items) - 1)
    kept = cached.items[place] == read.following
    if len(np.unique(read.document[kept])) < 2:
        return untested(claim, "Too few next tokens are in the sample.", name)
    queries, target, document = states[kept], place[kept], read.document[kept]
    few = max(1, len(cached.items) // 32)
    ranked = {
        "signs": predict.ranks(predict.signs(queries), predict.signs(cached.states), target),
        "dot product": predict.ranks(queries, cached.states, target),
        "cosine": predict.ranks(queries, unit(cached.states), target),
    }
    inside = {kind: _inside(one, few) for kind, one in ranked.items()}
    signs = inside.pop("signs")
    over = {kind: clustered(signs - one, document, generator) for kind, one in inside.items()}
    worst = strongest(over)
    figure = over["dot product"]
    verdict, reason = judge(claim, figure.value, figure, over[worst])
    controls = {kind: float(one.mean()) for kind, one in inside.items()}
    controls |= {"signs": float(signs.mean()), "positions": float(kept.sum())}
    controls |= {"candidates": float(len(cached.items)), "first that count": float(few)}
    return Row(
        claim, verdict, reason, name, figure, controls, worst, len(np.unique(document)),
        "documents", sides=("signs", worst),
    )  # fmt: skip

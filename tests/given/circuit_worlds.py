"""Planted weights for the rows of who writes a feature: written, by one neuron or many, or not."""

import numpy as np
import pandas as pd
import torch

from catalog.circuits import ablate, coalitions, writers
from catalog.circuits.ablation_items import Target
from catalog.modalities import text
from catalog.sites import Site

DIMS, NEURONS, FEATURES, NULLS = 80, 500, 9, 10


def weights(pi, generator, many=0.5, single=0.5):
    """Gaussian weights; 250 neurons have the sign of `pi` with probability `many`, one `single`."""
    drawn = generator.normal(size=(DIMS, NEURONS))
    agreeing = np.full(NEURONS, 0.5)
    agreeing[:250], agreeing[0] = many, single
    own = np.where(generator.random(drawn.shape) < agreeing, pi[:, None], -pi[:, None])
    return np.abs(drawn) * own


def features(many=0.5, single=0.5):
    """Rows of `coalition` of features with such weights, beside prototypes of random items."""
    rows = []
    normal = coalitions.draws(
        coalitions.coins(DIMS, NEURONS, NULLS, np.random.default_rng(9)), np.random.default_rng(8)
    )
    for number in range(FEATURES):
        generator = np.random.default_rng(number)
        pi = generator.choice([-1, 1], DIMS)
        signs = np.sign(weights(pi, generator, many, single)).astype(np.int8)

        def against(prototype, signs=signs):
            return writers.match(signs, np.arange(DIMS), prototype)

        found = against(pi)
        others = (against(generator.choice([-1, 1], DIMS)) for _ in range(NULLS))
        null = coalitions.draws(others, generator)
        shuffled = coalitions.draws(coalitions.permuted(found, NULLS, generator), generator)
        held, inside, best = coalitions.measured(found, generator)
        limit = writers.best_of_coins(DIMS, NEURONS)
        above = max(limit, shuffled.best_p95, null.best_p95, writers.WRITES)
        rows.append(
            {
                "held_out": held,
                "null_mean": null.held_out.mean(),
                "nulls": null.held_out.tolist(),
                "gaussian_p95": normal.held_out_p95,
                "permuted_p95": shuffled.held_out_p95,
                "gaussian_in_sample": normal.in_sample.mean(),
                "in_sample": inside,
                "q": 0.01 if held > null.held_out_p95 else 0.9,
                "best": best,
                "best_gaussian_p95": limit,
                "writers": int((writers.strength(found) > above).sum()),
                "null_writers": float(np.mean(null.best > above)),
            }
        )
    return pd.DataFrame(rows)


def ablated(writes, size=1.0):
    """Ablations of a tiny model of which six neurons write the feature, or do not.

    `size` scales what these neurons, and six others as active, write.
    """
    from tests.circuits.test_ablations import planted

    model, signs = planted(writes)
    with torch.no_grad():
        model.module.model.layers[0].mlp.down_proj.weight[:, :12] *= size
    made = []
    for first in range(20, 180, 20):
        target = Target(
            Site("resid", 2), np.arange(24), signs, np.zeros(24, np.float32),
            np.arange(first, first + 20), np.arange(200, 260),
        )  # fmt: skip
        made.append(ablate.run(model, text.Text("bare", None, (), ()), target, ablate.Sizes(6)))
    return made

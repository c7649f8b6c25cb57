"""Planted worlds: categories that are latents, or that lie spread over the signs of many axes."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from catalog.evidence import contest, from_dictionaries, units
from catalog.evidence.contest import Ground
from catalog.features import splits
from catalog.features.pools import Pools
from catalog.model.dictionaries import Dictionary
from catalog.progress import silent
from catalog.signs.prototypes import auc
from catalog.sites import Site

ITEMS, DIMS, LATENTS, CATEGORIES, SIZE = 1500, 64, 96, 9, 48


def dictionary(rows):
    """Latents are the states' parts along these directions, above a threshold."""
    return Dictionary(
        "planted", Site("resid", 1), "jumprelu", rows.T.copy(), np.zeros(len(rows), np.float32),
        rows, np.zeros(DIMS, np.float32), False, np.full(len(rows), 2.5, np.float32), 0, "0",
    )  # fmt: skip


def ground_of():
    family = np.arange(ITEMS)
    pools = Pools(["word"] * ITEMS, family)
    order = np.random.default_rng(4).permutation(ITEMS)
    members = [np.sort(order[n * SIZE : (n + 1) * SIZE]) for n in range(CATEGORIES)]
    made = [splits.drawn(pools, f"c{n}", n, own, "all").first(8) for n, own in enumerate(members)]
    places = [np.concatenate([one.pool.members, one.pool.negatives]) for one in made]
    same = [[place] * 8 for place in places]
    return members, Ground(np.arange(ITEMS), made, same, same)


def world(kind):
    generator = np.random.default_rng(7)
    rows = generator.normal(size=(LATENTS, DIMS)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    states = generator.normal(size=(ITEMS, DIMS)).astype(np.float32)
    members, ground = ground_of()
    for n, own in enumerate(members):
        if kind == "latents":  # one learned direction, oblique to all axes
            states[own] += 4 * rows[n]
        if kind == "signs":  # the signs of 24 axes, each a little, whatever the magnitude
            axes = generator.permutation(DIMS)[:24]
            turned = generator.random((len(own), 24)) < 0.8
            states[np.ix_(own, axes)] = np.where(turned, 1, -1) * np.abs(states[np.ix_(own, axes)])
    return ground, states, dictionary(rows)


@pytest.fixture(scope="module")
def of_latents():
    ground, states, made = world("latents")
    return contest.run(ground, states, np.zeros(DIMS, np.float32), made, silent)


@pytest.fixture(scope="module")
def of_signs():
    ground, states, made = world("signs")
    return contest.run(ground, states, np.zeros(DIMS, np.float32), made, silent)


def verdict(found):
    class Here:
        threshold, background, build, too_few = "zero", "all", {"reading": "bare"}, None

    return from_dictionaries.of(Here, dictionary(np.eye(DIMS, dtype=np.float32)), found)


def test_a_dictionary_that_holds_the_categories_wins_at_one_latent(of_latents):
    assert of_latents.aucs(contest.LATENTS, 1).mean() > 0.95
    assert of_latents.aucs(contest.RANDOM, 1).mean() < 0.8
    assert of_latents.aucs(contest.SIGNS, 1).mean() < 0.85
    row = verdict(of_latents)
    assert row.verdict != "holds" and row.figure.high < 0
    assert f"{contest.LATENTS}, k = 1" == row.strongest


def test_categories_spread_over_signs_hold_the_claim(of_signs):
    assert of_signs.aucs(contest.PROTOTYPE, 0).mean() > 0.85
    row = verdict(of_signs)
    assert row.verdict == "holds" and row.figure.low > 0
    won = next(v for name, v in row.controls.items() if name.startswith("paper's comparison"))
    assert won == CATEGORIES


def test_the_papers_comparison_is_no_verdict(of_latents):
    """Many dimensions beat one random direction: at equal k it is seen what that is worth."""
    whole = of_latents.aucs(contest.PROTOTYPE, 0)
    assert (whole > of_latents.aucs(contest.RANDOM, 1)).all()


def test_noise_reads_nothing():
    ground, states, made = world("noise")
    found = contest.run(ground, states, np.zeros(DIMS, np.float32), made, silent)
    for kind in contest.AT_K:
        for k in units.SIZES:
            assert abs(found.aucs(kind, k).mean() - 0.5) < 0.05
    assert verdict(found).verdict == "does not hold"


@pytest.mark.parametrize("kind", ["dense", "sparse"])
def test_one_unit_is_chosen_on_anchors_and_scored_held_out(kind):
    generator = np.random.default_rng(3)
    values = generator.normal(size=(200, 12)).astype(np.float32)
    values[:40, 5] += 1.5
    values = np.maximum(values - 0.8, 0) if kind == "sparse" else values
    made = units.Sparse.of([values]) if kind == "sparse" else units.Dense(values)
    anchors = np.zeros((2, 40), np.bool_)
    anchors[0, :20] = anchors[1, 20:] = True
    pool = made.pool(np.arange(200))
    found = units.placed([pool, pool], [pool, pool], anchors, 0)
    expected = np.empty(40)
    for row in anchors:
        label = np.zeros(200, np.bool_)
        label[:40][row] = True
        on_anchors = [auc(values[:, u], label) for u in range(12)]
        best = int(np.argmax(np.abs(np.array(on_anchors) - 0.5)))
        sign = np.sign(on_anchors[best] - 0.5)
        for m in np.flatnonzero(~row):
            rows = [m, *range(40, 200)]
            truth = np.arange(161) == 0
            expected[m] = roc_auc_score(truth, sign * values[rows, best])
    np.testing.assert_allclose(found[0], expected, atol=1e-6)


def test_midranks_count_equal_values_half():
    values = np.array([[0, 3], [2, 3], [0, 1], [5, 0]], np.float32)
    found = units.Sparse.of([values]).pool(np.arange(4)).ranks(4)
    np.testing.assert_allclose(found[:, 0], [1, 2.5, 1, 3.5])
    np.testing.assert_allclose(found[:, 1], [3, 3, 1.5, 0.5])

"""Matching dimensions: planted cases are found, random ones are not, each null does its work."""

import numpy as np
import pytest
from scipy.optimize import linear_sum_assignment

from catalog.comparing import matching, matching_nulls, phi
from catalog.comparing.matching_nulls import Null
from catalog.signs.rotation import random_rotation
from tests.given.planted import noise

ITEMS, DIMS = 2400, 24


def correlated(seed: int, items: int = ITEMS, dims: int = DIMS) -> np.ndarray:
    """States whose dimensions depend on each other, as a model's do: float32[items, dims]."""
    generator = np.random.default_rng(seed)
    mixing = generator.normal(size=(dims, dims)) * np.geomspace(1, 0.1, dims)[:, None]
    scale = generator.lognormal(sigma=1.0, size=dims)  # a rotation must not be fooled by it
    return ((generator.normal(size=(items, dims)) @ mixing) * scale).astype(np.float32)


def test_phi_is_the_correlation_of_signs():
    a, b = noise(500, 7, 0), noise(500, 9, 1)
    expected = np.corrcoef(a.T, b.T)[:7, 7:]
    np.testing.assert_allclose(phi.of_all(a, b), expected, atol=1e-6)
    np.testing.assert_allclose(phi.of_pairs(a, b[:, :7]), np.diag(expected), atol=1e-12)


def test_phi_of_many_blocks_and_of_a_constant_dimension():
    a, b = noise(9001, 3, 2), noise(9001, 4, 3)
    a[:, 1] = True
    expected = np.corrcoef(a[:, [0, 2]].T, b.T)[:2, 2:]
    actual = phi.of_all(a, b)
    np.testing.assert_allclose(actual[[0, 2]], expected, atol=1e-6)
    np.testing.assert_array_equal(actual[1], 0)


@pytest.mark.parametrize("polarity", [1, -1])
@pytest.mark.parametrize("shares", [(0.2, 0.5), (0.3, 0.9), (0.5, 0.5), (0.7, 0.4)])
def test_phi_max_is_reached_by_nested_sets(shares, polarity):
    order = np.arange(1000)
    a = (order < 1000 * shares[0])[:, None]
    b = order < 1000 * shares[1] if polarity > 0 else order >= 1000 * (1 - shares[1])
    found = phi.largest(np.array([a.mean()]), np.array([b.mean()]), np.array([polarity]))
    np.testing.assert_allclose(found, polarity * phi.of_pairs(a, b[:, None]), atol=1e-12)


def test_a_planted_permutation_with_reversals_is_recovered_exactly():
    generator = np.random.default_rng(4)
    a = correlated(5) > 0
    order, turned = generator.permutation(DIMS), generator.random(DIMS) < 0.5
    b = a[:, order] ^ turned
    states = correlated(5)[:, order] * np.where(turned, -1, 1)
    found = matching.match(a, b, states)
    np.testing.assert_array_equal(found.pairs.a, np.arange(DIMS))
    np.testing.assert_array_equal(order[found.pairs.b], np.arange(DIMS))
    np.testing.assert_array_equal(found.pairs.polarity, np.where(turned, -1, 1)[found.pairs.b])
    np.testing.assert_allclose(found.pairs.held_out, 1, atol=1e-9)
    assert found.items_null.share == 1 and found.rotation.share > 0.9
    assert matching.verdict(found)[0] == "dimensions shared"


def test_two_unrelated_matrices_beat_neither_null():
    a, states = correlated(6) > 0, correlated(7)
    found = matching.match(a, states > 0, states)
    assert found.items_null.share <= 0.05 and found.rotation.share <= 0.05
    assert matching.verdict(found)[0] == "nothing shared"


def test_a_models_own_rotation_beats_the_item_null_alone():
    states = correlated(8)
    z = (states - np.median(states, axis=0)) / states.std(axis=0)
    turned = z @ random_rotation(DIMS, np.random.default_rng(9))
    found = matching.match(states > np.median(states, axis=0), turned > 0, turned)
    assert found.items_null.share > 0.9
    assert found.rotation.share <= 0.05
    assert matching.verdict(found)[0] == "information shared, dimensions not"


def test_the_held_out_half_is_not_the_one_chosen_on():
    a, b = noise(ITEMS, DIMS, 10, "median"), noise(ITEMS, DIMS, 11, "median")
    half = np.arange(ITEMS) < ITEMS // 2
    found = matching.assign(a, b, half)
    correlation = np.corrcoef(a[half].T, b[half].T)[:DIMS, DIMS:]
    rows, columns = linear_sum_assignment(-np.abs(correlation))
    np.testing.assert_array_equal(found.b, columns)
    rest = np.corrcoef(a[~half].T, b[~half].T)[:DIMS, DIMS:][rows, columns]
    np.testing.assert_allclose(found.held_out, rest * found.polarity, atol=1e-9)
    assert found.chosen.mean() > 0.03 > abs(found.held_out.mean())  # chance, chosen


def test_widths_may_differ_and_degenerate_dimensions_are_left_out():
    states = correlated(12)
    a = states > 0
    b = np.concatenate([a[:, ::-1], np.ones((ITEMS, 2), np.bool_), noise(ITEMS, 6, 13)], axis=1)
    found = matching.match(a, b)
    assert found.degenerate == (0, 2) and found.rotation is None
    np.testing.assert_array_equal(found.pairs.b, DIMS - 1 - np.arange(DIMS))
    assert matching.verdict(found)[0] == "information shared"


def test_too_few_items_give_no_verdict():
    a = correlated(14, items=1999) > 0
    word, sentence = matching.verdict(matching.match(a, a))
    assert word == "cannot be tested" and "1,999" in sentence


def test_p_counts_the_null_matches_that_reach_the_observed():
    null = Null(np.array([[0.1, 0.2], [0.3, 0.4]]))
    np.testing.assert_allclose(null.p(np.array([0.05, 0.3, 0.5])), [1, 3 / 5, 1 / 5])
    beaten = matching.against(np.array([0.5, 0.0]), null)
    np.testing.assert_allclose(beaten.q, [2 / 5, 1])


def test_fewer_draws_than_could_decide_are_extended():
    """One dimension of 40 is shared: ten draws of 40 matches could never say so."""
    a, b = noise(ITEMS, 40, 21, "median"), noise(ITEMS, 40, 22, "median")
    b[:, 7] = a[:, 3]
    found = matching.match(a, b, draws=10)
    floor = 40 / (1 + 10 * 40)
    assert floor > 0.05
    clear = np.flatnonzero(found.items_null.q < 0.05)
    assert found.items_null.draws > 10
    assert (3, 7) in set(zip(found.pairs.a[clear], found.pairs.b[clear], strict=True))
    assert len(clear) <= 2


def test_clear_nulls_are_not_extended():
    a = correlated(6) > 0
    assert matching.match(a, a, draws=20).items_null.draws == 20
    observed, level = np.full(30, 0.5), np.random.default_rng(0).uniform(0.4, 0.6, (20, 30))
    assert not Null(level).undecided(observed, 700)  # half of the null reaches them: hopeless


def test_a_null_is_beaten_as_a_whole_by_its_rank_among_the_draws():
    held_out = np.random.default_rng(1).normal(size=(99, 200))
    null = Null(held_out)
    share, again = null.above(np.quantile(held_out, np.linspace(0.1, 1.0, 200)))
    others = [
        (held_out[k] > np.quantile(np.delete(held_out, k, axis=0), 0.95)).mean() for k in range(99)
    ]
    assert again == sum(other >= share for other in others)
    for count, beaten in ((12, False), (24, True)):  # of 200 by chance 10, sd 3
        observed = np.r_[np.full(count, null.p95 + 1), np.zeros(200 - count)]
        assert matching.against(observed, null).more is beaten


def test_draws_do_not_depend_on_how_many_are_asked_for():
    a, b = noise(ITEMS, 8, 16), noise(ITEMS, 8, 17)

    def null(draws):
        wanted = matching_nulls.Wanted(draws, 3, lambda *_: None)
        half = np.arange(ITEMS) < ITEMS // 2
        return matching._items_null(a, b, half, np.zeros(8), wanted).held_out

    np.testing.assert_array_equal(null(25)[:10], null(10))


def test_rotated_dimensions_keep_their_shares_positive():
    values = np.random.default_rng(15).normal(size=(300, 5)).astype(np.float32)
    wanted = np.array([0, 1, 150, 299, 300])
    np.testing.assert_array_equal(matching.cut(values, wanted).sum(axis=0), wanted)
    above = values[:, 2] > np.sort(values[:, 2])[149]
    np.testing.assert_array_equal(matching.cut(values, wanted)[:, 2], above)


def test_equal_seeds_give_equal_matches_and_progress_can_stop():
    a, b = noise(ITEMS, 8, 16), noise(ITEMS, 8, 17)
    one, other = matching.match(a, b, draws=10), matching.match(a, b, draws=10)
    np.testing.assert_array_equal(one.items_null.p, other.items_null.p)

    def stop(stage, _done, _all):
        if stage == "items permuted":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        matching.match(a, b, report=stop)

"""Nulls drawn as far as a family of tests needs: the rule, and what it finds and does not find."""

import numpy as np
import pytest
from scipy.stats import beta

from catalog.features import sequential
from catalog.features.nulls import DRAWS, MOST
from catalog.features.sequential import Drawn
from catalog.signs import significance

SPREAD = 0.04
"""Sd of the AUC of a random set in these worlds: about that of 40 members."""


def draws(seed, null, start, stop):
    """Draws of a null, the same ones whenever they are asked for."""
    return np.random.default_rng([seed, null]).normal(0.5, SPREAD, stop)[start:]


def settled(aucs, seed, together=True):
    """Every value judged by a null of its own, drawn by the rule; and the stretches asked for."""
    drawn = [Drawn(np.array([auc]), draws(seed, n, 0, DRAWS)) for n, auc in enumerate(aucs)]
    asked = []

    def draw(wanted):
        asked.append(wanted)
        return [draws(seed, one.null, one.start, one.stop) for one in wanted]

    sequential.settle(drawn, draw, together)
    return drawn, asked


def q_of(drawn):
    return significance.benjamini_hochberg(np.concatenate([one.p for one in drawn]))


def test_undecided_tests_against_a_plain_computation():
    generator = np.random.default_rng(0)
    seen = set()
    for _ in range(300):
        count = int(generator.integers(2, 40))
        made = generator.choice([200, 400, 6400, 20_000], count)
        reached = generator.integers(0, generator.choice([2, 8, 100]), count)
        lowest, p = [], (1 + reached) / (1 + made)
        for b, draws_made in zip(reached, made, strict=True):
            if b >= 10 or draws_made >= 20_000:
                lowest.append((1 + b) / (1 + draws_made))
                continue
            bound = beta.ppf(0.001, b, draws_made - b + 1) if b else 0
            lowest.append(max(bound, (1 + b) / 20_001))
        expected = []
        for n in range(count):
            could = any(
                v <= 0.05 * np.sum(np.array(lowest) <= v) / count for v in lowest if v >= lowest[n]
            )
            clear = any(v <= 0.05 * np.sum(p <= v) / count for v in p if v >= p[n])
            still_open = reached[n] < 10 and made[n] < 20_000
            expected.append(still_open and could and not clear)
        actual = significance.undecided(reached, made, 20_000)
        assert actual.tolist() == expected
        seen.update(expected)
    assert seen == {True, False}


def test_five_planted_among_a_hundred_are_found_and_a_floor_finds_none():
    generator = np.random.default_rng(1)
    found = []
    for seed in range(12):
        aucs = np.concatenate([np.linspace(0.80, 0.89, 5), generator.normal(0.5, SPREAD, 95)])
        floor = [(1 + np.sum(draws(seed, n, 0, 200) >= a)) / 201 for n, a in enumerate(aucs)]
        assert (significance.benjamini_hochberg(floor) < 0.05).sum() == 0
        q = q_of(settled(aucs, seed)[0])
        assert (q[:5] < 0.05).all()
        found.append((q[5:] < 0.05).sum())
    assert np.mean(found) < 0.6  # at 5 % of about 5 rejections, 0.26


def test_a_single_one_planted_among_five_hundred_is_found():
    aucs = np.concatenate([[0.85], np.random.default_rng(2).normal(0.5, SPREAD, 499)])
    drawn, _ = settled(aucs, 50)
    q = q_of(drawn)
    assert q[0] < 0.05 and drawn[0].made > MOST
    assert len(drawn[0].kept) == MOST


@pytest.mark.parametrize("planted", [0, 25])
def test_false_discoveries_stay_at_their_level(planted):
    generator = np.random.default_rng(3)
    false, power = [], []
    for seed in range(60):
        strong = generator.normal(0.5 + 3.5 * SPREAD, SPREAD, planted)
        aucs = np.concatenate([strong, generator.normal(0.5, SPREAD, 100 - planted)])
        rejected = q_of(settled(aucs, seed)[0]) < 0.05
        false.append(rejected[planted:].sum() / max(1, rejected.sum()))
        power.append(rejected[:planted].mean() if planted else 1)
    assert np.mean(false) <= (0.07 if planted else 0.10)  # 60 families: 0.05 and three errors
    assert np.mean(power) >= 0.85


def test_nothing_more_is_drawn_where_no_decision_can_change():
    clear, asked = settled([0.9] * 20, seed=70)
    assert not asked and {one.made for one in clear} == {DRAWS}
    hopeless, asked = settled([0.5] * 20, seed=71)
    assert not asked and {one.made for one in hopeless} == {DRAWS}


def test_clear_ones_are_drawn_as_far_as_the_undecided_ones():
    aucs = [0.9] * 2 + [0.5] * 60
    drawn, asked = settled(aucs, seed=72)
    assert {one.null for one in asked[0]} >= {0, 1}
    assert drawn[0].made == drawn[1].made > DRAWS
    assert asked[0][0].start == DRAWS and asked[0][0].stop == 2 * DRAWS
    assert drawn[0].p[0] == drawn[1].p[0]


def test_alone_only_nulls_with_an_undecided_test_are_drawn():
    observed = np.array([0.5, 0.9])
    drawn = [Drawn(observed, draws(73, 0, 0, DRAWS))]
    drawn += [Drawn(np.array([0.5] * 30 + [0.575]), draws(73, n, 0, DRAWS)) for n in (1, 2)]
    assert all(one.open for one in drawn)

    def draw(wanted):
        assert {one.null for one in wanted} == {0}
        return [draws(73, one.null, one.start, one.stop) for one in wanted]

    sequential.settle(drawn, draw, together=False)
    assert drawn[0].made > DRAWS == drawn[1].made
    assert q_of(drawn)[1] < 0.05


def test_a_larger_auc_never_has_a_larger_p_on_one_null():
    generator = np.random.default_rng(4)
    for seed in range(80, 90):
        groups = [generator.normal(0.53, 0.06, 12) for _ in range(5)]
        drawn = [Drawn(own, draws(seed, n, 0, DRAWS)) for n, own in enumerate(groups)]
        sequential.settle(
            drawn, lambda wanted, s=seed: [draws(s, w.null, w.start, w.stop) for w in wanted]
        )
        for one in drawn:
            order = np.argsort(one.observed)
            assert (np.diff(one.p[order]) <= 0).all()


def test_draws_made_in_rounds_are_counted_as_at_once():
    observed = np.array([0.52, 0.56, 0.61])
    whole = draws(91, 0, 0, 6400)
    parts = Drawn(observed, whole[:200])
    for start, stop in ((200, 400), (400, 800), (800, 6400)):
        parts.add(whole[start:stop])
    expected = (1 + (whole[:, None] >= observed).sum(axis=0)) / 6401
    np.testing.assert_allclose(parts.p, expected)
    np.testing.assert_array_equal(parts.kept, whole[:MOST])
    assert parts.made == 6400

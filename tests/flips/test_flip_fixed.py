"""Fixed random features and directions of noise: the same for every prompt, matched over all."""

import numpy as np
import pytest

from catalog.edits import Edit
from catalog.errors import SettingRefused
from catalog.flips import controls, fixed, plan, run
from catalog.flips.controls import Signed, Where
from catalog.flips.together import Pool
from catalog.sites import Site
from tests.flips.linear import DIMS, FEATURE, Linear, setup

SITE = Site("resid", 1)


def world(strength=1.0, cut=0.0, positions=60, dims=48):
    generator = np.random.default_rng(0)
    states = (generator.normal(size=(3, positions // 3, dims)) + 0.2).astype(np.float32)
    where = Where(SITE, Site("resid", 2), np.full(dims, cut), strength)
    feature = Signed(np.arange(12), generator.choice([-1, 1], 12))
    return states, where, feature


def drawn(states, where, feature, number=100, seed=0):
    cost = fixed.costs(where, states.reshape(-1, states.shape[2]))
    return fixed.matched(where, feature, cost, number, np.random.default_rng(seed)), cost


def as_edit(target, where):
    inside = np.flatnonzero(target)
    feature = Signed(inside, target[inside].astype(int))
    return controls.flip(where, feature, None, toward=True)


@pytest.mark.parametrize("strength, cut", [(1.0, 0.0), (1.0, 0.4), (0.5, 0.0), (2.0, 0.4)])
def test_many_features_at_once_do_what_each_edit_does(strength, cut):
    states, where, feature = world(strength, cut)
    made, cost = drawn(states, where, feature, 30)
    found = made.applied(states, where)
    measures = []
    for target, edited in zip(made.targets, found, strict=True):
        expected = as_edit(target, where)(states)
        np.testing.assert_allclose(edited, expected, atol=1e-6)
        flat = (one.reshape(-1, states.shape[2]) for one in (expected, states))
        measures.append(controls.changes(*flat, where.cut))
    told = made.changes(states.reshape(-1, states.shape[2]), where)
    np.testing.assert_allclose(told, np.stack(measures, axis=1), rtol=1e-4, atol=1e-6)
    changed = [((one > where.cut) != (states > where.cut)).sum() for one in found]
    squares = ((found - states).astype(float) ** 2).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(made.does(cost), [changed, squares], rtol=1e-5)


@pytest.mark.parametrize("cut", [0.0, 0.7])
def test_many_directions_at_once_do_what_each_turn_does(cut):
    states, where, feature = world(cut=cut)
    away = controls.flip(where, feature, None, toward=False)
    toward = fixed.directions(5, states.shape[2], np.random.default_rng(1))
    found = fixed.turned(states, away(states), toward)
    for one, direction in zip(found, toward, strict=True):
        turn = Edit(SITE, (), "turn", tuple(direction.tolist()), like=away)
        np.testing.assert_allclose(one, turn(states.astype(float)), atol=1e-5)


@pytest.mark.parametrize("strength", [0.25, 0.5, 0.75, 1.0, 2.0])
def test_they_match_away_over_all_prompts_together(strength):
    states, where, feature = world(strength)
    made, cost = drawn(states, where, feature)
    away = controls.flip(where, feature, None, toward=False)(states)
    goal = [((away > where.cut) != (states > where.cut)).sum(), np.linalg.norm(away - states)]
    for target in made.targets:
        assert not target[feature.dimensions].any() and target.any()
        edited = as_edit(target, where)(states)
        changed = ((edited > where.cut) != (states > where.cut)).sum()
        assert changed == pytest.approx(goal[0], rel=0.05)
        assert np.linalg.norm(edited - states) == pytest.approx(goal[1], rel=0.05)
    assert len(np.unique(made.targets, axis=0)) == 100
    assert 0 < fixed.worst(made, feature, cost) <= 0.05
    each = [fixed.worst(made, feature, fixed.costs(where, one)) for one in states]
    assert max(each) > 0.05  # what is the same for every prompt cannot match each


def test_what_cannot_be_matched_is_refused():
    where = Where(SITE, SITE, np.zeros(4))
    cost = fixed.costs(where, np.array([[100.0, 1.0, 1.0, 1.0]]))
    with pytest.raises(SettingRefused, match="No random control matches"):
        fixed.matched(
            where, Signed(np.array([0]), np.array([1])), cost, 5, np.random.default_rng(0)
        )
    whole = Signed(np.arange(4), np.ones(4, int))
    with pytest.raises(SettingRefused, match="No random control matches"):
        fixed.matched(where, whole, cost, 5, np.random.default_rng(0))


def test_a_flip_that_changes_nothing_has_random_features_that_change_nothing():
    where = Where(SITE, SITE, np.zeros(4))
    cost = fixed.costs(where, np.array([[-1.0, 1.0, 1.0, 1.0]]))
    made = fixed.matched(
        where, Signed(np.array([0]), np.array([1])), cost, 5, np.random.default_rng(0)
    )
    assert not made.targets.any()


def test_a_random_feature_is_the_same_however_many_are_asked_for():
    machine, made = Linear(), setup()
    pool = Pool.of(run.trace(machine, made, [made.site]), made.site)
    where = Where(made.site, Site("resid", 2), made.cut)
    whole = plan.features(made, where, pool, 0, 250)
    assert whole.targets.shape == (250, DIMS)
    for before, number in ((0, 20), (20, 80), (90, 30), (200, 50)):
        part = plan.features(made, where, pool, before, number)
        np.testing.assert_array_equal(part.targets, whole.targets[before : before + number])
    first = run.run(machine, made, drawn=20)
    later = run.extended(machine, first, 80)
    at_once = run.run(machine, made)
    np.testing.assert_allclose(later.features, at_once.features, atol=1e-6)
    np.testing.assert_allclose(later.effects["random"], at_once.effects["random"], atol=1e-6)
    for name in ("measures", "whole"):
        parts = getattr(later, name)["random"], getattr(at_once, name)["random"]
        np.testing.assert_allclose(*parts, rtol=1e-9)
    assert later.worst_match == at_once.worst_match and later.rank == at_once.rank


def test_the_largest_dimensions_are_turned_away_from_their_commonest_sign():
    generator = np.random.default_rng(2)
    states = generator.normal(size=(50, 20))
    states[:, 4] += 9
    states[:, 7] -= 6
    where = Where(SITE, SITE, np.zeros(20))
    found = controls.largest(where, 2, states)
    assert found.dimensions.tolist() == [4, 7] and found.signs.tolist() == [1, -1]
    (row,) = [
        one
        for one in controls.rows(where, FEATURE.strongest(2), (), states)
        if one.condition == "largest"
    ]
    edited = row.applied(states.astype(np.float32))
    assert (edited[:, 4] < 0).all() and (edited[:, 7] > 0).all()
    np.testing.assert_allclose(np.abs(edited), np.abs(states), rtol=1e-6)

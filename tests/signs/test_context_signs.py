"""Signs that context changes, against the definitions written out in NumPy."""

import numpy as np
import pytest

from catalog.signs.context import changed, in_context, other_tokens

DIMS, TOKENS = 40, 12


def given(tokens=30, dims=21, seed=0):
    generator = np.random.default_rng(seed)
    states = generator.normal(size=(tokens, dims))
    level = generator.normal(0, 0.3, dims)
    cached, other = generator.normal(size=(2, tokens, dims)) > 0
    return states, level, cached, other


def test_shares_are_those_of_the_definition():
    states, level, cached, other = given()
    found = changed(states, level, cached, other)
    differs = (states > level) != cached
    np.testing.assert_allclose(found.own, differs.mean(axis=1))
    np.testing.assert_allclose(found.other, ((states > level) != other).mean(axis=1))
    assert found.counted.all()
    assert found.retained == pytest.approx(1 - found.own.mean() / found.other.mean())
    first = [
        differs[row, place]
        for row in range(30)
        for rank, place in enumerate(np.argsort(np.abs(states - level)[row]))
        if rank * 4 // 21 == 0
    ]
    assert found.mean(found.own_by_magnitude)[0] == pytest.approx(np.mean(first))


def test_a_share_of_others_is_the_mean_over_them():
    states, level, cached, _ = given()
    others = np.random.default_rng(9).random((50, *states.shape)) < 0.4
    found = changed(states, level, cached, others.mean(axis=0))
    each = [changed(states, level, cached, one) for one in others]
    np.testing.assert_allclose(found.other, np.mean([one.other for one in each], axis=0))
    np.testing.assert_allclose(
        found.other_by_magnitude, np.mean([one.other_by_magnitude for one in each], axis=0)
    )


def test_small_states_flip_first():
    generator = np.random.default_rng(1)
    cached = generator.normal(size=(200, 64))
    states = cached + generator.normal(0, 0.5, cached.shape)
    found = changed(states, 0.0, cached > 0, cached[::-1] > 0)
    assert (np.diff(found.mean(found.own_by_magnitude)) < 0).all()
    assert found.mean(found.other_by_magnitude) == pytest.approx([0.5] * 4, abs=0.03)
    assert found.retained > 0.5


def test_unrelated_signs_retain_nothing():
    states, cached, other = np.random.default_rng(2).normal(size=(3, 300, 64))
    assert changed(states, 0.0, cached > 0, other > 0).retained == pytest.approx(0, abs=0.03)


def slow(states, cut, ids, cached, special, row):
    """A token's own share, its chance, and both by quarters, straight from the definitions."""
    positive = states[row] > cut
    others = [n for n in range(len(ids)) if ids[n] != ids[row] and not special[n]]
    own = positive != cached[row]
    chance = np.mean([positive != cached[n] for n in others], axis=0)
    quarters = np.empty(DIMS, int)
    quarters[np.argsort(abs(states[row] - cut), kind="stable")] = np.arange(DIMS) * 4 // DIMS
    by = [[values[quarters == q].mean() for q in range(4)] for values in (own, chance)]
    return own.mean(), chance.mean(), *by


@pytest.fixture
def text():
    generator = np.random.default_rng(5)
    ids = np.array([0, 7, 8, 7, 9, 9, 10, 0, 11, 12, 7, 1])
    special = np.isin(ids, [0, 1])
    table = generator.random((20, DIMS)) < generator.random(DIMS)
    states = generator.normal(size=(TOKENS, DIMS)) + table[ids] - 0.5
    return states, generator.normal(0, 0.3, DIMS), ids, table[ids], special


def in_text(states, cut, ids, cached, special, causal):
    others = other_tokens(ids, cached, special)
    return changed(states, cut, cached, others, in_context(special, causal))


def test_in_a_text_chance_is_every_other_token(text):
    found = in_text(*text, causal=True)
    for row in range(TOKENS):
        own, chance, own_by, chance_by = slow(*text, row)
        assert found.own[row] == pytest.approx(own)
        assert found.other[row] == pytest.approx(chance)
        np.testing.assert_allclose(found.own_by_magnitude[row], own_by)
        np.testing.assert_allclose(found.other_by_magnitude[row], chance_by)
    kept = ~text[4]
    assert found.mean(found.own) == pytest.approx(found.own[kept].mean())
    assert found.retained == pytest.approx(1 - found.own[kept].mean() / found.other[kept].mean())


def test_cached_states_change_no_sign(text):
    _, cut, ids, cached, special = text
    found = in_text(np.where(cached, cut + 1, cut), cut, ids, cached, special, False)
    assert (found.own == 0).all() and found.retained == 1


def test_means_leave_out_tokens_without_context():
    special = np.array([False, False, True, False])
    assert in_context(special, causal=True).tolist() == [False, True, False, True]
    assert in_context(special, causal=False).tolist() == [True, True, False, True]


def test_one_token_has_no_chance_level(text):
    alone = (part[1:2] if len(part) == TOKENS else part for part in text)
    found = in_text(*alone, causal=True)
    assert np.isnan(found.other).all() and np.isnan(found.retained)
    assert np.isnan(found.mean(found.own_by_magnitude)).all()

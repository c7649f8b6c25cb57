import numpy as np
import pytest

from catalog.signs import bits
from catalog.signs.context import flips


def test_shares_are_those_of_the_definition():
    generator = np.random.default_rng(0)
    states = generator.normal(size=(30, 21))
    level = generator.normal(0, 0.3, 21)
    cached, other = generator.normal(size=(2, 30, 21))
    found = flips(states, level, bits.pack(cached), bits.pack(other))
    differs = (states > level) != (cached > 0)
    np.testing.assert_allclose(found.own, differs.mean(axis=1))
    np.testing.assert_allclose(found.other, ((states > level) != (other > 0)).mean(axis=1))
    assert found.retained == pytest.approx(1 - found.own.mean() / found.other.mean())
    first = [
        differs[row, place]
        for row in range(30)
        for rank, place in enumerate(np.argsort(np.abs(states - level)[row]))
        if rank * 4 // 21 == 0
    ]
    assert found.own_by_magnitude[0] == pytest.approx(np.mean(first))


def test_small_states_flip_first():
    generator = np.random.default_rng(1)
    cached = generator.normal(size=(200, 64))
    states = cached + generator.normal(0, 0.5, cached.shape)
    found = flips(states, 0.0, bits.pack(cached), bits.pack(cached[::-1].copy()))
    assert (np.diff(found.own_by_magnitude) < 0).all()
    assert found.other_by_magnitude == pytest.approx([0.5] * 4, abs=0.03)
    assert found.retained > 0.5


def test_unrelated_signs_retain_nothing():
    generator = np.random.default_rng(2)
    states, cached, other = generator.normal(size=(3, 300, 64))
    found = flips(states, 0.0, bits.pack(cached), bits.pack(other))
    assert found.retained == pytest.approx(0, abs=0.03)

"""Waves along a circle: a planted period is found, noise is not, shares are those of the DFT."""

import numpy as np
import pytest

from catalog.errors import SettingRefused
from catalog.features import cycles


def turning(words, dims, harmonic, noise, seed):
    """Signs that go round `harmonic` times in the words, each dimension with a phase of its own."""
    generator = np.random.default_rng(seed)
    angle = 2 * np.pi * harmonic * np.arange(words)[:, None] / words
    wave = np.cos(angle + generator.uniform(0, 2 * np.pi, dims))
    return wave + noise * generator.normal(size=(words, dims)) > 0


@pytest.mark.parametrize("words", [5, 7, 10, 12])
def test_shares_of_a_dimension_add_up_to_one(words):
    values = np.random.default_rng(0).normal(size=(words, 9))
    np.testing.assert_allclose(cycles.shares(values).sum(axis=0), 1)


@pytest.mark.parametrize("words, harmonic", [(12, 1), (12, 3), (12, 6), (7, 2)])
def test_a_pure_wave_has_all_of_its_share(words, harmonic):
    wave = np.cos(2 * np.pi * harmonic * np.arange(words) / words)[:, None]
    expected = np.zeros(words // 2)
    expected[harmonic - 1] = 1
    np.testing.assert_allclose(cycles.shares(wave)[:, 0], expected, atol=1e-12)


def test_shares_are_those_of_a_sum_over_sines_and_cosines():
    values = np.random.default_rng(2).normal(size=(11, 4))
    expected = []
    for k in range(1, 6):
        angle = 2 * np.pi * k * np.arange(11) / 11
        expected.append((np.cos(angle) @ values) ** 2 + (np.sin(angle) @ values) ** 2)
    expected = 2 * np.array(expected) / (11 * ((values - values.mean(axis=0)) ** 2).sum(axis=0))
    np.testing.assert_allclose(cycles.shares(values), expected)


@pytest.mark.parametrize("harmonic", [1, 2])
def test_a_planted_period_is_found_and_no_other(harmonic):
    found = cycles.measure(turning(12, 60, harmonic, 0.4, seed=1))
    assert (
        found.q[harmonic - 1] < 0.01 and found.share[harmonic - 1] > found.null_high[harmonic - 1]
    )
    assert (np.delete(found.p, harmonic - 1) > 0.05).all()
    assert found.period[harmonic - 1] == 12 / harmonic


def test_turning_the_circle_changes_nothing():
    signs = turning(12, 30, 1, 0.5, seed=3)
    here, there = cycles.measure(signs, 99), cycles.measure(np.roll(signs, 4, axis=0), 99)
    np.testing.assert_allclose(here.share, there.share)


def test_noise_is_called_periodic_at_most_as_often_as_the_level():
    rng = np.random.default_rng(4)
    # All dimensions hang together: a null that shuffled each alone would be far too narrow.
    ps = []
    for seed in range(60):
        common = rng.normal(size=(10, 1))
        ps.append(cycles.measure(common + rng.normal(size=(10, 20)) > 0, 99, seed).p[0])
    assert (np.array(ps) <= 0.1).mean() < 0.2


def test_constant_dimensions_are_left_out():
    signs = turning(8, 10, 1, 0, seed=5)
    signs[:, [2, 4]] = True
    assert not np.isin([2, 4], cycles.measure(signs, 49).varying).any()


@pytest.mark.parametrize("signs", [np.eye(4, dtype=bool), np.ones((9, 3), bool)])
def test_too_few_words_and_no_variation_are_refused(signs):
    with pytest.raises(SettingRefused):
        cycles.measure(signs)


def test_a_line_keeps_its_ends_apart_and_a_circle_together():
    generator = np.random.default_rng(6)
    line = np.arange(12)[:, None] + generator.normal(0, 1, (12, 80)) > generator.uniform(0, 11, 80)
    straight = cycles.measure(line, 49)
    round_ = cycles.measure(turning(12, 80, 1, 0.2, seed=7), 49)
    assert straight.p[0] < 0.05 and straight.ends < straight.pairs < straight.adjacent
    assert round_.ends > round_.pairs and round_.adjacent > round_.pairs


def test_shares_of_equal_signs_are_counted():
    signs = np.random.default_rng(8).random((6, 30)) > 0.5
    found = cycles.measure(signs, 9)
    kept = signs[:, found.varying]
    assert found.ends == pytest.approx((kept[0] == kept[-1]).mean())
    assert found.adjacent == pytest.approx((kept[1:] == kept[:-1]).mean())
    pairs = [(kept[a] == kept[b]).mean() for a in range(6) for b in range(a)]
    assert found.pairs == pytest.approx(np.mean(pairs))

import numpy as np
import pytest

from catalog.signs.resampling import Interval, clustered, crossed, difference, nested, strongest


def covers(make, truth, times=200):
    """Share of repeated samples whose 95 % interval holds the truth."""
    inside = 0
    for seed in range(times):
        interval = make(np.random.default_rng(seed))
        inside += interval.low <= truth <= interval.high
    return inside / times


def test_clusters_widen_the_interval_of_their_mean():
    generator = np.random.default_rng(0)
    document = np.repeat(np.arange(30), 20)
    values = generator.normal(size=30)[document] + 0.1 * generator.normal(size=600)
    by_document = clustered(values, document, generator)
    by_position = clustered(values, np.arange(600), generator)
    assert by_document.value == by_position.value == pytest.approx(values.mean())
    expected = 1.96 * np.std([values[document == d].mean() for d in range(30)]) / np.sqrt(30)
    assert (by_document.high - by_document.low) / 2 == pytest.approx(expected, rel=0.1)
    assert by_document.high - by_document.low > 3 * (by_position.high - by_position.low)


def test_clusters_of_unequal_size_keep_their_weight():
    values, cluster = np.array([1.0, 1, 1, 0]), np.array([7, 7, 7, 2])
    found = clustered(values, cluster, np.random.default_rng(0))
    assert (found.value, found.low, found.high) == (0.75, 0.0, 1.0)


def test_nested_intervals_cover_the_mean_of_the_groups():
    def make(generator):
        groups = [m + generator.normal(size=25) for m in generator.normal(0, 0.5, 30)]
        return nested(groups, generator, draws=400)

    assert 0.9 <= covers(make, 0.0) <= 1.0


def test_nested_means_weigh_groups_equally():
    groups = [np.zeros(10), np.ones(90)]
    assert nested(groups, np.random.default_rng(0)).value == 0.5


def test_crossed_intervals_see_seeds_as_well_as_rows():
    def make(generator):
        seeds = generator.normal(size=(1, 12))
        return crossed(seeds + generator.normal(size=(40, 12)), generator, draws=400)

    assert 0.85 <= covers(make, 0.0) <= 0.99
    constant = crossed(np.ones((3, 1)) * [1.0, 2.0], np.random.default_rng(0))
    assert (constant.low, constant.high) == (1.0, 2.0)


def test_a_difference_of_two_samples():
    generator = np.random.default_rng(0)
    first, second = generator.random(400) < 0.6, generator.random(300) < 0.5
    found = difference(first, second, generator)
    assert found.value == pytest.approx(first.mean() - second.mean())
    expected = 1.96 * np.sqrt(0.24 / 400 + 0.25 / 300)
    assert (found.high - found.low) / 2 == pytest.approx(expected, rel=0.1)


def test_the_strongest_control_is_the_one_beaten_by_least():
    far, near = Interval(0.3, 0.2, 0.4), Interval(0.25, 0.21, 0.3)
    assert strongest({"far": far, "near": near}) == "far"
    shifted = far.over(0.1)
    assert (shifted.value, shifted.low, shifted.high) == pytest.approx((0.2, 0.1, 0.3))
    assert far.reversed() == Interval(-0.3, -0.4, -0.2)

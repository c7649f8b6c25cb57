import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import false_discovery_control, hypergeom

from catalog.signs.significance import benjamini_hochberg, hypergeometric_p


@pytest.mark.parametrize(("pool", "anchors"), [(40, 20), (3000, 50), (151_936, 50), (5000, 700)])
def test_p_is_twice_the_smaller_tail(pool, anchors):
    generator = np.random.default_rng(0)
    positives = generator.integers(0, pool + 1, 300)
    positives[:3] = [0, pool, pool // 2]
    # From the whole support: the typical and the extreme.
    low, high = np.maximum(0, anchors + positives - pool), np.minimum(anchors, positives)
    k = generator.integers(low, high + 1)
    k[3:150] = generator.hypergeometric(positives[3:150], pool - positives[3:150], anchors)
    law = hypergeom(pool, positives, anchors)
    expected = np.minimum(1, 2 * np.minimum(law.cdf(k), law.sf(k - 1)))
    actual = hypergeometric_p(k, anchors, positives, pool)
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-300)


def test_p_under_the_null_is_rarely_small():
    generator = np.random.default_rng(1)
    k = generator.hypergeometric(400, 600, 30, 20_000)
    p = hypergeometric_p(k, 30, np.full(20_000, 400), 1000)
    for level in (0.01, 0.05, 0.2):
        assert (p <= level).mean() <= level + 4 * np.sqrt(level / 20_000)
    assert (p <= 0.2).mean() > 0.1  # and not never


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_q_is_scipys(p):
    np.testing.assert_allclose(benjamini_hochberg(np.array(p)), false_discovery_control(p))


def test_q_keeps_the_shape_of_its_family():
    p = np.random.default_rng(2).random((3, 5))
    expected = false_discovery_control(p.ravel()).reshape(3, 5)
    np.testing.assert_allclose(benjamini_hochberg(p), expected)

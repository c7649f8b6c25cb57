"""Signs against plain NumPy on unpacked bits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import mutual_info_score

from catalog.signs import bits as signs

WIDTHS = (1, 7, 8, 9, 63, 64, 65, 384)


def drawn(items, dims, seed=0):
    states = np.random.default_rng([seed, items, dims]).normal(size=(items, dims))
    states[::5, :] = 0.0
    return states.astype(np.float32)


bits = st.tuples(st.integers(1, 40), st.integers(1, 90)).flatmap(
    lambda shape: hnp.arrays(np.bool_, shape)
)


@settings(max_examples=60, deadline=None)
@given(bits)
def test_any_signs_survive_packing_and_turning(positive):
    items, dims = positive.shape
    packed = signs.pack(np.where(positive, 1.0, -1.0))
    assert packed.shape == (items, -(-dims // 8))
    np.testing.assert_array_equal(signs.unpack(packed, dims), positive)
    turned = signs.transpose(packed, dims)
    np.testing.assert_array_equal(signs.unpack(turned, items), positive.T)
    np.testing.assert_array_equal(signs.transpose(turned, items), packed)


@pytest.mark.parametrize("dims", WIDTHS)
def test_bit_order_is_lowest_bit_first_and_spare_bits_are_zero(dims):
    for dimension in {0, dims // 2, dims - 1}:
        states = -np.ones((1, dims))
        states[0, dimension] = 1
        packed = signs.pack(states)
        expected = np.zeros(-(-dims // 8), np.uint8)
        expected[dimension // 8] = 1 << (dimension % 8)
        np.testing.assert_array_equal(packed[0], expected)


def test_zero_and_the_threshold_itself_count_as_negative():
    states = np.array([[0.0, -0.0, np.float32(1e-45), 2.0, 3.0]], np.float32)
    np.testing.assert_array_equal(
        signs.unpack(signs.pack(states), 5)[0], [False, False, True, True, True]
    )
    cut = np.array([-1, -0.0, 0, 2.0, 2.5], np.float32)
    np.testing.assert_array_equal(
        signs.unpack(signs.pack(states, cut), 5)[0], [True, False, True, False, True]
    )


def test_turning_more_rows_than_one_block():
    positive = drawn(64 * 5 + 13, 9) > 0
    turned = signs.transpose(signs.pack(positive, 0.5), 9)
    np.testing.assert_array_equal(signs.unpack(turned, len(positive)), positive.T)


@pytest.mark.parametrize("dims", WIDTHS)
def test_words_and_hamming(dims):
    positive = drawn(30, dims) > 0
    words = signs.words(signs.pack(positive, 0.5))
    assert words.shape == (-(-dims // 64), 30)
    for dimension in range(dims):
        column = words[dimension // 64] >> np.uint64(dimension % 64) & np.uint64(1)
        np.testing.assert_array_equal(column.astype(bool), positive[:, dimension])
    for item in (0, 7, 29):
        expected = (positive != positive[item]).sum(axis=1)
        np.testing.assert_array_equal(signs.hamming(words, words[:, item]), expected)


def test_hamming_over_more_items_than_one_slice():
    words = np.random.default_rng(5).integers(0, 2**63, (3, 150_001), dtype=np.uint64)
    bits = np.unpackbits(np.ascontiguousarray(words.T).view(np.uint8), axis=1)
    for item in (0, 65_535, 65_536, 150_000):
        expected = (bits != bits[item]).sum(axis=1)
        np.testing.assert_array_equal(signs.hamming(words, words[:, item]), expected)


@pytest.mark.parametrize("items", WIDTHS)
def test_counts(items):
    positive = drawn(items, 11) > 0
    other = drawn(items, 11, seed=1) > 0
    packed = signs.transpose(signs.pack(positive, 0.5), 11)
    packed_other = signs.transpose(signs.pack(other, 0.5), 11)
    members = np.random.default_rng(items).random(items) < 0.4
    np.testing.assert_array_equal(signs.count_positive(packed), positive.sum(axis=0))
    np.testing.assert_array_equal(
        signs.count_positive(packed, members), positive[members].sum(axis=0)
    )
    np.testing.assert_array_equal(
        signs.count_same(packed, packed_other, items), (positive == other).sum(axis=0)
    )
    np.testing.assert_array_equal(
        signs.count_same(packed, packed_other[4], items),
        (positive == other[:, [4]]).sum(axis=0),
    )


def test_entropy():
    shares = np.array([0.0, 1e-9, 0.1, 0.5, 0.75, 1.0])
    expected = [-sum(q * np.log2(q) for q in (share, 1 - share) if q > 0) for share in shares]
    np.testing.assert_allclose(signs.entropy(shares), expected, rtol=1e-12, atol=0)
    assert signs.entropy(0.5) == 1.0


@pytest.mark.parametrize("items", [512, 1001, 4096, 30522, 151936])
def test_entropy_never_leaves_0_to_1(items):
    values = signs.entropy(np.arange(items + 1) / items)
    assert values.min() >= 0 and values.max() <= 1


@pytest.mark.parametrize("items", [9, 64, 500])
def test_mutual_information_and_phi(items):
    first = drawn(items, 6) > 0
    second = drawn(items, 6, seed=2) > 0
    second[:, 0] = first[:, 0]
    second[:, 1] = ~first[:, 1]
    same = (first == second).sum(axis=0)
    information, phi = signs.mutual_information(same, first.sum(axis=0), second.sum(axis=0), items)
    for dim in range(6):
        expected = mutual_info_score(first[:, dim], second[:, dim]) / np.log(2)
        assert information[dim] == pytest.approx(expected, abs=1e-12)
        assert phi[dim] == pytest.approx(np.corrcoef(first[:, dim], second[:, dim])[0, 1])


def test_mutual_information_of_a_sign_that_never_varies_is_zero():
    second = np.array([True, False, True, True])
    for constant in (0, 4):
        same = np.array([(second == (constant == 4)).sum()])
        information, phi = signs.mutual_information(same, np.array([constant]), np.array([3]), 4)
        np.testing.assert_array_equal(phi, [0.0])
        np.testing.assert_allclose(information, [0.0], atol=1e-12)

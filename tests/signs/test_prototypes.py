import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from catalog.signs.prototypes import (
    Prototypes,
    agreeing,
    agreeing_members,
    auc,
    contrast,
    histograms,
    ranks,
    register,
)
from tests.given.planted import noise, site_of


def prototypes_of(rows, longest):
    dimensions = np.zeros((len(rows), longest), np.int64)
    signs = np.zeros((len(rows), longest), np.int8)
    for row, chosen in enumerate(rows):
        dimensions[row, : len(chosen)] = list(chosen)
        signs[row, : len(chosen)] = list(chosen.values())
    return Prototypes(dimensions, signs, np.zeros(len(rows), bool))


@pytest.mark.parametrize("items", [1, 7, 8, 65, 1000])
@pytest.mark.parametrize("dims", [5, 64, 70, 700])
def test_agreement_is_counted_dimension_by_dimension(items, dims):
    bits = noise(items, dims, seed=items)
    site = site_of(bits)
    generator = np.random.default_rng(dims)
    rows = []
    for size in (1, 2, 3, dims // 2 + 1, dims):
        chosen = generator.choice(dims, size, replace=False)
        rows.append(dict(zip(chosen.tolist(), generator.choice([-1, 1], size), strict=True)))
    prototypes = prototypes_of(rows, dims)
    expected = [[sum(b[d] == (s > 0) for d, s in row.items()) for b in bits] for row in rows]
    np.testing.assert_array_equal(agreeing(site.by_dimension, prototypes, items), expected)
    np.testing.assert_array_equal(agreeing_members(bits.astype(np.uint8), prototypes), expected)
    assert prototypes.sizes.tolist() == [len(row) for row in rows]


def test_the_site_reads_its_own_bits():
    bits = noise(100, 70, seed=0)
    site = site_of(bits)
    some = np.array([99, 3, 3, 64])
    np.testing.assert_array_equal(site.bits(some), bits[some])
    np.testing.assert_array_equal(site.positives(some, block=3), bits[some].sum(axis=0))
    columns = np.unpackbits(site.columns(some), axis=1, count=4, bitorder="little")
    np.testing.assert_array_equal(columns, bits[some].T)


def test_sign_auc_is_the_one_bit_auc_shrunk():
    bits = noise(200, 30, seed=1)
    anchors = np.arange(20)
    unit = 20 * 200
    found = contrast(bits[anchors].sum(axis=0), 20, bits.sum(axis=0), 200)
    label = np.arange(200) < 20
    for dimension in range(30):
        whole = roc_auc_score(label, bits[:, dimension])
        expected = 0.5 + (whole - 0.5) * (1 - 20 / 200)
        assert 0.5 + found[dimension] / (2 * unit) == pytest.approx(expected)


def test_large_pools_do_not_overflow():
    found = contrast(np.array([9000.0]), 10_000, np.array([1_000_000]), 2_000_000)
    assert found.tolist() == [9000 * 2_000_000 - 10_000 * 1_000_000]


def test_dimensions_at_the_level_are_registered():
    contrasts = np.array([[50, -50, 49, -49, *[50] * 6]])
    found = register(contrasts, 100)
    assert found.of(0)[0].tolist() == [0, 1, *range(4, 10)]
    assert found.of(0)[1].tolist() == [1, -1, *[1] * 6]
    assert not found.fallback[0]
    seven = register(contrasts[:, :9], 100)
    assert seven.fallback[0]
    assert seven.of(0)[0].tolist() == [0, 1, 4, 5, 6, 7, 8]  # 9 // 4 strongest, with all ties


def test_hundreds_of_agreeing_dimensions_are_counted():
    bits = np.ones((20, 400), bool)
    bits[3, :100] = False
    everything = prototypes_of([dict.fromkeys(range(400), 1)], 400)
    counts = agreeing(site_of(bits).by_dimension, everything, 20)[0]
    assert counts.tolist() == [400] * 3 + [300] + [400] * 16


def test_the_fallback_takes_every_tie_of_the_last():
    strength = np.array([40] * 3 + [30] * 10 + [20] * 987)
    generator = np.random.default_rng(0)
    contrasts = np.stack([generator.permutation(strength) for _ in range(5)])
    contrasts *= generator.choice([-1, 1], contrasts.shape)
    found = register(contrasts, 100)
    assert found.fallback.all()
    assert (found.sizes == 1000).all()  # the 64th is one of 987 equals
    few = register(contrasts[:, :32], 100)
    for row in range(5):
        eighth = np.sort(np.abs(contrasts[row, :32]))[-8]
        expected = np.flatnonzero(np.abs(contrasts[row, :32]) >= eighth)
        assert few.of(row)[0].tolist() == expected.tolist()


@pytest.mark.parametrize("spread", [1, 300])
def test_the_fallback_takes_the_64_strongest_of_each_row(spread):
    # Rows of very different strength defeat the shared bound.
    generator = np.random.default_rng(3)
    contrasts = np.stack([generator.permutation(3000) + 1 for _ in range(4)])
    contrasts[0] *= spread
    found = register(contrasts, 10**7)
    for row in range(4):
        assert found.of(row)[0].tolist() == np.sort(np.argsort(contrasts[row])[-64:]).tolist()


def test_dimensions_without_direction_are_never_registered():
    found = register(np.zeros((2, 100), np.int64), 100)
    assert found.sizes.tolist() == [0, 0]
    assert agreeing(np.zeros((100, 2), np.uint8), found, 9).tolist() == [[0] * 9] * 2


@pytest.mark.parametrize("levels", [2, 5, 200])
def test_ranks_give_the_roc_auc(levels):
    generator = np.random.default_rng(levels)
    negatives, members = generator.integers(0, levels, (3, 90)), generator.integers(0, levels, 40)
    table = ranks(histograms(negatives, levels))
    for row in range(3):
        scores = np.concatenate([members, negatives[row]])
        label = np.arange(130) < 40
        expected = roc_auc_score(label, scores)
        assert table[row][members].mean() == pytest.approx(expected)
        assert auc(scores, label) == pytest.approx(expected)


def test_long_rows_are_counted_like_short_ones():
    counts = np.random.default_rng(0).integers(0, 9, (3, 10_000))
    expected = [np.bincount(row, minlength=12) for row in counts]
    np.testing.assert_array_equal(histograms(counts, 12), expected)
    np.testing.assert_array_equal(histograms(counts[:, :50], 12).sum(axis=1), 50)

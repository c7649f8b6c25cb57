import numpy as np
import pytest
from sklearn.metrics import mutual_info_score

from catalog.errors import SettingRefused
from catalog.signs.independence import measure, permuted, sign_products
from tests.given.planted import noise, site_of


def correlated(items, dims, seed):
    generator = np.random.default_rng(seed)
    shared = generator.normal(size=(items, 3)) @ generator.normal(size=(3, dims))
    return shared + generator.normal(size=(items, dims)) > generator.normal(0, 1, dims)


def test_every_figure_is_that_of_the_definition():
    bits = correlated(900, 40, seed=0)
    bits[:, 5] = True
    bits[:, 9] = np.arange(900) == 3
    found = measure(site_of(bits).by_dimension, 900)
    kept = np.flatnonzero((bits.mean(axis=0) >= 0.01) & (bits.mean(axis=0) <= 0.99))
    varying = bits[:, kept]
    dims = len(kept)
    assert (found.dimensions, found.degenerate) == (dims, 40 - dims)
    assert found.degenerate >= 2
    pairs = [(i, j) for i in range(dims) for j in range(i)]
    mi = {(i, j): mutual_info_score(varying[:, i], varying[:, j]) / np.log(2) for i, j in pairs}
    assert found.mean_mi == pytest.approx(np.mean(list(mi.values())))
    assert found.max_mi == pytest.approx(max(mi.values()))
    largest = max(mi, key=lambda pair: mi[pair])
    assert set(found.max_pair) == {int(kept[i]) for i in largest}
    correlation = np.corrcoef(varying.T)
    off = correlation[~np.eye(dims, dtype=bool)]
    assert found.rms_phi == pytest.approx(np.sqrt((off**2).mean()))
    values = np.linalg.eigvalsh(correlation)
    assert found.participation == pytest.approx(values.sum() ** 2 / (values**2).sum())


def test_agreement_varies_as_it_does_over_all_pairs_of_items():
    bits = correlated(200, 30, seed=1)[:, :30]
    found = measure(site_of(bits).by_dimension, 200)
    kept = (bits.mean(axis=0) >= 0.01) & (bits.mean(axis=0) <= 0.99)
    same = (bits[:, None, kept] == bits[None][:, :, kept]).mean(axis=2)
    pairs = same[~np.eye(200, dtype=bool)]  # an item agrees with itself for nothing
    assert found.agreement_variance == pytest.approx(pairs.var())
    share = bits[:, kept].mean(axis=0)
    alike = share**2 + (1 - share) ** 2
    expected = (alike * (1 - alike)).sum() / kept.sum() ** 2
    assert found.independent_variance == pytest.approx(expected)
    assert found.agreement_variance > 1.5 * found.independent_variance


@pytest.mark.parametrize("items", [7, 64, 4096, 4100, 9001])
def test_products_are_exact_across_blocks(items):
    bits = noise(items, 17, seed=items)
    signs = np.where(bits, 1, -1)
    np.testing.assert_array_equal(sign_products(site_of(bits).by_dimension, items), signs.T @ signs)


def test_permuted_signs_keep_their_shares_and_lose_their_dependence():
    bits = correlated(3001, 40, seed=2)
    columns = site_of(bits).by_dimension
    shuffled = permuted(columns, 3001, np.random.default_rng(0))
    back = np.unpackbits(shuffled, axis=1, count=3001, bitorder="little")
    np.testing.assert_array_equal(back.sum(axis=1), bits.sum(axis=0))
    before, after = measure(columns, 3001), measure(shuffled, 3001)
    floor = 1 / (2 * 3001 * np.log(2))
    assert after.mean_mi == pytest.approx(floor, rel=0.15)
    assert before.mean_mi > 10 * floor
    assert after.participation > 0.95 * after.dimensions > before.participation
    assert after.agreement_variance == pytest.approx(after.independent_variance, rel=0.1)


def test_permuted_signs_are_those_of_shuffling_bits():
    """However they are held meanwhile, a seed gives the same signs, and the same draws after."""
    packed = site_of(noise(1001, 9, seed=4)).by_dimension
    one, other = np.random.default_rng(5), np.random.default_rng(5)
    found = np.unpackbits(permuted(packed, 1001, one), axis=1, count=1001, bitorder="little")
    rows = np.unpackbits(packed, axis=1, count=1001, bitorder="little")
    for row, mine in zip(rows, found, strict=True):
        other.shuffle(row)
        np.testing.assert_array_equal(mine, row)
    assert one.random() == other.random()


def test_a_site_of_degenerate_dimensions_is_refused():
    with pytest.raises(SettingRefused, match="Only 0 of 12 dimensions vary"):
        measure(np.zeros((12, 10), np.uint8), 80)

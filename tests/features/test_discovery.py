import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from catalog.errors import SettingRefused
from catalog.features import discovery
from catalog.features.unsupervised import (
    ANCHORS,
    NEIGHBOURS,
    Field,
    discover,
    merge,
    nearest,
    random_neighbours,
    yield_against,
)
from catalog.signs.independence import permuted
from tests.given.planted import noise, site_of


def field_of(bits):
    return Field(site_of(bits).by_dimension, len(bits))


def clusters(items, dims, groups, seed):
    """Items in groups that share half of their signs: bool[items, dims], int[items]."""
    generator = np.random.default_rng(seed)
    group = generator.integers(0, groups, items)
    centres = generator.random((groups, dims)) < 0.5
    keep = generator.random((items, dims)) < 0.5
    return np.where(keep, centres[group], generator.random((items, dims)) < 0.5), group


def test_neighbours_are_the_nearest_by_hamming():
    bits = noise(500, 60, seed=0)
    dimensions = np.arange(1, 60, 2)
    found = nearest(field_of(bits), np.array([7, 499]), dimensions, np.random.default_rng(0))
    for seed, mine in zip((7, 499), found, strict=True):
        distance = (bits[:, dimensions] != bits[seed, dimensions]).sum(axis=1)
        others = np.delete(np.arange(500), seed)
        last = np.sort(distance[others])[NEIGHBOURS - 1]
        assert seed not in mine and len(set(mine.tolist())) == NEIGHBOURS
        assert set(others[distance[others] < last]) <= set(mine.tolist())
        assert (distance[mine] <= last).all()


def test_a_feature_is_registered_tested_and_fires_as_defined():
    bits, _ = clusters(700, 80, 5, seed=1)
    found = discover(field_of(bits), np.arange(0, 700, 100), np.random.default_rng(2))
    for row in range(7):
        anchors, test = np.split(found.neighbours[row], [ANCHORS])
        dimensions, signs = found.prototypes.of(row)
        share = bits[anchors].mean(axis=0) - bits.mean(axis=0)
        assert (np.sign(share[dimensions]) == signs).all()
        agree = (bits[:, dimensions] == (signs > 0)).mean(axis=1)
        rest = np.setdiff1d(np.arange(700), found.neighbours[row])
        label = np.repeat([True, False], [25, len(rest)])
        expected = roc_auc_score(label, agree[np.concatenate([test, rest])])
        assert found.auc[row] == pytest.approx(expected)
        fires = agree > np.percentile(agree[test], 5) + 1e-9
        actual = np.unpackbits(found.firing[row], count=700, bitorder="little")
        np.testing.assert_array_equal(actual, fires)
        others = np.setdiff1d(rest, found.seeds[row])
        assert found.sparsity[row] == pytest.approx(fires[others].mean())


def test_test_dimensions_are_not_those_that_chose_the_neighbours():
    bits, _ = clusters(400, 64, 4, seed=3)
    found = discover(field_of(bits), np.arange(20), np.random.default_rng(0))
    used = np.unique(found.prototypes.dimensions[found.prototypes.signs != 0])
    assert len(used) <= 32
    every = discover(field_of(bits), np.arange(20), np.random.default_rng(0), same_dimensions=True)
    assert len(np.unique(every.prototypes.dimensions[every.prototypes.signs != 0])) > 32


def test_clusters_are_found_and_merged():
    bits, group = clusters(1500, 200, 6, seed=4)
    field = field_of(bits)
    seeds = np.arange(60)
    generator = np.random.default_rng(0)
    found = discover(field, seeds, generator)
    null = discover(Field(permuted(field.by_dimension, 1500, generator), 1500), seeds, generator)
    assert yield_against(found.auc, null.auc).share > 0.95
    assert found.auc.mean() > 0.9
    into = merge(found)
    kept = np.unique(into)
    assert 6 <= len(kept) <= 12
    assert (group[seeds] == group[into]).all()
    assert (into[kept] == kept).all()


@pytest.mark.parametrize("threshold", ["zero", "median"])
def test_coin_flips_do_not_pass(threshold):
    bits = noise(1500, 160, seed=5, threshold=threshold)
    field = field_of(bits)
    generator = np.random.default_rng(1)
    seeds = np.arange(80)
    found = discover(field, seeds, generator)
    null = discover(Field(permuted(field.by_dimension, 1500, generator), 1500), seeds, generator)
    assert found.auc.mean() == pytest.approx(0.5, abs=0.03)
    assert yield_against(found.auc, null.auc).share <= 0.05


def test_coin_flips_pass_the_papers_own_procedure():
    field = field_of(noise(1500, 160, seed=5))
    generator = np.random.default_rng(1)
    seeds = np.arange(80)
    found = discover(field, seeds, generator, same_dimensions=True)
    null = random_neighbours(field, seeds, generator)
    assert null.mean() == pytest.approx(0.5, abs=0.03)
    assert found.auc.mean() > 0.6
    assert yield_against(found.auc, null).share > 0.9


def test_merging_joins_sets_that_mostly_overlap():
    bits, _ = clusters(400, 64, 4, seed=3)
    found = discover(field_of(bits), np.arange(30), np.random.default_rng(0))
    fires = np.unpackbits(found.firing, axis=1, count=400, bitorder="little").astype(bool)
    into = merge(found)
    for row, target in enumerate(into):
        jaccard = (fires[row] & fires[target]).sum() / (fires[row] | fires[target]).sum()
        assert row == target or jaccard > 0.5
        assert found.auc[target] >= found.auc[row]
    kept = np.unique(into)
    for one in kept:
        for two in kept[kept != one]:
            assert (fires[one] & fires[two]).sum() <= 0.5 * (fires[one] | fires[two]).sum()


def test_p_counts_the_null_draws_that_reach_it():
    found = yield_against(np.array([0.9, 0.5, 0.1]), np.array([0.5, 0.6, 0.2, 0.3]))
    np.testing.assert_allclose(found.p, [1 / 5, 3 / 5, 1])
    assert found.share == 0
    assert yield_against(np.full(10, 0.9), np.linspace(0, 0.8, 99)).share == 1


def test_a_few_clear_features_among_many_seeds_are_found():
    """Five of 300 are clear: 300 null seeds could not say so."""
    coins = field_of(noise(2400, 64, seed=30, threshold="median"))
    null, idle = (
        discover(coins, np.arange(one, one + 300), np.random.default_rng(one)).auc
        for one in (0, 1000)
    )
    auc = np.concatenate([np.full(5, 0.95), idle[:295]])
    assert yield_against(auc, null).share == 0  # 300 / 301 / 5 is above 0.05
    drawn = discovery.further(auc, null, coins, np.random.default_rng(34))
    np.testing.assert_array_equal(drawn[:300], null)
    assert 300 < len(drawn) <= 20_000
    q = yield_against(auc, drawn).q
    assert (q[:5] < 0.05).all() and (q[5:] < 0.05).sum() <= 1


def test_nothing_more_is_drawn_where_all_seeds_are_features():
    bits, _ = clusters(600, 64, 3, seed=35)
    field = field_of(bits)
    found = discover(field, np.arange(100), np.random.default_rng(36))
    coins = Field(permuted(field.by_dimension, 600, np.random.default_rng(37)), 600)
    null = discover(coins, np.arange(100), np.random.default_rng(38)).auc
    assert len(discovery.further(found.auc, null, coins, np.random.default_rng(39))) == 100


def test_many_seeds_are_found_batch_by_batch_with_progress():
    bits, _ = clusters(300, 32, 3, seed=0)
    told = []
    found = discover(
        field_of(bits),
        np.arange(300),
        np.random.default_rng(0),
        progress=lambda done, all_of: told.append((done, all_of)),
    )
    assert told == [(256, 300), (300, 300)]
    assert len(found.auc) == len(found.firing) == len(found.prototypes.signs) == 300


def test_too_few_items_are_refused():
    with pytest.raises(SettingRefused, match="at least 200 items; there are 199"):
        field_of(noise(199, 16, seed=0))
    field_of(noise(200, 16, seed=0))


def test_a_site_that_never_varies_breaks_nothing():
    field = field_of(np.ones((300, 32), bool))
    found = discover(field, np.arange(5), np.random.default_rng(0))
    assert (found.auc == 0.5).all()
    assert (found.prototypes.sizes == 0).all()
    assert (found.sparsity == 0).all()
    assert merge(found).shape == (5,)

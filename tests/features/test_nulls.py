import numpy as np
import pytest
from scipy.stats import binom

from catalog.features.nulls import Ground, Null, score_sets
from catalog.features.pools import Pool
from catalog.features.scoring import Contest, run
from catalog.features.shared_nulls import BUCKETS, Shared, bucket
from catalog.signs.prototypes import halves
from tests.given.planted import noise, planted, site_of

NOTHING = np.empty(0, np.int64)


def ground_of(site, items, sample=None):
    positives = site.positives(items)
    ground = Ground.shared(site, items, positives, np.random.default_rng(0))
    if sample is None:
        return ground
    return Ground(items, positives, sample, site.columns(items[sample]))


def test_a_draw_is_scored_as_a_category_is():
    bits = planted(700, 130, np.arange(30), {d: 1 for d in range(12)}, 0.9, seed=1)
    site = site_of(bits)
    items = np.arange(0, 700, 2)
    ground = ground_of(site, items)
    generator = np.random.default_rng(1)
    sets = np.concatenate([ground.sets(30, 4, generator), np.arange(30)[None]])
    anchors = np.stack([halves(30, 6, generator) for _ in sets])
    expected = []
    for drawn, chosen in zip(sets, anchors, strict=True):
        members = items[drawn]
        pool = Pool("all", members, np.setdiff1d(items, members), members)
        expected.append(run(Contest.of(site, pool), chosen).aucs.mean())
    np.testing.assert_allclose(score_sets(site, ground, sets, anchors), expected)


def test_a_sample_of_negatives_leaves_out_what_is_drawn():
    bits = noise(500, 100, seed=2)
    site = site_of(bits)
    sample = np.arange(100, 300)
    ground = ground_of(site, np.arange(500), sample)
    drawn = np.array([[5, 110, 111, 299, 400, 401, 402, 403]])
    anchors = halves(8, 3, np.random.default_rng(0))
    negatives = np.setdiff1d(sample, drawn[0])
    whole = Contest.of(site, Pool("all", drawn[0], np.setdiff1d(np.arange(500), drawn), NOTHING))
    part = Contest(whole.members, whole.positives, 500, site.columns(negatives), 197, None)
    expected = run(part, anchors).aucs.mean()
    assert score_sets(site, ground, drawn, anchors[None])[0] == pytest.approx(expected)


def test_matched_draws_take_one_item_of_each_stratum():
    stratum = np.array([4, 0, 0, 1, 1, 1, 4, 2])
    site = site_of(noise(50, 16, seed=0))
    pool = Pool("matched", np.arange(5), np.arange(10, 18), NOTHING, stratum)
    ground = Ground.matched(site, pool)
    sets = ground.sets(99, 500, np.random.default_rng(0))
    assert sets.shape == (500, 4)
    assert (stratum[sets] == [0, 1, 2, 4]).all()
    counts = np.bincount(sets.ravel(), minlength=8) / 500
    np.testing.assert_allclose(counts, [0.5, 0.5, 0.5, 1 / 3, 1 / 3, 1 / 3, 0.5, 1], atol=0.08)


def test_fewer_draws_than_strata_take_some_strata_each():
    stratum = np.repeat(np.arange(6), 4)
    pool = Pool("matched", np.arange(6), np.arange(10, 34), NOTHING, stratum)
    ground = Ground.matched(site_of(noise(50, 16, seed=0)), pool)
    sets = ground.sets(4, 300, np.random.default_rng(0))
    assert all(len(set(row)) == 4 for row in stratum[sets].tolist())
    np.testing.assert_allclose(np.bincount(stratum[sets].ravel()) / 300, 4 / 6, atol=0.1)


def test_draws_have_no_item_twice_and_differ():
    ground = ground_of(site_of(noise(300, 16, seed=0)), np.arange(300))
    sets = ground.sets(250, 5, np.random.default_rng(0))
    assert all(len(set(row)) == 250 for row in sets.tolist())
    assert len({tuple(row) for row in sets.tolist()}) == 5


def test_the_null_of_noise_is_one_half():
    site = site_of(noise(1500, 120, seed=3))
    null = Null(site, ground_of(site, np.arange(1500)), 40, seed=0)
    drawn = null.draw(150)
    assert drawn.mean() == pytest.approx(0.5, abs=0.015)
    assert 0.5 < null.p95 < 0.65
    assert null.mean == drawn.mean()


@pytest.mark.parametrize("threshold", ["zero", "median"])
@pytest.mark.parametrize("matched", [False, True])
def test_p_of_random_sets_is_at_most_a_with_probability_a(threshold, matched):
    site = site_of(noise(1200, 60, seed=4, threshold=threshold))
    generator = np.random.default_rng(5)
    shared = Null(site, ground_of(site, np.arange(1200)), 24, seed=1)
    ps = []
    for trial in range(50):
        chosen = generator.permutation(1200)
        members = chosen[:24]
        if matched:
            negatives = chosen[24 : 24 * 11]
            pool = Pool("matched", members, negatives, NOTHING, np.repeat(np.arange(24), 10))
            null = Null(site, Ground.matched(site, pool), 24, seed=trial)
        else:
            pool = Pool("all", members, chosen[24:], members)
            null = shared
        observed = run(Contest.of(site, pool), halves(24, 20, generator)).aucs.mean()
        ps.append(null.p(observed, draws=50 if matched else 300, most=0)[0])
    for level in (0.1, 0.3, 0.5):
        few = binom.ppf(0.999, len(ps), level)
        assert (np.array(ps) <= level).sum() <= few
    assert (np.array(ps) <= 0.5).sum() >= binom.ppf(0.001, len(ps), 0.5) - 2


def test_a_planted_feature_beats_its_null():
    members = np.arange(40)
    bits = planted(1000, 100, members, {d: 1 for d in range(15)}, 0.8, seed=6)
    site = site_of(bits)
    pool = Pool("all", members, np.arange(40, 1000), members)
    observed = run(Contest.of(site, pool), halves(40, 20, np.random.default_rng(0))).aucs.mean()
    null = Null(site, ground_of(site, np.arange(1000)), 40, seed=2)
    assert null.p(observed, draws=100, most=200) == (1 / 201, 200)


def counting_null(values):
    """A null whose draws are given, without any site."""
    site = site_of(noise(300, 8, seed=0))
    left = iter(values)
    return Null(
        site,
        ground_of(site, np.arange(300)),
        4,
        seed=0,
        score=lambda sets, anchors: np.array([next(left) for _ in sets]),
    )


def test_draws_are_extended_only_while_few_reach_the_observed_value():
    none = counting_null([0.4] * 2000)
    assert none.p(0.5) == (1 / 2001, 2000)
    many = counting_null([0.6] * 10 + [0.4] * 1990)
    assert many.p(0.5) == (11 / 201, 200)
    assert len(many.aucs) == 200
    some = counting_null([0.4] * 200 + [0.5] + [0.4] * 799 + [0.6] * 9 + [0.4] * 991)
    p, made = some.p(0.5)  # ties count as reached
    assert made == 1050 and p == 11 / 1051


def test_progress_is_told_and_may_cancel():
    told = []

    def stop(made, most):
        told.append((made, most))
        if made == 100:
            raise KeyboardInterrupt

    null = counting_null([0.4] * 2000)
    with pytest.raises(KeyboardInterrupt):
        null.p(0.5, progress=stop)
    assert told == [(50, 2000), (100, 2000)]
    assert len(null.aucs) == 100


def test_draws_do_not_depend_on_when_they_are_asked_for():
    site = site_of(noise(400, 32, seed=1))
    ground = ground_of(site, np.arange(400))
    at_once = Null(site, ground, 20, seed=7).draw(100)
    later = Null(site, ground, 20, seed=7)
    later.draw(50)
    np.testing.assert_array_equal(later.draw(100), at_once)
    assert not np.array_equal(at_once, Null(site, ground, 20, seed=8).draw(100))


def test_buckets_round_down():
    assert [bucket(n) for n in (5, 20, 27, 28, 100, 160, 5000)] == [5, 20, 20, 28, 80, 160, 320]
    assert all(bucket(n) == n for n in BUCKETS)


def test_a_size_between_two_buckets_has_a_null_between_theirs():
    site = site_of(noise(2000, 64, seed=8, threshold="median"))
    ground = ground_of(site, np.arange(2000))
    shared = Shared(site, ground, seed=3)
    low, own, high = (shared.of(size) for size in (40, 47, 56))
    exact = Null(site, ground, 47, seed=4).draw(3000)
    spread = {n: one.draw(3000).std() for n, one in ((40, low), (47, own), (56, high))}
    assert spread[40] > spread[47] > spread[56]
    assert spread[47] == pytest.approx(exact.std(), rel=0.05)
    chosen = own.aucs == high.aucs
    assert ((own.aucs == low.aucs) | chosen).all()
    assert chosen.mean() == pytest.approx((1 / 40 - 1 / 47) / (1 / 40 - 1 / 56), abs=0.01)
    np.testing.assert_array_equal(shared.of(47).between(150, 400), own.aucs[150:400])


def test_sizes_beyond_the_buckets_take_the_nearest_or_their_own():
    site = site_of(noise(900, 16, seed=9))
    shared = Shared(site, ground_of(site, np.arange(900)), seed=3)
    assert [shared.of(size).size for size in (7, 20, 320, 800)] == [7, 20, 320, 320]
    assert shared.of(20) is shared.of(20)

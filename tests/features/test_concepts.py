import numpy as np
import pytest
from scipy.stats import false_discovery_control
from sklearn.metrics import roc_auc_score

from catalog.errors import NotInCatalog, SettingRefused
from catalog.features.categories import Match
from catalog.features.concepts import build, check, null
from catalog.features.held_out import folds
from catalog.features.nulls import Ground
from catalog.features.pools import Pool
from tests.given.planted import noise, planted, site_of

NOTHING = np.empty(0, np.int64)


def concept(bits, members, counter=None, positives=False):
    site = site_of(bits)
    members = np.asarray(members)
    negatives = np.setdiff1d(np.arange(len(bits)), members)
    pool = Pool("all", members, negatives, members)
    background = bits.sum(axis=0) if positives else None
    return build(site, pool, background, np.random.default_rng(0), counter)


def match(members, words=None):
    words = tuple(words or [f"w{m}" for m in members])
    return Match(np.array(members, np.int64), words, (), len(words))


@pytest.mark.parametrize("positives", [True, False])
def test_ten_words_list_the_others_of_their_kind(positives):
    kind = np.arange(0, 500, 10)
    bits = planted(2000, 256, kind, {d: (-1) ** d for d in range(40)}, 0.8, seed=1)
    made = concept(bits, kind[:10], positives=positives)
    top = np.argsort(-made.agreement, kind="stable")[:50]
    assert np.isin(top, kind).mean() > 0.8
    assert made.auc > 0.9 and made.low <= made.auc <= made.high
    assert made.small and made.members == 10
    np.testing.assert_allclose(made.q, false_discovery_control(made.p))
    assert (made.q[:40] < 0.05).sum() > (made.q[40:] < 0.05).sum()
    assert made.auc_counter is None


def test_the_auc_is_held_out_fold_by_fold():
    members = np.arange(23)
    bits = planted(300, 64, members, {0: 1, 1: -1, 2: 1}, 0.5, seed=2)
    made = concept(bits, members)
    values = []
    for kept in folds(23, np.random.default_rng(0)):
        share = bits[members[kept]].mean(axis=0) - bits.mean(axis=0)
        strength = np.round(np.abs(share), 12)
        chosen = np.flatnonzero(strength >= 0.5)
        if len(chosen) < 8:
            chosen = np.flatnonzero(strength >= np.sort(strength)[-16])
        agree = (bits[:, chosen] == (share[chosen] > 0)).mean(axis=1)
        for held in members[~kept]:
            values.append(roc_auc_score([1] + [0] * 277, agree[[held, *range(23, 300)]]))
    assert made.auc == pytest.approx(np.mean(values))


def test_noise_gives_one_half():
    made = [concept(noise(400, 200, seed=s), np.arange(40)).auc for s in range(12)]
    assert np.mean(made) == pytest.approx(0.5, abs=0.05)


def test_counter_examples_remove_what_both_share():
    animals, plants = np.arange(0, 60), np.arange(60, 120)
    shared = {d: 1 for d in range(20)}
    own = {d: -1 for d in range(20, 30)}
    bits = planted(1500, 200, np.arange(120), shared, 0.9, seed=3)
    bits[:60] = planted(1500, 200, animals, shared | own, 0.9, seed=4)[:60]
    plain = concept(bits, animals[:40])
    made = concept(bits, animals[:40], counter=plants[:40])
    assert len(set(plain.dimensions) & set(shared)) >= 15
    strongest = set(made.dimensions.tolist())
    assert len(strongest & set(own)) >= 8
    assert made.auc_counter > 0.75
    label = np.repeat([1, 0], [20, 1380])  # other plants against what is neither
    told = [roc_auc_score(label, c.agreement[np.r_[100:120, 120:1500]]) for c in (plain, made)]
    assert told[0] > 0.9 and told[1] < 0.7


def test_a_dimension_that_counter_examples_have_more_of_is_left_out():
    generator = np.random.default_rng(0)
    bits = generator.random((2000, 40)) < 0.5
    bits[:40, :5] = generator.random((40, 5)) < 0.8
    bits[40:80, :5] = True
    bits[:40, 5:10] = generator.random((40, 5)) < 0.8
    members, counter = np.arange(40), np.arange(40, 80)
    assert set(range(10)) <= set(concept(bits, members).dimensions.tolist())
    made = concept(bits, members, counter).dimensions.tolist()
    assert set(range(5, 10)) <= set(made)
    assert not set(range(5)) & set(made)


def test_counter_examples_are_held_out_too():
    generator = np.random.default_rng(0)
    aucs = []
    for seed in range(12):
        chosen = generator.permutation(600)
        made = concept(noise(600, 300, seed), chosen[:30], counter=chosen[30:60])
        aucs.append(made.auc_counter)
    assert np.mean(aucs) == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize("members", [1, 2, 3])
def test_very_few_words(members):
    made = concept(noise(300, 64, seed=1), np.arange(members), counter=np.array([100]))
    assert (made.auc is None) == (members == 1)
    assert made.auc_counter is None
    assert len(made.dimensions) > 0
    assert made.agreement.shape == (300,)


def test_ten_thousand_words():
    bits = noise(12_000, 48, seed=1)
    made = concept(bits, np.arange(10_000))
    assert made.auc == pytest.approx(0.5, abs=0.03)
    assert not made.small


def test_a_site_that_never_varies_breaks_nothing():
    made = concept(np.zeros((300, 64), bool), np.arange(30), counter=np.array([50, 51]))
    assert len(made.dimensions) == 0
    assert made.auc == made.auc_counter == 0.5
    assert (made.agreement == 0).all() and (made.q == 1).all()


def test_lists_that_make_no_concept_are_refused():
    with pytest.raises(NotInCatalog, match="None of the 2 words"):
        check(match([], ["unicorn", "yeti"]), match([]))
    with pytest.raises(SettingRefused, match="In both lists: cat"):
        check(match([1, 2], ["dog", "cat"]), match([2], ["Cat"]))
    check(match([1]), match([2]))


@pytest.mark.parametrize("members", [2, 9, 10, 37])
def test_every_member_is_held_out_once(members):
    kept = folds(members, np.random.default_rng(0))
    assert len(kept) == min(10, members)
    assert ((~kept).sum(axis=0) == 1).all()
    assert np.ptp(kept.sum(axis=1)) <= 1


@pytest.mark.parametrize("members", [2, 7, 23, 40])
def test_the_null_of_a_concept_repeats_its_folds(members):
    bits = planted(900, 80, np.arange(members), {d: 1 for d in range(25)}, 0.8, seed=1)
    site = site_of(bits)
    items = np.arange(900)
    ground = Ground.shared(site, items, bits.sum(axis=0), np.random.default_rng(0))
    drawn = null(site, ground, members, seed=3)
    values = drawn.draw(100)
    assert drawn.size == {2: 2, 7: 7, 23: 20, 40: 40}[members]
    assert values.mean() == pytest.approx(0.5, abs=0.06)
    if members >= 20:
        made = concept(bits, np.arange(members))
        assert drawn.p(made.auc, draws=100, most=100)[0] == 1 / 101


def test_the_null_of_one_word_is_refused():
    site = site_of(noise(300, 16, seed=0))
    ground = Ground.shared(site, np.arange(300), np.zeros(16, int), np.random.default_rng(0))
    with pytest.raises(SettingRefused, match="at least two words"):
        null(site, ground, 1, seed=0)

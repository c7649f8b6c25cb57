"""Shared items, paired categories, layers and versions, each against a plain computation."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from catalog.comparing import allowed, layers, pairs, side_by_side, versions
from catalog.errors import SettingRefused
from catalog.features.pools import Pools, Traits
from catalog.signs.prototypes import halves
from catalog.signs.significance import benjamini_hochberg
from tests.given.planted import noise, site_of


def items(rows):
    """A table item of (token, text, kind, word, family)."""
    frame = pd.DataFrame(rows, columns=["token", "text", "kind", "word", "family"])
    return frame.assign(item=np.arange(len(frame)))


BPE = items(
    [
        ("<s>", "<s>", "special", None, 0),
        ("Ġcat", "␣cat", "word", "cat", 1),
        ("Ġcats", "␣cats", "word", "cats", 1),
        ("Cat", "Cat", "piece", "cat", 1),
        ("ing", "ing", "piece", "ing", 4),
        ("Ġing", "␣ing", "word", "ing", 4),
        ("ĠParis", "␣Paris", "word", "paris", 6),
        ("Ġdog", "␣dog", "word", "dog", 7),
    ]
)
WORDPIECE = items(
    [
        ("[CLS]", "[CLS]", "special", None, 0),
        ("paris", "paris", "word", "paris", 1),
        ("##ing", "##ing", "piece", "ing", 2),
        ("cats", "cats", "word", "cats", 4),
        ("cat", "cat", "word", "cat", 4),
        ("<s>", "<s>", "piece", "<s>", 5),
    ]
)


def test_tokens_are_paired_across_leading_space_conventions():
    found = pairs.of_tokens(BPE, WORDPIECE)
    named = {(BPE.token[a], WORDPIECE.token[b]) for a, b in zip(found.a, found.b, strict=True)}
    assert named == {("Ġcat", "cat"), ("ing", "##ing"), ("ĠParis", "paris")}
    assert found.by_word == 1 and "differ" in found.how


def test_equal_vocabularies_are_paired_by_id_one_a_family():
    found = pairs.of_tokens(BPE, BPE.copy())
    np.testing.assert_array_equal(found.a, [1, 4, 6, 7])
    np.testing.assert_array_equal(found.a, found.b)


def test_files_are_paired_by_their_bytes():
    a = pd.DataFrame({"item": [0, 1, 2], "sha256": ["x", "y", "z"]})
    b = pd.DataFrame({"item": [0, 1], "sha256": ["z", "x"]})
    found = pairs.of_files(a, b)
    assert list(zip(found.a, found.b, strict=True)) == [(0, 1), (2, 0)]


def ground(count):
    text = [f"␣word{n:05d}" for n in range(count)]
    kind, rows = ["word"] * count, np.arange(count)
    return Pools(kind, rows, Traits.of(text, kind, rows))


@pytest.mark.parametrize("background", ["matched", "all"])
def test_paired_categories_find_the_better_model_and_no_other(background):
    count, dims = 1500, 32
    a, b = noise(count, dims, 0, "median"), noise(count, dims, 1, "median")
    generator = np.random.default_rng(2)
    planted, idle = (np.sort(generator.choice(count, 60, replace=False)) for _ in range(2))
    a[np.ix_(planted, np.arange(16))] |= generator.random((60, 16)) < 0.7
    given = {"planted": planted, "idle": idle, "few": idle[:25], "absent": idle[:5]}
    sites, pools = (site_of(a), site_of(b)), ground(count)
    found = side_by_side.paired(*sites, pools, given, background).set_index("name")
    assert list(found.index) == ["planted", "idle", "few"]
    row = found.loc["planted"]
    assert row.a > 0.9 and row.a > row.a_null_p95 and row.low > 0 and row.q < 0.01
    assert row.change == "vanished" and row.a_q < 0.05 < row.b_q
    assert row.difference == pytest.approx(row.a - row.b)
    assert found.loc["idle"].q > 0.05 and found.loc["idle"].change == ""
    assert found.loc["few"].small and np.isnan(found.loc["few"].q)
    mirrored = side_by_side.paired(*sites[::-1], pools, given, background).set_index("name")
    assert mirrored.loc["planted"].change == "appeared"
    assert mirrored.loc["planted"].difference == pytest.approx(-row.difference)


@pytest.mark.parametrize("background", ["matched", "all"])
def test_one_readable_category_among_thirty_is_found_in_the_model_that_has_it(background):
    count, dims = 1500, 32
    a, b = noise(count, dims, 30, "median"), noise(count, dims, 31, "median")
    generator = np.random.default_rng(32)
    given = {f"idle{n}": np.sort(generator.choice(count, 40, replace=False)) for n in range(29)}
    given["planted"] = np.sort(generator.choice(count, 45, replace=False))
    a[np.ix_(given["planted"], np.arange(12))] |= generator.random((45, 12)) < 0.55
    found = side_by_side.paired(site_of(a), site_of(b), ground(count), given, background)
    row = found.set_index("name").loc["planted"]
    assert row["a_p"] < 1 / 201 and 30 / 201 > 0.05  # 200 draws could not say so
    assert row["a_q"] < 0.05 < row["b_q"] and row["change"] == "vanished"
    assert (found["a_q"] < 0.05).sum() <= 2 and (found["b_q"] < 0.05).sum() == 0


def test_a_model_against_itself_differs_in_nothing():
    a = site_of(noise(900, 16, 3))
    given = {"any": np.arange(0, 900, 15)}
    row = side_by_side.paired(a, a, ground(900), given, "matched").iloc[0]
    assert row.difference == 0 and row.p == 1 and row.low == row.high == 0


def test_against_all_items_an_auc_is_that_of_ranks_among_them():
    count, chosen = 400, np.arange(0, 400, 10)
    bits = noise(count, 16, 6)
    row = side_by_side.paired(site_of(bits), site_of(bits), ground(count), {"c": chosen}, "all")
    others = np.setdiff1d(np.arange(count), chosen)
    anchors = halves(len(chosen), 20, np.random.default_rng([0, 3]))
    ranks = np.full(anchors.shape, np.nan)
    for split, own in enumerate(anchors):
        contrast = bits[chosen[own]].sum(axis=0) * count - bits.sum(axis=0) * own.sum()
        strength = np.abs(contrast)
        kept = strength >= np.sort(strength)[-4]  # none reaches tau: the fallback's four, and ties
        agree = (bits[:, kept] == (contrast[kept] > 0)).sum(axis=1)
        above = agree[chosen][:, None] > agree[others]
        tied = agree[chosen][:, None] == agree[others]
        ranks[split, ~own] = (above + tied / 2).mean(axis=1)[~own]
    assert row["a"].iloc[0] == pytest.approx(np.nanmean(ranks, axis=0).mean())


def test_the_sign_flip_test_against_scipy():
    apart = np.random.default_rng(4).normal(0.25, 1, 30)
    expected = stats.permutation_test(
        (apart,), np.mean, permutation_type="samples", n_resamples=9999,
        rng=np.random.default_rng(0),
    ).pvalue  # fmt: skip
    assert side_by_side.sign_flip(apart, np.random.default_rng(5)) == pytest.approx(
        expected, abs=0.02
    )


def dense_hsic(k, m):
    """Song et al. 2012, with the matrices written out."""
    n = len(k)
    k, m = k - np.diag(np.diag(k)), m - np.diag(np.diag(m))
    one = np.ones((n, 1))
    inner = (one.T @ k @ one) * (one.T @ m @ one) / ((n - 1) * (n - 2))
    cross = 2 / (n - 2) * (one.T @ k @ m @ one)
    return float((np.trace(k @ m) + inner - cross).item() / (n * (n - 3)))


def test_cka_of_signs():
    a, b = noise(200, 12, 6), noise(200, 20, 7)
    mixed = np.concatenate([a[:, :6], b], axis=1)
    kernels = [layers.gram(bits) for bits in (a, b, mixed)]
    expected = dense_hsic(kernels[0], kernels[2]) / np.sqrt(
        dense_hsic(kernels[0], kernels[0]) * dense_hsic(kernels[2], kernels[2])
    )
    assert layers.cka(kernels[0], kernels[2]) == pytest.approx(expected, rel=1e-5)
    assert layers.cka(kernels[0], kernels[0]) == pytest.approx(1)
    assert abs(layers.cka(kernels[0], kernels[1])) < 0.05 < layers.cka(kernels[0], kernels[2])


def test_sites_are_compared_dimension_by_dimension_only_where_coordinates_are_the_same():
    a = noise(300, 10, 8)
    b = a.copy()
    b[:90] ^= True
    found = layers.similarity({"resid.0": a, "resid.1": b, "k.1": a[:, :4]})
    rows = found.set_index(["site_a", "site_b"])
    assert rows.loc[("resid.0", "resid.1"), "same"] == pytest.approx(0.7)
    p, q = a.mean(0), b.mean(0)
    chance = (p * q + (1 - p) * (1 - q)).mean()
    assert rows.loc[("resid.0", "resid.1"), "chance"] == pytest.approx(chance)
    assert np.isnan(rows.loc[("resid.0", "k.1"), "same"])
    assert rows.loc[("resid.0", "resid.0"), "cka"] == pytest.approx(1)
    assert abs(rows.loc[("resid.0", "resid.0"), "cka_permuted"]) < 0.1


def test_the_first_readable_layer_is_the_first_of_two_in_a_row():
    sites = ["resid.0", "resid.1", "resid.2", "resid.3"]
    p = {"lone": [0.001, 0.9, 0.9, 0.9], "late": [0.9, 0.9, 0.001, 0.001]}
    p["never"] = [0.9, 0.9, 0.9, 0.001]
    frame = pd.DataFrame(
        [
            {
                "category": name,
                "site": site,
                "auc": 0.8,
                "auc_low": 0.7,
                "auc_high": 0.9,
                "p": value,
            }
            for name, values in p.items()
            for site, value in zip(sites, values, strict=True)
        ]
    )
    found = layers.first_readable(frame, sites).set_index("category")
    assert found["site"]["late"] == "resid.2" and found["site"][["lone", "never"]].isna().all()
    assert found.loc["late", ["auc", "auc_low", "auc_high"]].tolist() == [0.8, 0.7, 0.9]
    assert found.loc["never", ["auc", "auc_low"]].isna().all()


def test_what_a_feature_keeps_from_layer_to_layer():
    rows = [("resid.0", 1, 1), ("resid.0", 2, -1), ("resid.0", 3, 1)]
    rows += [("resid.1", 1, 1), ("resid.1", 2, 1)]
    frame = pd.DataFrame(rows, columns=["site", "dimension", "sign"])
    found = layers.carried(frame, ["resid.0", "resid.1"], dims=10)
    assert found.loc[0, ["dimensions", "kept", "same_sign"]].tolist() == [3, 2, 1]
    assert found.loc[0, "chance"] == pytest.approx(0.6)


def changed(base, share, dimension, seed):
    other = base.copy()
    flipped = np.random.default_rng(seed).random(len(base)) < share
    other[flipped, dimension] ^= True
    return other


def test_versions_find_the_dimension_that_changed_and_its_direction():
    base = noise(1000, 12, 9, "median")
    rebuilt = changed(base, 0.01, 5, 10)
    version = changed(changed(base, 0.01, 5, 11), 0.1, 3, 12)
    version[:100, 7] = True  # only upwards
    found = versions.by_dimension(base, version, rebuilt)
    assert found["dimension"][found["q"] < 0.05].tolist() == [3, 7]
    assert found["dimension"][found["directed_q"] < 0.05].tolist() == [7]
    k, null = found["changed"][3], found["null_changed"][3]
    expected = stats.binomtest(int(k), int(k + null), 0.5, "greater").pvalue
    assert found["p"][3] == pytest.approx(expected)
    up, down = int(found["up"][3]), int(found["down"][3])
    assert up + down == k
    directed = stats.binomtest(up, up + down, 0.5).pvalue
    assert found["directed_p"][3] == pytest.approx(directed)


@pytest.mark.parametrize("rate", [1e-4, 1e-3, 0.01, 0.2])
@pytest.mark.parametrize("dims", [64, 512])
def test_a_site_without_any_difference_has_none_at_its_level(rate, dims):
    families, sites = 3000, 400
    generator = np.random.default_rng(13)
    rates = rate * generator.lognormal(0, 0.5, dims).clip(0.3, 3)  # each dimension has its own
    some = {"q": 0, "estimated": 0}
    for _ in range(sites):
        null, changed = generator.binomial(families, rates, (2, dims))
        q = benjamini_hochberg(versions.excess_p(changed, null))
        taken = stats.binom.sf(changed - 1, families, (null + 1) / (families + 1))
        some["q"] += (q < 0.05).any()
        some["estimated"] += (benjamini_hochberg(taken) < 0.05).any()
    assert some["q"] <= stats.binom.ppf(0.999, sites, 0.05)
    if rate >= 1e-3:  # the estimated rate taken as known, as it was
        assert some["estimated"] > 0.2 * sites


@pytest.mark.parametrize("rate", [1e-3, 0.02])
def test_a_planted_excess_is_found_and_its_neighbours_are_not(rate):
    base = noise(3000, 64, 13, "median")
    generator = np.random.default_rng(14)
    rebuilt, version = (base ^ (generator.random(base.shape) < rate) for _ in range(2))
    version[:, 5] ^= generator.random(3000) < 0.02 + rate
    found = versions.by_dimension(base, version, rebuilt)
    assert found["dimension"][found["q"] < 0.05].tolist() == [5]
    assert found["dimension"][found["directed_q"] < 0.05].tolist() == []
    turned = versions.by_dimension(base, rebuilt, version)
    assert (turned["q"] > 0.05).all()


def test_items_and_magnitudes_of_what_changed():
    base = noise(400, 50, 15, "median")
    distance = np.abs(np.random.default_rng(16).normal(size=base.shape))
    near = distance < 0.2
    version = base ^ near
    version[7] = ~base[7]
    found = versions.by_item(base, version, base)
    assert found.sort_values("p")["row"].iloc[0] == 7 and found["changed"][7] == 50
    rebuilt = base.copy()
    rebuilt[7] = version[7]
    own = versions.by_item(base, version, rebuilt)
    assert own["p"][7] > 0.5 and own["q"].iloc[8] < 0.05
    expected = stats.binomtest(int(own["changed"][9]), int(own["changed"][9]), 0.5, "greater")
    assert own["p"][9] == pytest.approx(expected.pvalue)
    bands = versions.by_magnitude(base, version, base, distance)
    assert bands["rate"].iloc[0] > 0.9 > 0.05 > bands["rate"].iloc[-1] > 0  # item 7 is in all
    assert bands["band"].tolist()[:2] == ["0–0.1 %", "0.1–0.2 %"]
    assert (bands["null_rate"] == 0).all() and bands["low"].is_monotonic_increasing
    inside = distance < bands["high"].iloc[0]
    assert bands["rate"].iloc[0] == pytest.approx((base != version)[inside].mean(), abs=0.1)
    last = distance >= bands["low"].iloc[-1]
    assert bands["rate"].iloc[-1] == pytest.approx((base != version)[last].mean())


BUILD = {"modality": "text", "items": 5, "reading": "bare", "dtype": "float32"}
BUILD |= {"attention": "sdpa", "device": "cpu", "batch_size": 8, "tokenizer": "T"}


@pytest.mark.parametrize(
    ("other", "same", "what", "refuses"),
    [
        ({"modality": "image"}, False, "modality", "all"),
        ({}, False, "vocabulary", "versions"),
        ({"reading": "special"}, True, "reading", "versions"),
        ({"dtype": "bfloat16"}, True, "dtype", ""),
    ],
)
def test_differences_are_shown_and_refused_with_a_reason(other, same, what, refuses):
    a = allowed.Place(BUILD, "resid.1", "zero", 16)
    b = allowed.Place({**BUILD, **other}, "resid.1", "zero", 16)
    (found,) = allowed.differences(a, b, same)
    assert (found.what, found.refuses) == (what, refuses) and found.means.endswith(".")
    if refuses:
        with pytest.raises(SettingRefused, match=f"their {what} differs"):
            allowed.check([found], "versions")
    else:
        allowed.check([found], "versions")


def test_widths_and_thresholds_are_differences():
    a = allowed.Place(BUILD, "resid.1", "zero", 16)
    b = allowed.Place(BUILD, "resid.1", "median", 24)
    assert [one.what for one in allowed.differences(a, b, True)] == ["width", "threshold"]
    assert allowed.differences(a, a, True) == []

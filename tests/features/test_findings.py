"""The findings stage on a synthetic catalog with one planted category and one of noise."""

import numpy as np
import pytest

from catalog.errors import NotInCatalog, SettingRefused
from catalog.features import findings, from_words
from catalog.signs.significance import benjamini_hochberg
from catalog.store import feature_queries, file, hashing, reading
from catalog.store import replacing as store
from catalog.store.catalog import Catalog
from tests.given import synthetic

RECIPE = synthetic.Recipe(items=7800, dims=40, sites=("resid.0", "resid.1"), slug="planted")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Category files: items of one group of the generator, random words, and hopeless lists."""
    folder = tmp_path_factory.mktemp("categories")
    words, group = _words()
    rng = np.random.default_rng(1)
    noise = rng.choice(words, 60, replace=False)
    lists = {
        "planted": [w for w, g in zip(words, group, strict=True) if g == 3][:60],
        "noise": list(noise),
        "few": [*words[:8], "notthere"],
        "doubled": [*words[:30], words[0]],
    }
    for name, listed in lists.items():
        text = "\n".join([f"# The {name} list", "# group: tests", *listed, ""])
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    (folder / "empty.txt").write_text("# Nothing here\n", encoding="utf-8")
    return folder


def _words():
    """Words of family representatives that are whole words, and their group in the generator."""
    numbers = np.arange(0, RECIPE.items, 6)  # multiples of 3 are words, of 2 representatives
    groups = np.random.default_rng(RECIPE.seed).integers(20, size=RECIPE.items)
    columns = synthetic._items(RECIPE)
    words = columns["word"].to_pylist()
    return np.array([words[n] for n in numbers]), groups[numbers]


@pytest.fixture(scope="module")
def catalog(folder, tmp_path_factory):
    path = synthetic.write(tmp_path_factory.mktemp("catalog") / "planted.duckdb", RECIPE)
    findings.measure(Catalog(path), folder, matched_nulls="all")
    return path


def features(path, threshold="zero", background="matched"):
    return reading.fetch(path, feature_queries.features(threshold, background))


def test_every_cell_is_measured_once(catalog):
    rows = [
        (r.category, r.site, r.threshold, r.background)
        for t in ("zero", "median")
        for b in ("all", "words", "matched")
        for r in features(catalog, t, b).itertuples()
    ]
    measured, sites, thresholds, backgrounds = 3, 2, 2, 3
    assert len(rows) == len(set(rows)) == measured * sites * thresholds * backgrounds


def test_the_planted_category_is_found_and_noise_is_not(catalog):
    rows = features(catalog).set_index(["category", "site"])
    for site in RECIPE.sites:
        planted, noise = rows.loc["planted", site], rows.loc["noise", site]
        assert planted.auc > 0.9 > 0.6 > noise.auc
        assert planted.q < 0.05 < noise.q
        assert planted.p == pytest.approx(1 / (1 + planted.null_draws))
        assert abs(planted.null_mean - 0.5) < 0.03 < planted.null_p95 - 0.5
        assert planted.confusable_auc <= planted.coherence


def test_q_is_one_family_over_categories_and_sites(catalog):
    rows = features(catalog)
    large = rows[~rows.small]
    np.testing.assert_allclose(large.q, benjamini_hochberg(large.p.to_numpy()))
    assert features(catalog, "median").q.isna().all()


def test_small_categories_have_a_p_and_are_in_no_family(catalog):
    rows = features(catalog)
    assert set(rows.category[rows.small]) == {"doubled"}
    assert rows.q[rows.small].isna().all() and rows.p[rows.small].notna().all()


@pytest.mark.parametrize("background", ["matched", "words"])
def test_null_p_is_the_share_of_stored_draws(catalog, background):
    for row in features(catalog, background=background).itertuples():
        size = row.anchors + row.held_out
        query = feature_queries.null(row.site, "zero", background, row.category, size)
        draws = np.asarray(reading.fetch(catalog, query)["aucs"][0])
        assert len(draws) == min(row.null_draws, 2000)
        reached = (draws >= np.float32(row.auc)).sum()
        assert row.p == pytest.approx((1 + reached) / (1 + row.null_draws), abs=1.5 / len(draws))
        assert row.null_mean == pytest.approx(draws.mean())
        assert row.null_p95 == pytest.approx(np.quantile(draws, 0.95))


def test_skipped_categories_say_why(catalog):
    rows = reading.fetch(catalog, feature_queries.categories()).set_index("category")
    assert rows.status.to_dict() == {
        "planted": "measured",
        "noise": "measured",
        "doubled": "small",
        "few": "skipped",
        "empty": "skipped",
    }
    assert "8 families of its 9 words" in rows.reason["few"]
    assert "no words" in rows.reason["empty"]
    assert "Given twice" in rows.reason["doubled"]


def test_measuring_again_gives_the_same_hash_and_leaves_the_states(catalog, folder):
    def hashes():
        with file.open_readonly(catalog) as connection:
            return (
                hashing.content_hash(connection),
                connection.execute("SELECT findings_hash FROM catalog.build").fetchone()[0],
            )

    before = hashes()
    findings.measure(Catalog(catalog), folder, matched_nulls="all")
    assert hashes() == before
    assert before[1] is not None


def test_a_failed_write_leaves_the_catalog_as_it_was(catalog):
    before = catalog.read_bytes()
    with pytest.raises(KeyError):
        store.write(catalog, {"category": [], "nonsense": []})
    assert catalog.read_bytes() == before
    assert list(catalog.parent.iterdir()) == [catalog]


def test_a_category_is_reported_as_stored(catalog):
    told = from_words.category_report(Catalog(catalog), "resid.1", "planted", None, "matched")
    row = features(catalog).set_index(["category", "site"]).loc["planted", "resid.1"]
    assert told["prototype_auc"] == row.auc and told["null_p95"] == row.null_p95
    assert len(told["dimensions"]) == row.dimensions
    assert told["top"][0]["agreement"] == max(one["agreement"] for one in told["top"])
    assert sum(one["member"] for one in told["top"]) >= 5  # by chance 0.4


def test_ten_words_of_a_category_find_the_others(catalog, folder):
    words = (folder / "planted.txt").read_text().splitlines()[2:]
    told = from_words.words_report(Catalog(catalog), "resid.1", words[:10], None, "matched")
    assert told["small"] and told["prototype_auc"] > 0.85
    assert told["p"] < 0.05
    groups = np.random.default_rng(RECIPE.seed).integers(20, size=RECIPE.items)
    same = [groups[one["item"]] == 3 for one in told["top"]]
    assert np.mean(same) > 0.5  # by chance 1 / 20


def test_words_that_make_no_concept_are_refused(catalog):
    with pytest.raises(NotInCatalog, match="single token"):
        from_words.words_report(Catalog(catalog), "resid.1", ["qqq", "<script>"], None, "matched")
    with pytest.raises(NotInCatalog, match=r"resid\.0"):
        from_words.words_report(Catalog(catalog), "resid.9", ["ba"], None, "matched")
    with pytest.raises(SettingRefused, match="matched"):
        from_words.words_report(Catalog(catalog), "resid.1", ["ba"], None, "everything")


def test_the_primary_cell_is_the_middle_site(catalog):
    assert Catalog(catalog).primary == ("resid.1", "zero", "matched")

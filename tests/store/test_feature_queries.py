"""Reads of the findings paste into a plain session; curves and overlaps agree with the file."""

import duckdb
import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from catalog.errors import NotInCatalog
from catalog.features import curves, from_words, overlaps
from catalog.store import feature_queries as queries
from catalog.store.catalog import Catalog
from catalog.store.reading import fetch
from tests.given import feature_catalog
from tests.given.feature_catalog import HOSTILE, SITE


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return feature_catalog.write(tmp_path_factory.mktemp("features") / "data")


DIMENSION = 5
CELL = (SITE, "zero", "matched")
EVERY = [
    queries.items(),
    queries.categories(),
    queries.features("zero", "matched"),
    queries.feature("planted", *CELL),
    queries.feature(HOSTILE, *CELL),
    queries.across("planted", "zero", "words"),
    queries.prototype("planted", *CELL),
    queries.prototypes(*CELL),
    queries.readers(SITE, DIMENSION, "zero", "matched"),
    queries.members(HOSTILE),
    queries.all_members(),
    queries.members_in_order("planted"),
    queries.means(SITE),
    queries.null(SITE, "zero", "words", "planted", 44),
]


@pytest.mark.parametrize("query", EVERY, ids=lambda query: query.sql.split()[1][:20])
def test_what_is_copied_gives_the_same_rows_in_a_plain_session(path, query):
    expected = fetch(path, query)
    with duckdb.connect(path, read_only=True) as plain:
        actual = plain.execute(query.text).df()
    pd.testing.assert_frame_equal(actual, expected)
    assert len(expected)


def test_members_come_in_the_order_of_their_list(path):
    words = feature_catalog.lists()["planted"]
    assert fetch(path, queries.members_in_order("planted"))["word"].tolist() == words


def test_readers_are_the_features_that_hold_the_dimension(path):
    every = fetch(path, queries.prototypes(*CELL))
    expected = set(every[every["dimension"] == DIMENSION]["category"])
    assert (
        set(fetch(path, queries.readers(SITE, DIMENSION, "zero", "matched"))["category"])
        == expected
    )


def test_the_gain_is_over_the_embeddings(path):
    frame = fetch(path, queries.across("planted", "zero", "all")).set_index("site")
    assert frame["gain"]["resid.0"] == 0
    assert frame["gain"][SITE] == pytest.approx(frame["auc"][SITE] - frame["auc"]["resid.0"])


@pytest.mark.parametrize("background", ["all", "words", "matched"])
@pytest.mark.parametrize("category", ["planted", "noise", "noise-one", HOSTILE])
def test_a_feature_measured_again_has_the_auc_of_the_file(path, category, background):
    stored = fetch(path, queries.feature(category, SITE, "zero", background)).iloc[0]
    made = curves.measure(Catalog(path), category, SITE, "zero", background)
    assert made.aucs.mean() == stored["auc"]
    assert made.aucs.std(ddof=1) == stored["sd"]
    assert np.trapezoid(made.roc, made.rate) == pytest.approx(stored["auc"], abs=0.01)
    assert (np.diff(made.roc) >= -1e-12).all() and made.roc[-1] == 1
    assert made.members.sum() == pytest.approx(1) and made.background.sum() == pytest.approx(1)


def test_the_null_band_lies_about_the_diagonal(path):
    made = curves.measure(Catalog(path), "planted", SITE, "zero", "words")
    middle = slice(20, 80)
    assert (made.null_low[middle] < made.rate[middle]).all()
    assert (made.null_high[middle] > made.rate[middle]).all()
    stored = fetch(path, queries.feature("planted", SITE, "zero", "words")).iloc[0]
    assert made.null_aucs.mean() == pytest.approx(stored["null_mean"], abs=0.02)


def test_a_curve_is_the_roc_of_scikit_learn():
    from catalog.features.pools import Pool
    from catalog.features.scoring import Contest, run
    from catalog.signs.prototypes import halves
    from tests.given.planted import planted, site_of

    members = np.arange(40)
    site = site_of(planted(600, 30, members, {2: 1, 5: -1, 9: 1}, 0.6, seed=0))
    pool = Pool("all", members, np.arange(40, 600), members[:0])
    outcome = run(Contest.of(site, pool), halves(40, 20, np.random.default_rng(0)))
    dimensions, signs = outcome.prototypes.of(0)
    score = (site.bits(np.arange(600))[:, dimensions] == (signs > 0)).sum(axis=1)
    kept = np.append(~outcome.anchors[0], np.ones(560, bool))
    label = np.arange(600) < 40
    expected = roc_auc_score(label[kept], score[kept])
    curve = curves._curve(outcome, 0)
    assert np.trapezoid(curve, curves.GRID) == pytest.approx(expected, abs=0.005)
    assert outcome.aucs[0] == pytest.approx(expected)


def test_curves_of_what_was_skipped_are_refused(path):
    for name in ("circle", "nothing"):
        with pytest.raises(NotInCatalog):
            curves.measure(Catalog(path), name, SITE, "zero", "all")


def test_overlaps_are_counted_as_sets(path):
    frame = overlaps.of(Catalog(path), "noise", *CELL).set_index("category")
    every = fetch(path, queries.prototypes(*CELL)).set_index("category")
    mine = dict(every.loc["noise"].itertuples(index=False, name=None))
    for name in frame.index:
        theirs = dict(every.loc[[name]].itertuples(index=False, name=None))
        shared = mine.keys() & theirs.keys()
        same = sum(mine[d] == theirs[d] for d in shared)
        assert (frame["same"][name], frame["opposite"][name]) == (same, len(shared) - same)
        assert frame["expected"][name] == pytest.approx(len(mine) * len(theirs) / 24)
    assert (frame["same"] - frame["opposite"]).is_monotonic_decreasing
    with pytest.raises(NotInCatalog):
        overlaps.of(Catalog(path), "circle", *CELL)


def test_the_report_of_a_category_lists_its_members_first(path):
    top = from_words.category_report(Catalog(path), SITE, "planted", "zero", "words")["top"]
    assert top[0]["agreement"] == max(row["agreement"] for row in top)


def test_the_words_of_a_circle_are_kept_in_order_and_are_no_measured_members(path):
    listed = feature_catalog.lists()
    for name in ("circle", "short_circle"):
        assert fetch(path, queries.members_in_order(name))["word"].tolist() == listed[name]
    assert fetch(path, queries.members_in_order("few")).empty
    names = set(fetch(path, queries.all_members())["category"])
    assert "planted" in names and not names & {"circle", "short_circle", "few"}


def test_equals_are_ordered_by_the_strongest_dimensions(path):
    from catalog.features import concepts

    site = Catalog(path).signs(SITE, "zero")
    live = from_words.made(Catalog(path), SITE, "zero", feature_catalog.lists()["planted"][:12])
    wide = concepts.wider(live.concept, site)
    strength = np.abs(live.concept.sign_auc - 0.5)
    strongest = np.flatnonzero(strength >= np.sort(strength)[-6])  # a quarter of 24, with ties
    expected = site.bits(np.arange(site.items))[:, strongest] == (
        live.concept.sign_auc[strongest] > 0.5
    )
    np.testing.assert_allclose(wide, expected.mean(axis=1), rtol=1e-6)
    top = live.agreeing(Catalog(path)).top(400)
    order = [(one, wide[item]) for one, item in zip(top["agreement"], top["item"], strict=True)]
    assert order == sorted(order, reverse=True)

"""Every read runs, pastes into a plain DuckDB session, and says what the unpacked states say."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from catalog.browse import neighbours
from catalog.errors import CatalogMissing, CatalogUnreadable, NotInCatalog
from catalog.signs import bits as signs
from catalog.store import file, glossary, packed_queries, queries
from catalog.store.catalog import Catalog
from catalog.store.queries import SORTS, Filter
from catalog.store.reading import Query, fetch
from tests.given import synthetic

RECIPE = synthetic.Recipe(hostile=True)
SITE = "resid.1"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return synthetic.write(tmp_path_factory.mktemp("catalogs") / "small.duckdb", RECIPE)


@pytest.fixture(scope="module")
def states():
    """float32[items, dims] of SITE."""
    return np.concatenate([block for _, block in synthetic.states(RECIPE, SITE)], axis=1)


EVERY = [
    queries.build(),
    queries.sites(),
    queries.site(SITE),
    queries.site_summary(),
    queries.tables(),
    queries.columns(),
    *(queries.dimensions(SITE, "zero", Filter(), sort) for sort in SORTS),
    queries.dimensions(SITE, "median", Filter(0.2, 0.8, 0.1), "mean", True, 5, 3),
    queries.count_dimensions(SITE, "zero", Filter(0.2, 0.8)),
    queries.scatter(SITE, "zero"),
    queries.dimension(SITE, "zero", 3),
    queries.poles(SITE, 3),
    queries.across(SITE, "zero", 3),
    queries.positives(SITE, "zero"),
    queries.find_items("ba"),
    queries.find_items(synthetic.HOSTILE[8]),
    queries.items([3, 1]),
    queries.family(5),
    queries.extremes(SITE, 5),
    queries.bits_of_item(SITE, "zero", 5),
    packed_queries.chunks(),
    packed_queries.bits_by_item(SITE, "zero"),
    packed_queries.bits_by_dimension(SITE, "zero"),
]


@pytest.mark.parametrize("query", EVERY, ids=lambda query: query.sql.split()[1][:20])
def test_what_is_copied_gives_the_same_rows_in_a_plain_session(path, query):
    expected = fetch(path, query)
    with duckdb.connect(path, read_only=True) as plain:
        actual = plain.execute(query.text).df()
    assert len(expected)
    pd.testing.assert_frame_equal(actual, expected)


def test_quotes_in_values_cannot_leave_their_literal():
    assert Query("SELECT ?", ("it's '; DROP",)).text == "SELECT 'it''s ''; DROP';"


def test_pages_cover_every_dimension_once(path):
    pages = [
        fetch(path, queries.dimensions(SITE, "zero", Filter(), "kappa", True, 10, first))
        for first in range(0, 60, 10)
    ]
    rows = pd.concat(pages)
    assert sorted(rows.dimension) == list(range(RECIPE.dims))
    assert rows.kappa.dropna().is_monotonic_decreasing


def test_a_filter_keeps_and_counts_the_same(path):
    where = Filter(0.3, 0.6, 0.2)
    kept = fetch(path, queries.dimensions(SITE, "zero", where, limit=1000))
    assert fetch(path, queries.count_dimensions(SITE, "zero", where)).dimensions[0] == len(kept)
    assert kept.share_positive.between(0.3, 0.6).all() and (kept.mean_abs >= 0.2).all()
    assert 0 < len(kept) < RECIPE.dims


def test_a_sort_that_is_not_in_the_table_is_refused():
    with pytest.raises(KeyError):
        queries.dimensions(SITE, "zero", Filter(), "dimension; DROP TABLE item")


def test_the_exact_word_is_found_first(path):
    items = fetch(path, queries.items(list(range(RECIPE.items)))).set_index("item")
    wanted = str(items.word[100])
    found = fetch(path, queries.find_items(wanted.upper()))
    assert items.word[found.item[0]] == wanted
    assert fetch(path, queries.find_items("17")).item[0] == 17


@pytest.mark.parametrize("hostile", synthetic.HOSTILE)
def test_hostile_text_is_searched_literally(path, hostile):
    found = fetch(path, queries.find_items(hostile))
    assert hostile in found.text.tolist()


def test_poles_are_the_extreme_states(path, states):
    found = fetch(path, queries.poles(SITE, 7)).set_index("pole")
    order = np.argsort(states[:, 7])
    assert found.loc["negative"].item.tolist() == order[:32].tolist()
    assert found.loc["positive"].item.tolist() == order[::-1][:32].tolist()


def test_extremes_are_the_poles_seen_from_the_item(path):
    poles = fetch(path, queries.poles(SITE, 7)).set_index("pole")
    item = int(poles.loc["positive"].item.iloc[0])
    found = fetch(path, queries.extremes(SITE, item))
    here = found[found.site == SITE]
    assert found.site[0] == SITE and here["rank"].is_monotonic_increasing
    assert 7 in here.dimension.tolist()


def test_every_comment_is_in_the_glossary(path):
    columns = fetch(path, queries.columns())
    words = glossary.comments()
    for row in columns.itertuples():
        assert words[f"{row.table}.{row.column}"] == row.comment


@pytest.mark.parametrize("threshold", ["zero", "median"])
def test_partners_have_the_mutual_information_of_the_unpacked_signs(path, states, threshold):
    from sklearn.metrics import mutual_info_score

    cut = 0 if threshold == "zero" else np.median(states, axis=0)
    positive = states > cut
    found = neighbours.partners(Catalog(path), SITE, 7, threshold, k=5)
    share = positive.mean(axis=0)
    degenerate = (share < 0.01) | (share > 0.99)
    bits = np.array([mutual_info_score(positive[:, 7], column) for column in positive.T]) / np.log(
        2
    )
    bits[degenerate] = bits[7] = -1
    expected = np.argsort(-bits.round(12), kind="stable")[:5]  # ties by number
    assert found.frame.dimension.tolist() == expected.tolist()
    np.testing.assert_allclose(found.frame.mi_bits, bits[expected], atol=1e-12)
    phi = [np.corrcoef(positive[:, 7], positive[:, other])[0, 1] for other in expected]
    np.testing.assert_allclose(found.frame.phi, phi, atol=1e-12)
    assert found.excluded == degenerate.sum()


@pytest.mark.parametrize("family", [False, True])
def test_neighbours_differ_in_the_fewest_signs(path, states, family):
    positive = states > 0
    distance = (positive != positive[20]).sum(axis=1)
    distance[[20] if family else [20, 21]] = 10_000  # 20 and 21 are one family
    expected = np.argsort(distance, kind="stable")[:9]
    found = neighbours.neighbours(Catalog(path), SITE, 20, k=9, family=family)
    assert found.frame.item.tolist() == expected.tolist()
    assert found.frame.distance.tolist() == distance[expected].tolist()
    assert found.excluded == (0 if family else 1)


def test_ties_are_broken_by_number_and_nothing_is_invented():
    distance = np.array([3, 1, 1, 0, 1, 1], np.uint16)
    assert neighbours.nearest(distance, 3, np.array([3])).tolist() == [1, 2, 4]
    assert neighbours.nearest(distance, 99, np.array([3])).tolist() == [1, 2, 4, 5, 0]
    assert neighbours.nearest(distance, 3, np.arange(6)).tolist() == []


def test_a_strip_holds_the_signs_and_the_rarest_are_rare(path, states):
    np.testing.assert_array_equal(neighbours.strip(Catalog(path), SITE, 30), states[30] > 0)
    found = neighbours.rarest(Catalog(path), SITE, 30, k=3)
    shares = ((states > 0) == (states[30] > 0)).mean(axis=0)
    assert found.dimension.tolist() == np.argsort(shares, kind="stable")[:3].tolist()
    np.testing.assert_allclose(found["share"], np.sort(shares)[:3])


@pytest.mark.parametrize(
    "call",
    [
        lambda path: neighbours.partners(Catalog(path), SITE, RECIPE.dims),
        lambda path: neighbours.partners(Catalog(path), SITE, -1),
        lambda path: neighbours.partners(Catalog(path), "resid.9", 0),
        lambda path: neighbours.neighbours(Catalog(path), SITE, RECIPE.items),
        lambda path: neighbours.neighbours(Catalog(path), "k.1", 0),
        lambda path: neighbours.strip(Catalog(path), SITE, 10_000),
        lambda path: neighbours.strip(Catalog(path), "no.1", 0),
    ],
)
def test_what_is_not_there_is_named(path, call):
    with pytest.raises(NotInCatalog):
        call(path)


def test_a_missing_and_a_damaged_file_are_told_apart(tmp_path, path):
    with pytest.raises(CatalogMissing):
        fetch(tmp_path / "none.duckdb", queries.build())
    broken = tmp_path / "broken.duckdb"
    broken.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(CatalogUnreadable, match="truncated"):
        fetch(broken, queries.build())


def test_a_replaced_file_is_read_anew(tmp_path):
    path = synthetic.write(tmp_path / "a.duckdb", synthetic.Recipe(items=64, dims=8))
    assert fetch(path, queries.build())["items"][0] == 64
    synthetic.write(tmp_path / "b.duckdb", synthetic.Recipe(items=72, dims=8)).replace(path)
    assert fetch(path, queries.build())["items"][0] == 72


def test_the_synthetic_catalog_is_consistent(path, states):
    rows = fetch(path, queries.dimensions(SITE, "zero", Filter(), limit=1000))
    np.testing.assert_allclose(rows.share_positive, (states > 0).mean(axis=0))
    np.testing.assert_allclose(rows["mean"], states.mean(axis=0, dtype=np.float64), rtol=1e-6)
    np.testing.assert_allclose(rows.entropy_bits, signs.entropy(rows.share_positive))
    row = fetch(path, queries.dimension(SITE, "zero", 5)).iloc[0]
    assert sum(row.histogram) == RECIPE.items
    assert fetch(path, queries.build()).schema_version[0] == file.SCHEMA_VERSION


def test_no_session_draws_a_progress_bar_into_what_a_command_prints():
    with file.session() as session:
        found = session.execute("SELECT current_setting('enable_progress_bar')").fetchone()
    assert found == (False,)

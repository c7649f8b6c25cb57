"""Comparing images or sounds: every other class is the background, whatever order files lie in."""

import duckdb
import numpy as np
import pytest

from catalog.comparing import cached_layers, cached_pairs, sides
from catalog.features import findings
from catalog.features.pools import Pools
from catalog.store import compare_queries
from catalog.store.catalog import Catalog
from tests.given import classes
from tests.given.classes import CLASSES, EACH, SITES

MIDDLE = 25


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    """Two catalogs of the same sounds, of other states."""
    folder = tmp_path_factory.mktemp("media") / "catalogs"
    folder.mkdir()
    named = enumerate(("one", "two"))
    return [Catalog(classes.write(folder / f"{slug}.duckdb", seed)) for seed, slug in named]


@pytest.fixture(scope="module")
def measured(sounds):
    """One of them with its findings."""
    findings.measure(sounds[0], matched_nulls="primary")
    return sounds[0]


def test_the_negatives_of_a_class_come_from_every_other_class(sounds, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    drawn = {}
    pool = Pools.pool

    def seen(self, background, members, generator):
        found = pool(self, background, members, generator)
        (own,) = set(found.members // EACH)
        drawn[int(own)] = set((found.negatives // EACH).tolist())
        return found

    monkeypatch.setattr(Pools, "pool", seen)
    one, two = (sides.side(catalog, "resid.1", "zero") for catalog in sounds)
    table = cached_pairs.categories(one, two).tables["categories"]
    assert len(table) == CLASSES and set(table["families"]) == {EACH}
    assert drawn[MIDDLE] == set(range(CLASSES)) - {MIDDLE}


def test_the_track_and_the_first_readable_layer_of_a_class_are_those_of_all_items(measured):
    track = cached_layers.track(measured, f"class {MIDDLE}", "zero")
    assert track["site"].tolist() == list(SITES)
    assert track["null_p95"].notna().all() and (track["dimensions"] > 0).all()
    found, background = cached_layers.first_readable(measured, "zero")
    assert background == "all" and len(found) == CLASSES


def test_classes_are_compared_by_depth(measured):
    query = compare_queries.by_depth("zero", "zero", measured.primary.background)
    found = compare_queries.fetch(measured, measured, query)
    assert len(found) == 2 * CLASSES * len(SITES) and set(found["model"]) == {"a", "b"}
    np.testing.assert_array_equal(np.unique(found["depth"]), [0, 1])


def test_sql_of_two_catalogs_runs_in_any_session(measured, sounds):
    query = compare_queries.by_depth("zero", "zero", "all")
    for other in (measured, sounds[1]):
        copied = compare_queries.attached(measured, other, query)
        with duckdb.connect() as connection:
            rows = connection.execute(copied).df()
        assert len(rows) == len(compare_queries.fetch(measured, other, query))

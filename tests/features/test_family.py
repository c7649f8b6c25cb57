"""The family of tests of a catalog: what is planted is found, and nothing is counted twice."""

import numpy as np
import pytest

from catalog.features import cell_nulls, family, findings
from catalog.features.nulls import DRAWS
from catalog.signs.significance import benjamini_hochberg
from catalog.store.catalog import Catalog
from tests.bench import calibration_worlds
from tests.given import synthetic

WORDS = np.arange(0, 7800, 6)
"""Family representatives that are whole words: see `synthetic`."""


def lists(folder, recipe, planted, idle, share):
    """Lists of 44 words: `planted` with this share of one group of the generator, `idle` random."""
    names = np.array(synthetic._items(recipe)["word"].to_pylist())[WORDS]
    groups = np.random.default_rng(recipe.seed).integers(20, size=recipe.items)[WORDS]
    generator = np.random.default_rng(5)
    for n in range(planted + idle):
        own = generator.permutation(np.flatnonzero(groups == n % 20))[: int(44 * share)]
        own = own if n < planted else own[:0]
        rest = generator.permutation(np.setdiff1d(np.arange(len(names)), own))[: 44 - len(own)]
        text = "\n".join(["# A list", *names[np.concatenate([own, rest])], ""])
        (folder / f"{'planted' if n < planted else 'idle'}{n:03d}.txt").write_text(text)
    return folder


@pytest.fixture(scope="module")
def hundred(tmp_path_factory):
    """Rows of 5 planted and 95 random lists at one site, and how many draws were asked for."""
    recipe = synthetic.Recipe(items=7800, dims=40, sites=("resid.0",), thresholds=("zero",))
    path = synthetic.write(tmp_path_factory.mktemp("hundred") / "one.duckdb", recipe)
    folder = lists(tmp_path_factory.mktemp("lists"), recipe, 5, 95, share=0.75)
    told = []
    found = findings.find(Catalog(path), folder, lambda *stage: told.append(stage))
    return [r for r in found.tables["feature"] if r["background"] == "matched"], found, told


def test_five_planted_of_a_hundred_are_found(hundred):
    rows, _, told = hundred
    planted = [row for row in rows if row["category"].startswith("planted")]
    idle = [row for row in rows if row["category"].startswith("idle")]
    assert all(0.75 < row["auc"] < 0.92 for row in planted)
    assert all(row["q"] < 0.05 for row in planted)
    assert sum(row["q"] < 0.05 for row in idle) <= 1
    floor = [max(row["p"], 1 / 201) for row in rows]
    assert benjamini_hochberg(floor).min() > 0.05  # 200 draws alone would find nothing
    assert any(stage == "further draws" for stage, *_ in told)


def test_further_draws_go_on_where_the_first_ended(hundred):
    rows, found, _ = hundred
    drawn = {r["category"]: r for r in found.tables["feature_null"] if r["category"]}
    longer = [row for row in rows if row["null_draws"] > DRAWS]
    assert len(longer) > 5
    for row in longer[:3]:
        aucs = np.array(drawn[row["category"]]["aucs"])
        assert len(aucs) == row["null_draws"]
        assert not np.array_equal(aucs[:DRAWS], aucs[DRAWS : 2 * DRAWS])
        assert row["p"] == (1 + (aucs >= np.float32(row["auc"])).sum()) / (1 + len(aucs))


def test_draws_made_in_workers_are_those_made_here(hundred, tmp_path):
    recipe = synthetic.Recipe(items=7800, dims=40, sites=("resid.0",), thresholds=("zero",))
    catalog = Catalog(synthetic.write(tmp_path / "one.duckdb", recipe))
    folder = lists(tmp_path, recipe, 1, 0, share=0.75)
    key = cell_nulls.Key(44, "planted000")
    cell = cell_nulls.Cell("resid.0", "zero", "matched")
    task = cell_nulls.Further(catalog, folder, cell, ((key, 0, 100), (key, 100, 300)))
    first, second = cell_nulls.further(task)
    whole = cell_nulls.CellNulls(
        cell_nulls.FolderSplits.of(catalog, folder), catalog.signs("resid.0", "zero"), "matched"
    )
    np.testing.assert_array_equal(np.concatenate([first, second]), whole.make(key).draw(300))


def test_two_sites_with_the_same_signs_count_once(tmp_path, monkeypatch):
    recipe = synthetic.Recipe(items=7800, dims=40, sites=("resid.0", "resid.1", "final"))
    states = synthetic.states

    def same(one, site):
        """`final` is resid.1 after a norm that turns no sign."""
        for first, block in states(one, "resid.1" if site == "final" else site):
            yield first, block * 3 if site == "final" else block

    monkeypatch.setattr(synthetic, "states", same)
    path = synthetic.write(tmp_path / "twice.duckdb", recipe)
    folder = lists(tmp_path, recipe, 1, 7, share=0.75)
    found = findings.find(Catalog(path), folder)
    rows = {
        (row["category"], row["site"]): row
        for row in found.tables["feature"]
        if (row["threshold"], row["background"]) == ("zero", "matched")
    }
    assert len(rows) == 24
    once = {at: row for at, row in rows.items() if at[1] != "final"}
    q = benjamini_hochberg([row["p"] for row in once.values()])
    np.testing.assert_allclose([row["q"] for row in once.values()], q)
    for name, site in rows:
        if site == "final":
            twin = rows[name, "resid.1"]
            assert all(rows[name, site][key] == twin[key] for key in ("auc", "p", "q"))
    counted_twice = benjamini_hochberg([row["p"] for row in rows.values()])
    assert not np.allclose(sorted(q), sorted(counted_twice)[: len(q)])


def test_sites_with_the_same_signs_are_found_by_threshold():
    signs = {("resid.6", "zero"): "a", ("final", "zero"): "a", ("final", "median"): "a"}
    assert family._firsts(signs) == {
        ("resid.6", "zero"): "resid.6",
        ("final", "zero"): "resid.6",
        ("final", "median"): "final",
    }


def test_the_calibration_measures_sets_as_the_findings_do(tmp_path):
    recipe = synthetic.Recipe(items=7800, dims=40, sites=("resid.0",), thresholds=("zero",))
    path = synthetic.write(tmp_path / "one.duckdb", recipe)
    folder = lists(tmp_path, recipe, 1, 7, share=0.75)
    found = findings.find(Catalog(path), folder)
    rows = [row for row in found.tables["feature"] if row["background"] == "matched"]
    members = {row["category"]: [] for row in rows}
    for row in found.tables["member"]:
        members[row["category"]].append(row["item"])
    world = calibration_worlds.World(path)
    drawn = world.measured([np.array(own) for own in members.values()])
    for column in ("auc", "p", "q", "null_draws"):
        np.testing.assert_array_equal(drawn[column], [row[column] for row in rows])
    sets = [np.array(own) for own in members.values()]
    np.testing.assert_allclose(world.aucs(sets), drawn["auc"])
    planted = world.planted_to(sets[1:2], np.array([0.85]), seed=0)
    assert planted.measured(sets)["auc"][1] == pytest.approx(0.85, abs=0.06)

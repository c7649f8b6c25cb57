"""The findings stage goes in the order of worth, and goes on where it was ended."""

import pytest

from catalog import cluster, parallel
from catalog.browse import describe
from catalog.errors import CatalogBusy
from catalog.features import cell_findings, findings, kept_cells
from catalog.store import feature_queries
from catalog.store.catalog import Catalog
from tests.given import synthetic


@pytest.fixture
def world(tmp_path):
    """A small catalog with a planted category, and the folder of its words."""
    from tests.features import test_findings as given

    recipe = given.RECIPE
    (tmp_path / "catalogs").mkdir()
    path = synthetic.write(tmp_path / "catalogs" / "planted.duckdb", recipe)
    words, groups = given._words()
    folder = tmp_path / "categories"
    folder.mkdir()
    listed = "\n".join(["# The planted list", "# group: tests", *words[groups == 3][:60], ""])
    (folder / "planted.txt").write_text(listed, encoding="utf-8")
    return Catalog(path), folder


def cells(catalog):
    asked = [(cut, against) for cut in catalog.thresholds for against in catalog.backgrounds]
    rows = [catalog.fetch(feature_queries.features(*one)) for one in asked]
    return {(row.site, row.threshold) for one in rows for row in one.itertuples()}


def left(catalog):
    return [one.name for one in catalog.path.parent.iterdir() if one != catalog.path]


def test_the_primary_cell_is_written_first_and_the_end_is_the_same(world, monkeypatch):
    catalog, folder = world
    seen, write = [], findings._write

    def watched(*arguments):
        write(*arguments)
        seen.append(cells(catalog))

    monkeypatch.setattr(findings, "_write", watched)
    findings.measure(catalog, folder)
    first = catalog.primary
    assert seen[0] == {(first.site, first.threshold)}
    assert len(seen) == 2 and len(seen[1]) == 4 and catalog.complete
    whole = catalog.build["findings_hash"]
    assert left(catalog) == []
    findings.measure(catalog, folder)
    assert len(seen) == 3  # a catalog that is measured wholly is not cut down to one cell again
    assert catalog.build["findings_hash"] == whole


def test_until_the_primary_cell_and_then_on(world, monkeypatch):
    catalog, folder = world
    findings.measure(catalog, folder, until="primary")
    assert catalog.measured and not catalog.complete
    assert describe.info(catalog)["measured"] == {"cells": 1, "of": 4}
    (kept,) = left(catalog)
    assert kept.endswith(".findings")
    done, measure = [], cell_findings.measure
    monkeypatch.setattr(findings.parallel, "cores", lambda: 1)
    monkeypatch.setattr(cell_findings, "measure", lambda task: done.append(task) or measure(task))
    findings.measure(catalog, folder)
    assert len(done) == 3 and left(catalog) == [] and catalog.complete


def test_a_stage_that_was_ended_goes_on_and_gives_the_same(world, monkeypatch):
    catalog, folder = world
    monkeypatch.setattr(findings.parallel, "cores", lambda: 1)
    findings.measure(catalog, folder)
    whole = catalog.build["findings_hash"]

    def stop(name, done, _total):
        if name == "features" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        findings.measure(catalog, folder, stop)
    assert catalog.build["findings_hash"] == whole  # what was there stays until the end
    done, measure = [], cell_findings.measure
    monkeypatch.setattr(cell_findings, "measure", lambda task: done.append(task) or measure(task))
    findings.measure(catalog, folder)
    assert len(done) == 1 and catalog.build["findings_hash"] == whole


@pytest.mark.parametrize("change", ["words", "nulls", "code"])
def test_cells_of_other_words_nulls_or_code_are_not_taken(world, change, monkeypatch):
    catalog, folder = world
    findings.measure(catalog, folder, until="primary")
    (before,) = left(catalog)
    nulls = "all"
    if change == "words":
        path = folder / "planted.txt"
        lines = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join(lines[:-2]) + "\n", encoding="utf-8")
    elif change == "nulls":
        nulls = "primary"
    else:
        monkeypatch.setattr(kept_cells, "_code", lambda: "changed")
    with kept_cells.kept(catalog, folder, nulls, stays=True) as kept:
        first = catalog.primary
        assert kept.get(first.site, first.threshold) is None
        assert before not in left(catalog)


def test_two_processes_do_not_measure_one_catalog(world):
    catalog, folder = world
    with (
        kept_cells.kept(catalog, folder, "all", stays=False),
        pytest.raises(CatalogBusy, match="being measured by process"),
    ):
        findings.measure(catalog, folder)
    assert left(catalog) == []


@pytest.mark.slow  # starting Ray takes half a minute
def test_a_ray_cluster_measures_the_same(world):
    pytest.importorskip("ray")
    catalog, folder = world
    findings.measure(catalog, folder)
    whole = catalog.build["findings_hash"]
    taken = []
    with cluster.taking("local"):
        run = parallel._TAKER.get()

        def counted(function, tasks):
            taken.extend(tasks)
            return run(function, tasks)

        with parallel.taken_by(counted):
            findings.measure(catalog, folder)
    assert taken and catalog.build["findings_hash"] == whole

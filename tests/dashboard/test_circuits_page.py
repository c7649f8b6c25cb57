"""`dims writers` and the Circuits page end to end, and the rows of the evidence table."""

import inspect

import duckdb
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
import streamlit as st

from catalog.building.build import Settings, build
from catalog.circuits import ablation_items, measure
from catalog.commands import writers as command
from catalog.errors import CatalogError, NotInCatalog
from catalog.evidence import from_writers
from catalog.features import discovery, findings
from catalog.flips.source import held_out
from catalog.notebook import circuits
from catalog.notebook.opening import open as open_catalog
from catalog.store import feature_queries, packed, reading, writer_queries
from catalog.store import replacing as store
from catalog.store.catalog import Catalog
from dashboard.pages import FILES
from tests.dashboard.test_dashboard import literal, start
from tests.given import copied
from tests.given.commands import run


@pytest.fixture(scope="module")
def catalog(llama, tmp_path_factory):
    """A tiny Llama's catalog, keys and values too; two categories of pieces."""
    folder = tmp_path_factory.mktemp("circuits") / "data"
    path = build(Settings(model=str(llama), out=folder / "catalogs", sites="k,v"))
    items = reading.fetch(path, feature_queries.items())
    pieces = items[(items["kind"] == "piece") & items["word"].notna()]["word"].unique()
    pieces = [str(word) for word in pieces if str(word).isascii() and str(word).isalnum()]
    (folder / "categories").mkdir(parents=True)
    for number, name in enumerate(("first", "second")):
        words = pieces[number * 24 : number * 24 + 24]
        lines = [f"# {name}", "# kind: piece", *words]
        (folder / "categories" / f"{name}.txt").write_text("\n".join(lines) + "\n")
    findings.measure(Catalog(path), folder / "categories", matched_nulls="primary")
    return path


@pytest.fixture(scope="module")
def looked(catalog):
    """The same with writers of resid.2."""
    assert run("writers", catalog, "resid.2", "--draws", "20", "--quiet").code == 0
    return catalog


def test_the_command_keeps_and_prints_what_it_found(looked):
    known = run("writers", looked, "resid.2", "--draws", "20", "--json", "--quiet").json
    assert known["site"] == "resid.2" and [row["name"] for row in known["features"]]
    row = known["features"][0]
    assert row["neurons"] == 2 * 64 and row["verdict"] == "no verdict"  # 8 dimensions of 32
    assert "nulls" not in row and row["q"] is None
    rows = reading.fetch(looked, writer_queries.writers("category", "first", "resid.2", "zero"))
    assert rows["rank"].tolist() == list(range(1, 21)) and rows["layer"].max() <= 2
    strength = (rows["agreement"] - 0.5).abs()
    assert strength.is_monotonic_decreasing
    assert ((rows["agreement"] >= 0.5) == (rows["polarity"] > 0)).all()
    assert not rows["writer"].any()
    assert "no verdict" in run("writers", looked, "resid.2", "--draws", "20", "--quiet").out


def test_the_same_seed_gives_the_same_findings(looked):
    query = "SELECT findings_hash FROM build"
    before = reading.fetch(looked, reading.Query(query)).iloc[0, 0]
    run("writers", looked, "resid.2", "--draws", "20", "--quiet")
    assert reading.fetch(looked, reading.Query(query)).iloc[0, 0] == before


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("resid.0",), "No FFN neuron writes"),
        (("k.1",), "No FFN neuron writes"),
        (("resid.99",), "has no site"),
        (("resid.2", "--threshold", "one"), "no signs at threshold"),
        (("resid.2", "--model", "/nowhere"), "neither a folder"),
    ],
)
def test_mistakes_get_a_sentence(catalog, arguments, told):
    found = run("writers", catalog, *arguments, "--quiet")
    assert found.code == 1 and told in found.sentence and "Traceback" not in found.err


def test_a_file_without_the_tables_gets_them(looked, tmp_path):
    old = tmp_path / "old.duckdb"
    old.write_bytes(looked.read_bytes())
    with duckdb.connect(old) as connection:
        for table in ("coalition", "writer", "dimension_writer"):
            connection.execute(f"DROP TABLE {table}")
    store.write(old, {"evidence": []})
    with duckdb.connect(old, read_only=True) as connection:
        comments = connection.execute(
            "SELECT comment FROM duckdb_columns() WHERE table_name IN "
            "('coalition', 'writer', 'dimension_writer')"
        ).fetchall()
    assert len(comments) == 42 and all(comment for (comment,) in comments)


def test_items_are_the_findings_own_held_out_members(catalog):
    found = ablation_items.target(Catalog(catalog), "category", "first", "resid.2", "zero")
    held, every = held_out(Catalog(catalog), "first")
    np.testing.assert_array_equal(found.members, held)
    assert not np.isin(found.background, every).any() and len(found.background)


def rows_of(held, null, writers=0, null_writers=0.05, count=20):
    """Rows of `coalition` for the evidence table."""
    generator = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "name": [f"c{n}" for n in range(count)],
            "held_out": held + generator.normal(0, 0.01, count),
            "nulls": [list(null + generator.normal(0, 0.03, 50)) for _ in range(count)],
            "null_mean": null,
            "q": 0.5,
            "gaussian_p95": 0.57,
            "permuted_p95": 0.57,
            "in_sample": 1.0,
            "gaussian_in_sample": 1.0,
            "best": 0.8,
            "best_gaussian_p95": 0.76,
            "writers": writers,
            "null_writers": null_writers,
        }
    )


class _Cell:
    name = "cell"


@pytest.mark.parametrize(
    ("held", "null", "verdict"),
    [(0.95, 0.55, "holds"), (0.57, 0.54, "does not hold"), (0.95, 0.95, "does not hold")],
)
def test_coalitions_are_judged_by_what_is_held_out(held, null, verdict):
    row = from_writers.coalition_row(_Cell, rows_of(held, null))
    assert row.verdict == verdict
    assert row.controls["paper's procedure (in sample)"] == 1  # whatever is held out
    assert row.controls["mean held-out agreement"] == pytest.approx(held, abs=0.01)


@pytest.mark.parametrize(("writers", "verdict"), [(1, "holds"), (0, "does not hold")])
def test_single_writers_are_judged_against_chance(writers, verdict):
    assert from_writers.writer_row(_Cell, rows_of(0.6, 0.5, writers)).verdict == verdict


def test_a_notebook_gets_what_the_page_shows(looked):
    c = open_catalog(looked)
    found = c.writers("resid.2", "zero")
    stored = c.fetch(writer_queries.coalitions("resid.2", "zero"))
    pd.testing.assert_frame_equal(found.frame(), stored)
    assert "0 of 0 features with a verdict are written" in found.title
    one = found.coalition("first")
    assert one["neurons"] == 128 and len(one["nulls"]) == 5  # a quarter: it can have no verdict
    neurons = found.neurons("first")
    assert len(neurons) == 20 and neurons["layer"].max() <= 2
    assert {"resid", "k", "v"} == set(found.keys_values("first")["kind"])
    assert isinstance(found.plot("first"), go.Figure) and "<table" in found._repr_html_()
    with pytest.raises(NotInCatalog, match="nothing has no feature"):
        found.coalition("nothing")
    with pytest.raises(NotInCatalog, match=r"dims writers .* resid\.3 --threshold zero"):
        c.writers("resid.3")


def test_an_ablation_in_a_notebook(looked):
    c = open_catalog(looked)
    made = c.ablate("second", "resid.2", neurons=6, seed=1)
    frame = made.frame()
    assert len(frame) == 6 and (frame["low"] <= frame["change"]).all()
    members = frame[frame["items"] == "members"].set_index("ablated")["change"]
    assert members["random neurons"] == pytest.approx(made.draws()["change"].mean())
    assert made.verdict in made.title and isinstance(made.plot(), go.Figure)
    times = made.neurons()["times"]
    assert times.is_monotonic_decreasing and times.sum() == 5 * 6
    for given, said in (
        (("nothing", "resid.2"), "no feature 'nothing'"),
        (("first", "k.1"), "No FFN neuron writes"),
        (("first", "resid.9"), "no site"),
    ):
        with pytest.raises(CatalogError, match=said):
            c.ablate(*given)
    for more, said in (
        ({"kind": "concept"}, "no stored feature"),
        ({"neurons": 0}, "at least one"),
    ):
        with pytest.raises(CatalogError, match=said):
            c.ablate("first", "resid.2", **more)


def test_a_discovered_feature_is_ablated_where_it_was_discovered(looked, tmp_path):
    copy = tmp_path / "copy.duckdb"
    copy.write_bytes(looked.read_bytes())
    c = open_catalog(copy)
    name = discovery.discover(c, "resid.2", seeds=40)["features"][0]["name"]
    made = c.ablate(name, "resid.2", kind="discovered", neurons=6)
    assert made.made.shown == ablation_items.AGREEING
    assert f"c.ablate({name!r}, 'resid.2', kind='discovered'" in circuits.call(made.asked)
    with pytest.raises(NotInCatalog, match="no feature"):
        c.ablate(name, "resid.3", kind="discovered")


def test_the_command_draws_as_many_sets_as_the_work():
    assert inspect.signature(command.writers).parameters["draws"].default == measure.DRAWS


@pytest.fixture
def app(looked, monkeypatch):
    for app in start(looked.parents[1], monkeypatch):
        app.run()
        yield app
        st.cache_resource.clear()
        packed.shelf.clear()


def show(app, view="circuits", **query):
    app.switch_page(FILES[view])
    for name, value in query.items():
        app.query_params[name] = str(value)
    app.run()
    assert not app.exception
    return literal(app) + "\n".join(element.value for element in app.caption)


def test_the_page_shows_a_coalition_with_its_nulls(app):
    told = show(app, site="resid.2", category="second", threshold="zero")
    assert "circuits" in told and "128 neurons searched" in told and "for a verdict" in told
    assert app.selectbox(key="circuits.feature").value == ("category", "second")
    metrics = {metric.label: metric.value for metric in app.metric}
    assert {"held out", "null p95", "Gaussian p95", "permuted p95", "paper's procedure"} <= set(
        metrics
    )
    assert "Random" not in told and "random item sets" in told
    assert "Mean of 20 splits" in told  # keys and values are there


@pytest.mark.parametrize(
    ("site", "told"),
    [("resid.3", "have not been looked for"), ("k.1", "No FFN"), ("resid.0", "No FFN")],
)
def test_a_site_not_looked_at_says_what_to_do(app, site, told):
    assert told in show(app, site=site)


def test_an_unknown_discovered_feature_gets_a_notice(app):
    told = show(app, site="resid.2", discovered="<script>x")
    assert "discovered feature '<script>x'" in told
    assert app.selectbox(key="circuits.feature").value[0] == "category"


def test_the_page_ablates_and_what_is_copied_gives_what_is_shown(app, looked, monkeypatch):
    answers = copied.record(monkeypatch)
    show(app, site="resid.2", category="first", threshold="zero", neurons=10, seed=7)
    app.button(key="circuits.run").click().run()
    for _ in range(60):
        if "without random neurons" in literal(app) or "This cannot be shown" in str(app.markdown):
            break
        app.run()
    assert not app.exception and "without random neurons" in literal(app)
    assert len(answers) == 6
    for answer in answers.values():
        copied.same(answer, looked)
    assert "neurons=10, seed=7" in answers["Change of agreement"].copy


def test_a_dimension_names_the_neurons_that_write_it(app):
    told = show(app, "dimension", site="resid.2", dim=3)
    rows = reading.fetch(app_path(app), writer_queries.of_dimension(3, 2))
    assert "block" in told and len(rows) == 6
    assert any("times_rms" in frame.value.columns for frame in app.dataframe)


def app_path(_app):
    from dashboard.common import catalogs

    return catalogs.listed()[0].catalog.path

"""The page "Read a text" over a tiny model's own catalog, and the list of search results."""

import types

import numpy as np
import pytest
import streamlit as st

from catalog.notebook.texts import Text
from catalog.signs import bits as signs
from catalog.sites import Site
from catalog.store import packed
from catalog.store import replacing as store
from catalog.store.catalog import Catalog
from dashboard.texts import frames
from tests.dashboard.test_dashboard import linked, literal, show, start
from tests.given import copied

NAME = "<b>cats</b> $x$"
SITE = "resid.2"
TEXT = "The cat sat, and the cats walked."


def findings():
    """One feature at two sites, its name hostile; every column filled."""
    category = {
        "category": NAME, "description": "d", "group": "g", "kind": "word", "cyclic": False,
        "words": 20, "found": 20, "families": 20, "status": "small", "reason": None,
    }  # fmt: skip
    feature = {
        "category": NAME, "threshold": "zero", "background": "matched", "anchors": 10,
        "held_out": 10, "pool": 100, "widened": 0, "auc": 0.9, "auc_low": 0.8,
        "auc_high": 0.95, "reliability": 0.7, "sd": 0.02, "null_mean": 0.5, "null_p95": 0.6,
        "null_draws": 200, "p": 0.005, "q": 0.005, "coherence": 0.8,
        "confusable": None, "confusable_auc": None, "dimensions": 10, "fallback": False,
        "fallback_share": 0.0, "firing_level": 0.45, "best_dimension": 0, "best_in_sample": 0.8,
        "best_held_out": 0.7, "best_q": 0.01, "small": True,
    }  # fmt: skip
    sites = ("resid.0", SITE)
    dimensions = [
        {
            "category": NAME, "site": site, "threshold": "zero", "background": "matched",
            "dimension": d, "sign": 1 if d % 3 else -1, "auc": 0.8, "p": 0.01, "q": 0.02,
        }
        for site in sites
        for d in range(0, 20, 2)
    ]  # fmt: skip
    return {
        "category": [category],
        "member": [{"category": NAME, "item": 300, "word": "cat"}],
        "feature": [feature | {"site": site} for site in sites],
        "feature_dimension": dimensions,
    }


@pytest.fixture(scope="module")
def folder(llama, tmp_path_factory):
    """Two catalogs of the tiny model: measured, and without findings."""
    folder = tmp_path_factory.mktemp("read") / "data"
    for name in ("measured", "plain"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DIMS_DATA", str(folder))
            from tests.given.commands import run

            made = run("build", str(llama), "--name", name, "--no-findings", "--quiet")
            assert made.code == 0, made.err
    store.write(folder / "catalogs" / "measured.duckdb", findings())
    return folder


@pytest.fixture
def app(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "workspace.sqlite"))
    for started in start(folder, monkeypatch):
        yield started
        st.cache_resource.clear()
        packed.shelf.clear()


def run(app):
    """Wait for the text to be read, and draw the page."""
    app.session_state["running.read_text"][1].wait(120)
    return app.run()


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def test_nothing_runs_before_it_is_asked(app):
    show(app, "read_text", catalog="plain", site=SITE)
    assert "press Run" in literal(app) and "running.read_text" not in app.session_state


def test_a_text_is_read_and_the_figures_are_those_of_the_functions(app, llama):
    show(app, "read_text", catalog="measured", site=SITE)
    app.text_area(key="read.text").set_value(TEXT)
    next(button for button in app.button if button.label == "Run").click().run()
    run(app)
    assert not app.exception
    assert linked(app, "text") == TEXT and linked(app, "site") == SITE
    states = app.session_state["running.read_text"][1].result
    shown = metrics(app)
    assert shown["tokens"] == str(len(states.ids))
    # The share of changed signs, from the catalog's own bits.
    path = app.session_state["rail.here"].catalog.path
    cached = packed.by_item(path, SITE, "zero")
    bits = signs.unpack(
        np.ascontiguousarray(cached[:, states.ids].T).view(np.uint8),
        states.states[Site("resid", 2)].shape[1],
    )
    differs = (states.states[Site("resid", 2)] > 0) != bits
    kept = ~states.special
    assert shown["signs changed"] == f"{differs[kept].mean():#.3g}"
    assert shown["tokens × dims"] == f"{kept.sum()} × 32"


def test_a_link_opens_the_text_and_the_cell(app):
    show(app, "read_text", catalog="measured", site=SITE, text=TEXT, token=2, feature=NAME)
    run(app)
    assert not app.exception
    states = app.session_state["running.read_text"][1].result
    assert f"{states.tokens[2]}  ×  {NAME}" in literal(app)
    table = next(d.value for d in app.dataframe if "expected" in d.value.columns)
    values = states.states[Site("resid", 2)][2]
    assert (table["sign"] == np.where(values[table["dimension"]] > 0, "+", "−")).all()
    assert metrics(app)["dims that match"] == f"{(table['match'] == 'same').sum()} of 10"
    assert not any(NAME in element.value for element in [*app.markdown, *app.caption])


def test_what_is_copied_gives_what_the_panels_show(app, monkeypatch):
    found = copied.record(monkeypatch)
    show(app, "read_text", catalog="measured", site=SITE, text=TEXT, token=2, feature=NAME)
    run(app)
    assert len(found) == 6 and all(answer.language == "python" for answer in found.values())
    for answer in found.values():
        copied.same(answer, app.session_state["rail.here"].catalog.path)


def test_a_text_at_the_address_of_another_is_not_taken_for_it(folder, monkeypatch):
    monkeypatch.setattr(frames.st, "session_state", {})
    catalog = Catalog(folder / "catalogs" / "plain.duckdb")
    generator = np.random.default_rng(0)

    def words(ids):
        values = generator.normal(size=(len(ids), 32)).astype(np.float32)
        return {
            "ids": np.array(ids),
            "tokens": tuple(map(str, ids)),
            "special": np.zeros(len(ids), bool),
            "states": {Site.parse(SITE): values},
        }

    states = types.SimpleNamespace(causal=True, whole=3, cut=False, **words([300, 301, 302]))
    read = Text(catalog, SITE, "zero", TEXT, states)
    first = frames.changes(read).frame()
    assert frames.changes(read) is frames.changes(read)
    vars(states).update(words([310, 311, 312]))  # as where an address is given out again
    second = frames.changes(Text(catalog, SITE, "zero", TEXT, states)).frame()
    assert second["own"][0] != first["own"][0]
    assert second["own"][0] == read.changes().frame()["own"][0]


@pytest.mark.parametrize(("token", "feature"), [("99", NAME), ("x", NAME), ("1", "nope")])
def test_a_cell_that_is_not_there_is_not_opened(app, token, feature):
    show(app, "read_text", catalog="measured", site=SITE, text=TEXT, token=token, feature=feature)
    run(app)
    assert not app.exception and "dims that match" not in metrics(app)


def test_without_findings_the_context_part_still_works(app):
    show(app, "read_text", catalog="plain", site=SITE, text=TEXT)
    run(app)
    assert "have not been measured" in literal(app)
    assert "retained" in metrics(app) and "cells that fire" not in metrics(app)


def test_a_long_text_is_cut_and_no_link_carries_it(app):
    show(app, "read_text", catalog="plain", site=SITE)
    app.text_area(key="read.text").set_value(" ".join([TEXT] * 40))
    next(button for button in app.button if button.label == "Run").click().run()
    run(app)
    assert "Only the first 64 of" in literal(app)
    assert "text" not in app.query_params


def test_an_empty_text_is_refused(app):
    show(app, "read_text", catalog="plain", site=SITE)
    app.text_area(key="read.text").set_value("   ")
    next(button for button in app.button if button.label == "Run").click().run()
    with pytest.raises(Exception, match="no text"):
        run(app)
    assert "There is no text to read" in literal(app.run())


def test_a_model_that_is_not_here_is_told_of(folder, tmp_path, monkeypatch):
    import duckdb

    (tmp_path / "catalogs").mkdir()
    copy = tmp_path / "catalogs" / "gone.duckdb"
    copy.write_bytes((folder / "catalogs" / "plain.duckdb").read_bytes())
    with duckdb.connect(copy) as connection:
        connection.execute("UPDATE build SET source = '/no/such/folder'")
    for app in start(tmp_path, monkeypatch):
        show(app, "read_text", text=TEXT)
        assert (
            "not on this machine" in literal(app) and "running.read_text" not in app.session_state
        )


def test_enter_takes_the_exact_word_and_the_other_hits_are_listed(app):
    show(app, "overview", catalog="measured", site=SITE)
    app.text_input(key="rail.search").set_value("cat").run()
    assert app.header[0].value == "Words" and "found for 'cat'" in literal(app)
    here = app.session_state["rail.here"]
    assert here.catalog.texts[int(linked(app, "item"))] == "␣cat"
    found = app.dataframe[0].value
    assert {"feature", "item"} <= set(found["what"])
    assert tuple(found.loc[0, ["what", "found"]]) == ("item", "␣cat")
    assert NAME in found["found"].tolist()  # in a table, where nothing is read as markup
    app.button(key="rail.close").click().run()
    assert "found for" not in literal(app)
    app.text_input(key="rail.search").set_value("walk").run()
    assert app.header[0].value == "Words" and linked(app, "q") == "walk"


def test_a_misspelled_word_is_answered_with_near_spellings(app):
    show(app, "overview", catalog="measured", site=SITE)
    app.text_input(key="rail.search").set_value("waalk").run()
    assert app.header[0].value == "Home"
    assert "Nothing is called 'waalk'. Near spellings:" in literal(app)
    assert app.dataframe[0].value["found"].tolist()[0].strip("␣") == "walk"
    app.text_input(key="rail.search").set_value("qqqqqq").run()
    assert app.header[0].value == "Words" and "Near spellings" not in literal(app)

"""Saved runs: repeated to the digit, exported, compared, listed on their page."""

import json
from contextlib import closing
from dataclasses import replace

import pytest

from catalog.errors import NotInCatalog, SettingRefused
from catalog.flips import report, saved, setup
from catalog.flips import run as flips
from catalog.model import loading
from catalog.model.token_machine import Machine
from catalog.notebook.opening import open as open_catalog
from catalog.notebook.saved_flips import SavedFlip
from catalog.store.catalog import Catalog
from catalog.workspace import file as workspace_file
from catalog.workspace import runs
from dashboard.common.answers import Here
from dashboard.flips import shelf
from dashboard.pages import FILES
from tests.dashboard.test_dashboard import literal, start
from tests.flips.given import asked
from tests.given import copied


@pytest.fixture(scope="module")
def body(catalog, llama):
    """A run as it is saved."""
    made = setup.setup(Catalog(catalog), asked(seed=3))
    found = flips.run(Machine(loading.load(str(llama), device="cpu")), made)
    kept = saved.body(Catalog(catalog).build, found, report.summarize(found))
    return json.loads(json.dumps(kept))


def test_a_saved_run_repeats_to_the_digit(catalog, body):
    again = open_catalog(catalog).repeat(body).as_dict()
    for name, one in body["result"]["conditions"].items():
        assert again["conditions"][name]["mean"] == pytest.approx(one["mean"], abs=1e-4)


def test_the_notebook_runs(catalog, body, capsys):
    notebook = json.loads(saved.as_notebook(body, str(catalog)))
    assert notebook["nbformat"] == 4
    names: dict[str, object] = {}
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            exec(compile(cell["source"], "cell", "exec"), names)
    assert "away" in capsys.readouterr().out
    broken = json.loads(json.dumps(body))
    broken["result"]["conditions"]["away"]["mean"] += 1
    notebook = json.loads(saved.as_notebook(broken, str(catalog)))
    sources = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    with pytest.raises(AssertionError):
        for source in sources:
            exec(compile(source, "cell", "exec"), names)


def test_another_model_or_a_foreign_file_is_refused(catalog, body):
    other = {**body, "model": {**body["model"], "weights_hash": "0" * 64}}
    with pytest.raises(NotInCatalog, match="weights hash 000000"):
        open_catalog(catalog).repeat(other)
    with pytest.raises(NotInCatalog, match="weights hash unknown"):
        open_catalog(catalog).repeat({"asked": body["asked"]})
    with pytest.raises(SettingRefused, match="no saved flip run"):
        open_catalog(catalog).repeat({"asked": {}})


def test_exports_and_comparison(body):
    other = json.loads(json.dumps(body))
    other["asked"]["scale"], other["asked"]["name"] = 2.0, "=1+1"
    other["result"]["conditions"]["away"]["mean"] -= 0.5
    lines = saved.as_csv([body, other]).splitlines()
    assert len(lines) == 1 + 2 * len(body["result"]["conditions"]) and "'=1+1" in lines[-1]
    rows = {row["condition"]: row for row in saved.compared(body, other)}
    assert rows["away"]["b_minus_a"] == pytest.approx(-0.5) and rows["random"]["b_minus_a"] == 0
    assert "scale: 1.0 and 2.0" in saved.differing(body, other)


def test_a_run_is_saved_listed_and_opened_again(catalog, body, monkeypatch, tmp_path):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "w.sqlite"))
    answers = copied.record(monkeypatch)
    for app in start(catalog.parents[1], monkeypatch):
        app.run()
        app.switch_page(FILES["flip_runs"]).run()
        assert "No flip of this model is saved yet" in literal(app)
        model = str(Catalog(catalog).build["model"])
        with closing(workspace_file.open_workspace()) as opened:
            for number in range(2):
                named = {**body, "title": f"**run {number}**"}
                entry = runs.Entry("run", f"k{number}", "ada", model, named)
                runs.save(opened, f"e{number}", entry)
        app.query_params["run_key"], app.query_params["beside"] = "k0", "k1"
        app.run()
        assert not app.exception
        assert "Both were asked the same." in literal(app)
        assert set(answers) == {"Saved runs, newest first", "A and B, in nats"}
        for answer in answers.values():
            copied.same(answer, catalog)
        assert list(app.dataframe[0].value["name"]) == ["**run 1**", "**run 0**"]


def test_a_saved_run_opens_in_the_lab_as_it_was(catalog, body):
    opened = Catalog(catalog)
    here = Here(opened, "resid.3", "zero")
    kept = SavedFlip("k", "a run", "ada", body, "")
    given = shelf.opened(here, kept)
    assert (given["site"], given["seed"], given["positions"]) == ("resid.1", "3", "all")
    assert given["prompts"] == "own text" and given["text"].splitlines()[0] == "The cat sat and"
    asked = {**body["asked"], "positions": "0,-1", "kind": "concept", "name": "mine"}
    given = shelf.opened(here, replace(kept, body={**body, "asked": asked}))
    assert (given["positions"], given["places"]) == ("chosen", "0,-1")
    assert given["concept"] == runs.concept_key(str(opened.build["model"]), "mine")

"""`dims flip` and the flip lab end to end: a tiny catalog with findings and its own model."""

import json
import math
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from catalog.building.build import Settings, build
from catalog.errors import CatalogError, NotInCatalog, SettingRefused
from catalog.features import findings, splits
from catalog.features.scoring import Contest
from catalog.features.scoring import run as contest
from catalog.flips import extra_edits, prompts, report, saved, setup, sweeps
from catalog.flips import run as flips
from catalog.flips import source as flip_features
from catalog.flips.asked import Asked
from catalog.flips.source import Source
from catalog.model import loading
from catalog.model.token_machine import Machine
from catalog.notebook.catalog import open as open_catalog
from catalog.store import feature_queries, flip_queries, packed, reading
from catalog.store.catalog import Catalog
from catalog.workspace import file as workspace_file
from catalog.workspace import runs
from dashboard.pages import FILES
from tests.dashboard.test_dashboard import literal, start
from tests.given.commands import run

FIRST = Source("category", "first")
TEXT = (
    "The cat sat and\nWe walk, she walked, they\nA city, two cities, one\nI love, you loved, we\n"
)


@pytest.fixture(scope="module")
def catalog(llama, tmp_path_factory):
    """A tiny Llama's catalog; two categories of pieces, drawn at random."""
    folder = tmp_path_factory.mktemp("flip") / "data"
    path = build(Settings(model=str(llama), out=folder / "catalogs"))
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


def flip(catalog, tmp_path, *more):
    (tmp_path / "prompts.txt").write_text(TEXT)
    listed = ["--prompts", tmp_path / "prompts.txt"]
    return run("flip", catalog, "--feature", "first", "--site", "resid.1", *listed, *more)


def test_the_command_prints_the_promised_names(catalog, tmp_path):
    known = flip(catalog, tmp_path, "--json").json
    assert {"conditions", "specificity", "kl", "verdict"} <= known.keys()
    assert {"away", "toward", "random", "noise"} <= known["conditions"].keys()
    away, random = known["conditions"]["away"], known["conditions"]["random"]
    assert random["changed"] == pytest.approx(away["changed"], rel=0.05)
    assert random["delta_norm"] == pytest.approx(away["delta_norm"], rel=0.05)
    assert known["matching"]["worst"] <= 0.05 and known["prompts"] == 4
    shown = flip(catalog, tmp_path)
    assert shown.code == 0 and known["sentence"].split(":")[0] in shown.out


@pytest.mark.parametrize(
    "more, said",
    [
        (["--scale", "nan"], "NaN"),
        (["--site", "final"], "residual site"),
        (["--site", "resid.9"], "no site"),
        (["--feature", "nothing"], "no feature"),
        (["--positions", "somewhere"], "Positions are"),
        (["--positions", "99"], "no position 99"),
    ],
)
def test_bad_input_gets_one_sentence(catalog, tmp_path, more, said):
    found = flip(catalog, tmp_path, *more)
    assert found.code == 1 and said in found.sentence and "Traceback" not in found.err


def asked(site="resid.1", source=FIRST, **more):
    """A run on the prompts of TEXT."""
    return Asked(source, site, tuple(prompts.own(TEXT)), **more)


def test_held_out_tokens_did_not_make_the_feature(catalog):
    opened = Catalog(catalog)
    held, members = flip_features.held_out(opened, "first")
    one = splits.of(opened, "first")
    outcome = contest(Contest.of(opened.signs("resid.1", "zero"), one.pool), one.anchors)
    listed = opened.fetch(feature_queries.members_in_order("first"))["item"].to_numpy()
    assert held.tolist() == listed[~outcome.anchors[0]].tolist() and len(held) < len(members)
    stored = flip_features.signed(opened, FIRST, "resid.1", "zero")
    dimensions, expected = outcome.prototypes.of(0)
    pairs = set(zip(stored.dimensions.tolist(), stored.signs.tolist(), strict=True))
    assert pairs == set(zip(dimensions.tolist(), expected.tolist(), strict=True))


def test_sweeps_have_a_point_for_every_step(catalog, llama):
    machine = Machine(loading.load(str(llama), device="cpu"))
    made = setup.setup(Catalog(catalog), asked())
    layers = sweeps.by_layer(machine, Catalog(catalog), made, ["resid.1", "resid.3"])
    assert [point.at for point in layers] == ["resid.1", "resid.3"]
    said = []
    scales = sweeps.by_scale(machine, made, lambda *one: said.append(one), (0.5, 1.0))
    assert all(not math.isnan(point.q) for point in scales if point.effects)
    assert said[-1][1] == said[-1][2]
    counts = sweeps.by_count(machine, made, counts=(1,))
    assert [point.at for point in counts] == ["1", str(len(made.feature.dimensions))]
    assert all(point.effects or point.refused for point in [*layers, *scales, *counts])
    plain = flips.run(machine, made).effects["away"].mean()
    whole = next(point for point in scales if point.at == "1")
    assert whole.refused or whole.effects["away"].value == pytest.approx(plain)


def test_the_page_runs_a_flip(catalog, monkeypatch):
    import streamlit as st

    for app in start(catalog.parents[1], monkeypatch):
        app.run()
        app.switch_page(FILES["flip_lab"])
        for name, value in {"site": "resid.1", "prompts": "own text", "text": TEXT}.items():
            app.query_params[name] = value
        app.run()
        assert "Press Run" in literal(app)
        app.button(key="flip.run").click().run()
        for _ in range(60):
            if "nats" in literal(app):
                break
            app.run()
        assert not app.exception and "nats" in literal(app)
        assert {frame.value.columns[0] for frame in app.dataframe} >= {"token", "condition"}
        app.segmented_control(key="flip.sweep").set_value("scale").run()
        app.button(key="flip.sweep.run").click().run()
        for _ in range(60):
            if "0.25: " in literal(app):
                break
            app.run()
        assert not app.exception and "0.25: " in literal(app) and "2: " in literal(app)
        st.cache_resource.clear()
        packed.shelf.clear()


# Features, further edits


@pytest.mark.parametrize(
    "text, expected",
    [("12+,40-", [(12, 1), (40, -1)]), (" 3- ; 1+ ", [(3, -1), (1, 1)])],
)
def test_dimensions_are_read_as_written(text, expected):
    found = flip_features.dimensions(text)
    assert list(zip(found.dimensions.tolist(), found.signs.tolist(), strict=True)) == expected
    again = flip_features.dimensions(flip_features.written(found))
    assert again.dimensions.tolist() == found.dimensions.tolist()


@pytest.mark.parametrize("text", ["", "12", "x+", "1+,1-", "-3", "nan+"])
def test_dimensions_that_are_none_are_refused(text):
    with pytest.raises(SettingRefused):
        flip_features.dimensions(text)


def test_an_own_concept_is_read_on_words_that_did_not_make_it(catalog):
    items = reading.fetch(catalog, feature_queries.items())
    words = tuple(str(w) for w in items[items["word"].notna()]["word"].unique()[60:90])
    source = Source("concept", "mine", words)
    found = flip_features.feature(Catalog(catalog), source, "resid.1", "zero")
    feature = found.signed
    assert len(feature.dimensions) and set(found.tokens) < set(found.members)
    signs = Catalog(catalog).signs("resid.1", "zero")
    anchors = np.setdiff1d(found.members, found.tokens)
    shares = signs.bits(anchors).mean(0)[feature.dimensions]
    strongest = feature.signs * (shares - 0.5)
    assert (strongest[:5] > 0).all()
    with pytest.raises(NotInCatalog, match="at least four"):
        flip_features.signed(Catalog(catalog), Source("concept", "x", ("zzzz",)), "resid.1", "zero")


def test_dimensions_picked_by_hand_run_from_the_command(catalog, tmp_path):
    (tmp_path / "prompts.txt").write_text(TEXT)
    more = ["--site", "resid.1", "--prompts", tmp_path / "prompts.txt", "--json"]
    known = run("flip", catalog, "--feature", "1+,2-,5+,9-,11+", "--read", "second", *more).json
    assert known["kind"] == "dimensions" and known["dimensions"] == 5
    assert known["verdict"] == "cannot be tested" and "4 prompts" in known["reason"]
    refused = run("flip", catalog, "--feature", "1+,99-", *more)
    assert refused.code == 1 and "no dimension 99" in refused.sentence


def test_further_edits_are_read_alone_and_together(catalog, llama):
    edits = "resid.2 zero second; resid.1 scale 1+,2- x0.5"
    extra = extra_edits.parse(Catalog(catalog), edits)
    assert [str(edit.site) for edit in extra] == ["resid.2", "resid.1"]
    machine = Machine(loading.load(str(llama), device="cpu"))
    made = setup.setup(Catalog(catalog), asked(edits=edits))
    assert made.extra == extra
    found = flips.run(machine, made)
    alone = flips.run(machine, replace(made, extra=()))
    np.testing.assert_allclose(found.effects["away"], alone.effects["away"], atol=1e-4)
    assert {"edits", "together"} <= found.effects.keys()
    assert np.abs(found.effects["edits"]).max() > 1e-4
    assert not np.allclose(found.effects["together"], found.effects["away"])


@pytest.mark.parametrize(
    "kind, expected", [("clamp", ["q95", "q05"]), ("add", ["std", "std"])], ids=["clamp", "add"]
)
def test_clamp_and_add_take_the_poles_own_numbers(catalog, kind, expected):
    (edit,) = extra_edits.parse(Catalog(catalog), f"resid.1 {kind} 3+,4-")
    spread = reading.fetch(catalog, flip_queries.spread("resid.1"))
    wanted = [spread[column][d] for column, d in zip(expected, (3, 4), strict=True)]
    wanted[1] *= -1 if kind == "add" else 1
    np.testing.assert_allclose(edit.values, wanted)


@pytest.mark.parametrize(
    "text, said",
    [
        ("resid.1 sing first", "is no edit"),
        ("resid.1 zero", "is no edit"),
        ("resid.9 zero first", "no site"),
        ("resid.1 zero nothing", "no feature"),
        ("resid.1 zero 99+", "no dimension 99"),
        ("resid.1 zero first xnan", "is a number"),
        ("resid.1 zero first\n" * 13, "at most 12"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused(catalog, text, said):
    with pytest.raises(CatalogError, match=said):
        extra_edits.parse(Catalog(catalog), text)


# Saved runs


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
        assert list(app.dataframe[0].value["name"]) == ["**run 1**", "**run 0**"]

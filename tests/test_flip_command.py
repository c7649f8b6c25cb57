"""`dims flip` and the flip lab end to end: a tiny catalog with findings and its own model."""

import math

import pytest

from catalog import (
    finding,
    findings,
    flip_setup,
    flip_sweeps,
    flips,
    held_out,
    live_feature,
    prompts,
)
from catalog.build import Settings, build
from catalog.model import loading
from catalog.model.flipping import Machine
from catalog.store import feature_queries, packed, reading
from tests.commands import run
from tests.test_dashboard import literal, start

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
    finding.measure(path, folder / "categories", nulls="primary")
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


def test_held_out_tokens_did_not_make_the_feature(catalog):
    held, members = flip_setup.held_out(catalog, "first")
    signs = live_feature.site_signs(catalog, "resid.1", "zero")
    listed, place = held_out.members_of(catalog, "first")
    ground = findings.pools_of(catalog)
    _, outcome = held_out._run(signs, ground, listed, place, "matched", None)
    assert held.tolist() == listed[~outcome.anchors[0]].tolist() and len(held) < len(members)
    stored = flip_setup._feature(catalog, "first", "resid.1", "zero")
    dimensions, expected = outcome.prototypes.of(0)
    pairs = set(zip(stored.dimensions.tolist(), stored.signs.tolist(), strict=True))
    assert pairs == set(zip(dimensions.tolist(), expected.tolist(), strict=True))


def test_sweeps_have_a_point_for_every_step(catalog, llama):
    machine = Machine(loading.load(str(llama), device="cpu"))
    made = flip_setup.setup(catalog, "first", "resid.1", prompts.own(TEXT))
    layers = flip_sweeps.by_layer(machine, catalog, made, ["resid.1", "resid.3"])
    assert [point.at for point in layers] == ["resid.1", "resid.3"]
    said = []
    scales = flip_sweeps.by_scale(machine, made, lambda *one: said.append(one), (0.5, 1.0))
    assert all(not math.isnan(point.q) for point in scales if point.effects)
    assert said[-1][1] == said[-1][2]
    counts = flip_sweeps.by_count(machine, made, counts=(1,))
    assert [point.at for point in counts] == ["1", str(len(made.feature.dimensions))]
    assert all(point.effects or point.refused for point in [*layers, *scales, *counts])
    plain = flips.run(machine, made).effects["away"].mean()
    whole = next(point for point in scales if point.at == "1")
    assert whole.refused or whole.effects["away"].value == pytest.approx(plain)


def test_the_page_runs_a_flip(catalog, monkeypatch):
    import streamlit as st

    for app in start(catalog.parents[1], monkeypatch):
        app.run()
        app.switch_page("views/flip_lab.py")
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

"""`dims flip` and the flip lab end to end: a tiny catalog with findings and its own model."""

import math

import pytest

from catalog.features import splits
from catalog.features.scoring import Contest
from catalog.features.scoring import run as contest
from catalog.flips import run as flips
from catalog.flips import setup, sweeps
from catalog.flips import source as flip_features
from catalog.model import loading
from catalog.model.token_machine import Machine
from catalog.store import feature_queries, packed
from catalog.store.catalog import Catalog
from dashboard.pages import FILES
from tests.dashboard.test_dashboard import literal, start
from tests.flips.given import FIRST, TEXT, asked
from tests.given import copied
from tests.given.commands import run


def flip(catalog, tmp_path, *more):
    (tmp_path / "prompts.txt").write_text(TEXT)
    listed = ["--prompts", tmp_path / "prompts.txt"]
    return run("flip", catalog, "--feature", "first", "--site", "resid.1", *listed, *more)


def test_the_command_prints_the_promised_names(catalog, tmp_path):
    known = flip(catalog, tmp_path, "--json").json
    assert {"conditions", "specificity", "kl", "verdict"} <= known.keys()
    assert {"away", "toward", "random", "noise"} <= known["conditions"].keys()
    away, random = known["conditions"]["away"], known["conditions"]["random"]
    assert random["changed"] == pytest.approx(
        away["changed"], rel=0.1
    )  # over prompts together: 5 %
    assert random["delta_norm"] == pytest.approx(away["delta_norm"], rel=0.05)
    assert known["matching"]["worst"] <= 0.05 and known["prompts"] == 4
    assert known["random_features"]["drawn"] == 100
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


def test_the_page_runs_a_flip_and_what_is_copied_is_that_run(catalog, monkeypatch):
    import streamlit as st

    asked = {"prompts": "own text", "text": TEXT, "edits": "resid.2 zero second"}
    asked |= {"positions": "chosen", "places": "-1", "scale": "0.75", "seed": "3"}
    answers = copied.record(monkeypatch)
    for app in start(catalog.parents[1], monkeypatch):
        app.run()
        app.switch_page(FILES["flip_lab"])
        for name, value in {"site": "resid.1", **asked}.items():
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
        kinds = answers.pop("Neutral and eliciting prompts apart")  # own prompts have no kind
        assert kinds.frame.empty and copied.outcome(kinds.copy).empty
        assert {"The conditions, side by side", "By scale"} <= answers.keys() and len(answers) == 5
        for answer in answers.values():
            copied.same(answer, catalog)
            assert "resid.2 zero second" in answer.copy and "The cat sat and" in answer.copy
        st.cache_resource.clear()
        packed.shelf.clear()

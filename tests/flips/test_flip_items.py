"""Flips of models without a next token: on the classes of a tiny ViT, in a tiny BERT's layers."""

import json
import math
import shutil
from dataclasses import replace

import duckdb
import numpy as np
import pytest
import torch

from catalog.building import reopen
from catalog.edits import Edit
from catalog.errors import NotInCatalog, SettingRefused
from catalog.features import findings
from catalog.flips import flip, prompts, report, saved, verdicts
from catalog.flips import items as flip_items
from catalog.flips import run as flips
from catalog.flips import source as flip_features
from catalog.flips.controls import Signed
from catalog.flips.readouts import Classes, counted
from catalog.flips.source import Source
from catalog.model import loading
from catalog.notebook.opening import open as open_catalog
from catalog.sites import Site
from catalog.store import packed
from catalog.store.catalog import Catalog
from dashboard.pages import FILES
from tests.dashboard.test_dashboard import literal, start
from tests.flips.given import CLASSES, DIMS, SITE, of, written
from tests.given import copied
from tests.given.commands import run

OWN = ("--feature", "class 1")
ITEMS = "#3\n#70"


# The machines


def test_each_kind_of_model_has_its_readout(pictured, worded, llama):
    loaded = [pictured[1], worded[1], loading.load(str(llama), device="cpu")]
    found = [flip.machine(model, Catalog(pictured[0])).reads for model in loaded[::2]]
    found.append(flip.machine(loaded[1], Catalog(worded[0])).reads)
    assert found == ["classes", "vocabulary", "layers"]
    assert flip.reads("ASTForAudioClassification") == "classes"
    assert flip.reads("Dinov2Model") == "layers"


@pytest.mark.parametrize("which", ["pictured", "worded"])
def test_an_edit_that_changes_nothing_changes_no_bit(which, request):
    path, model = request.getfixturevalue(which)
    machine = flip.machine(model, Catalog(path))
    ids, sink = machine.encode("#7")
    states = machine.states(ids, Site.parse(SITE))
    assert sink == 0 and len(states) == len(ids)
    signs = np.where(states[1, [0, 3]] > 0, 1.0, -1.0)
    same = Edit(Site.parse(SITE), (0, 3), "flip", tuple(signs), positions=(1,))
    loud = Edit(Site.parse(SITE), (0, 3), "flip", tuple(-signs), positions=(1,))
    nothing = replace(loud, strength=0.0)
    plain, first, second, third = machine.outputs(ids, [(), (same,), (nothing,), (loud,)])
    np.testing.assert_array_equal(plain, first)
    np.testing.assert_array_equal(plain, second)
    assert not np.array_equal(plain, third)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.module.modules())


def test_outputs_are_the_models_own(pictured, worded):
    path, model = pictured
    machine = flip.machine(model, Catalog(path))
    arrays = reopen.reopen(Catalog(path), model).inputs(np.array([9]))
    with torch.inference_mode():
        given = {name: torch.from_numpy(one) for name, one in arrays.items()}
        expected = model.module(**given).logits.numpy()
    np.testing.assert_allclose(machine.outputs(machine.encode("#9")[0], [()]), expected, atol=1e-5)
    path, model = worded
    machine = flip.machine(model, Catalog(path))
    found = machine.outputs(machine.encode("#30")[0], [()])[0] > 0
    for place, site in enumerate(machine.sites):
        stored = packed.by_item(path, str(site), "zero")[:, 30]
        mine = np.unpackbits(stored.view(np.uint8), bitorder="little")[: machine.dims]
        np.testing.assert_array_equal(found[place], mine.astype(bool))


@pytest.mark.parametrize("which", ["pictured", "worded"])
@pytest.mark.parametrize("layer", [0, 1, 2])
def test_going_on_from_edited_states_equals_the_edit_itself(which, layer, request):
    path, model = request.getfixturevalue(which)
    machine, site = flip.machine(model, Catalog(path)), Site("resid", layer)
    ids = np.stack([machine.encode(text)[0] for text in ("#7", "#70")])
    states = machine.traced(ids, [site])[site]
    loud = Edit(site, (0, 3), "scale", strength=-3.0)
    rows = np.stack([states, loud(states)])
    for spread in (True, False):
        ends = machine.ends(ids, site, rows)
        for number, one in enumerate(ids):
            expected = machine.outputs(one, [(), (loud,)])
            np.testing.assert_allclose(ends[:, number], expected, rtol=1e-4, atol=1e-4)
        assert machine._spread is spread
        machine._spread = False  # the second time whole rows
    few = machine.scores(ends, np.array([1])) if which == "pictured" else machine.scores(ends)
    assert few.shape == ((2, 2, 1) if which == "pictured" else ends.shape)


@pytest.mark.parametrize("text", ["", "#x", "#-1", "#100000", "a cat"])
def test_what_is_no_item_is_refused(pictured, text):
    with pytest.raises(SettingRefused, match="is no item"):
        flip.machine(pictured[1], Catalog(pictured[0])).encode(text)


# Classes


def test_the_effect_is_the_class_against_the_others(flipped, pictured):
    path, model = pictured
    machine = flip.machine(model, Catalog(path))
    setup = flipped.setup
    ids, _ = machine.encode(setup.prompts[3].text)
    prototype = {"values": tuple((-setup.feature.signs).astype(float).tolist())}
    edit = Edit(setup.site, tuple(setup.feature.dimensions.tolist()), "flip", **prototype)
    before, after = machine.outputs(ids, [(), (edit,)]).astype(float)
    before, after = (one - np.log(np.exp(one).sum()) for one in (before, after))
    change = after - before
    effect = change[1] - np.delete(change, 1).mean()
    np.testing.assert_allclose(flipped.effects["away"][3, 0], effect, atol=1e-5)
    rest = change[0] - change[[2, 3]].mean()
    assert setup.readout.names == ("class 0", "class 2", "class 3")
    np.testing.assert_allclose(flipped.others["away"][3, 0], rest, atol=1e-5)
    kl = (np.exp(before) * (before - after)).sum()
    np.testing.assert_allclose(flipped.kl["away"][3], kl, atol=1e-5)
    assert np.abs(effect) > 1e-3


def test_conditions_are_matched(flipped, layered):
    for found in (flipped, layered):
        assert found.conditions[:3] == ("baseline", "away", "toward")
        assert {"random", "noise"} <= set(found.conditions) and "direct" not in found.conditions
        assert ("disjoint" in found.conditions) == bool(found.setup.disjoint)
        assert 0 < found.worst_match <= 0.05 < found.worst_prompt
        assert found.rank.drawn == len(found.features) == 100
        away = found.measures["away"]
        np.testing.assert_allclose(found.whole["random"][:2], found.whole["away"][:2], rtol=0.05)
        np.testing.assert_allclose(found.measures["noise"][:, 1], away[:, 1], rtol=1e-4)
        assert np.abs(found.effects["baseline"]).max() == 0


def test_items_are_held_out_and_half_of_other_classes(flipped, pictured):
    held, members = flip_features.held_out(Catalog(pictured[0]), "class 1")
    own = [int(p.text[1:]) for p in flipped.setup.prompts if p.kind == "eliciting"]
    rest = [int(p.text[1:]) for p in flipped.setup.prompts if p.kind == "neutral"]
    assert len(own) == len(rest) == 16 == len(set(own)) == len(set(rest))
    assert set(own) <= set(held.tolist()) and not set(rest) & set(members.tolist())


def test_a_head_that_reads_the_dimensions_loses_its_class(pictured):
    """Planted: class 2 is the mean of nine dimensions of the last block, with the feature's signs.

    The head reads the first position after the final norm, which keeps the signs.
    """
    path, model = pictured
    signs = np.array([1, -1, 1, 1, -1, 1, -1, -1, 1])
    feature = Signed(np.array([1, 4, 6, 9, 12, 20, 22, 25, 30]), signs)
    machine = flip.machine(model, Catalog(path))
    kept = {name: one.clone() for name, one in model.module.state_dict().items()}
    weights = torch.zeros(CLASSES, DIMS)
    weights[2, torch.from_numpy(feature.dimensions)] = torch.from_numpy(signs).float()
    with torch.no_grad():
        model.module.classifier.weight.copy_(weights)
        model.module.classifier.bias.zero_()
        model.parts.final_norm.weight.fill_(1.0)
        model.parts.final_norm.bias.zero_()
    try:
        made = flip.setup(machine, Catalog(path), of("class 2", "resid.2"))
        last = Site("resid", machine.layers)
        zero = np.zeros(machine.dims)
        other = (Signed(np.array([0, 2, 3, 5, 7, 8, 10, 11, 13]), signs),)
        planted = replace(
            made, site=last, feature=feature, cut=zero, disjoint=other, disjoint_names=("other",)
        )
        found = flips.run(machine, planted)
        summary = report.summarize(found)
    finally:
        model.module.load_state_dict(kept)
    assert summary.judged.verdict == "suppresses"
    assert summary.effects["away"].value < -1 < summary.effects["random"].value
    assert summary.effects["toward"].value > 1


def test_classes_are_not_resampled_and_need_no_twenty(flipped):
    judged = report.summarize(flipped, draws=200).judged
    assert judged.verdict != "cannot be tested" and "tokens" not in judged.reason
    few = replace(flipped.setup, prompts=flipped.setup.prompts[:31])
    short = flips.Flips(
        few,
        flipped.conditions,
        {name: one[:31] for name, one in flipped.effects.items()},
        {name: one[:31] for name, one in flipped.others.items()},
    )
    judged = report.summarize(short, draws=200).judged
    assert judged.verdict == "cannot be tested" and "31 items" in judged.reason


def test_columns_that_are_all_there_are_stay_as_they_are():
    generator = np.random.default_rng(2)
    values = generator.normal(size=(40, 1)) + 10 * np.arange(3)
    made = [
        verdicts.Bootstrap(np.arange(40), 3, np.random.default_rng(0), 400, resampled=one)
        for one in (False, True)
    ]
    means = made[0].means(values)
    expected = values.mean(axis=1).std() / np.sqrt(40)
    assert means.std() == pytest.approx(expected, rel=0.15)
    assert made[1].means(values).std() > 5 * expected


def test_classes_a_feature_stands_for(pictured):
    path, _ = pictured
    names = [f"class {n}" for n in range(CLASSES)]

    def own(source, listed=names):
        feature = flip_features.feature(Catalog(path), source, SITE, "zero")
        return flip_items.own_classes(Catalog(path), source, feature, listed)

    assert own(Source("category", "class 2")) == [2]
    assert own(Source("category", "class 2", read="class 0")) == [0]
    with pytest.raises(SettingRefused, match=r"no class named 'class 2': it has a, b\. Read"):
        own(Source("category", "class 2"), ["a", "b"])
    many = [f"thing {n}" for n in range(1000)]
    with pytest.raises(SettingRefused, match="thing 7 and 992 more"):
        own(Source("category", "class 2"), many)
    assert own(Source("category", "class 2"), [*many, "Class_2", "class 3"]) == [1000]
    assert own(Source("category", "class 2"), ["tabby, class 2", "class 3"]) == [0]
    stored = flip_features.signed(Catalog(path), Source("category", "class 3"), SITE, "zero")
    assert own(Source("dimensions", written(stored))) == [3]
    with pytest.raises(NotInCatalog):
        own(Source("category", "class 9"))


def test_a_head_of_two_classes_has_no_other():
    readout = Classes.of([1], ["a", "b"])
    log_p = np.log(np.array([[0.5, 0.5], [0.8, 0.2]], np.float32))
    effects = readout.effects(log_p[:, readout.needed])
    np.testing.assert_allclose(effects[1], np.log(0.2 / 0.8), rtol=1e-6)
    assert readout.read(log_p, "#0").others.shape == (2, 0) and readout.names == ()


def test_several_classes_are_read_as_their_summed_probability():
    """Against log of the sum, written out; one class alone is its own log p."""
    generator = np.random.default_rng(0)
    logits = generator.normal(size=(3, 6)).astype(np.float32)
    readout = Classes.of([1, 4], [f"class {n}" for n in range(6)])
    log_p = np.log(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
    own = np.log(np.exp(log_p[:, [1, 4]]).sum(axis=1)) - log_p[:, [0, 2, 3, 5]].mean(axis=1)
    np.testing.assert_array_equal(readout.needed, np.arange(6))
    found = readout.effects(logits[:, readout.needed])
    np.testing.assert_allclose(found[:, 0], own - own[0], atol=1e-5)
    assert found.shape == (3, 1) and readout.columns == 1
    assert counted(readout) == "2 classes of the head together"
    mass = np.exp(log_p[:, [1, 4]]).sum(axis=1)
    odds = np.log(mass / (1 - mass))
    np.testing.assert_allclose(
        readout.read(logits, "#0").beside["log_odds"], odds - odds[0], atol=1e-4
    )
    each = np.mean([Classes.of([n], list("abcdef")).effects(logits)[:, 0] for n in (1, 4)], axis=0)
    assert np.abs(found[1:, 0] - each[1:]).max() > 0.05  # no mean of the two


def test_a_superclass_is_flipped(pictured, tmp_path):
    """A category whose items are of two of the head's classes; and classes named by hand."""
    path, model = pictured
    above = shutil.copy(path, tmp_path / "above.duckdb")
    with duckdb.connect(str(above)) as connection:
        connection.execute("UPDATE media SET superclass = label IN ('class 1', 'class 3')")
        connection.execute(
            "UPDATE media SET superclass = CASE superclass WHEN 'true' THEN 'odd' ELSE 'even' END"
        )
    findings.measure(Catalog(above), matched_nulls="primary")
    machine = flip.machine(model, Catalog(path))
    made = flip.setup(machine, Catalog(above), of("odd"))
    assert made.readout.tokens.tolist() == [1, 3] and made.readout.names == ("class 0", "class 2")
    found = flips.run(machine, made)
    assert found.effects["away"].shape[1] == 1 and np.abs(found.effects["away"]).max() > 0
    by_hand = replace(of("odd"), source=Source("category", "odd", read="Class 0; class 3"))
    assert flip.setup(machine, Catalog(above), by_hand).readout.tokens.tolist() == [0, 3]
    unknown = replace(of("odd"), source=Source("category", "odd", read="class 0; nothing"))
    with pytest.raises(NotInCatalog):
        flip.setup(machine, Catalog(above), unknown)


# Command, saved runs, page


def test_the_command_prints_the_promised_names(pictured):
    known = run("flip", pictured[0], *OWN, "--site", SITE, "--json").json
    assert {"conditions", "specificity", "kl", "verdict", "by_kind"} <= known.keys()
    assert {"away", "toward", "random", "noise"} <= known["conditions"].keys()
    assert known["readout"]["kind"] == "classes" and known["tokens"] == 1
    assert set(known["by_kind"]) == {"neutral", "eliciting"} and known["prompts"] == 32
    assert not math.isnan(known["conditions"]["away"]["kl"])


def test_own_items_and_text_output(pictured, worded, tmp_path):
    (tmp_path / "items.txt").write_text(ITEMS)
    asked = ["--site", SITE, "--prompts", tmp_path / "items.txt"]
    shown = run("flip", pictured[0], *OWN, *asked)
    assert shown.code == 0 and "2 items" in shown.out and "KL" in shown.out
    shown = run("flip", worded[0], "--feature", "first", "--dimensions", "5", *asked)
    assert shown.code == 0 and "later sites" in shown.out
    (tmp_path / "items.txt").write_text("The cat\n")
    refused = run("flip", pictured[0], *OWN, *asked)
    assert refused.code == 1 and "is no item" in refused.sentence


def test_a_saved_run_repeats(flipped, pictured):
    summary = report.summarize(flipped)
    body = json.loads(json.dumps(saved.body(Catalog(pictured[0]).build, flipped, summary)))
    again = open_catalog(pictured[0]).repeat(body).as_dict()
    for name, one in body["result"]["conditions"].items():
        assert again["conditions"][name]["mean"] == pytest.approx(one["mean"], abs=1e-4)
    assert prompts.own("#1\n#2")[1].text == "#2"


@pytest.mark.parametrize("which, panel", [("pictured", "classes"), ("worded", "nearest items")])
def test_the_page_flips_items(which, panel, request, monkeypatch):
    import streamlit as st

    path, _ = request.getfixturevalue(which)
    name = {"pictured": "class 1", "worded": "first"}[which]
    five = flip_features.signed(Catalog(path), Source("category", name), SITE, "zero")
    five = five.strongest(5 if which == "worded" else None)
    query = {"site": SITE, "feature": "dimensions", "dims": written(five)}
    query |= {"prompts": "own text", "text": ITEMS}
    answers = copied.record(monkeypatch)
    for app in start(path.parents[1], monkeypatch):
        app.run()
        app.switch_page(FILES["flip_lab"])
        for name, value in query.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception and "Press Run" in literal(app)
        assert "Generation is not offered" in literal(app) + "".join(c.value for c in app.caption)
        assert "last" not in app.segmented_control(key="flip.positions").options
        app.button(key="flip.run").click().run()
        for _ in range(90):
            if "n = 2 items" in literal(app):
                break
            app.run()
        assert not app.exception and "n = 2 items" in literal(app)
        assert panel in "".join(one.value for one in app.markdown) + literal(app)
        del answers["Neutral and eliciting items apart"]  # chosen items have no kind: no rows
        answers = {title: one for title, one in answers.items() if one.language == "python"}
        assert len(answers) == {"pictured": 4, "worded": 5}[which]
        for answer in answers.values():
            copied.same(answer, path)
            assert "'#70'" in answer.copy
        st.cache_resource.clear()
        packed.shelf.clear()

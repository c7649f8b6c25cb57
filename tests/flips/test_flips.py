"""Controls and runs of the flip lab, on a tiny random Llama."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from catalog.edits import Edit
from catalog.errors import CatalogError, SettingRefused
from catalog.flips import controls, report, run
from catalog.flips.controls import Signed
from catalog.flips.prompts import Prompt
from catalog.flips.readouts import Vocabulary
from catalog.model import live, loading
from catalog.model.editing import editing
from catalog.model.token_machine import Machine
from catalog.sites import Site

SITE = Site("resid", 1)
IDS = torch.arange(20, 29)[None]
FLIP = Edit(SITE, (0, 3, 5), "flip", (1.0, -1.0, 1.0))
PROMPTS = tuple(
    Prompt(text, f"s{n // 2}", kind)
    for n, (text, kind) in enumerate(
        [
            ("The cat and the", "neutral"),
            ("We walk, she walked, they", "neutral"),
            ("I love, you loved", "eliciting"),
            ("A city, two cities, one", "eliciting"),
        ]
    )
)


@pytest.fixture(scope="module")
def model(llama):
    return loading.load(str(llama), device="cpu")


@pytest.fixture(scope="module")
def machine(model):
    return Machine(model)


def setup(**changes):
    generator = np.random.default_rng(3)
    feature = Signed(np.array([1, 4, 6, 9, 12, 20]), np.array([1, -1, 1, 1, -1, 1]))
    made = run.Setup(
        name="things",
        site=SITE,
        threshold="zero",
        feature=feature,
        cut=np.zeros(32),
        readout=Vocabulary(
            np.array([30, 31, 40]),
            generator.integers(50, 400, (3, 4)),
            np.array([30, 31, 40, 41]),
            ("one", "two"),
            tuple((np.array([60 + n]), np.array([[70, 80]])) for n in range(2)),
        ),
        prompts=PROMPTS,
        disjoint=(Signed(np.array([2, 3]), np.array([1, -1])),),
        disjoint_names=("other",),
    )
    return replace(made, **changes)


# Controls


def test_conditions_match_and_have_the_right_signs(machine):
    ids, sink = machine.encode("The cat and the cats sat")
    states = machine.states(ids, SITE)
    where = controls.Where(SITE, Site("resid", 3), np.zeros(32))
    one, positions = setup(), setup().places(len(ids), sink)
    rows = controls.rows(
        where, one.feature, one.disjoint, states, positions, np.random.default_rng(0)
    )
    count = {name: sum(row.condition == name for row in rows) for name in controls.CONDITIONS}
    assert count["random"] == count["noise"] == 20 and count["away"] == 1
    away = rows[1].measure
    for row in rows:
        if row.condition == "random":
            assert controls.close(row.measure, away)
            assert not set(row.edits[0].dimensions) & set(one.feature.dimensions.tolist())
        if row.condition == "noise":
            assert row.measure.delta_norm == pytest.approx(away.delta_norm)
            assert row.measure.norm_ratio == pytest.approx(1)
    for row, wanted in ((rows[1], -one.feature.signs), (rows[2], one.feature.signs)):
        edited = row.edits[0](states)[list(positions)]
        assert (np.sign(edited[:, one.feature.dimensions]) == wanted).all()
    assert sink == 1 and 0 not in positions


def test_what_cannot_be_matched_is_refused():
    where = controls.Where(SITE, SITE, np.zeros(4))
    states = np.array([[100.0, 1.0, 1.0, 1.0]])
    feature = Signed(np.array([0]), np.array([1]))
    with pytest.raises(SettingRefused, match="No random control matches"):
        controls.matched(where, feature, states, np.random.default_rng(0))


@pytest.mark.parametrize("strength", [0.25, 0.5, 0.75, 2.0])
def test_controls_match_at_every_scale(strength):
    generator = np.random.default_rng(0)
    states = generator.normal(size=(10, 64))
    where = controls.Where(SITE, SITE, np.zeros(64), strength)
    feature = Signed(np.arange(16), generator.choice([-1, 1], 16))
    rows = controls.rows(where, feature, (), states, tuple(range(10)), generator)
    away = rows[1].measure
    assert away.delta_norm > 0 and (away.changed > 0) == (strength >= 0.5)
    drawn = [row.measure for row in rows if row.condition == "random"]
    assert len(drawn) == 20 and all(controls.close(one, away) for one in drawn)


def test_only_the_conditions_asked_for_are_run(machine):
    found = run.run(machine, setup(), names=("away", "noise"))
    assert found.conditions == ("baseline", "away", "noise")


def test_rows_that_part_at_the_edit_equal_whole_rows(model, machine):
    ids, _ = machine.encode("The cat and the cats sat")
    for layer in range(4):
        edit = replace(FLIP, site=Site("resid", layer))
        rows = [(), (edit,), (replace(edit, site=Site("resid", 3)),)]
        with torch.inference_mode():
            whole, parted = (machine._run(ids, rows, spread) for spread in (False, True))
        torch.testing.assert_close(parted, whole, rtol=1e-4, atol=1e-4)
    assert machine._may_spread(ids)


# Runs


def test_a_run_equals_a_plain_computation(machine, model):
    one = setup()
    found = run.run(machine, one)
    for number, prompt in enumerate(PROMPTS):
        ids, sink = machine.encode(prompt.text)
        edit = controls.flip(
            controls.Where(SITE, SITE, one.cut),
            one.feature,
            one.places(len(ids), sink),
            toward=False,
        )
        given = torch.from_numpy(ids)[None]
        with torch.inference_mode():
            plain = model.module(input_ids=given).logits[0, -1].double().log_softmax(0)
            with editing(model.parts, [(edit,)]):
                edited = model.module(input_ids=given).logits[0, -1].double().log_softmax(0)
        delta = (edited - plain).numpy()
        tokens, matched = one.readout.tokens, one.readout.controls
        expected = [delta[t] - delta[c].mean() for t, c in zip(tokens, matched, strict=True)]
        np.testing.assert_allclose(found.effects["away"][number], expected, atol=1e-4)
        kl = (plain.exp() * (plain - edited)).sum().item()
        assert found.kl["away"][number] == pytest.approx(kl, abs=1e-4)
        other = delta[60] - delta[[70, 80]].mean()
        assert found.others["away"][number][0] == pytest.approx(other, abs=1e-4)
    assert not found.effects["baseline"].any() and found.worst_match <= 0.05


def test_the_direct_path_is_exact_at_the_last_site(machine):
    found = run.run(machine, setup(site=Site("resid", 3), positions="last"))
    np.testing.assert_allclose(found.effects["direct"], found.effects["away"], atol=1e-4)


def test_a_run_repeats_and_reports_and_stops(machine):
    said = []
    first = run.run(machine, setup(), lambda *one: said.append(one))
    again = run.run(machine, setup())
    np.testing.assert_array_equal(first.effects["random"], again.effects["random"])
    assert said[-1] == ("flipping", 4, 4)

    def stop(_stage, done, _total):
        if done:
            raise live.Cancelled("Stopped.")

    with pytest.raises(live.Cancelled):
        run.run(machine, setup(), stop)


def test_the_report_has_the_promised_names(machine):
    found = run.run(machine, setup())
    known = report.as_json(found, report.summarize(found, draws=200))
    assert set(known["conditions"]) >= {"away", "toward", "disjoint", "random", "noise"}
    for one in known["conditions"].values():
        assert {"mean", "low", "high", "changed", "delta_norm"} <= one.keys()
        assert one["low"] <= one["mean"] <= one["high"]
    assert {"specificity", "kl", "verdict"} <= known.keys()
    assert known["specificity"]["categories"] == 2
    assert known["verdict"] == "cannot be tested" and "4 prompts" in known["reason"]
    assert known["by_kind"].keys() == {"neutral", "eliciting"}


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"scale": float("nan")}, "NaN"),
        ({"feature": Signed(np.zeros(0, int), np.zeros(0, int))}, "no dimensions"),
        ({"feature": Signed(np.array([99]), np.array([1]))}, "no dimension 99"),
        ({"prompts": ()}, "no prompts"),
        ({"prompts": (Prompt(" "),)}, "empty"),
        ({"prompts": (Prompt("cat " * 200),)}, "reads at most 64"),
        ({"site": Site("resid", 7)}, "resid.0 to resid.3"),
        ({"positions": "first"}, "Positions are"),
        ({"positions": "90"}, "no position 90"),
        ({"draws": 3}, "At least 20"),
    ],
)
def test_bad_input_gets_one_sentence(machine, changes, said):
    with pytest.raises(CatalogError, match=said):
        run.run(machine, setup(**changes))

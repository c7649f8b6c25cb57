"""Controls and runs of the flip lab, on a tiny random Llama."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from catalog.edits import Edit
from catalog.errors import CatalogError
from catalog.flips import controls, plan, report, run, together
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


def test_conditions_have_the_right_signs_and_measures(machine):
    one = setup()
    found = run.run(machine, one)
    assert found.conditions == tuple(
        n for n in controls.CONDITIONS if n not in ("edits", "together")
    )
    assert found.features.shape == (100, 4, 3) and found.rank.drawn == 100
    where = controls.Where(SITE, Site("resid", 3), np.zeros(32))
    for number, prompt in enumerate(PROMPTS):
        ids, sink = machine.encode(prompt.text)
        states = machine.states(ids, SITE)[list(one.places(len(ids), sink))]
        for name, wanted in (("away", -one.feature.signs), ("toward", one.feature.signs)):
            edited = controls.flip(where, one.feature, None, name == "toward")(states)
            assert (np.sign(edited[:, one.feature.dimensions]) == wanted).all()
            delta = np.linalg.norm(edited - states, axis=1)
            expected = [
                (np.sign(edited) != np.sign(states)).mean(),
                np.sqrt((delta**2).mean()),
                (np.linalg.norm(edited, axis=1) / np.linalg.norm(states, axis=1)).mean(),
            ]
            np.testing.assert_allclose(found.measures[name][number], expected, rtol=1e-5)
        assert sink == 1
    np.testing.assert_allclose(
        found.measures["noise"][:, 1:], found.measures["away"][:, 1:], rtol=1e-4
    )
    assert found.worst_match <= 0.05 < found.worst_prompt


def test_many_rows_together_equal_one_row_at_a_time(machine, model):
    """The fast pass against hooks: every fixed random feature, every direction, one row each."""
    one = setup(site=Site("resid", 2))
    found = run.run(machine, one)
    traced = run.trace(machine, one, [one.site])
    where = controls.Where(one.site, Site("resid", 3), one.cut)
    made = plan.of(one, where, together.Pool.of(traced, one.site), ("random", "noise"), 100)
    away = controls.flip(where, one.feature, None, toward=False)
    noise = np.zeros((20, 4, 3))
    for number, prompt in enumerate(PROMPTS):
        ids, sink = machine.encode(prompt.text)
        positions = one.places(len(ids), sink)
        edits = [()]
        for target in made.fixed.targets:
            inside = np.flatnonzero(target)
            signed = Signed(inside, target[inside].astype(int))
            edits.append((controls.flip(where, signed, positions, toward=True),))
        for direction in made.directions:
            turn = Edit(one.site, (), "turn", tuple(direction.tolist()), like=away)
            edits.append((replace(turn, positions=positions),))
        with torch.inference_mode(), editing(model.parts, edits):
            given = torch.from_numpy(ids).expand(len(edits), -1)
            logits = model.module(input_ids=given).logits[:, -1].double().numpy()
        delta = logits - logits[0]
        tokens, matched = one.readout.tokens, one.readout.controls
        effects = np.stack(
            [delta[:, t] - delta[:, c].mean(axis=1) for t, c in zip(tokens, matched, strict=True)],
            1,
        )
        np.testing.assert_allclose(found.features[:, number], effects[1:101], atol=1e-4)
        noise[:, number] = effects[101:]
    np.testing.assert_allclose(found.effects["noise"], noise.mean(axis=0), atol=1e-4)
    assert np.abs(found.features).max() > 0.05


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
            before = model.module(input_ids=given).logits[0, -1].double()
            with editing(model.parts, [(edit,)]):
                after = model.module(input_ids=given).logits[0, -1].double()
        plain, edited = before.log_softmax(0), after.log_softmax(0)
        before, after = before.numpy(), after.numpy()
        delta = (edited - plain).numpy()
        tokens, matched = one.readout.tokens, one.readout.controls
        expected = [delta[t] - delta[c].mean() for t, c in zip(tokens, matched, strict=True)]
        np.testing.assert_allclose(found.effects["away"][number], expected, atol=1e-4)
        raw = (after - before)[tokens].mean()
        centred = raw - (after - before).mean()
        assert found.beside["raw_logits"]["away"][number] == pytest.approx(raw, abs=1e-4)
        assert found.beside["centred_logits"]["away"][number] == pytest.approx(centred, abs=1e-4)
        kl = (plain.exp() * (plain - edited)).sum().item()
        assert found.kl["away"][number] == pytest.approx(kl, abs=1e-4)
        other = delta[60] - delta[[70, 80]].mean()
        assert found.others["away"][number][0] == pytest.approx(other, abs=1e-4)
    assert not found.effects["baseline"].any()


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
    assert {"raw_logits", "centred_logits", "kl"} <= known["conditions"]["away"].keys()
    assert known["random_features"]["drawn"] == 100
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
        ({"draws": 99}, "At least 100"),
    ],
)
def test_bad_input_gets_one_sentence(machine, changes, said):
    with pytest.raises(CatalogError, match=said):
        run.run(machine, setup(**changes))

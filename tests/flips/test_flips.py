"""Edits, hooks, controls and verdicts of the flip lab, on a tiny random Llama."""

import threading
from dataclasses import replace

import numpy as np
import pytest
import torch

from catalog.edits import Edit
from catalog.errors import CatalogError, SettingRefused
from catalog.flips import controls, report, run, verdicts
from catalog.flips.controls import Signed
from catalog.flips.prompts import Prompt, from_file, own, shipped
from catalog.flips.readouts import Matching, Vocabulary, divergence
from catalog.model import live, loading
from catalog.model.editing import editing
from catalog.model.recording import recording
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


@torch.inference_mode()
def logits(model, rows):
    with editing(model.parts, rows):
        return model.module(input_ids=IDS.expand(len(rows), -1), use_cache=False).logits


# Edits


@pytest.mark.parametrize("make", [np.array, torch.tensor])
@pytest.mark.parametrize(
    "edit, expected",
    [
        (Edit(SITE, (0, 2), "flip", (1.0, 1.0)), [2, -3, 4]),
        (Edit(SITE, (0, 2), "flip", (1.0, -1.0), cut=(1.0, 1.0)), [4, -3, -2]),
        (Edit(SITE, (0, 2), "flip", (1.0, 1.0), strength=0.5), [0, -3, 4]),
        (Edit(SITE, (1,), "zero"), [-2, 0, 4]),
        (Edit(SITE, (1,), "clamp", (7.0,)), [-2, 7, 4]),
        (Edit(SITE, (1, 2), "add", (1.0, 2.0), strength=2.0), [-2, -1, 8]),
        (Edit(SITE, (2,), "scale", strength=3.0), [-2, -3, 12]),
    ],
)
def test_an_edit_is_a_pure_function(make, edit, expected):
    given = make([[-2.0, -3.0, 4.0]])
    np.testing.assert_allclose(np.asarray(edit(given)), [expected])
    assert np.asarray(given).tolist() == [[-2.0, -3.0, 4.0]]


@pytest.mark.parametrize("strength", [1.0, 0.3, 2.0])
def test_a_turn_keeps_both_norms_of_the_edit_it_is_like(strength):
    generator = np.random.default_rng(0)
    states = generator.normal(size=(6, 16))
    like = replace(FLIP, strength=strength)
    turned = Edit(SITE, (), "turn", tuple(generator.normal(size=16)), like=like)(states)
    wanted = like(states)
    norm = np.linalg.norm
    np.testing.assert_allclose(norm(turned, axis=1), norm(wanted, axis=1))
    np.testing.assert_allclose(norm(turned - states, axis=1), norm(wanted - states, axis=1))


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"strength": float("nan")}, "finite"),
        ({"dimensions": (), "values": ()}, "no dimension"),
        ({"dimensions": (1, 1, 2)}, "different"),
        ({"values": (1.0,)}, "needs 3 values"),
        ({"site": Site("final")}, "residual"),
        ({"kind": "sing"}, "no edit"),
    ],
)
def test_an_impossible_edit_is_refused(changes, said):
    with pytest.raises(SettingRefused, match=said):
        replace(FLIP, **changes)


# In the forward pass


@pytest.mark.parametrize("site", [Site("resid", layer) for layer in range(4)])
def test_an_edit_that_changes_nothing_changes_no_bit(model, site):
    plain = logits(model, [(), ()])
    nothing = replace(FLIP, site=site, strength=0.0)
    with torch.inference_mode(), recording(model.module, model.parts, [site], torch.clone) as seen:
        model.module(input_ids=IDS, use_cache=False)
        signs = torch.where(seen[site][0, 4, [0, 3]] > 0, 1.0, -1.0)
    same = Edit(site, (0, 3), "flip", tuple(signs.tolist()), positions=(4,))
    assert torch.equal(logits(model, [(nothing,), (same,)]), plain)


def test_each_row_has_its_own_edits(model):
    other = replace(FLIP, site=Site("resid", 2))
    rows = [(), (FLIP,), (FLIP, other), ()]
    found, plain = logits(model, rows), logits(model, [()] * 4)
    assert torch.equal(found[0], plain[0]) and torch.equal(found[3], plain[3])
    assert not torch.equal(found[1], plain[1]) and not torch.equal(found[2], found[1])


@pytest.mark.parametrize("layer", range(4))
def test_an_edit_equals_a_plain_hand_computation(model, layer):
    """The same sign set by a hook of the test's own, on the last position only."""
    edit = replace(FLIP, site=Site("resid", layer), positions=(8,))

    def by_hand(hidden):
        hidden = hidden.clone()
        for dimension, sign in zip(edit.dimensions, edit.values, strict=True):
            hidden[0, 8, dimension] = hidden[0, 8, dimension].abs() * sign
        return hidden

    block = model.parts.blocks[max(0, layer - 1)]
    if layer:
        handle = block.register_forward_hook(lambda _m, _a, out: by_hand(out))
    else:
        handle = block.register_forward_pre_hook(lambda _m, a: (by_hand(a[0]), *a[1:]))
    with torch.inference_mode():
        expected = model.module(input_ids=IDS, use_cache=False).logits
    handle.remove()
    torch.testing.assert_close(logits(model, [(edit,)]), expected, rtol=0, atol=0)


def test_hooks_come_off_even_on_error(model):
    plain = logits(model, [()])
    with pytest.raises(KeyError), editing(model.parts, [(FLIP,)]):
        raise KeyError
    with pytest.raises(ValueError, match="rows"), editing(model.parts, [(FLIP,)]):
        model.module(input_ids=IDS.expand(2, -1), use_cache=False)
    assert torch.equal(model.module(input_ids=IDS, use_cache=False).logits, plain)
    assert not any(block._forward_hooks for block in model.parts.blocks)


def test_one_caller_never_sees_another_callers_edit(llama):
    worker, key = live.Live(), live.ModelKey(str(llama), None, "float32", "cpu", "")
    plain = worker.submit(key, lambda m, _j: logits(m, [()])).wait(60)
    together = threading.Barrier(6)
    results = {}

    def send(number):
        together.wait()
        rows = [(FLIP,)] if number % 2 else [()]
        results[number] = worker.submit(key, lambda m, _j: logits(m, rows)).wait(60)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    worker.release()
    assert [torch.equal(results[n], plain) for n in range(6)] == [True, False] * 3


@pytest.mark.parametrize(
    "edit, said",
    [
        (replace(FLIP, dimensions=(0, 3, 99)), "no dimension 99"),
        (replace(FLIP, site=Site("resid", 9)), "3 blocks"),
        (replace(FLIP, positions=(30,)), "no position 30"),
    ],
)
def test_an_edit_that_does_not_fit_the_model_is_refused(model, edit, said):
    with pytest.raises(SettingRefused, match=said):
        logits(model, [(edit,)])


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


# Verdicts


def effects(**levels):
    generator = np.random.default_rng(1)
    names = ("away", "toward", "disjoint", "random", "noise")
    return {n: levels.get(n, 0.0) + generator.normal(0, 0.1, (32, 24)) for n in names}


@pytest.mark.parametrize(
    "levels, verdict",
    [
        ({"away": -0.5, "toward": 0.4}, "suppresses"),
        ({"away": -0.5, "toward": 0.4, "random": -0.6}, "non-specific"),
        ({"away": -0.5, "toward": -0.9}, "non-specific"),
        ({}, "no effect"),
        ({"away": 0.3}, "no effect"),
    ],
)
def test_the_verdict_follows_the_rule(levels, verdict):
    bootstrap = verdicts.Bootstrap(np.arange(32) // 2, 24, np.random.default_rng(0), 500)
    judged = verdicts.judge(effects(**levels), bootstrap)
    assert judged.verdict == verdict
    assert (judged.p < 0.05) == (verdict == "suppresses")


def test_prompts_of_one_source_are_resampled_together():
    values = np.repeat(np.random.default_rng(0).normal(size=(4, 1)), 8, axis=0)
    draw = np.random.default_rng
    apart = verdicts.Bootstrap(np.arange(32), 1, draw(0)).interval(values)
    together = verdicts.Bootstrap(np.arange(32) // 8, 1, draw(0)).interval(values)
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


# Vocabulary and prompts


def test_matched_tokens_share_no_category_and_are_the_nearest():
    family = np.arange(12)
    lists = {"own": np.array([4, 5]), "wide": np.array([5, 6]), "far": np.array([9])}
    kinds = ["word"] * 11 + ["piece"]
    matching = Matching(kinds, ["␣a"] * 12, lists, family)
    banned = matching.related(np.array([4, 5]))
    assert np.flatnonzero(banned).tolist() == [4, 5, 6]
    assert sorted(matching.controls(np.array([4]), banned, 3)[0]) == [2, 3, 7] or sorted(
        matching.controls(np.array([4]), banned, 3)[0]
    ) == [1, 2, 3]


def test_divergence_is_zero_only_for_the_same():
    base = np.log(np.array([[0.5, 0.25, 0.25]]))
    other = np.log(np.array([[0.25, 0.25, 0.5]]))
    assert divergence(base, base[0])[0] == 0
    assert divergence(other, base[0])[0] == pytest.approx(0.5 * np.log(2) - 0.25 * np.log(2))


def test_shipped_prompts_are_half_neutral_half_eliciting():
    found = shipped("animals")
    assert [p.kind for p in found] == ["neutral"] * 16 + ["eliciting"] * 16
    assert all(p.text == p.text.strip() and p.source for p in found)
    assert [p.kind for p in shipped("no such category")] == ["neutral"] * 32


def test_own_prompts_are_lines_or_columns(tmp_path):
    (tmp_path / "lines.txt").write_text("The old\n\nA new\n")
    (tmp_path / "table.tsv").write_text("text\tsource\tkind\nThe old\ta\tneutral\n")
    assert [p.text for p in from_file(tmp_path / "lines.txt")] == ["The old", "A new"]
    assert from_file(tmp_path / "table.tsv") == [Prompt("The old", "a", "neutral")]
    with pytest.raises(SettingRefused, match="empty"):
        own(" \n")
    with pytest.raises(CatalogError, match="cannot be read"):
        from_file(tmp_path / "absent.txt")

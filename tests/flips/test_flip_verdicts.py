"""Verdicts of flips, matched tokens, and the prompts that a run takes."""

import numpy as np
import pytest

from catalog.errors import CatalogError, SettingRefused
from catalog.flips import verdicts
from catalog.flips.contrasts import divergence, first, normalised
from catalog.flips.matching import Matching
from catalog.flips.prompts import Prompt, from_file, own, shipped
from catalog.flips.verdicts import Rank

# Verdicts


def effects(**levels):
    generator = np.random.default_rng(1)
    names = ("away", "toward", "disjoint", "random", "noise")
    return {n: levels.get(n, 0.0) + generator.normal(0, 0.1, (32, 24)) for n in names}


@pytest.mark.parametrize(
    "levels, reached, verdict",
    [
        ({"away": -0.5, "toward": 0.4}, 0, "suppresses"),
        ({"away": -0.5, "toward": 0.4}, 4, "suppresses"),
        ({"away": -0.5, "toward": 0.4}, 5, "non-specific"),
        ({"away": -0.5, "toward": 0.4, "random": -0.6}, 0, "non-specific"),
        ({"away": -0.5, "toward": -0.9}, 0, "non-specific"),
        ({}, 50, "no effect"),
        ({"away": 0.3}, 99, "no effect"),
    ],
)
def test_the_verdict_follows_the_rule(levels, reached, verdict):
    bootstrap = verdicts.Bootstrap(np.arange(32) // 2, 24, np.random.default_rng(0), 500)
    judged = verdicts.judge(effects(**levels), Rank(reached, 100), bootstrap)
    assert judged.verdict == verdict and judged.p == (1 + reached) / 101
    assert f"{reached} of 100 random features" in judged.reason
    assert (judged.clear and judged.p < 0.05) == (verdict == "suppresses")


def test_the_reason_names_what_away_does_not_beat():
    bootstrap = verdicts.Bootstrap(np.arange(32) // 2, 24, np.random.default_rng(0), 500)
    judged = verdicts.judge(effects(away=-0.5, noise=-0.6), Rank(9, 100), bootstrap)
    assert "single random features, noise of the same size and the same signs" not in judged.reason
    assert "single random features and noise of the same size; 9 of 100" in judged.reason
    made = effects(away=-0.5)
    del made["disjoint"]
    judged = verdicts.judge(made, Rank(0, 100), bootstrap)
    assert judged.verdict == "suppresses" and "Without the control disjoint." in judged.reason


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
    found = matching.controls(np.array([4, 5]), banned, 3)
    assert found.tolist() == [[3, 2, 1], [3, 7, 2]]  # nearest first, ties by the lower id


def test_divergence_is_zero_only_for_the_same():
    base = np.log(np.array([[0.5, 0.25, 0.25]]))
    other = np.log(np.array([[0.25, 0.25, 0.5]]))
    assert divergence(base, base[0])[0] == 0
    assert divergence(other, base[0])[0] == pytest.approx(0.5 * np.log(2) - 0.25 * np.log(2))


def test_logits_are_normalised_and_ordered_as_numpy_does():
    logits = np.random.default_rng(0).normal(size=(3, 50)).astype(np.float32) * 9
    expected = logits - np.log(np.exp(logits.astype(float)).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(normalised(logits), expected, atol=1e-5)
    assert first(logits[0], 7).tolist() == np.argsort(-logits[0], kind="stable")[:7].tolist()
    assert first(np.array([2.0, 5.0]), 7).tolist() == [1, 0]


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

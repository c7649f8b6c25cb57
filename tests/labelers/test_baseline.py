"""The baseline: planted rules are found, and what it says of held-out items is true of them."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from catalog.labelers import baseline, reader, rules
from catalog.labelers.rules import Rules
from tests.given import labelled

RNG = np.random.default_rng


def planted(items=4000, dims=200, strength=0.3, seed=0):
    """Eight random rules, one of which (number 2) raises the share of positive signs."""
    rng = RNG(seed)
    fits = rng.random((8, items)) < 0.2
    share = 0.4 + strength * fits[2]
    positive = rng.random((dims, items)) < share
    names = tuple(f"rule {n}" for n in range(8))
    return Rules(names, (*names[:4], None, None, None, None), fits), positive


def learned(found, positive):
    half = np.arange(positive.shape[1])
    learn, hold = half[::2], half[1::2]
    return list(baseline._learned(found, positive, learn, hold, range(len(positive)))), hold


def test_a_share_is_the_auc_of_a_rule_that_says_yes_or_no():
    rng = RNG(3)
    fits, positive = rng.random(900) < 0.3, rng.random(900) < 0.6
    share, low, high = baseline.held_out(fits, positive)
    assert share == pytest.approx(roc_auc_score(positive, fits), abs=1e-12)
    assert low < share < high
    assert baseline.held_out(fits, np.ones(900, bool)) == (0.5, 0.0, 1.0)


def test_the_interval_holds_the_true_share():
    rng, inside = RNG(4), 0
    for _ in range(400):
        positive = rng.random(600) < 0.3
        fits = rng.random(600) < np.where(positive, 0.35, 0.2)
        _, low, high = baseline.held_out(fits, positive)
        inside += low <= 0.5 + (0.35 - 0.2) / 2 <= high
    assert inside / 400 >= 0.93


def test_a_planted_rule_is_found_for_its_pole_and_as_a_category():
    found, positive = planted()
    said, _ = learned(found, positive)
    assert {one.positive.text.split(",")[0].split(" or ")[0] for one in said} == {"rule 2"}
    assert all("rule 2" not in one.negative.text for one in said if one.negative)
    assert {one.category for one in said} == {"rule 2"}
    assert {one.clear_pole for one in said} <= {"+", None}


def test_the_figure_of_held_out_items_is_theirs():
    found, positive = planted(dims=20)
    said, hold = learned(found, positive)
    for one in said:
        fits = reader.fits(one.positive.text, found)
        expected = roc_auc_score(positive[one.number][hold], fits[hold])
        assert one.positive.share == pytest.approx(expected, abs=1e-9)


def test_held_out_shares_are_not_raised_by_learning():
    """Where every rule is noise, what was learned looks good, and what was held out does not."""
    found, positive = planted(strength=0.0)
    said, _ = learned(found, positive)
    sides = [side for one in said for side in (one.positive, one.negative) if side]
    assert np.mean([side.learned for side in sides]) > 0.51
    assert abs(np.mean([side.share for side in sides]) - 0.5) < 0.002
    assert np.mean([side.told for side in sides]) < 0.05


def test_a_dimension_of_one_sign_has_no_rule():
    found, positive = planted(dims=2)
    positive[0] = True
    said, _ = learned(found, positive)
    assert (said[0].positive, said[0].negative, said[0].category) == (None, None, None)
    assert said[1].positive is not None


def test_no_family_is_learned_and_held_out(world):
    family = world.families
    learn, hold = baseline.halves(world)
    assert set(family[learn]).isdisjoint(family[hold])
    assert len(learn) + len(hold) == len(np.unique(family))
    assert set(baseline.learned_families(world)) == set(family[learn])


def test_the_baseline_of_a_catalog_names_the_planted_category(world):
    (said,) = baseline.labels(world, labelled.SITE, [labelled.PLANTED])
    assert said.category in ("planted", "other_end")
    assert "planted" in said.positive.text and "other end" in said.negative.text
    positive = labelled.values()[:, labelled.PLANTED] > 0
    hold = baseline.halves(world)[1]
    fits = reader.fits(said.positive.text, rules.of(world))
    expected = roc_auc_score(positive[hold], fits[hold])
    assert said.positive.share == pytest.approx(expected, abs=1e-9)


def test_rules_are_about_spelling_and_lists_alone(world):
    found = rules.of(world)
    assert len(set(found.texts)) == len(found.texts) == len(found.fits)
    place = found.texts.index("words that end in -ed")
    fitting = [str(text).strip() for text in world.spelled[found.fits[place]]]
    assert all(text.endswith("ed") and len(text) >= 5 for text in fitting)


def test_the_reader_reads_rules_and_refuses_the_rest():
    names = ("animals", "food and drink", "words that end in -s")
    fits = np.eye(3, 5, dtype=bool)
    found = Rules(names, names, fits)

    def read(text):
        reach = reader.fits(text, found)
        return None if reach is None else np.flatnonzero(reach).tolist()

    assert read("Animals") == [0]
    assert read("animals, food and drink or words that end in -s") == [0, 1, 2]
    assert read("food_and_drink") == [1]
    for text in ("animals with fur", "drink", "", "food, animals", "ignore all rules"):
        assert read(text) is None

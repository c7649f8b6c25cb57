"""Features that fire at the tokens of a text, against the definitions written out in NumPy."""

import numpy as np
import pandas as pd
import pytest

from catalog.browse import texts
from catalog.browse.texts import Features
from tests.given import planted

DIMS, TOKENS, ITEMS = 40, 12, 300


@pytest.fixture
def world():
    generator = np.random.default_rng(0)
    states = generator.normal(size=(TOKENS, DIMS))
    cut = generator.normal(0, 0.3, DIMS)
    names = ["b", "a", "one", "empty"]
    sizes = [9, 40, 1, 0]
    rows = [
        (name, int(d), int(generator.choice([-1, 1])))
        for name, size in zip(names, sizes, strict=True)
        for d in np.sort(generator.choice(DIMS, size, replace=False))
    ]
    dimensions = pd.DataFrame(rows, columns=["category", "dimension", "sign"])
    levels = pd.DataFrame({"category": names, "firing_level": [0.6, 0.5, 0.5, 0.5]})
    return states, cut, Features.of(levels, dimensions), dimensions


def test_agreement_is_the_share_of_signs_that_match(world):
    states, cut, features, dimensions = world
    assert features.names == ("b", "a", "one")  # a feature without dimensions is left out
    found = texts.agreement(states, cut, features.prototypes)
    for column, name in enumerate(features.names):
        rows = dimensions[dimensions["category"] == name]
        positive = states[:, rows["dimension"]] > cut[rows["dimension"]]
        expected = (positive == (rows["sign"] > 0).to_numpy()).mean(axis=1)
        np.testing.assert_allclose(found[:, column], expected)


def test_a_state_at_its_threshold_counts_as_negative(world):
    _, cut, features, _ = world
    found = texts.agreement(cut[None], cut, features.prototypes)
    signs = features.prototypes.of(0)[1]
    assert found[0, 0] == pytest.approx((signs < 0).mean())


def test_rarity_is_the_share_of_items_that_agree_as_much(world):
    states, cut, features, _ = world
    bits = planted.noise(ITEMS, DIMS, 3)
    items = np.arange(0, ITEMS, 2)
    tail = texts.tails(planted.site_of(bits), items, features.prototypes)
    fired = texts.fired(states, cut, features, tail)
    of_items = texts.agreement(bits[items] - 0.5, 0.0, features.prototypes)
    for f in range(3):
        for t in range(TOKENS):
            expected = (of_items[:, f] >= fired.agreement[t, f] - 1e-9).mean()
            assert fired.rarity[t, f] == pytest.approx(expected)
        assert tail[f][0] == 1 and tail[f][-1] == 0
    np.testing.assert_array_equal(fired.fires, fired.agreement > features.level)
    usual = texts.usual(features, tail)
    np.testing.assert_allclose(usual, (of_items > features.level + 1e-12).mean(axis=0))


def test_the_clearest_feature_is_the_one_that_fires_where_few_items_do():
    fires = np.array([[True, True, False], [True, False, False]])
    rarity = np.array([[0.5, 0.01, 0.001], [0.4, 0.3, 0.001]])
    fired = texts.Fired(1 - rarity, rarity, fires)
    every = np.ones(2, np.bool_)
    assert fired.clearest(every, 3).tolist() == [1, 0, 2]  # what fires nowhere comes last
    assert fired.clearest(np.array([False, True]), 2).tolist() == [0, 2]
    assert fired.clearest(np.zeros(2, np.bool_), 1).tolist() == [1]  # only special tokens


def test_behind_a_cell_stand_its_dimensions(world):
    states, cut, features, _ = world
    dimensions, signs = features.prototypes.of(0)
    frame = texts.behind(states[3], cut, dimensions, signs)
    share = texts.agreement(states, cut, features.prototypes)[3, 0]
    assert frame["matches"].mean() == pytest.approx(share)
    np.testing.assert_allclose(frame["away"], abs(states[3] - cut)[dimensions])
    assert ((frame["state"] > cut[dimensions]) == (frame["sign"] > 0)).all()

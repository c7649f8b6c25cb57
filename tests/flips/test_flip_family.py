"""q over a family of flips: the number of random features is never why nothing is significant."""

import numpy as np

from catalog.flips import family
from catalog.flips.family import Ranked
from catalog.flips.verdicts import LEVEL, Rank
from catalog.signs.significance import benjamini_hochberg


class World:
    """Tests whose away is reached by each random feature with a given chance."""

    def __init__(self, chances, seed=0, clear=True):
        self.generator = np.random.default_rng(seed)
        self.chances, self.asked = chances, np.zeros(len(chances), int)
        self.tests = [self._test(n, clear) for n in range(len(chances))]

    def _test(self, place, clear):
        test = Ranked(self._drawn(Rank(0, 0), place, 100), clear, lambda number: None)

        def more(number):
            self.asked[place] += number
            return self._drawn(test.rank, place, number)

        test.more = more
        return test

    def _drawn(self, rank, place, number):
        reached = int(self.generator.binomial(number, self.chances[place]))
        return Rank(rank.reached + reached, rank.drawn + number)


def test_one_strong_flip_among_seventy_is_found_and_no_other_is_extended():
    world = World([0.0] + [0.5] * 69)
    floor = benjamini_hochberg([one.rank.p for one in world.tests])
    assert floor[0] > LEVEL  # 1/101 x 70: a hundred random features alone find nothing
    q = family.settle(world.tests)
    assert q[0] < LEVEL and (q[1:] >= LEVEL).all()
    assert world.tests[0].rank.drawn == 1400 and not world.asked[1:].any()


def test_none_is_extended_where_a_hundred_suffice():
    world = World([0.0] * 20 + [0.5] * 50)
    q = family.settle(world.tests)
    assert (q[:20] < LEVEL).all() and not world.asked.any()
    expected = benjamini_hochberg([one.rank.p for one in world.tests])
    np.testing.assert_array_equal(q, expected)


def test_it_ends_with_the_first_random_feature_that_reaches_away():
    world = World([0.0] + [0.5] * 69)
    world.chances[0] = 0.02  # nothing among the first hundred, by luck
    family.settle(world.tests)
    rank = world.tests[0].rank
    assert rank.reached > 0 and 100 < rank.drawn < 1400
    assert world.asked[0] == rank.drawn - 100


def test_a_flip_that_other_controls_fail_gets_no_more():
    world = World([0.0] * 3 + [0.5] * 67, clear=False)
    q = family.settle(world.tests)
    assert not world.asked.any() and (q >= LEVEL).all()


def test_without_an_effect_hardly_anything_passes():
    """Under the null away is one more random feature: its chance to be reached is uniform."""
    generator = np.random.default_rng(5)
    found = []
    for seed in range(400):
        world = World(generator.random(20), seed)
        found.append((family.settle(world.tests) < LEVEL).any())
    assert 0.02 < np.mean(found) <= 0.07  # all are null: the rate of false discovery is this


def test_of_no_tests_there_is_no_q():
    assert len(family.settle([])) == 0

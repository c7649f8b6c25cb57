"""The compiled pass over a batch equals plain NumPy, and torch to the last digit."""

import numpy as np
import pytest
import torch

from catalog.model import reduce
from catalog.signs import reducing
from catalog.signs.moments import Frozen, Pole

SIZES = {"positive": 10, "negative": 10, "near zero": 4, "near median": 4}


def drawn(items, dims, seed=0):
    states = np.random.default_rng([seed, items, dims]).normal(size=(items, dims))
    states[::7] = 0.0
    states[1::9] = np.round(states[1::9])
    return states.astype(np.float32)


def both(states, pilot=100):
    frozen = Frozen.of(states[:pilot])
    cpu = torch.device("cpu")
    return reduce.on(cpu, frozen), reduce.SiteReducer.on(cpu, frozen), torch.from_numpy(states)


def test_the_processor_has_the_compiled_reducer():
    frozen = Frozen.of(drawn(50, 8))
    assert isinstance(reduce.on(torch.device("cpu"), frozen), reduce.Processor)


@pytest.mark.parametrize("dims", [1, 7, 8, 9, 63, 64, 65, 384])
def test_signs_are_those_of_torch(dims):
    ours, theirs, states = both(drawn(133, dims))
    for threshold in ("zero", "median"):
        np.testing.assert_array_equal(ours.bits(states, threshold), theirs.bits(states, threshold))


@pytest.mark.parametrize("items", [1, 15, 16, 17, 255, 256, 257, 1000, 4100])
def test_sums_are_those_of_torch_to_the_last_digit(items):
    """Of widths that are multiples of 64, whatever number of threads torch has."""
    ours, theirs, states = both(drawn(max(items, 100), 128))
    one, other = (which.moments(states[:items]) for which in (ours, theirs))
    for name in ("total", "squares", "absolute", "minimum", "maximum", "histogram"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert one.count == other.count == items


@pytest.mark.parametrize("dims", [1, 9, 130])
def test_sums_of_other_widths_are_exact_to_rounding(dims):
    ours, _, states = both(drawn(700, dims))
    made, exact = ours.moments(states), states.numpy().astype(np.longdouble)
    for name, values in (("total", exact), ("squares", exact**2), ("absolute", abs(exact))):
        error = np.abs(getattr(made, name) - values.sum(axis=0))
        assert (error <= 1e-14 * np.abs(values).sum(axis=0)).all(), name


@pytest.mark.parametrize("dims", [1, 9, 64])
@pytest.mark.parametrize("known", [False, True])
def test_candidates_are_those_of_torch(dims, known):
    """With bars of an empty pole, and with those of one that has seen items, ties among them."""
    states = drawn(400, dims)
    states[:, 0] = np.round(states[:, 0])
    ours, theirs, tensor = both(states)
    poles = {name: Pole.empty(dims, k) for name, k in SIZES.items()}
    items = np.random.default_rng(3).permutation(400)
    if known:
        seen = ours.candidates(tensor[:200], items[:200], {n: p.bar for n, p in poles.items()})
        poles = {name: pole.merged(*seen[name]) for name, pole in poles.items()}
    bars = {name: pole.bar for name, pole in poles.items()}
    rest = tensor[200:], items[200:], bars
    one, other = ours.candidates(*rest), theirs.candidates(*rest)
    for name in SIZES:
        assert len(one[name][0])
        for mine, given in zip(one[name], other[name], strict=True):
            np.testing.assert_array_equal(mine, given, err_msg=name)


def test_more_candidates_than_there_was_room_for():
    """Four a dimension are expected; here every state is one."""
    states = np.sort(drawn(64, 3), axis=0)
    frozen = Frozen.of(states)
    bars = {"positive": Pole.empty(3, 64).bar}
    found = reducing.candidates(states, np.arange(64, dtype=np.int32), frozen, bars)
    assert len(found["positive"][0]) == 64 * 3


@pytest.mark.parametrize("k", [1, 4, 32])
def test_a_pole_is_the_best_of_all_by_score_then_item(k):
    generator = np.random.default_rng(k)
    dims, pole, every = 5, Pole.empty(5, k), []
    for part in range(6):
        count = 40 if part else 0
        score = np.round(generator.normal(size=count), 1).astype(np.float32)
        newcomers = generator.integers(0, dims, count), score
        newcomers += (100 * part + generator.permutation(count), generator.normal(size=count))
        newcomers = (*newcomers[:3], newcomers[3].astype(np.float32))
        pole = pole.merged(*newcomers)
        every.append(newcomers)
    dimension, score, item, value = (np.concatenate(one) for one in zip(*every, strict=True))
    for d in range(dims):
        own = np.flatnonzero(dimension == d)
        order = own[np.lexsort((item[own], -score[own]))][:k]
        np.testing.assert_array_equal(pole.items[d][: len(order)], item[order])
        np.testing.assert_array_equal(pole.scores[d][: len(order)], score[order])
        np.testing.assert_array_equal(pole.values[d][: len(order)], value[order])
        assert np.isneginf(pole.scores[d][len(order) :]).all()

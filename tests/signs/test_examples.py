"""Examples of dimensions in texts, against plain NumPy over all positions at once."""

import numpy as np
import pytest

from catalog.signs import examples
from catalog.signs.moments import Frozen, Pole

DOCUMENTS, LENGTH, EACH, DIMS = 40, 30, 12, 5


@pytest.fixture(scope="module")
def world():
    generator = np.random.default_rng(3)
    hidden = generator.normal(size=(DOCUMENTS, LENGTH, DIMS)).astype(np.float32)
    hidden[7] += 3  # a text that would fill a pole alone
    lengths = np.full(DOCUMENTS, LENGTH)
    lengths[5] = 20
    place = np.stack(
        [
            np.sort(generator.choice(np.arange(8, lengths[d]), EACH, replace=False))
            for d in range(DOCUMENTS)
        ]
    ).ravel()
    document = np.repeat(np.arange(DOCUMENTS), EACH)
    family = generator.integers(0, 25, len(place)).astype(np.int32)
    family[: len(family) // 3] = 1  # a frequent one
    states = hidden[document, place]
    return hidden, lengths, document, place, family, states, Frozen.of(states[:200])


def collected(world, sizes):
    """Poles and windows when documents come in chunks of these sizes."""
    hidden, lengths, document, place, family, _, frozen = world
    poles = {n: Pole.empty(DIMS, k) for n, k in examples.SIZES.items()}
    windows = {}
    start = 0
    for size in sizes:
        bars = {name: pole.bar for name, pole in poles.items()}
        collector = examples.Collector(frozen, bars)
        for first in range(start, start + size, 4):  # passes of four rows
            rows = np.arange(first, min(first + 4, start + size))
            items = np.flatnonzero(np.isin(document, rows))
            marks = document[items] - first, place[items], items, family[items]
            collector.add(hidden[rows], lengths[rows], marks)
        found, codes = collector.candidates()
        for name in poles:
            poles[name] = examples.merged(name, poles[name], found[name], family)
            for d, item, code in zip(
                found[name][0], found[name][2], codes.get(name, ()), strict=False
            ):
                windows[name, d, item] = code
        start += size
    return poles, windows


def by_rules(score, document, family):
    """Items of a pole, best first, and how many stronger ones were passed over."""
    order = np.lexsort((np.arange(len(score)), -score))
    kept, texts, families = [], {}, {}
    for item in order:
        if texts.setdefault(document[item], 0) == 2:
            continue
        texts[document[item]] += 1
        if families.setdefault(family[item], 0) == 4:
            continue
        families[family[item]] += 1
        kept.append(item)
    return kept[:32], order


@pytest.mark.parametrize("sizes", [(40,), (8, 20, 12), (1,) * 40])
def test_poles_keep_two_of_a_text_and_four_of_a_family_however_texts_come(world, sizes):
    _, _, document, _, family, states, _ = world
    poles, _ = collected(world, sizes)
    for name, sign in examples.POLES.items():
        for d in range(DIMS):
            score = sign * states[:, d]
            expected, order = by_rules(score, document, family)
            assert poles[name].items[d, : len(expected)].tolist() == expected
            np.testing.assert_array_equal(
                poles[name].values[d, : len(expected)], states[expected, d]
            )
            np.testing.assert_array_equal(
                poles[examples.ALL_NAMES[name]].scores[d], score[order[: examples.ALL]]
            )


def test_bands_hold_random_items_of_their_part_of_the_range(world):
    *_, states, frozen = world
    poles, _ = collected(world, (40,))
    again, _ = collected(world, (7, 33))
    for band, name in enumerate(examples.BAND_NAMES):
        np.testing.assert_array_equal(poles[name].items, again[name].items)
        for d in range(DIMS):
            share = (states[:, d] - frozen.low[d]) / (frozen.high[d] - frozen.low[d])
            inside = np.flatnonzero(np.clip((share * 5).astype(int), 0, 4) == band)
            kept = poles[name].items[d][np.isfinite(poles[name].scores[d])]
            assert set(kept) <= set(inside)
            assert len(kept) == min(len(inside), examples.OF_BAND)
    every = np.concatenate([poles[name].items.ravel() for name in examples.BAND_NAMES])
    assert np.unique(every).size > 60  # not the same few for every dimension


def test_a_window_is_the_dimension_around_the_item_and_ends_with_its_text(world):
    hidden, lengths, document, place, _, _, frozen = world
    poles, windows = collected(world, (16, 24))
    tried = 0
    for name in (*examples.POLES, *examples.BAND_NAMES):
        for d in range(DIMS):
            low, high = frozen.low[d], frozen.high[d]
            for item in poles[name].items[d][np.isfinite(poles[name].scores[d])][:4]:
                found = examples.unpack(windows[name, d, item][None], low, high)[0]
                where = place[item] + np.arange(-examples.BEFORE, examples.AFTER + 1)
                inside = (where >= 0) & (where < lengths[document[item]])
                real = hidden[document[item], where[inside], d]
                assert np.abs(found[inside] - np.clip(real, low, high)).max() <= (high - low) / 29
                np.testing.assert_allclose(found[~inside], low)
                tried += 1
    assert tried > 100


def test_codes_are_two_to_a_byte():
    codes = np.random.default_rng(0).integers(0, 16, (3, examples.WINDOW)).astype(np.uint8)
    packed = examples.pack(codes)
    assert packed.shape == (3, 17)
    np.testing.assert_allclose(examples.unpack(packed, 0.0, 15.0), codes)
    assert examples.unpack(packed[:0], 0.0, 15.0).shape == (0, examples.WINDOW)  # an empty band

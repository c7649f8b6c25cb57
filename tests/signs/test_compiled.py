"""Compiled counting gives the integers of `prototypes`, which plain NumPy is tested against."""

import numpy as np
import pytest

from catalog.signs import adding, compiled, counted
from catalog.signs.bits import by_words, mask_of
from catalog.signs.compiled import Scale
from catalog.signs.prototypes import (
    Prototypes,
    agreeing,
    agreeing_members,
    contrast,
    halves,
    histograms,
    ranks,
    register,
)
from tests.given.planted import noise, planted, site_of


def packed(scored):
    """Negatives' signs as 0 and 1, [dims, negatives], as compiled code takes them."""
    words = by_words(np.packbits(scored, axis=1, bitorder="little"))
    return compiled.Scored(words, mask_of(scored.shape[1], words.shape[1]))


def by_item(members):
    """Members' signs as 0 and 1, [members, dims], as words."""
    return by_words(np.packbits(members, axis=1, bitorder="little"))


def plain(scored, members, scale, anchors, held_out):
    """Twice the held-out members' ranks times the negatives, by `prototypes`: float64[rows]."""
    found = []
    for chosen, held in zip(anchors, held_out, strict=True):
        count = int(chosen.sum())
        positive = chosen[None].astype(np.float32) @ members.astype(np.float32)
        contrasts = contrast(positive, count, scale.positives, scale.pool)
        made = register(contrasts, count * scale.pool, scale.tau)
        site = site_of(scored.T.astype(bool))
        counts = agreeing(site.by_dimension, made, site.items)
        table = ranks(histograms(counts, made.signs.shape[1] + 1))[0]
        own = agreeing_members(members, made)[0].astype(np.int64)
        found.append((table[own[held]] * 2 * site.items).sum())
    return np.array(found)


@pytest.mark.parametrize("dims", [20, 64, 130, 700])
@pytest.mark.parametrize("marked", [0, 6, 300])
def test_rows_are_those_of_prototypes(dims, marked):
    """None, few (the fallback) and many (beyond what a byte counts) registered dimensions."""
    chosen = dict.fromkeys(range(min(marked, dims)), 1)
    bits = planted(400, dims, np.arange(40), chosen, 0.95, seed=dims).astype(np.uint8)
    members, scored = bits[:40], np.ascontiguousarray(bits[40:].T)
    scale = Scale(bits.sum(axis=0, dtype=np.int64), len(bits))
    anchors = halves(40, 5, np.random.default_rng(1))
    anchors[-1, np.flatnonzero(anchors[-1])[0]] = False  # one anchor less than the others
    found = compiled.doubled_ranks(packed(scored), by_item(members), scale, anchors, ~anchors)
    np.testing.assert_allclose(found, plain(scored, members, scale, anchors, ~anchors))


def test_a_site_without_variation_says_one_half():
    bits = np.ones((60, 32), np.uint8)
    scale = Scale(bits.sum(axis=0, dtype=np.int64), 60)
    anchors = halves(20, 4, np.random.default_rng(0))
    found = compiled.doubled_ranks(
        packed(bits[20:].T), by_item(bits[:20]), scale, anchors, ~anchors
    )
    assert (found / (2 * 40 * 10) == 0.5).all()


def test_groups_are_told_apart_as_by_ranks():
    generator = np.random.default_rng(0)
    counts = generator.integers(0, 30, (6, 500)).astype(np.uint16)
    members = generator.integers(5, 30, (6, 24)).astype(np.uint16)
    group = generator.integers(0, 4, 500)
    held_out = ~halves(24, 6, generator)
    found = counted.group_aucs(counts, group, 5, members, held_out, 30)
    for number in range(4):
        table = ranks(histograms(counts[:, group == number], 30))
        own = np.take_along_axis(table, members.astype(np.int64), 1)
        expected = (own * held_out).sum(axis=1) / held_out.sum(axis=1)
        assert found[number] == pytest.approx(expected.mean())
    assert found[4] == 0.5  # an empty group


def test_members_among_the_scored_are_no_negatives():
    """A background that is scored whole: a set's own items count on neither side."""
    bits = noise(120, 70, seed=3)
    site = site_of(bits)
    items = np.arange(120)
    scale = Scale(site.positives(items), 120)
    sets = np.array([np.arange(30), np.arange(60, 90)])
    anchors = np.stack([halves(30, 4, np.random.default_rng(n)) for n in range(2)])
    scored = np.ascontiguousarray(bits.T.astype(np.uint8))
    among = np.ones(120, np.bool_)
    rows = np.ascontiguousarray(site.words.T)
    found = compiled.doubled_ranks_of_sets(
        (rows, rows), packed(scored), among, scale, sets, anchors
    )
    for one, mine, chosen in zip(found, sets, anchors, strict=True):
        others = packed(scored[:, np.setdiff1d(items, mine)])
        expected = compiled.doubled_ranks(others, rows[mine], scale, chosen, ~chosen).sum()
        assert one == expected


@pytest.mark.parametrize("rows", [0, 1, 3, 4, 7, 64, 255, 256, 700])
def test_bits_are_added_up(rows):
    """Sums of columns and how many columns have each, over several spans and with a mask."""
    generator = np.random.default_rng(rows)
    bits = generator.random((800, 64 * 2 * adding.SPAN + 100)) < generator.random((800, 1))
    words = by_words(np.packbits(bits, axis=1, bitorder="little"))
    chosen = np.sort(generator.choice(800, rows, replace=False))
    signs = generator.choice([-1, 1], rows).astype(np.int8)
    made = Prototypes(chosen[None], signs[None], np.zeros(1, np.bool_))
    expected = (bits[chosen] ^ (signs < 0)[:, None]).sum(axis=0)
    counts = counted.agreeing(words, made, bits.shape[1])
    np.testing.assert_array_equal(counts[0], expected)
    some = np.flatnonzero(generator.random(bits.shape[1]) < 0.3)
    scored = compiled.Scored(words, mask_of(some, words.shape[1]))
    found = counted.histograms(scored, made, rows + 1)
    np.testing.assert_array_equal(found[0], np.bincount(expected[some], minlength=rows + 1))


@pytest.mark.parametrize(("members", "dims"), [(1, 1), (3, 64), (40, 130), (300, 700)])
def test_positive_members_are_a_product_of_zeros_and_ones(members, dims):
    """Rows of any size, an empty one and one of more members than a byte counts among them."""
    generator = np.random.default_rng(members)
    bits = (generator.random((members, dims)) < generator.random(dims)).astype(np.uint8)
    rows = generator.random((6, members)) < np.linspace(0, 1, 6)[:, None]
    found = counted.positives(bits, rows)
    np.testing.assert_array_equal(found, rows.astype(np.int64) @ bits.astype(np.int64))


@pytest.mark.parametrize("top", [0, 1, 900, 10**6, 2**40])
def test_the_n_largest_reach_a_level_and_ties_of_the_last(top):
    values = np.random.default_rng(0).integers(0, top + 1, 500)
    for n in (1, 2, 64, 125, 500):
        found = values >= compiled.level_of(values, n)
        np.testing.assert_array_equal(found, values >= np.sort(values)[-n])

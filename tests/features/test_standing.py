"""Tokens in context: a family is stood for anew in every split, by other documents on each side."""

import dataclasses

import numpy as np
import pytest

from catalog.features.nulls import Ground, score_sets
from catalog.features.pools import Pool
from catalog.features.scoring import Contest, run
from catalog.signs import bits
from catalog.signs.prototypes import halves
from catalog.signs.site_signs import SiteSigns
from catalog.signs.standing import Standing

FAMILIES, DOCUMENTS, DIMS, SPLITS = 90, 30, 40, 6
NOTHING = np.empty(0, np.int64)


def signs_of(positive):
    packed = bits.pack(np.where(positive, 1.0, -1.0).astype(np.float32))
    return SiteSigns(bits.words(packed), bits.transpose(packed, positive.shape[1]))


@pytest.fixture
def world():
    generator = np.random.default_rng(0)
    items = 1500
    label = generator.integers(0, FAMILIES, items)
    label[:FAMILIES] = np.arange(FAMILIES)
    family = np.unique(label, return_index=True)[1][label]
    document = generator.integers(0, DOCUMENTS, items)
    return generator, label, family, document


def test_both_sides_of_a_split_come_from_other_documents(world):
    _, _, family, document = world
    made = Standing.drawn(family, document, SPLITS)
    assert (family[made.learnt] == made.families).all()
    assert (family[made.scored] == made.families).all()
    for learnt, scored in zip(made.learnt, made.scored, strict=True):
        both = learnt != scored
        assert both.mean() > 0.95  # families of several documents
        assert not set(document[learnt[both]]) & set(document[scored[both]])
    assert len(np.unique(made.learnt[:, 3])) > 2  # drawn anew


def test_a_family_of_one_position_stands_for_itself():
    family, document = np.array([0, 1, 1, 3]), np.array([0, 0, 1, 1])
    made = Standing.drawn(family, document, SPLITS)
    assert (made.learnt[:, [0, 2]] == [0, 3]).all() and (made.scored[:, [0, 2]] == [0, 3]).all()
    assert (made.learnt[:, 1] != made.scored[:, 1]).all()


def contest_of(world, positive):
    _, _, family, document = world
    standing = Standing.drawn(family, document, SPLITS)
    site = dataclasses.replace(signs_of(positive), standing=standing)
    members = standing.families[:30]
    negatives = standing.families[30:]
    return site, standing, Pool("all", members, negatives, NOTHING)


def test_each_split_is_registered_on_one_side_and_tried_on_the_other(world):
    generator, label, *_ = world
    positive = generator.random((len(label), DIMS)) < 0.5
    positive[:, :12] ^= (label < 30)[:, None] & (generator.random((len(label), 12)) < 0.6)
    site, standing, pool = contest_of(world, positive)
    anchors = halves(30, SPLITS, generator)
    outcome = run(Contest.of(site, pool), anchors)
    plain = signs_of(positive)
    for split in range(SPLITS):
        learnt, scored = (
            Pool("all", side[split][:30], side[split][30:], NOTHING)
            for side in (standing.learnt, standing.scored)
        )
        taught = run(Contest.of(plain, learnt), anchors[split : split + 1])
        assert (taught.contrasts[0] == outcome.contrasts[split]).all()
        dimensions, signs = taught.prototypes.of(0)
        agree = (plain.bits(scored.members)[:, dimensions] > 0) == (signs > 0)
        others = (plain.bits(scored.negatives)[:, dimensions] > 0) == (signs > 0)
        held = agree.sum(1)[~anchors[split]]
        beaten = (held[:, None] > others.sum(1)) + (held[:, None] == others.sum(1)) / 2
        assert outcome.aucs[split] == pytest.approx(beaten.mean())


def test_a_documents_topic_is_not_taken_for_a_category(world):
    generator, label, family, document = world
    marked = np.isin(document, np.arange(0, DOCUMENTS, 2))
    # Members stand in marked documents only, whose every token has the mark.
    document = np.where(label < 30, document // 2 * 2, document)
    marked = document % 2 == 0
    positive = generator.random((len(label), DIMS)) < 0.5
    own = generator.random((DOCUMENTS, DIMS)) < 0.5
    positive = np.where(generator.random(positive.shape) < 0.9, own[document], positive)
    assert marked.any()
    site, _, pool = contest_of((generator, label, family, document), positive)
    anchors = halves(30, SPLITS, generator)
    apart = run(Contest.of(site, pool), anchors).aucs.mean()
    plain = dataclasses.replace(site, standing=None)
    together = run(Contest.of(plain, pool), anchors).aucs.mean()
    assert together > apart + 0.1


def test_the_null_goes_through_the_same_splits(world):
    generator, label, *_ = world
    positive = generator.random((len(label), DIMS)) < 0.5
    site, standing, _ = contest_of(world, positive)
    items = standing.families
    ground = Ground.shared(site, items, site.positives(items), np.random.default_rng(0))
    sets = np.stack([generator.choice(len(items), 20, replace=False) for _ in range(3)])
    anchors = np.stack([halves(20, SPLITS, generator) for _ in sets])
    found = score_sets(site, ground, sets, anchors)
    for places, chosen, value in zip(sets, anchors, found, strict=True):
        members = items[places]
        pool = Pool("all", members, np.setdiff1d(items, members), NOTHING)
        assert run(Contest.of(site, pool), chosen).aucs.mean() == pytest.approx(value)
    assert abs(found.mean() - 0.5) < 0.1

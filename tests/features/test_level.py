"""The registration level: the signs carry it to whatever is measured on them."""

from dataclasses import replace

import numpy as np
import pytest

from catalog.features import concepts
from catalog.features.nulls import Ground, score_sets
from catalog.features.pools import Pool
from catalog.features.scoring import Contest, run
from catalog.signs.prototypes import halves
from catalog.signs.standing import Standing
from tests.given.planted import planted, site_of

NOTHING = np.empty(0, np.int64)
LEVELS = (0.6, 0.75, 0.9)
MEMBERS = np.arange(60)
BITS = planted(800, 96, MEMBERS, {d: (-1) ** d for d in range(50)}, 0.6, seed=3)


@pytest.fixture(params=LEVELS)
def site(request):
    return replace(site_of(BITS), tau=request.param)


def pool():
    return Pool("all", MEMBERS, np.setdiff1d(np.arange(800), MEMBERS), NOTHING)


def test_a_contest_registers_what_reaches_its_signs_level(site):
    anchors = halves(60, 4, np.random.default_rng(0))
    found = run(Contest.of(site, pool()), anchors)
    for split, chosen in enumerate(anchors):
        auc = 0.5 + (BITS[MEMBERS[chosen]].mean(axis=0) - BITS.mean(axis=0)) / 2
        reached = np.flatnonzero(np.abs(auc - 0.5) >= site.tau - 0.5)
        assert set(found.prototypes.of(split)[0]) >= set(reached)
        assert bool(found.prototypes.fallback[split]) == (len(reached) < 8)
        if len(reached) >= 8:
            assert len(found.prototypes.of(split)[0]) == len(reached)


def test_its_null_is_of_the_same_level(site):
    items = np.arange(800)
    ground = Ground.shared(site, items, site.positives(items), np.random.default_rng(0))
    sets = np.concatenate([ground.sets(60, 2, np.random.default_rng(1)), MEMBERS[None]])
    anchors = np.stack([halves(60, 3, np.random.default_rng(2)) for _ in sets])
    negatives = [np.setdiff1d(items, drawn) for drawn in sets]
    expected = [
        run(Contest.of(site, Pool("all", drawn, left, NOTHING)), rows).aucs.mean()
        for drawn, left, rows in zip(sets, negatives, anchors, strict=True)
    ]
    np.testing.assert_allclose(score_sets(site, ground, sets, anchors), expected)


def test_tokens_in_context_keep_it_on_both_sides(site):
    generator = np.random.default_rng(4)
    documents = generator.integers(0, 20, 800)
    standing = Standing.drawn(np.arange(800), documents, 3)
    contest = Contest.of(replace(site, standing=standing), pool())
    assert {side.tau for pair in contest.parts for side in pair} == {site.tau}


def test_a_concept_of_a_person_uses_it(site):
    made = concepts.build(site, pool(), None, np.random.default_rng(0))
    reached = np.abs(made.sign_auc - 0.5) >= site.tau - 0.5
    assert made.fallback == (reached.sum() < 8)
    if not made.fallback:
        assert set(made.dimensions) == set(np.flatnonzero(reached))

"""A rule is tested before it is used: every row in a world where its claim is true, and not."""

import pytest

from catalog.evidence.claims import CLAIMS
from tests.given import synthetic, validity, verdict_worlds

WORLDS = verdict_worlds.every()
EDITS = {"flips_away", "flips_share", "flips_toward", "flips_late", "flips_single"}
"""Their worlds are models: tests/flips."""
NEVER_HOLDS = {"cost"}
"""A file holds more than one bit a sign by design, so one of the two halves always fails."""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return synthetic.write(tmp_path_factory.mktemp("worlds") / "c.duckdb")


@pytest.mark.parametrize("world", WORLDS, ids=lambda one: f"{one.claim}: {one.name}")
def test_a_claim_holds_exactly_where_it_is_true(world, file):
    row = world.row(file)
    assert row.claim.key == world.claim
    assert row.verdict != "cannot be tested", row.reason
    assert (row.verdict == "holds") == world.true, (row.verdict, row.reason, row.figure)
    assert row.verdict == validity.listed()[world.claim, world.name]


def test_every_claim_has_a_world_of_each_answer():
    for key in set(CLAIMS) - EDITS:
        truths = {world.true for world in WORLDS if world.claim == key}
        assert truths == ({False} if key in NEVER_HOLDS else {True, False}), key


def test_the_page_lists_every_world_with_its_verdict():
    listed = validity.listed()
    assert set(listed) == {(world.claim, world.name) for world in WORLDS}
    for world in WORLDS:
        assert (listed[world.claim, world.name] == "holds") == world.true, world

"""Two readings of one model: what context keeps of signs, and a feature tried in real text."""

import json

import numpy as np
import pytest

from catalog.browse import in_context, retained
from catalog.errors import NotInCatalog, SettingRefused
from catalog.store import context_queries
from tests.given import context_catalog

SITE = "resid.2"


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    return context_catalog.measured(tmp_path_factory.mktemp("readings"))


def test_retained_is_one_minus_own_over_other(both):
    context, single = both
    found = retained.of(context, SITE, "zero")
    rows = context.fetch(context_queries.positions())
    tokens = rows["token"].to_numpy(np.int64)
    inside = context.signs(SITE, "zero").bits(np.arange(len(tokens)))
    own = (inside != single.signs(SITE, "zero").bits(tokens)).mean(axis=0)
    np.testing.assert_allclose(found.dimensions["own"], own)
    kept = 1 - found.dimensions["own"] / found.dimensions["other"]
    np.testing.assert_allclose(
        found.dimensions["retained"], kept.where(found.dimensions["other"] > 0, 0)
    )
    assert found.whole.low < found.whole.value < found.whole.high
    assert found.positions == len(tokens) and found.single == "tiny-llama"


def test_the_embeddings_keep_every_sign(both):
    """At resid.0 of a model without learned positions a token is the same everywhere."""
    found = retained.of(both[0], "resid.0", "zero")
    assert (found.dimensions["own"] == 0).all() and found.whole.value == 1


def test_other_positions_come_from_other_documents():
    document = np.repeat(np.arange(6), 50)
    found = retained._elsewhere(document, np.random.default_rng(0))
    assert (document[found] != document).all() and len(np.unique(found)) > 100
    assert len(retained._elsewhere(np.zeros(5, np.int64), np.random.default_rng(0))) == 5


def test_a_feature_is_scored_at_every_position(both):
    context, single = both
    found = single.feature("resid.0", "common", background="all").in_context(context)
    assert found.positions == len(context.items)
    assert found.bands["positions"].sum() == found.positions
    assert found.bands["members"].sum() == found.members
    fires = found.fires * found.positions
    assert found.recall * found.members == pytest.approx(found.precision * fires)
    family = single.families
    tokens = context.fetch(context_queries.positions())["token"].to_numpy(np.int64)
    category = set(family[single.feature("resid.0", "common", background="all").members])
    assert found.members == sum(family[t] in category for t in tokens)
    wrong = found.false_positives
    assert not set(family[tokens[wrong["item"]]]) & category
    assert (np.diff(wrong["agreement"]) <= 0).all()
    for row in wrong.itertuples():
        assert row.window.count("⟦") == 1
    json.dumps(in_context.as_json(found))


def test_catalogs_that_do_not_belong_together_are_refused(both, tmp_path):
    context, single = both
    feature = single.feature("resid.0", "common", background="all")
    with pytest.raises(SettingRefused, match="--texts"):
        feature.in_context(single)
    with pytest.raises(NotInCatalog, match="single tokens"):
        retained.of(single, SITE, "zero")
    with pytest.raises(NotInCatalog, match="dims build"):
        retained.of(context, SITE, "no such")


def test_bands_of_places_add_up(both):
    found = retained.of(both[0], SITE, "zero")
    rows = found.by_place
    assert rows["positions"].sum() == found.positions
    assert (rows["first"].iloc[1:].to_numpy() == rows["past"].iloc[:-1].to_numpy()).all()
    mean = (rows["own"] * rows["positions"]).sum() / found.positions
    assert mean == pytest.approx(found.dimensions["own"].mean())


def test_a_concept_may_be_made_of_marked_positions(both):
    context, _ = both
    rows = context.fetch(context_queries.positions())
    spelled = context.spelled
    marked = [f"#{n}" for n in range(len(rows)) if spelled[n] == "␣cat"][:12]
    assert len(marked) > 4
    made = context.feature(SITE, words=marked, background="all")
    assert made.members.tolist() == [int(one[1:]) for one in marked]  # all of one family
    by_word = context.feature(SITE, words=["cat", "the"], background="all")
    assert (context.families[by_word.members] == by_word.members).all()
    with pytest.raises(NotInCatalog):
        context.feature(SITE, words=["#99999999"], background="all")

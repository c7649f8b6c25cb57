"""Two readings of one model: what context keeps of signs, and a feature tried in real text."""

import json

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from catalog.browse import in_context, pole_families, retained
from catalog.errors import NotInCatalog, SettingRefused
from catalog.notebook import links
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
    assert len(found.positions) == len(tokens) and found.single == "tiny-llama"


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
    assert rows["positions"].sum() == len(found.positions)
    assert (rows["first"].iloc[1:].to_numpy() == rows["past"].iloc[:-1].to_numpy()).all()
    mean = (rows["own"] * rows["positions"]).sum() / len(found.positions)
    assert mean == pytest.approx(found.dimensions["own"].mean())
    np.testing.assert_allclose(rows["retained"], 1 - rows["own"] / rows["other"])
    assert ((rows["low"] < rows["retained"]) & (rows["retained"] < rows["high"])).all()


def test_sites_are_told_in_order(both):
    context, _ = both
    rows = retained.by_site(context, "zero")
    assert rows["site"].tolist() == list(context.site_names)
    for row in rows.itertuples():
        whole = retained.of(context, row.site, "zero").whole
        assert (row.retained, row.low, row.high) == (whole.value, whole.low, whole.high)
        assert row.own == pytest.approx(retained.of(context, row.site, "zero").positions.own.mean())
    assert rows.set_index("site").at["resid.0", "retained"] == 1


def test_poles_of_two_readings_are_compared_as_sets_of_families(both):
    """Against sets in plain Python, dimension by dimension."""
    context, single = both
    made = retained.poles(context, SITE)
    tokens = context.fetch(context_queries.positions())["token"].to_numpy(np.int64)
    for name in ("positive", "negative"):
        held = []
        for one, ids in ((context, tokens), (single, np.arange(len(single.items)))):
            rows = one.fetch(context_queries.poles_of_site(SITE, name))
            family = single.families[ids[rows["item"].to_numpy(np.int64)]]
            groups = rows.assign(family=family).groupby("dimension")["family"]
            held.append({number: set(values) for number, values in groups})
        inside, alone = held
        for number in made["dimension"]:
            shares = {d: len(inside[d] & alone[number]) / len(inside[d]) for d in inside}
            others = [share for d, share in shares.items() if d != number]
            row = made.loc[number]
            assert row[name] == pytest.approx(shares[number])
            assert row[f"{name}_chance"] == pytest.approx(np.mean(others))
            reached = sum(share >= shares[number] - 1e-9 for share in others)
            assert row[f"{name}_p"] == pytest.approx((1 + reached) / (1 + len(others)))


def test_an_empty_pole_agrees_with_nothing():
    mine = np.array([[1, 2, 2, -1], [-1, -1, -1, -1], [3, 4, -1, -1]])
    found = pole_families.agreement(mine, mine, np.arange(3))
    assert np.isnan(found.shared[1]) and np.isnan(found.p[1])
    assert found.shared[0] == 1 and found.chance[0] == 0 and found.p[0] == 1 / 2


def test_a_notebook_gets_both_readings(both):
    context, single = both
    made = context.readings(SITE)
    frame = made.frame()
    assert frame["dimension"].tolist() == list(range(len(frame)))
    known = frame["positive_p"].notna()
    expected = false_discovery_control(frame.loc[known, "positive_p"])
    np.testing.assert_allclose(frame.loc[known, "positive_q"], expected)
    assert "context keeps" in made.title
    assert len(made.plot().data) == 1 and len(made.plot("places").data[0]["y"]) == len(
        made.by_place()
    )
    with pytest.raises(NotInCatalog, match="single tokens"):
        single.readings(SITE)


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


def test_a_link_of_both_readings_has_the_figures_of_the_page(both, monkeypatch):
    context, single = both
    monkeypatch.setenv("DIMS_DATA", str(context.path.parents[1]))
    link = f"http://x/compare?catalog={single.slug}&site={SITE}&threshold=zero&b={context.slug}"
    told = links.figures(link)["figures"]["readings"]
    made = context.readings(SITE)
    assert told["whole"]["value"] == pytest.approx(made.found.whole.value)
    assert len(told["dimensions"]) == len(made.frame())
    assert len(told["by_place"]) == len(made.by_place())
    same = links.figures(link.replace(f"b={context.slug}", f"b={single.slug}"))
    assert same["figures"]["readings"] is None

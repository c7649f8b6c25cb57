"""Features in a notebook: what the catalog holds, what is made of signs, what is refused."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from sklearn.metrics import roc_auc_score

import catalog
from catalog.errors import NotInCatalog, SettingRefused
from catalog.features import discovery
from tests.given import feature_catalog
from tests.given.feature_catalog import HOSTILE, SITE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder with the measured catalog, searched at one site."""
    folder = tmp_path_factory.mktemp("notebook") / "data"
    c = catalog.open(feature_catalog.write(folder))
    discovery.discover(c, SITE, seeds=60)
    return folder


@pytest.fixture
def c(folder, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(folder))
    return catalog.open("measured")


def words(count=22):
    return feature_catalog.lists()["planted"][:count]


def bits(c):
    """Signs of the site as bool[items, dims]."""
    signs = c.signs(SITE, "zero")
    return signs.bits(np.arange(signs.items)) > 0


def test_a_category_is_what_the_catalog_holds(c):
    one = c.feature(SITE, "planted", background="words")
    row = c.sql(
        f"FROM feature WHERE category = 'planted' AND site = '{SITE}' AND background = 'words'"
    ).iloc[0]
    same = ("auc", "null_p95", "p", "coherence", "confusable_auc", "firing_level", "reliability")
    for name in same:
        assert getattr(one, name) == row[name]
    assert row["auc_low"] == one.low < one.auc < one.high == row["auc_high"]
    assert f"{one.auc:.3f} [{one.low:.3f}, {one.high:.3f}]" in one._repr_html_()
    assert (one.q is None) == pd.isna(row["q"]) and one.confusable == row["confusable"]
    assert (one.fallback, one.small) == (row["fallback"], row["small"])
    held = c.sql(
        "SELECT dimension, sign, auc, p, q FROM feature_dimension WHERE category = 'planted' "
        f"AND site = '{SITE}' AND background = 'words' ORDER BY abs(auc - 0.5) DESC, dimension"
    )
    pd.testing.assert_frame_equal(one.frame(), held, check_dtype=False)
    assert dict(zip(one.dimensions, one.signs, strict=True)) == dict(
        zip(held["dimension"], held["sign"], strict=True)
    )


def test_the_background_is_that_of_verdicts_unless_named(c):
    assert c.feature(SITE, "planted").background == c.primary.background == "matched"
    assert c.feature(SITE, words=words()).background == "matched"


def test_items_that_agree_most_are_counted_on_the_signs(c):
    one = c.feature(SITE, "planted")
    share = (bits(c)[:, one.dimensions] == (one.signs > 0)).mean(axis=1)
    family = c.families
    mine, own = np.isin(family, family[one.members]), family == np.arange(len(family))
    top, false = one.top(30), one.false_positives(30)
    frame = top.frame()
    np.testing.assert_allclose(frame["agreement"], np.sort(share)[::-1][:30], rtol=1e-6)
    np.testing.assert_allclose(frame["agreement"], share[frame["item"]], rtol=1e-6)
    assert frame["member"].tolist() == mine[frame["item"]].tolist()
    assert frame["text"].tolist() == c.texts[frame["item"]].tolist()
    rivals = false.frame()
    assert not rivals["member"].any() and own[rivals["item"]].all()
    np.testing.assert_allclose(
        rivals["agreement"], np.sort(share[own & ~mine])[::-1][:30], rtol=1e-6
    )
    assert top.firing == pytest.approx((share[own & ~mine] > one.firing_level).mean())
    assert top.members == len(one.members) and top.members_first <= top.members


def test_the_curves_have_the_area_that_is_stored(c):
    one = c.feature(SITE, "planted")
    assert one.curves().made.aucs.mean() == one.auc
    frame = one.curves().frame()
    area = np.trapezoid(frame["true_positive"], frame["false_positive"])
    assert area == pytest.approx(one.auc, abs=0.01)
    shares = one.agreement().frame()
    np.testing.assert_allclose(shares[["members", "background"]].sum(), 1)
    np.testing.assert_array_equal(shares["low"][1:], shares["high"][:-1])


def test_layers_and_overlaps_are_those_of_the_file(c):
    one = c.feature(SITE, "planted")
    across = one.across().frame()
    assert across["site"].tolist() == ["resid.0", SITE]
    assert across.set_index("site")["auc"][SITE] == one.auc
    assert across["gain"][1] == pytest.approx(across["auc"][1] - across["auc"][0])
    overlap = one.overlap().frame().set_index("category")
    other = c.feature(SITE, "noise")
    shared = np.intersect1d(one.dimensions, other.dimensions)
    assert overlap.loc["noise", ["same", "opposite"]].sum() == len(shared)


def test_words_make_a_feature_whose_auc_is_held_out(c):
    one = c.feature(SITE, words=words(20), background="all")
    assert one.low <= one.auc <= one.high and not one.small and one.missing == ()
    assert (np.diff((one.frame()["auc"] - 0.5).abs()) <= 0).all()
    share = (bits(c)[:, one.dimensions] == (one.signs > 0)).mean(axis=1)
    own = c.families == np.arange(len(c.families))
    label = np.isin(np.arange(len(own)), one.members)
    assert roc_auc_score(label[own], share[own]) > one.auc  # in sample, it flatters
    beside = one.overlap().frame()
    assert beside.set_index("category")["words"]["planted"] == 20
    few = c.feature(SITE, words=["notthere", *words(3)])
    assert few.small and few.missing == ("notthere",) and len(few.members) == 3


def test_counter_examples_are_told_apart_too(c):
    against = feature_catalog.lists()["noise"][:8]
    one = c.feature(SITE, words=words(), counter=against)
    assert 0 <= one.auc_counter <= 1
    assert c.feature(SITE, words=words()).auc_counter is None


def test_its_null_is_drawn_when_asked_for_and_the_same_again(c):
    one = c.feature(SITE, words=words())
    told = []
    null = one.draw_null(report=lambda *step: told.append(step))
    assert (null.draws, null.observed) == (200, one.auc) and told[-1] == ("null", 200, 200)
    assert null.p == (1 + (null.aucs >= one.auc).sum()) / 201
    assert null.frame()["auc"].tolist() == one.draw_null().frame()["auc"].tolist()
    assert null.mean == null.aucs.mean() and null.p95 == np.quantile(null.aucs, 0.95)
    with pytest.raises(SettingRefused, match="at least two"):
        c.feature(SITE, words=words(1)).draw_null()


def test_what_was_discovered_is_listed_and_opened_by_name(c):
    found = c.discovered(SITE)
    rows = found.frame()
    assert len(rows) and found.search["kept"] == len(rows)
    name = rows["name"][0]
    one = c.feature(SITE, discovered=name)
    assert one.figures["auc"] == rows["auc"][0] and one.frame()["sign"].isin([-1, 1]).all()
    top = one.top(5)
    assert len(top.frame()) == 5 and not top.frame()["member"].any() and top.firing is None
    with pytest.raises(NotInCatalog, match=r"dims discover measured resid\.0"):
        c.discovered("resid.0")
    with pytest.raises(NotInCatalog, match="No feature 'x'"):
        c.feature(SITE, discovered="x")


def test_a_circle_is_told_by_its_own_words_alone(c):
    found = c.cycle("circle", SITE)
    listed = feature_catalog.lists()["circle"]
    assert list(found.circle.words) == listed
    signs = found.signs().pivot(index="word", columns="dimension", values="positive")
    number = c.sql("SELECT word, item FROM item WHERE kind = 'word'").drop_duplicates("word")
    items = number.set_index("word")["item"][listed]
    expected = bits(c)[items][:, signs.columns]
    np.testing.assert_array_equal(signs.loc[listed], expected)
    assert found.frame()["share"].sum() == pytest.approx(1)


def test_the_words_of_a_circle_are_the_catalogs_whatever_its_list_says_now(c, folder):
    before = c.cycle("circle", SITE).frame()
    path = folder / "categories" / "circle.txt"
    kept = path.read_text("utf-8")
    path.write_text("# Another list\n# order: cyclic\n" + "\n".join(reversed(words())), "utf-8")
    try:
        again = catalog.open("measured").cycle("circle", SITE).frame()
        path.unlink()
        gone = catalog.open("measured").cycle("circle", SITE).frame()
    finally:
        path.write_text(kept, "utf-8")
    pd.testing.assert_frame_equal(again, before)
    pd.testing.assert_frame_equal(gone, before)


REFUSED = [
    ({"category": "few"}, NotInCatalog, "no feature 'few'"),
    ({"category": "planted", "words": ["a"]}, SettingRefused, "Name one of"),
    ({}, SettingRefused, "Name one of"),
    ({"words": ["qqq"]}, NotInCatalog, "single token"),
    ({"words": []}, NotInCatalog, "None of the 0 words"),
    ({"category": "planted", "background": "none"}, SettingRefused, "all, words, matched"),
    ({"category": "planted", "threshold": "median"}, SettingRefused, "only at zero"),
]


@pytest.mark.parametrize("asked, error, said", REFUSED)
def test_what_is_no_feature_is_refused_in_one_sentence(c, asked, error, said):
    with pytest.raises(error, match=said):
        c.feature(SITE, **asked)
    with pytest.raises(NotInCatalog, match=r"no site 'resid\.9'"):
        c.feature("resid.9", "planted")


@pytest.mark.parametrize(
    "category, said", [("planted", "cyclic"), ("short_circle", "5 are needed")]
)
def test_what_is_no_circle_is_refused(c, category, said):
    with pytest.raises((NotInCatalog, SettingRefused), match=said):
        c.cycle(category, SITE)


def test_answers_show_themselves_and_a_hostile_name_stays_text(c):
    one = c.feature(SITE, HOSTILE)
    shown = (one, one.top(5), one.curves(), one.agreement(), one.across(), one.overlap())
    for answer in (*shown, c.feature(SITE, words=words()), c.discovered(SITE)):
        html = answer._repr_html_()
        assert html.startswith("<p><b>") and "<table" in html and "<script>" not in html
    assert "&lt;script&gt;" in one._repr_html_()


def test_figures_are_those_of_the_pages(c):
    one, made = c.feature(SITE, "planted"), c.feature(SITE, words=words())
    figures = [one, one.top(5), one.curves(), one.agreement(), one.across(), made.draw_null()]
    for answer in (*figures, c.cycle("circle", SITE)):
        assert isinstance(answer.plot(), go.Figure) and answer.plot().data
    assert made.plot()._repr_html_().count("data-n=") == len(made.prototype)
    name = c.discovered(SITE).frame()["name"][0]
    assert isinstance(c.feature(SITE, discovered=name).plot(), go.Figure)


@pytest.mark.parametrize("name", ["digits", "sounds"])
def test_pictures_and_sounds_are_told_apart_from_all_others_alone(media_files, name):
    c = catalog.open(media_files / "catalogs" / f"{name}.duckdb")
    assert c.backgrounds == ("all",)
    site = c.primary.site
    category = c.categories.query("status != 'skipped'")["category"].iloc[0]
    one = c.feature(site, category)
    assert one.background == "all" and one.curves().made.aucs.mean() == one.auc
    numbers = [f"#{item}" for item in one.members[:12]]
    made = c.feature(site, words=numbers)
    assert made.background == "all" and made.draw_null().draws == 200
    for asked in ({"category": category}, {"words": numbers}):
        with pytest.raises(SettingRefused, match="one of all in this catalog"):
            c.feature(site, background="matched", **asked)

"""A dimension in a notebook: its figures are those of the states, and of its page."""

import dataclasses
import subprocess
import sys

import numpy as np
import pytest
from sklearn.metrics import mutual_info_score, roc_auc_score

import catalog
from catalog.errors import NotInCatalog, SettingRefused
from tests.given import feature_catalog, synthetic

RECIPE = synthetic.Recipe(hostile=True)
SITE = "resid.1"


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    return catalog.open(
        synthetic.write(tmp_path_factory.mktemp("notebook") / "small.duckdb", RECIPE)
    )


@pytest.fixture(scope="module")
def states():
    """float32[items, dims] of SITE."""
    return np.concatenate([block for _, block in synthetic.states(RECIPE, SITE)], axis=1)


@pytest.mark.parametrize("threshold", ["zero", "median"])
def test_statistics_are_those_of_the_states(c, states, threshold):
    found = c.dimension(SITE, 7, threshold)
    values = states[:, 7]
    cut = np.median(values) if threshold == "median" else 0
    assert found.statistics["value"] == pytest.approx(cut, abs=1e-6)
    assert found.statistics["share_positive"] == (values > cut).mean()
    assert found.statistics["mean"] == pytest.approx(values.mean(), rel=1e-4)
    assert sum(found.statistics["histogram"]) == RECIPE.items
    assert f"{(values > cut).mean():.1%}" in found.title


@pytest.mark.parametrize("threshold", ["zero", "median"])
def test_a_dimension_says_whether_it_tells_frequency_or_length(c, states, threshold):
    own = (c.items["kind"] == "word") & (c.items["family"] == c.items["item"])
    words = np.flatnonzero(own)
    length = c.items["text"].str.strip("␣").str.len().to_numpy()[words]
    frequent = np.arange(len(words)) < len(words) // 2
    middle = np.median(length)
    for number in range(6):
        found = c.dimension(SITE, number, threshold)
        sign = states[words, number] > found.statistics["value"]
        assert found.frequency_auc == pytest.approx(roc_auc_score(frequent, sign))
        assert found.length_auc == 0.5  # no word here is shorter than the median word
        assert not (length < middle).any()
        assert f"{found.frequency_auc:.2f}" in found.title or "In part" in found.title


@pytest.mark.parametrize("threshold", ["zero", "median"])
def test_the_frame_holds_both_poles_and_what_is_near_its_own_threshold(c, states, threshold):
    found = c.dimension(SITE, 7, threshold)
    values, cut = states[:, 7], found.statistics["value"]
    order = np.argsort(values)
    expected = {
        "positive": order[::-1][:32].tolist(),
        "negative": order[:32].tolist(),
        "near": np.argsort(abs(values - cut))[:8].tolist(),
    }
    frame = found.frame()
    assert frame["pole"].unique().tolist() == list(expected)
    assert {name: rows.item.tolist() for name, rows in frame.groupby("pole")} == expected
    np.testing.assert_allclose(frame["value"], values[frame["item"]], rtol=1e-6)
    np.testing.assert_allclose(frame["away"], values[frame["item"]] - cut, atol=1e-6)
    assert found.pole("near")["item"].tolist() == expected["near"]
    assert found.pole("negative", 3)["item"].tolist() == expected["negative"][:3]


def test_partners_share_most_information(c, states):
    found = c.dimension(SITE, 7).partners(5)
    positive = states > 0
    share = positive.mean(axis=0)
    varying = [int(d) for d in np.flatnonzero((share >= 0.01) & (share <= 0.99))]
    information = {
        d: mutual_info_score(positive[:, 7], positive[:, d]) / np.log(2) for d in varying if d != 7
    }
    order = sorted(information, key=lambda d: -information[d])[:5]
    frame = found.frame()
    assert frame["dimension"].tolist() == order
    np.testing.assert_allclose(frame["mi_bits"], [information[d] for d in order], atol=1e-9)
    phi = [np.corrcoef(positive[:, 7], positive[:, d])[0, 1] for d in order]
    np.testing.assert_allclose(frame["phi"], phi, atol=1e-9)
    np.testing.assert_allclose(
        frame["same"], [(positive[:, 7] == positive[:, d]).mean() for d in order]
    )
    assert found.excluded == RECIPE.dims - len(varying)
    assert found.floor == pytest.approx(1 / (2 * len(states) * np.log(2)))


def test_across_has_the_sites_of_its_kind_in_order(c):
    found = c.dimension("resid.1", 3).across()
    assert found["site"].tolist() == ["resid.0", "resid.1", "resid.2", "final"]


def test_figures_are_those_of_the_page(c):
    found = c.dimension(SITE, 7)
    figures = {what: found.plot(what) for what in ("values", "positive", "negative", "across")}
    assert all(figure._repr_html_().startswith("<svg") for figure in figures.values())
    counts = [f"&#10;{count:,.0f} items" for count in found.statistics["histogram"]]
    assert all(count in figures["values"] for count in counts)
    assert figures["positive"].count("data-n=") == len(found.pole("positive", 20))
    assert all(f'data-tip="{site}&#10;' in figures["across"] for site in found.across()["site"])


def test_it_shows_itself_and_hostile_items_stay_text(c):
    shown = c.dimension(SITE, 7)._repr_html_()
    assert "dimension 7" in shown and "more rows" in shown
    every = [c.dimension(SITE, d)._repr_html_() for d in range(RECIPE.dims)]
    assert any("&lt;" in html for html in every)
    assert not any("<script>" in html or "<img" in html for html in every)


def test_it_is_a_frozen_value(c):
    one = c.dimension(SITE, 7)
    assert one == c.dimension(SITE, 7, "zero") and hash(one) == hash(c.dimension(SITE, 7))
    assert one != c.dimension(SITE, 7, "median")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.number = 8
    with pytest.raises(TypeError):
        one.statistics["mean"] = 0
    partners = one.partners()
    changed = partners.frame()
    changed["dimension"] = 0
    assert partners.frame()["dimension"].nunique() > 1


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        (("resid.9", 3), NotInCatalog, "no site 'resid.9'; it has resid.0"),
        ((SITE, 48), NotInCatalog, "dimensions 0 to 47; there is no 48"),
        ((SITE, -1), NotInCatalog, "dimensions 0 to 47; there is no -1"),
        ((SITE, 3, "one"), SettingRefused, "only at zero, median"),
    ],
)
def test_what_is_not_there_is_refused_in_a_sentence(c, asked, error, said):
    with pytest.raises(error, match=said):
        c.dimension(*asked)


def test_readers_are_the_features_that_register_it(tmp_path):
    c = catalog.open(feature_catalog.write(tmp_path / "data"))
    used = c.sql(
        "SELECT dimension, category, auc FROM feature_dimension "
        f"WHERE site = '{feature_catalog.SITE}' AND background = 'matched' AND threshold = 'zero'"
    )
    number = int(used["dimension"].mode()[0])
    expected = used[used["dimension"] == number]
    found = c.dimension(feature_catalog.SITE, number).readers()
    assert set(found["category"]) == set(expected["category"])
    strength = (found["auc"] - 0.5).abs()
    assert len(found) > 1 and strength.is_monotonic_decreasing
    words = c.dimension(feature_catalog.SITE, number).readers("words")
    assert not words.equals(found) or words.empty
    with pytest.raises(SettingRefused):
        c.dimension(feature_catalog.SITE, number).readers("none")


def test_no_figure_is_imported_before_it_is_asked_for(c):
    code = (
        f"import sys, catalog; c = catalog.open({str(c.path)!r});"
        f"d = c.dimension({SITE!r}, 3); d.frame(), d.partners(), c.item(5), d._repr_html_();"
        "sys.exit(bool({'torch', 'transformers', 'plotly', 'altair', 'streamlit', 'sqlalchemy'}"
        " & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

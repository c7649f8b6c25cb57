"""The Compare page: every view by its link, what is stored, what is refused, poles side by side."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from catalog.comparing import cached_layers, cached_pairs, cached_versions, sides
from catalog.features import findings
from catalog.store.catalog import Catalog
from dashboard.comparing import frames
from dashboard.comparing.frames import Both
from tests.dashboard.test_dashboard import linked, literal, show, start
from tests.given import classes, copied, feature_catalog, synthetic, versions

SITES = ("resid.0", "resid.1", "resid.2")


@pytest.fixture(scope="session")
def pair(tmp_path_factory):
    """Catalogs one and two: the same words (some hostile), states of other seeds."""
    folder = tmp_path_factory.mktemp("pair") / "catalogs"
    folder.mkdir()
    for number, slug in enumerate(("one", "two")):
        recipe = synthetic.Recipe(4200, 16, SITES, slug=slug, seed=number, hostile=True)
        synthetic.write(folder / f"{slug}.duckdb", recipe)
        with duckdb.connect(folder / f"{slug}.duckdb") as connection:
            digest = str(number) * 64
            connection.execute("UPDATE build SET content_hash = ?, weights_hash = ?", [digest] * 2)
    return folder.parent


@pytest.fixture
def app(pair, monkeypatch):
    yield from start(pair, monkeypatch)


@pytest.fixture
def both(pair, monkeypatch):
    """The two sides at resid.1, everything computed."""
    monkeypatch.setenv("DIMS_DATA", str(pair))
    one, two = (
        sides.side(Catalog(pair / "catalogs" / f"{s}.duckdb"), "resid.1", "zero")
        for s in ("one", "two")
    )
    cached_pairs.matches(one, two, None)
    cached_pairs.categories(one, two)
    cached_layers.similarity(one.catalog, "zero")
    return Both(one, two)


@pytest.mark.parametrize("view", ["side by side", "dimensions", "layers", "versions", "evidence"])
def test_every_view_by_its_link(app, both, view):
    show(app, "compare", catalog="one", site="resid.1", b="two", part=view)
    assert linked(app, "part") == view and linked(app, "b") == "two"
    assert linked(app, "site_b") == "resid.1"
    assert "cannot be shown" not in "".join(element.value for element in app.markdown)


def test_the_stored_verdict_and_both_poles(app, both):
    show(app, "compare", catalog="one", site="resid.1", b="two", part="dimensions", pair=3)
    row = cached_pairs.stored_matches(both.a, both.b).tables["pairs"].iloc[3]
    assert "no more than chance" in literal(app)
    titles = " ".join(element.value for element in app.markdown)
    assert f"A dimension {row['a']:.0f} and B dimension {row['b']:.0f}" in titles
    assert "<script>" not in titles


def test_before_anything_is_computed_there_is_a_button(app, pair):
    show(app, "compare", catalog="one", site="resid.2", b="one", part="dimensions")
    assert [button.label for button in app.button if "Match" in button.label]
    assert "dims " not in literal(app)


def test_unrelated_models_are_no_versions(app, both):
    show(app, "compare", catalog="one", site="resid.1", b="two", part="versions")
    assert "two models, not two versions" in literal(app)


def test_the_other_site_follows_the_depth(app):
    show(app, "compare", catalog="one", site="resid.0", b="two")
    assert linked(app, "site_b") == "resid.0"
    app.selectbox(key="rail.site").select("resid.2").run()
    assert linked(app, "site_b") == "resid.2"


@pytest.mark.parametrize("turned", [False, True])
def test_items_at_both_poles_are_marked(both, turned):
    same = Both(both.a, both.a)
    first, second = frames.poles(same, 5, 5, reverse=turned)
    words = first["item"] >= len(synthetic.HOSTILE)  # special strings are paired too, by text
    assert words.any()
    expected = "" if turned else "●"
    assert (first.loc[words, "shared"] == expected).all()
    assert (second["shared"] == "●").any() != turned


@pytest.fixture(scope="session")
def measured(tmp_path_factory):
    """Catalogs measured, again (its second build) and version."""
    return versions.write(tmp_path_factory.mktemp("versions"))


@pytest.fixture
def computed(measured, monkeypatch):
    """The first and the last of them, with everything computed that the page can show."""
    monkeypatch.setenv("DIMS_DATA", str(measured))
    one, again, other = (
        Catalog(measured / "catalogs" / f"{name}.duckdb")
        for name in ("measured", "again", "version")
    )
    both = Both(*(sides.side(each, versions.SITE, "zero") for each in (one, other)))
    states = np.random.default_rng(0).normal(size=(len(sides.shared(one, one)), both.a.dims))
    given = lambda *_: states.astype(np.float32)  # noqa: E731 - a model's part
    cached_pairs.matches(*both, given)
    cached_pairs.categories(*both)
    cached_layers.similarity(one, "zero")
    cached_versions.changes(*both, again, given)
    return both


PANELS = {
    "side by side": {"AUC in A and in B", "By relative depth", "Difference of every category"},
    "dimensions": {"|phi| of matches and nulls", "Matches, the strongest first"},
    "layers": {
        "Site by site",
        "First readable layer",
        "AUC on the way",
        "Dimensions kept to the next layer",
    },
    "versions": {
        "Signs changed, by dimension",
        "By magnitude",
        "By site",
        "Appeared or vanished",
        "Dimensions",
        "Items",
    },
    "evidence": {"A measured and B version, claim by claim"},
}


@pytest.mark.parametrize("view", PANELS)
def test_what_is_copied_gives_what_its_panel_shows(computed, measured, monkeypatch, view):
    for app in start(measured, monkeypatch):
        answers = copied.record(monkeypatch)
        place = {"catalog": "measured", "site": versions.SITE, "b": "version"}
        show(app, "compare", **place, part=view, track=feature_catalog.HOSTILE)
        assert set(answers) == PANELS[view]
        for answer in answers.values():
            if answer.language == "python":
                copied.same(answer, measured)
                continue
            with duckdb.connect() as plain:
                given = plain.execute(answer.copy).df()
            pd.testing.assert_frame_equal(given, answer.frame)


@pytest.mark.parametrize("thresholds", [("zero", "median"), ("median", "zero")])
def test_what_is_copied_names_both_thresholds_where_they_differ(pair, monkeypatch, thresholds):
    monkeypatch.setenv("DIMS_DATA", str(pair))
    catalogs = (Catalog(pair / "catalogs" / f"{slug}.duckdb") for slug in ("one", "two"))
    both = Both(
        *(sides.side(c, "resid.1", name) for c, name in zip(catalogs, thresholds, strict=True))
    )
    found = cached_pairs.matches(*both, None).tables["pairs"]
    copied.same(frames.of_both(both, found, ".frame()"), pair)


def test_classes_are_told_apart_from_all_items(tmp_path, monkeypatch):
    (tmp_path / "catalogs").mkdir()
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    sounds = Catalog(classes.write(tmp_path / "catalogs" / "sounds.duckdb", classes=3))
    findings.measure(sounds)
    one, other = (sides.side(sounds, site, "zero") for site in classes.SITES)
    cached_pairs.categories(one, other)
    for app in start(tmp_path, monkeypatch):
        answers = copied.record(monkeypatch)
        place = {"catalog": "sounds", "site": "resid.0", "b": "sounds", "site_b": "resid.1"}
        show(app, "compare", **place, part="side by side")
        assert set(answers["By relative depth"].frame["site"]) == set(classes.SITES)
        show(app, "compare", **place, part="layers")
        assert answers["AUC on the way"].frame["site"].tolist() == list(classes.SITES)
        assert len(answers["First readable layer"].frame) == 3
        for title in ("AUC on the way", "First readable layer"):
            copied.same(answers[title], tmp_path)

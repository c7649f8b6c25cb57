"""The Compare page: every view by its link, what is stored, what is refused, poles side by side."""

import duckdb
import pytest

from catalog.comparing import cached_layers, cached_pairs, sides
from catalog.store.catalog import Catalog
from dashboard.comparing import frames
from dashboard.comparing.frames import Both
from tests.dashboard.test_dashboard import linked, literal, show, start
from tests.given import synthetic

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
    assert "dims compare one one --site-a resid.2" in literal(app)


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

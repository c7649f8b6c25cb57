"""Home: its box goes where a text leads, its figures are the catalog's; defaults show something."""

import pytest
import streamlit as st

from catalog.store import packed, replacing
from dashboard.common import frames as dimension_frames
from dashboard.features import frames as feature_frames
from dashboard.overview import box
from dashboard.pages import PAGES, VIEWS
from tests.dashboard.test_dashboard import linked, literal, show, start
from tests.dashboard.test_feature_pages import evidence
from tests.given import feature_catalog, synthetic
from tests.given.feature_catalog import SITE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A measured catalog with evidence, and one without findings."""
    folder = tmp_path_factory.mktemp("home") / "data"
    path = feature_catalog.write(folder)
    rows = [evidence("basis", 0.01), evidence("training", None) | {"position": 2}]
    replacing.write(path, {"evidence": rows})
    synthetic.write(folder / "catalogs" / "bare.duckdb", synthetic.Recipe(slug="bare"))
    return folder


@pytest.fixture
def app(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "workspace.sqlite"))
    for started in start(folder, monkeypatch):
        yield started
        st.cache_resource.clear()
        packed.shelf.clear()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("rabbit", "search"),
        ("resid.3/12", "search"),
        ("the sea", "search"),
        ("The old man walked to the river", "sentence"),
        ("cats chase mice every day.", "sentence"),
        ("sea wave tide shore beach ocean", "words"),
        ("cat, dog, horse, cow", "words"),
        ("cat,dog,horse,cow", "words"),
    ],
)
def test_a_text_is_a_search_a_sentence_or_a_concept(text, kind):
    assert box.meant(text) == kind


@pytest.mark.parametrize(
    ("text", "header", "link"),
    [
        (f"{SITE}/7", "Dimensions", {"dim": "7", "site": SITE}),
        ("baba bale bana bare", "Concept", {"words": "baba bale bana bare"}),
        ("It was a bare word.", "Words", {"text": "It was a bare word."}),
    ],
)
def test_the_box_goes_where_a_text_leads(app, text, header, link):
    show(app, "overview", catalog="measured")
    app.text_input(key="home.asked").set_value(text)
    next(button for button in app.button if button.label == "Go").click().run()
    assert not app.exception and app.header[0].value == header
    assert {name: linked(app, name) for name in link} == link


def test_things_to_try_are_of_this_catalog_and_lead_somewhere(app):
    show(app, "overview", catalog="measured")
    here = app.session_state["rail.here"]
    name = feature_frames.strongest(here)
    tried = box.examples(here)
    assert tried[1].text == name and tried[0].text in feature_frames.members(here.catalog, name)
    assert box.meant(tried[3].text) == "words" and box.meant(tried[4].text) == "sentence"
    app.button(key="home.try.2").click().run()
    assert linked(app, "dim") == str(feature_frames.best_dimension(here))


def test_the_strongest_feature_is_no_fallback_and_not_small(app):
    show(app, "overview", catalog="measured")
    here = app.session_state["rail.here"]
    background = here.catalog.primary.background
    row = feature_frames.feature(here, feature_frames.strongest(here), background)
    everything = feature_frames.features_everywhere(here, background).frame
    at = everything[everything["site"] == here.site]
    sound = at[~at["fallback"].astype(bool) & ~at["small"].astype(bool) & (at["p"] < 0.05)]
    if sound.empty:
        sound = at
    assert row["auc"] == sound["auc"].max()


def test_pages_begin_with_something_to_see(app):
    show(app, "overview", catalog="measured")
    here = app.session_state["rail.here"]
    name = feature_frames.strongest(here)
    app.switch_page("features/feature.py").run()
    assert linked(app, "category") == name
    app.switch_page("dimensions/dimension.py").run()
    assert linked(app, "dim") == str(feature_frames.best_dimension(here))
    app.switch_page("dimensions/item.py").run()
    assert linked(app, "q") == feature_frames.members(here.catalog, name)[0]


def test_home_says_what_is_missing_and_lists_the_other_catalogs(app):
    show(app, "overview", catalog="bare")
    assert "have not been measured yet" in literal(app)
    assert "have not been tested on it yet" in literal(app)
    links = [link.proto.label for link in app.get("page_link")]
    assert "measured" in links and "bare" not in links
    show(app, "overview", catalog="measured")
    assert "have not been tested on it yet" not in literal(app)
    assert "bare" in [link.proto.label for link in app.get("page_link")]


def test_ten_pages_hold_every_view_once():
    assert len(PAGES) == 10
    names = [view.name for view in VIEWS]
    assert len(names) == len(set(names))


def test_a_page_of_media_is_called_by_what_it_shows(app):
    show(app, "item", catalog="measured")
    assert app.header[0].value == "Words"
    tabs = [link.proto.label for link in app.get("page_link")]
    assert tabs[:3] == ["One word", "Map", "Read a text"]


def test_the_rule_of_a_flips_verdict_is_the_same_where_a_concept_is_made():
    from catalog.flips.verdicts import FEWEST_TOKENS
    from dashboard.features.concept_panels import FLIPPED

    assert FLIPPED == 2 * FEWEST_TOKENS


def test_too_few_held_out_words_are_told_before_a_flip_is_run(app):
    from catalog.flips.source import Source
    from dashboard.flips import frames

    show(app, "overview", catalog="measured", site=SITE)
    here = app.session_state["rail.here"]
    words = tuple(feature_catalog.lists()["planted"])
    assert "verdict needs 20" in frames.short(here, Source("concept", "few", words[:10]))
    assert frames.short(here, Source("concept", "many", words[:44])) == ""


def test_a_feature_travels_along_to_its_dimension(app):
    from dashboard.dimensions import travelling

    show(app, "feature", catalog="measured", site=SITE, category="planted")
    here = app.session_state["rail.here"]
    number = int(feature_frames.feature(here, "planted", "matched")["best_dimension"])
    link = next(one for one in app.get("page_link") if "Best dimension" in one.proto.label)
    assert f"dim={number}" in link.proto.query_string and "of=planted" in link.proto.query_string
    show(app, "dimension", catalog="measured", site=SITE, dim=number, of="planted")
    assert "planted expects" in literal(app) and "marks its members" in literal(app)
    rows = dimension_frames.pole(here, number, "positive", 20).frame
    marked = travelling.marked(here, number, rows)["text"].str.startswith("● ")
    members = feature_frames.members(here.catalog, "planted")
    assert marked.tolist() == [text.strip("␣ ") in members for text in rows["text"]]
    show(app, "dimension", catalog="measured", site=SITE, dim=number, of="nobody")
    assert "marks its members" not in literal(app)


def test_no_feature_travels_to_a_dimension_that_is_labelled_blind(app, monkeypatch):
    from dashboard.dimensions import travelling

    monkeypatch.setattr(travelling.workspace, "hidden", lambda subject: True)
    show(app, "dimension", catalog="measured", site=SITE, dim=3, of="planted")
    assert "marks its members" not in literal(app)

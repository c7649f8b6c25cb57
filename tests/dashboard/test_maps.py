"""The maps: a button before one was made, colours of what is asked, and what a point says."""

import numpy as np
import pytest

from catalog.browse import layout
from catalog.store.catalog import Catalog
from dashboard.dimensions import dimension_map_frames
from dashboard.dimensions import frames as dimension_frames
from dashboard.dimensions import map_frames as frames
from dashboard.features import frames as feature_frames
from dashboard.jobs import asks
from tests.dashboard.test_dashboard import linked, literal, show, start
from tests.given import feature_catalog
from tests.given.feature_catalog import SITE


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map") / "data"
    feature_catalog.write(folder)
    return folder


@pytest.fixture
def app(folder, monkeypatch):
    monkeypatch.setattr(layout, "ROUNDS", 250)
    yield from start(folder, monkeypatch)


def test_before_it_was_made_there_is_a_button_and_then_the_map(app, folder):
    show(app, "item_map", catalog="measured", site=SITE)
    assert "have not been laid out" in literal(app)
    layout.lay_out(Catalog(folder / "catalogs" / "measured.duckdb"), SITE)
    show(app, "item_map", catalog="measured", site=SITE)
    assert "have not been laid out" not in literal(app)
    assert linked(app, "by") == "agreement"
    here = app.session_state["rail.here"]
    assert linked(app, "category") == feature_frames.strongest(here)


def test_colours_are_those_of_the_signs(app, folder):
    show(app, "item_map", catalog="measured", site=SITE)
    here = app.session_state["rail.here"]
    signs = here.catalog.signs(SITE, "zero").bits(np.arange(len(here.catalog.texts)))
    assert np.array_equal(frames.sign(here, 3).groups, signs[:, 3].astype(bool))
    found = feature_frames.prototype(here, "planted", here.catalog.primary.background).frame
    expected = (signs[:, found["dimension"]] == (found["sign"].to_numpy() > 0)).mean(axis=1)
    assert np.allclose(frames.agreement(here, "planted").values, expected)
    mine = frames.members(here, "planted").groups
    words = {here.catalog.texts[item].strip("␣ ") for item in np.flatnonzero(mine)}
    assert words >= set(feature_frames.members(here.catalog, "planted"))


def test_dimensions_have_a_button_before_their_map_was_made_and_then_the_map(app, folder):
    show(app, "dimension_map", catalog="measured", site=SITE)
    assert "have not been laid out by phi" in literal(app)
    asked = asks.layout(app.session_state["rail.here"], dimensions=True)
    assert asked.arguments[0] == "map" and asked.arguments[-1] == "--dimensions"
    layout.lay_out_dimensions(Catalog(folder / "catalogs" / "measured.duckdb"), SITE)
    show(app, "dimension_map", catalog="measured", site=SITE)
    assert "have not been laid out" not in literal(app)
    assert linked(app, "by") == "category"


@pytest.mark.parametrize("by", ["category", "label", "frequency"])
def test_every_dimension_has_a_kind_and_its_words(app, by):
    show(app, "dimension_map", catalog="measured", site=SITE, by=by)
    here = app.session_state["rail.here"]
    found = dimension_map_frames.kinds(here, by)
    ends = dimension_frames.ends(here, range(len(found.of)))
    assert len(found.of) == len(found.texts) == len(ends)
    for text, end in zip(found.texts, ends.itertuples(), strict=True):
        assert end.positive in text and end.negative in text and end.tells in text
    if by == "category":
        assert any(found.of) and all(bool(kind) <= bool(end) for kind, end in
                                     zip(found.of, ends["tells"], strict=True))  # fmt: skip
    if by == "label":
        assert not any(found.of) and found.told.startswith("0 of")

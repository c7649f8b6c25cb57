"""Labels of images and sounds: the desk and the test show pictures and no names; originals."""

import json

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catalog.browse import originals, trial_items
from catalog.circuits import measure
from catalog.model.columns import Columns
from catalog.store import media_queries, packed, queries, reading
from catalog.store.catalog import Catalog
from catalog.workspace import adjudication, labels, queue
from catalog.workspace.file import open_workspace
from catalog.workspace.values import Answer, Circumstances
from dashboard.common import workspace as labeling_frames
from dashboard.common.answers import Here
from dashboard.desk import label_test_frames as frames
from tests.dashboard.test_dashboard import APP, linked, literal, show
from tests.dashboard.test_media_pages import walls
from tests.given import media_catalog

SITE = media_catalog.SITE


@pytest.fixture
def files(media_files):
    """Catalogs digits and sounds, measured."""
    return media_files


@pytest.fixture
def app(files, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(files))
    monkeypatch.delenv("DIMS_WORKSPACE", raising=False)
    yield AppTest.from_file(APP, default_timeout=30)
    for path in files.glob("workspace.sqlite*"):
        path.unlink()
    st.cache_data.clear()
    st.cache_resource.clear()
    packed.shelf.clear()


def here(files, name):
    return Here(Catalog(files / "catalogs" / f"{name}.duckdb"), SITE, "zero")


def desk(app, name, subjects):
    """What the desk of a new queue of `subjects` is sent."""
    with open_workspace() as workspace:
        line = queue.open_queue(workspace, f"q-{name}", "ada", subjects)
    show(app, "queue", catalog=name, site=SITE, me="ada", queue=line.key)
    found = {}
    for element in app.main:
        _collect(element, found)
    (data,) = found.values()
    return data


def _collect(element, found):
    proto = getattr(element, "proto", None)
    if getattr(proto, "component_name", "").endswith("dims_queue"):
        found[proto.id] = json.loads(proto.json)
    for child in getattr(element, "children", {}).values():
        _collect(child, found)


@pytest.mark.parametrize(("name", "most"), [("digits", 16), ("sounds", 12)])
def test_the_desk_shows_both_poles_as_pictures_without_path_or_class(app, files, name, most):
    place = here(files, name)
    subjects = [labeling_frames.subject(place, number) for number in range(6)]
    data = desk(app, name, subjects)
    assert len(data["items"]) == 4  # pictures are heavy: fewer are sent ahead
    for shown in data["items"]:
        number = int(shown["subject"]["name"])
        for side, pole in (("plus", "positive"), ("minus", "negative")):
            expected = reading.fetch(
                place.catalog.path,
                reading.Query(
                    "SELECT item FROM pole WHERE site = ? AND dimension = ? AND pole = ? "
                    "ORDER BY rank",
                    (SITE, number, pole),
                ),
            )["item"].tolist()[:most]
            assert [row[3] for row in shown[side]] == expected
            assert set(map(str, expected)) <= set(shown["pictures"])
        assert all(
            image.startswith("data:image/webp;base64,") for image in shown["pictures"].values()
        )
        said = json.dumps({**shown, "pictures": None})
        media = reading.fetch(place.catalog.path, media_queries.every())
        assert not any(path in said for path in media["path"])
        assert not any(label in said for label in media["label"].unique())
    assert data["categories"] == sorted({*media["label"], *media["superclass"].dropna()})


def test_features_of_images_come_to_the_desk(app, files):
    subjects = [labeling_frames.feature(here(files, "digits"), "digit 3")]
    (shown,) = desk(app, "digits", subjects)["items"]
    agree = [float(row[1]) for row in shown["plus"]]
    assert agree == sorted(agree, reverse=True) and agree[0] > 0.5
    assert "digit 3" not in shown["title"] and len(shown["plus"]) == 16


def test_pairs_of_a_label_test_are_pictures_with_a_player_each(app, files, monkeypatch):
    monkeypatch.setattr(trial_items, "site_values", lambda *_: None)  # as without the model
    place = here(files, "sounds")
    with open_workspace() as workspace:
        answer = Answer(
            labeling_frames.subject(place, 3), "bea", "label", "+", positive="a rising tone"
        )
        labels.answer(workspace, "said", answer, Circumstances())
    show(app, "label_test", catalog="sounds", site=SITE, me="cleo")
    row = frames.testable(place, "cleo").iloc[0].to_dict()
    key, _ = frames.begin(place, row, "cleo", "test-1")
    show(app, "label_test", catalog="sounds", site=SITE, me="cleo", test=key)
    assert len(app.get("audio")) == 2 and len(app.get("plotly_chart")) == 2
    assert "a rising tone" in literal(app) and ".wav" not in literal(app)


def test_pairs_are_matched_in_length_not_in_the_order_of_the_files(files, monkeypatch):
    monkeypatch.setattr(trial_items, "site_values", lambda *_: None)
    place = here(files, "sounds")
    found = trial_items.of_dimension(place.catalog, SITE, 3, "zero").items
    seconds = reading.fetch(place.catalog.path, media_queries.every())["seconds"].to_numpy()
    np.testing.assert_allclose(found.length, seconds[found.item])
    assert not found.frequency.any()


def test_the_original_can_be_opened_until_its_folder_moves(app, files, tmp_path):
    show(app, "dimension", catalog="digits", site=SITE, dim=3, shown=5)
    (button,) = [b for b in app.get("download_button") if b.label == "Open the original"]
    assert not button.proto.disabled
    path = here(files, "digits").catalog.path
    name = reading.fetch(path, media_queries.some((5,)))["path"].iloc[0]
    items = files / "items" / "digits"
    assert originals.original(Catalog(path), 5) == (items / name).read_bytes()
    away = items.rename(tmp_path / "away")
    try:
        show(app, "dimension", catalog="digits", site=SITE, dim=3, shown=5)
        (button,) = [b for b in app.get("download_button") if b.label == "Open the original"]
        assert button.proto.disabled
        (said,) = [c.value for c in app.caption if "which is not there" in c.value]
        assert said.count(". ") == 0 and said.endswith(".")
    finally:
        away.rename(items)


def test_writers_of_an_image_models_features_are_searched_against_all_other_images(files):
    path = here(files, "digits").catalog.path
    dims = int(reading.fetch(path, queries.sites()).set_index("site")["dims"][SITE])
    generator = np.random.default_rng(0)
    signs = np.where(generator.random((dims, 300)) < 0.5, 1, -1).astype(np.int8)
    numbers = np.arange(300, dtype=np.int32)
    columns = Columns(signs, np.ones(300, np.float32), np.ones(300, np.int32), numbers)
    found = measure.measure(
        Catalog(path), columns, SITE, "zero", draws=20, only=lambda one: one.name == "digit 3"
    )
    (row,) = found.coalitions
    assert row["kind"] == "category" and abs(row["held_out"] - 0.5) < 0.15


def test_a_feature_is_settled_on_its_pictures(app, files):
    place = here(files, "digits")
    about = labeling_frames.feature(place, "digit 3")
    for person, pole in (("ada", "+"), ("bea", "none")):
        action = "no_clear_pole" if pole == "none" else "label"
        with open_workspace() as workspace:
            answer = Answer(about, person, action, pole)
            labels.answer(workspace, person, answer, Circumstances())
    link = {"catalog": "digits", "site": SITE, "me": "cleo", "kind": "feature"}
    show(app, "adjudicate", **link)  # the one that people differ on comes first
    assert linked(app, "name") == "digit 3"
    assert len([wall for key, wall in walls(app).items() if "adjudicate" in key]) == 2
    key = next(e.key for e in app.text_input if e.label == "Text")
    app.text_input(key=key).set_value("threes")
    next(b for b in app.button if b.form_id == "adjudicate.form").click().run()
    assert not app.exception
    with open_workspace() as workspace:
        held = adjudication.decisions(workspace, None)
    assert list(held.text) == ["threes"] and list(held.target) == [about.key]
    show(app, "adjudicate", **link, name="digit 3")
    assert "threes" in [e.value for e in app.text_input]
    show(app, "adjudicate", catalog="digits", site=SITE, me="cleo", kind="dimension", dim=3)
    assert linked(app, "kind") == "dimension" and linked(app, "dim") == "3"
    assert len(app.get("audio")) == 0 and len(app.get("download_button")) >= 1

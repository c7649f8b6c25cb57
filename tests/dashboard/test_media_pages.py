"""Pages of image and sound catalogs: walls, the stage with its player, patches, chosen concepts."""

import json
import re
from pathlib import Path

import duckdb
import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catalog.signs import bits as signs
from catalog.store import packed
from catalog.store.catalog import Catalog
from dashboard.common.answers import Here
from dashboard.media import charts, frames
from dashboard.media import wall as media_wall
from tests.dashboard.test_dashboard import APP, VIEWS, linked, literal, show
from tests.given import copied, media_catalog

SITE = media_catalog.SITE
CALLS = r"c\.(dimension|item|neighbours)\("


@pytest.fixture
def files(media_files):
    """Catalogs digits and sounds, measured."""
    return media_files


@pytest.fixture
def app(files, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(files))
    yield AppTest.from_file(APP, default_timeout=30)
    st.cache_data.clear()
    st.cache_resource.clear()
    packed.shelf.clear()


def here(files, name):
    return Here(Catalog(files / "catalogs" / f"{name}.duckdb"), SITE, "zero")


def ask(path, sql, *values):
    with duckdb.connect(path, read_only=True) as connection:
        return connection.execute(sql, values).fetchall()


def walls(app):
    """Tiles of every wall of the page, by the key of the wall."""
    found = {}
    for element in app.main:
        _collect(element, found)
    return found


def _collect(element, found):
    proto = getattr(element, "proto", None)
    if getattr(proto, "component_name", "").endswith("dims_wall"):
        found[proto.id] = json.loads(proto.json)["tiles"]
    for child in getattr(element, "children", {}).values():
        _collect(child, found)


def wall(app, name):
    """The tiles of the wall whose key ends in `name`."""
    (tiles,) = [tiles for key, tiles in walls(app).items() if key.endswith(name)]
    return tiles


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", ["digits", "sounds"])
def test_every_view_opens_on_images_and_sounds(app, view, name):
    show(app, view, catalog=name, site=SITE)
    assert app.header[0].value
    assert "cannot be shown" not in "".join(element.value for element in app.markdown)
    assert linked(app, "catalog") == name


def test_images_and_sounds_have_neither_frequency_nor_length(app, files):
    show(app, "dimensions", catalog="digits", site=SITE)
    assert not {"frequency_auc", "length_auc", "marked"} & set(app.dataframe[0].value.columns)
    assert "dimensions.plain" not in {field.key for field in app.selectbox}
    show(app, "dimension", catalog="digits", site=SITE, dim=3)
    assert not {"v frequency", "v length"} & {metric.label for metric in app.metric}
    stored = ask(
        here(files, "digits").catalog.path,
        "SELECT count(frequency_auc) + count(length_auc) FROM dimension_sign",
    )
    assert stored == [(0,)]


def test_what_needs_text_says_so_in_one_sentence(app):
    show(app, "read_text", catalog="digits", site=SITE)
    (said,) = [text.value for text in app.text if "digits was built from" in text.value]
    assert said.count(".") == 1


@pytest.mark.parametrize("name", ["digits", "sounds"])
def test_poles_are_walls_of_what_the_catalog_says(app, files, name):
    show(app, "dimension", catalog=name, site=SITE, dim=3)
    for pole in ("positive", "negative", "near"):
        kept = "near zero" if pole == "near" else pole
        expected = ask(
            here(files, name).catalog.path,
            "SELECT item FROM pole WHERE site = ? AND dimension = 3 AND pole = ? ORDER BY rank",
            SITE,
            kept,
        )
        tiles = wall(app, f"dimension.wall.{pole}")
        most = 12 if name == "sounds" else 20
        assert [tile["item"] for tile in tiles] == [item for (item,) in expected][:most]
        assert all(tile["image"].startswith("data:image/webp;base64,") for tile in tiles)
    assert wall(app, "wall.positive")[0]["chosen"]
    assert not any(tile["chosen"] for tile in wall(app, "wall.negative"))


@pytest.mark.parametrize("view", ["dimension", "item"])
@pytest.mark.parametrize("name", ["digits", "sounds"])
def test_what_is_copied_runs_and_gives_what_is_shown(app, files, monkeypatch, view, name):
    answers = copied.record(monkeypatch)
    show(app, view, catalog=name, site=SITE, dim=3, item=5)
    asked = [one for one in answers.values() if re.search(CALLS, one.copy)]
    assert len(asked) == {"dimension": 4, "item": 3}[view]
    for answer in asked:
        copied.same(answer, here(files, name).catalog.path)


def test_a_page_of_sounds_has_one_player_with_the_sound_of_the_catalog(app, files):
    first = ask(
        here(files, "sounds").catalog.path,
        "SELECT item FROM pole WHERE site = ? AND dimension = 3 AND pole = 'negative' AND rank = 2",
        SITE,
    )[0][0]
    show(app, "dimension", catalog="sounds", site=SITE, dim=3, shown=first)
    assert len(app.get("audio")) == 1
    assert wall(app, "wall.negative")[1]["chosen"]
    sound = ask(
        here(files, "sounds").catalog.path, "SELECT sound FROM media_preview WHERE item = ?", first
    )[0][0]
    assert frames.sound(here(files, "sounds").catalog, first) == sound
    assert sound.startswith(b"OggS")
    show(app, "dimension", catalog="digits", site=SITE, dim=3)
    assert not app.get("audio")


def test_a_new_dimension_begins_with_its_own_most_positive_item(app):
    show(app, "dimension", catalog="digits", site=SITE, dim=3)
    first = linked(app, "shown")
    assert str(wall(app, "wall.positive")[0]["item"]) == first
    app.number_input(key="dimension.number").set_value(4).run()
    assert wall(app, "wall.positive")[0]["chosen"]


@pytest.mark.parametrize("bad", ["-1", "999999", "<b>"])
def test_a_link_to_no_item_shows_the_first(app, bad):
    show(app, "dimension", catalog="digits", site=SITE, dim=3, shown=bad)
    assert wall(app, "wall.positive")[0]["chosen"]


def test_hostile_classes_reach_a_wall_as_plain_text(app, files):
    show(app, "item", catalog="digits", site=SITE, q=media_catalog.HOSTILE)
    said = [tile["caption"] for tile in wall(app, "item.wall.near")]
    assert media_catalog.HOSTILE in said
    show(app, "feature", catalog="digits", site=SITE, category=media_catalog.HOSTILE)
    assert linked(app, "category") == media_catalog.HOSTILE
    assert media_catalog.HOSTILE in literal(app)


def test_a_feature_shows_its_items_and_the_best_others(app, files):
    show(app, "feature", catalog="digits", site=SITE, category="digit 0")
    assert linked(app, "category") == "digit 0"
    best, rivals = wall(app, "wall.top"), wall(app, "wall.false")
    named = dict(ask(here(files, "digits").catalog.path, "SELECT item, label FROM media"))
    for tile in best:
        assert tile["member"] == (named[tile["item"]] == "digit 0")
        assert tile["tone"] == ("own" if tile["member"] else "plain")
    assert sum(tile["member"] for tile in best[:8]) >= 7
    assert not any(named[tile["item"]] == "digit 0" for tile in rivals)
    assert "other images" in literal(app)


def test_patches_are_the_signs_of_the_file(files):
    place = here(files, "digits")
    bits = ask(
        place.catalog.path, "SELECT bits FROM patch_signs WHERE site = ? AND item = 5", SITE
    )[0][0]
    expected = signs.unpack(np.frombuffer(bits, np.uint8).reshape(8, 8, 16), 128)
    assert np.array_equal(frames.patches(place, 5), expected)
    assert frames.patches(place._replace(site="resid.0"), 5) is None
    assert frames.patches(place._replace(threshold="median"), 5) is None


def test_neighbours_are_a_wall_by_hamming_distance(app, files):
    show(app, "item", catalog="digits", site=SITE, item=5)
    rows = ask(
        here(files, "digits").catalog.path,
        "SELECT item, bits FROM signs_by_item WHERE site = ? AND threshold = 'zero' ORDER BY item",
        SITE,
    )
    held = np.array([np.unpackbits(np.frombuffer(bits, np.uint8)) for _, bits in rows])
    distance = (held != held[5]).sum(axis=1)
    tiles = wall(app, "item.wall.near")
    assert 5 not in [tile["item"] for tile in tiles]
    found = [distance[tile["item"]] for tile in tiles]
    assert found == sorted(np.delete(distance, 5))[: len(found)]


def test_a_concept_is_made_of_a_class_and_changed_by_clicks(app, files):
    show(app, "concept", catalog="digits", site=SITE)
    assert "Give some images" in literal(app)
    app.selectbox(key="concept.class").set_value("digit 3").run()
    button = next(one for one in app.button if one.label == f"Add {media_catalog.PER_CLASS}")
    button.click().run()
    members = [
        n
        for (n,) in ask(
            here(files, "digits").catalog.path,
            "SELECT item FROM media WHERE label = 'digit 3' ORDER BY item",
        )
    ]
    assert [tile["item"] for tile in wall(app, "wall.concept.words")] == members
    assert linked(app, "words") == " ".join(f"#{item}" for item in members)
    auc = next(one for one in app.metric if one.label == "held-out AUC")
    assert float(auc.value) > 0.8
    next(one for one in app.button if one.label == "Add as counter-example").click().run()
    assert len(wall(app, "wall.concept.counter")) == 1
    assert not app.exception


def test_items_that_are_not_there_are_left_out_of_a_concept(app):
    show(app, "concept", catalog="digits", site=SITE, words="#1 #999999 <b> cat #2")
    assert [tile["item"] for tile in wall(app, "wall.concept.words")] == [1, 2]


def test_skipped_files_and_patches_stand_on_the_card(app):
    show(app, "overview", catalog="sounds")
    app.session_state["home.about"] = True
    said = literal(app.run())
    assert "1 skipped" in said and "(frequency x time)" in said
    assert len(wall(app, "overview.sounds.wall.samples")) == 8


def test_tiles_are_data_uris_with_shares_of_the_largest_value():
    import pandas as pd

    rows = pd.DataFrame(
        {"item": [4, 9], "image": [b"a", b"b"], "caption": ["\u202ex", "y"], "path": ["p", "q"]}
    )
    made = media_wall.tiles(rows, pd.Series([-2.0, 1.0]), chosen=9)
    assert [tile["share"] for tile in made] == [1.0, 0.5]
    assert [tile["chosen"] for tile in made] == [False, True]
    assert made[0]["caption"] == "\\u202ex"
    assert made[0]["image"] == "data:image/webp;base64,YQ=="


def test_patches_go_down_an_image_and_up_a_spectrogram(files):
    grid = np.arange(6).reshape(2, 3) / 5
    image = frames.shown(here(files, "digits").catalog, [0])["image"][0]
    down = charts.picture(image, charts.Frame(1, 1, 1, None), grid)
    assert np.array_equal(np.asarray(down.data[1].z), grid[::-1])
    assert down.layout.images[0].source.startswith("data:image/png;base64,")
    up = charts.picture(image, charts.Frame(0.8, 2840, 1.3, 16000), grid, signs=True)
    assert np.array_equal(np.asarray(up.data[1].z), grid)
    assert list(up.data[1].x) == pytest.approx([1.3 / 6, 1.3 / 2, 1.3 * 5 / 6])
    assert up.layout.images[0].sizex == 0.8  # the picture is as long as the sound


def test_no_picture_comes_from_another_host():
    script = (Path(media_wall.__file__).parent / "wall.js").read_text("utf-8")
    assert "http" not in script and "innerHTML" not in script


def test_items_are_named_by_number_and_copies_count_once():
    from catalog.features.numbered import Numbered

    found = Numbered(np.array([0, 1, 1, 3])).match(("#2", "#1", "#3", "#4", "3", "#-1"))
    assert found.members.tolist() == [1, 3]
    assert found.missing == ("#4", "3", "#-1")

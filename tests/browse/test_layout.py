"""The map of items: alike signs stand together, the same signs give the same map."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from catalog.browse import layout
from catalog.errors import CatalogError
from catalog.figures import maps
from catalog.signs import bits
from catalog.signs.independence import phi
from catalog.store.catalog import Catalog
from tests.given import feature_catalog
from tests.given.feature_catalog import SITE


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map") / "data"
    return feature_catalog.write(folder)


@pytest.fixture
def catalog(path, tmp_path, monkeypatch):
    """A measured catalog whose items fall into planted groups, with an empty cache."""
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    monkeypatch.setattr(layout, "ROUNDS", 250)
    return Catalog(path)


def near(frame, catalog):
    """Mean share of equal signs with the nearest point on the map, and with any other."""
    signs = catalog.signs(SITE, "zero").bits(np.arange(len(frame))).astype(np.float32)
    points = frame[["x", "y"]].to_numpy()
    some = np.arange(0, len(frame), 7)
    distance = ((points[some, None] - points[None]) ** 2).sum(axis=2)
    distance[np.arange(len(some)), some] = np.inf
    closest = distance.argmin(axis=1)
    equal = (signs[some] == signs[closest]).mean()
    anybody = np.roll(some, 1)
    return equal, (signs[some] == signs[anybody]).mean()


def test_nearest_points_have_more_signs_in_common_than_any_two(catalog):
    frame = layout.lay_out(catalog, SITE)
    assert frame["item"].tolist() == list(range(len(catalog.texts)))
    assert np.isfinite(frame[["x", "y"]].to_numpy()).all()
    close, anybody = near(frame, catalog)
    assert close > anybody + 0.02


def test_a_map_is_kept_and_the_same_signs_give_it_again(catalog, monkeypatch):
    assert layout.stored(catalog, SITE, "zero") is None
    made = layout.lay_out(catalog, SITE)
    kept = layout.stored(catalog, SITE, "zero")
    assert np.array_equal(kept[["x", "y"]], made[["x", "y"]])
    layout._path(catalog, SITE, "zero").unlink()
    again = layout.lay_out(catalog, SITE)
    assert np.allclose(again[["x", "y"]], made[["x", "y"]], atol=1e-3)


def test_of_many_items_a_sample_is_laid_out_and_the_others_stand_among_it(catalog, monkeypatch):
    monkeypatch.setattr(layout, "LAID_OUT", 900)
    frame = layout.lay_out(catalog, SITE)
    assert len(frame) == len(catalog.texts) > 900
    close, anybody = near(frame, catalog)
    assert close > anybody + 0.01


def test_principal_axes_are_those_of_plain_numpy(catalog):
    signs = catalog.signs(SITE, "zero")
    found = layout.principal(signs)
    plain = signs.bits(np.arange(signs.items)).astype(float)
    plain -= plain.mean(axis=0)
    values = np.linalg.svd(plain, compute_uv=False)[: found.shape[1]]
    assert np.allclose(np.linalg.norm(found, axis=0), values, rtol=1e-3)


@pytest.mark.parametrize("make", [layout.lay_out, layout.lay_out_dimensions])
def test_a_site_that_is_not_there_is_refused(catalog, make):
    with pytest.raises(CatalogError):
        make(catalog, "resid.99")


def test_phi_is_the_correlation_of_signs_and_none_of_one_that_never_changes(catalog):
    signs = catalog.signs(SITE, "zero").bits(np.arange(500)).astype(float)
    signs[:, 0] = 1.0
    packed = bits.pack(signs.T - 0.5)
    found = phi(packed, 500)
    expected = np.corrcoef(signs[:, 1:].T)
    assert np.allclose(found[1:, 1:], expected, atol=1e-9)
    assert not found[0].any()


def test_dimensions_that_depend_on_each_other_stand_near_whichever_poles_go_together(
    catalog, monkeypatch
):
    generator = np.random.default_rng(0)
    common = np.repeat(generator.normal(size=(8, 400)), 8, axis=0)  # eight groups of eight
    states = common + 0.4 * generator.normal(size=(64, 400))
    states[::2] *= -1
    planted = SimpleNamespace(by_dimension=bits.pack(states), items=400)
    monkeypatch.setattr(Catalog, "signs", lambda *_: planted)
    monkeypatch.setattr(layout, "ROUNDS", 600)
    assert layout.stored_dimensions(catalog, SITE, "zero") is None
    frame = layout.lay_out_dimensions(catalog, SITE)
    assert frame["dimension"].tolist() == list(range(64))
    points = frame[["x", "y"]].to_numpy()
    distance = ((points[:, None] - points[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    assert (distance.argmin(axis=1) // 8 == np.arange(64) // 8).all()
    kept = layout.stored_dimensions(catalog, SITE, "zero")
    assert np.array_equal(kept[["x", "y"]], frame[["x", "y"]])
    layout._path(catalog, SITE, "zero", "dimensions").unlink()
    assert np.allclose(layout.lay_out_dimensions(catalog, SITE)[["x", "y"]], points, atol=1e-3)


@pytest.mark.parametrize("kind", ["values", "sides", "members", "none"])
def test_the_figure_of_a_large_vocabulary_stays_below_ten_megabytes(kind):
    count = 262_144
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, count))
    mine = generator.random(count) < 0.3
    drawn = maps.items(
        x, y, np.array(["␣token"] * count, object),
        generator.random(count) if kind == "values" else None,
        mine if kind in ("sides", "members") else None,
        kind == "sides",
    )  # fmt: skip
    assert len(drawn.to_json()) < 10_000_000


def test_members_are_drawn_last_and_keep_their_numbers():
    mine = np.array([True, False, True, False])
    drawn = maps.items(np.arange(4.0), np.arange(4.0), list("abcd"), None, mine)
    trace = drawn.data[0]
    assert list(trace.customdata) == [1, 3, 0, 2] and list(trace.text) == ["b", "d", "a", "c"]
    json.loads(drawn.to_json())


def test_dimensions_of_a_named_kind_have_its_colour_and_the_others_are_grey():
    drawn = maps.dimensions(
        np.arange(4.0), np.arange(4.0), ["a<b>\n+ x", "b", "c", "d"], ["food", "", "birds", "food"],
        ["food", "birds"],
    )  # fmt: skip
    others, food, birds = drawn.data
    assert [list(trace.customdata) for trace in drawn.data] == [[1], [0, 3], [2]]
    assert food.text[0] == "a&lt;b&gt;<br>+ x"
    assert len({trace.marker.color for trace in drawn.data}) == 3
    assert (food.name, birds.name, others.showlegend) == ("food", "birds", False)

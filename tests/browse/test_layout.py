"""The map of items: alike signs stand together, the same signs give the same map."""

import json

import numpy as np
import pytest

from catalog.browse import layout
from catalog.errors import CatalogError
from catalog.figures import maps
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


def test_a_site_that_is_not_there_is_refused(catalog):
    with pytest.raises(CatalogError):
        layout.lay_out(catalog, "resid.99")


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

"""Packed signs: loaded once, shared, read-only, bounded."""

import threading
from pathlib import Path

import numpy as np
import pytest

from catalog.errors import CatalogMissing, NotInCatalog
from catalog.signs import bits
from catalog.store import packed
from catalog.store.file import Stamp
from catalog.store.memory import Memory
from tests.given import synthetic

RECIPE = synthetic.Recipe(items=100, dims=70, sites=("resid.0", "resid.1"))


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return synthetic.write(tmp_path_factory.mktemp("packed") / "p.duckdb", RECIPE)


@pytest.fixture(autouse=True)
def fresh():
    packed.shelf.clear()
    yield
    packed.shelf.clear()


def positive(site, threshold):
    blocks = [block for _, block in synthetic.states(RECIPE, site)]
    states = np.concatenate(blocks, axis=1)
    return states > (0 if threshold == "zero" else np.median(states, axis=0))


@pytest.mark.parametrize("threshold", ["zero", "median"])
def test_both_layouts_hold_the_signs_of_the_states(path, threshold):
    expected = positive("resid.1", threshold)
    by_dimension = packed.by_dimension(path, "resid.1", threshold)
    by_item = packed.by_item(path, "resid.1", threshold)
    np.testing.assert_array_equal(bits.unpack(by_dimension, RECIPE.items), expected.T)
    rows = np.ascontiguousarray(by_item.T).view(np.uint8)
    np.testing.assert_array_equal(bits.unpack(rows, RECIPE.dims), expected)
    assert by_item.shape == (2, RECIPE.items) and by_dimension.shape == (RECIPE.dims, 13)


def test_nobody_can_write_to_what_all_share(path):
    for array in (
        packed.by_item(path, "resid.0", "zero"),
        packed.by_dimension(path, "resid.0", "zero"),
    ):
        with pytest.raises(ValueError, match="read-only"):
            array[0, 0] = 1


def test_many_at_the_same_moment_load_once():
    shelf, loads, together = (
        Memory(packed.limit, lambda array: array.nbytes),
        [],
        threading.Barrier(16),
    )
    key = (Stamp("x", 1, 1), "resid.0", "zero", "by item")
    release = threading.Event()

    def load():
        loads.append(1)
        release.wait(5)
        return np.zeros(8, np.uint64)

    results = []

    def ask():
        together.wait()
        results.append(shelf.get(key[0], key[1:], load))

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    release.set()
    for thread in threads:
        thread.join()
    assert len(loads) == 1 and len({id(array) for array in results}) == 1


def test_a_failed_load_is_tried_again():
    shelf, key = (
        Memory(packed.limit, lambda array: array.nbytes),
        (Stamp("x", 1, 1), "resid.0", "zero", "by item"),
    )

    def fail():
        raise NotInCatalog("gone")

    with pytest.raises(NotInCatalog):
        shelf.get(key[0], key[1:], fail)
    assert shelf.get(key[0], key[1:], lambda: np.ones(1)).tolist() == [1]


def test_the_least_recently_used_leave_first(monkeypatch):
    monkeypatch.setenv("DIMS_MEMORY", "2000")
    shelf = Memory(packed.limit, lambda array: array.nbytes)
    keys = [(Stamp("x", 1, 1), f"resid.{n}", "zero", "by item") for n in range(3)]
    for key in keys[:2]:
        shelf.get(key[0], key[1:], lambda: np.zeros(1000, np.uint8))
    shelf.get(keys[0][0], keys[0][1:], lambda: pytest.fail("it is there"))
    shelf.get(keys[2][0], keys[2][1:], lambda: np.zeros(1000, np.uint8))
    assert [key for key, _ in shelf.held()] == [keys[0], keys[2]]
    shelf.get(keys[1][0], keys[1][1:], lambda: np.zeros(5000, np.uint8))
    assert [size for _, size in shelf.held()] == [5000]


def test_signs_of_a_replaced_file_leave():
    shelf = Memory(packed.limit, lambda array: array.nbytes)
    old, new = ((Stamp("x", time, 1), "resid.0", "zero", "by item") for time in (1, 2))
    shelf.get(old[0], old[1:], lambda: np.zeros(1))
    shelf.get(new[0], new[1:], lambda: np.ones(1))
    assert [key for key, _ in shelf.held()] == [new]


def test_what_is_not_there_is_named(path):
    with pytest.raises(NotInCatalog, match=r"no signs of k\.1"):
        packed.by_item(path, "k.1", "zero")
    with pytest.raises(CatalogMissing):
        packed.by_item(Path("none.duckdb"), "resid.0", "zero")

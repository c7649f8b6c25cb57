"""Fixtures that several test files share. Nothing here reaches for a network."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"  # before transformers is imported: an unknown id fails at once
os.environ["OMP_NUM_THREADS"] = "1"  # tiny models: a second thread only waits

import pytest

from catalog import parallel

parallel.MOST = 1  # test workers share the cores already: see `several`

FIRST = (
    "notebook/test_worked_example.py",
    "browser/test_labeling.py",
    "evidence/test_worlds.py",
    "building/test_workers.py",
    "building/test_resume.py",
    "evidence/test_media_evidence.py",
)
"""Files that take long: begun first, so that no worker is left alone with one at the end."""


def pytest_collection_modifyitems(items):
    """Long files first; the others as they are."""
    items.sort(key=lambda item: not item.nodeid.endswith(FIRST, 0, item.nodeid.find("::")))


@pytest.fixture(scope="session")
def llama(tmp_path_factory):
    """Folder of a tiny Llama with its tokenizer; not to be changed."""
    from tests.given import models  # imports torch: not for the tests of browsing

    return models.save("llama", tmp_path_factory.mktemp("models") / "tiny-llama")


@pytest.fixture
def several(monkeypatch):
    """Measuring and flipping in processes of their own, as outside of tests."""
    monkeypatch.setattr(parallel, "MOST", 4)


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data folder, in force."""
    monkeypatch.setenv("DIMS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def dims(data):
    """Run `dims` in this process: dims("list", "--json") -> its exit status and what it printed."""
    from tests.given.commands import run

    return run


@pytest.fixture(scope="session")
def media_files(tmp_path_factory):
    """A data folder with catalogs digits and sounds, measured; not to be changed."""
    from tests.given import media_catalog

    return media_catalog.write(tmp_path_factory.mktemp("media-files"))

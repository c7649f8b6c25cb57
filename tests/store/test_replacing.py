"""Who is going to write findings asks first: nothing is measured that could not be kept."""

import os
import shutil
from collections import namedtuple
from types import SimpleNamespace

import pytest

from catalog.circuits import measure
from catalog.errors import CatalogReadOnly, DiskFull
from catalog.evidence import from_dictionaries, gather
from catalog.features import discovery, findings
from catalog.store.catalog import Catalog
from tests.given import synthetic

WRITERS = {
    "features": findings.measure,
    "discover": lambda one: discovery.discover(one, one.primary.site),
    "evidence": gather.gather,
    "writers": lambda one: measure.measured(one),
    "contest": lambda one: from_dictionaries.measure(one, one.path.parent),
}


@pytest.fixture
def one(tmp_path, monkeypatch):
    made = Catalog(synthetic.write(tmp_path / "planted.duckdb"))
    there = SimpleNamespace(read=lambda *_: None)
    monkeypatch.setattr(from_dictionaries, "dictionaries", there)
    monkeypatch.setattr(from_dictionaries, "_check", lambda *_: None)
    return made


@pytest.mark.parametrize("writer", WRITERS)
def test_a_folder_that_cannot_be_written_to_is_refused_at_once(one, writer, monkeypatch):
    before, allowed = one.path.read_bytes(), os.access
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK and allowed(path, mode))
    with pytest.raises(CatalogReadOnly, match="writable, or copy the file into"):
        WRITERS[writer](one)
    assert one.path.read_bytes() == before


@pytest.mark.parametrize("writer", WRITERS)
def test_a_disk_without_room_for_a_copy_is_refused_at_once(one, writer, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(10**9, 10**9, 1000))
    with pytest.raises(DiskFull, match="Free some space"):
        WRITERS[writer](one)
    assert [path.name for path in one.path.parent.iterdir()] == [one.path.name]

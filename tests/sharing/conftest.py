"""Catalogs to share: a measured one whose words and categories are hostile, and others."""

import base64
import gzip
import os
import re
import shutil
import time
import uuid

import huggingface_hub
import pytest
from huggingface_hub import constants

from catalog.store import file, hashing
from catalog.store.catalog import Catalog
from catalog.workspace import consent, labels, queue, subjects
from catalog.workspace.file import open_workspace
from catalog.workspace.values import Label
from tests.given import context_catalog, feature_catalog, hub_datasets

TOKEN = "hf_" + "s3cret" * 5
"""Of Ada, on a hub of our own."""


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A data folder with the catalog `measured`; not to be changed."""
    folder = tmp_path_factory.mktemp("shared")
    feature_catalog.write(folder)
    return folder


@pytest.fixture
def measured(made, data):
    """The catalog `measured` in a data folder of one's own, in force."""
    (data / "catalogs").mkdir(parents=True)
    path = data / "catalogs" / "measured.duckdb"
    os.link(made / "catalogs" / "measured.duckdb", path)
    return Catalog(path)


@pytest.fixture(scope="session")
def in_context(tmp_path_factory):
    """A small catalog of tokens in context with hostile texts."""
    return Catalog(context_catalog.write(tmp_path_factory.mktemp("in-context")))


@pytest.fixture
def people(measured):
    """Ada lets her labels leave and Quincy does not; Kim works blind on dimension 2."""
    named = subjects.of_build(measured.build)

    def at(number, pole="+"):
        return subjects.dimension(**named, site="resid.1", number=number, pole=pole)

    with open_workspace() as workspace:
        for number, text in enumerate(("=ada's label", "<b>plain</b>", "ada hidden")):
            labels.save(workspace, uuid.uuid4().hex, [Label(at(number), "ada", text=text)])
        labels.save(workspace, uuid.uuid4().hex, [Label(at(0), "quincy", text="quincy's secret")])
        consent.give(workspace, uuid.uuid4().hex, "ada", True)
        options = queue.Options()
        queue.open_queue(workspace, uuid.uuid4().hex, "kim", [at(2, "")], options)
    return at


def everything(folder):
    """All bytes of a folder, unpacked where they are packed."""
    found = b""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            found += gzip.decompress(data) if path.suffix == ".gz" else data
            for packed in re.findall(rb'^"(H4sI[\w+/=]+)"$', data, re.MULTILINE):  # of a site
                found += gzip.decompress(base64.b64decode(packed))
    return found


@pytest.fixture
def no_room(monkeypatch):
    """A disk that is full from the second file on."""
    real = shutil.os.replace

    def full(source, target):
        if ".new" in str(source):
            raise OSError(28, "No space left on device")
        return real(source, target)

    monkeypatch.setattr("os.replace", full)


@pytest.fixture(scope="session")
def hashed(tmp_path_factory):
    """Path of a measured catalog with true hashes; not to be changed."""
    path = feature_catalog.write(tmp_path_factory.mktemp("hashed"))
    with file.session() as connection:
        connection.execute("ATTACH ? AS catalog", [str(path)])
        digest = hashing.content_hash(connection)
        connection.execute("UPDATE catalog.build SET content_hash = ?", [digest])
        connection.execute("CHECKPOINT catalog")
    return path


@pytest.fixture
def served(hashed, data, monkeypatch):
    """A hub that knows Ada; the data folder here holds the catalog `hashed`."""
    (data / "catalogs").mkdir(parents=True)
    shutil.copyfile(hashed, data / "catalogs" / hashed.name)
    with hub_datasets.serving({TOKEN: "ada", "hf_other": "bob"}) as one:
        files = "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)  # the stand-in speaks LFS alone
        monkeypatch.setattr(constants, "ENDPOINT", one.address)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", one.address + files)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(time, "sleep", lambda _seconds: None)  # between the hub's retries
        huggingface_hub.close_session()
        yield one
    huggingface_hub.close_session()

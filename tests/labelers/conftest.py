"""One catalog for all tests of labelers, and a workspace for each."""

import pytest

from catalog.workspace.file import open_workspace
from tests.given import chat, labelled


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The catalog and its data folder, in force; not to be changed."""
    with pytest.MonkeyPatch.context() as patch:
        data = tmp_path_factory.mktemp("labelers")
        patch.setenv("DIMS_DATA", str(data))
        yield labelled.write(data)


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "workspace.sqlite"))
    with open_workspace() as opened:
        yield opened


@pytest.fixture
def endpoint(monkeypatch):
    """A chat endpoint that answers by rule, named in the environment."""
    with chat.serving() as served:
        monkeypatch.setenv("DIMS_LABELER_URL", served.url)
        monkeypatch.setenv("DIMS_LABELER_MODEL", "rule-1")
        monkeypatch.setenv("DIMS_LABELER_KEY", "sk-secret-0123456789")
        monkeypatch.setenv("DIMS_LABELER_PER_MINUTE", "60000")
        yield served

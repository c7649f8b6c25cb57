"""The language model that ships: its recorded hashes, and the worked example on top of it."""

import re
from pathlib import Path

import pytest

from tests.given.recorded import RECORDED, compare, made

PAGE = (Path(__file__).parents[2] / "docs" / "python.md").read_text("utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def storyteller(tmp_path_factory):
    """A data folder with the catalog of the shipped language model as the demo opens on it."""
    folder = tmp_path_factory.mktemp("storyteller")
    catalog, findings_hash = made("storyteller", "opening", folder)
    return folder, catalog, findings_hash


def test_the_recorded_hashes(storyteller):
    _, catalog, findings_hash = storyteller
    compare(catalog, findings_hash, RECORDED["storyteller"], "opening_hash")
    assert len(catalog.categories) > 200


def test_the_page_runs_from_top_to_bottom(storyteller, monkeypatch):
    folder, _, _ = storyteller
    monkeypatch.setenv("DIMS_DATA", str(folder))
    space = {}
    for block in BLOCKS:
        exec(compile(block, "docs/python.md", "exec"), space)
    assert len(BLOCKS) > 5 and space["c"].slug == "storyteller"

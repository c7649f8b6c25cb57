"""Equal work gives equal hashes: of states built twice, of findings whoever measured them."""

import shutil

import pytest

from catalog import parallel
from catalog.building import build
from catalog.features import findings
from catalog.store.catalog import Catalog
from tests.given import feature_catalog, media


@pytest.mark.parametrize("name", ["vit", "ast"])
def test_images_and_sounds_built_twice_have_one_content_hash(name, tmp_path):
    make = media.pictures if name == "vit" else media.tones
    items = make(tmp_path / "items", per_class=5, classes=2)
    model = media.save(name, tmp_path / "model", 0)

    def digest(where: str, **asked: object) -> str:
        settings = build.Settings(
            str(model), items=items, out=tmp_path / where, batch_size=4, per_patch="final", **asked
        )
        return str(Catalog(build.build(settings)).build["content_hash"])

    once = digest("once")
    assert digest("twice") == once
    assert digest("fewer", layers="0-1") != once


def test_findings_do_not_depend_on_the_number_of_workers(tmp_path, monkeypatch):
    """Each cell draws its own random numbers, and cells come back in order."""
    whole = feature_catalog.write(tmp_path / "data", measured=False)
    hashes = set()
    for workers in (1, 2):
        path = shutil.copy(whole, tmp_path / f"{workers}.duckdb")
        monkeypatch.setattr(parallel, "cores", lambda count=workers: count)
        findings.measure(Catalog(path), tmp_path / "data" / "categories", matched_nulls="primary")
        hashes.add(Catalog(path).build["findings_hash"])
    assert len(hashes) == 1 and None not in hashes

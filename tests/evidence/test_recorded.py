"""A change of the code that changes a recorded figure is noticed."""

import pytest

from tests.given.recorded import REASONS, RECORDED, compare, compare_evidence, made


@pytest.mark.model
def test_pictures_give_the_recorded_hashes(tmp_path):
    catalog, findings_hash = made("digits", "findings", tmp_path)
    compare(catalog, findings_hash, RECORDED["digits"])


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", ["digits", "sounds"])
def test_pictures_and_sounds_give_the_recorded_figures(name, tmp_path):
    catalog, findings_hash = made(name, "evidence", tmp_path)
    compare(catalog, findings_hash, RECORDED[name])
    compare_evidence(name, catalog, RECORDED[name])


@pytest.mark.slow
@pytest.mark.model
@pytest.mark.timeout(3600)
def test_the_language_model_gives_the_recorded_evidence(tmp_path):
    catalog, findings_hash = made("storyteller", "evidence", tmp_path)
    compare(catalog, findings_hash, RECORDED["storyteller"])
    compare_evidence("storyteller", catalog, RECORDED["storyteller"])


def test_every_reason_names_a_recorded_figure():
    known = {(name, row["claim"]) for name, one in RECORDED.items() for row in one["evidence"]}
    known |= {(name, "findings_hash") for name in RECORDED}
    assert set(REASONS) <= known and all(REASONS.values())

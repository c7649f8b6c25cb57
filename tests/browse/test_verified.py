"""A verification is remembered in the workspace, under the content it was made of."""

from catalog.browse import verifications
from catalog.building.verify import Verification


def found(path, digest, mismatches=0):
    rows = [{"site": "resid.0", "mismatches": mismatches, "share": mismatches / 10}]
    return Verification(path, 3, rows, [], True, digest, True)


def test_only_a_passed_verification_of_this_content_counts(data, tmp_path):
    assert verifications.verified_at("abc") is None
    assert not (data / "workspace.sqlite").exists()  # asking makes nothing
    verifications.record(found(tmp_path, "abc", mismatches=1), "m")
    assert verifications.verified_at("abc") is None
    verifications.record(found(tmp_path, "abc"), "m")
    assert verifications.verified_at("abc") is not None
    assert verifications.verified_at("def") is None

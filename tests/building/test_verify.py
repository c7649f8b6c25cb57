"""Verifying: silent on a true catalog, loud on a false one."""

import shutil

import duckdb
import pytest

from catalog.building import build
from catalog.model import work
from catalog.store import file
from tests.given import models


@pytest.fixture(scope="module")
def honest(llama, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(work, "PILOT_ITEMS", 100)
        settings = build.Settings(
            str(llama), sites="v", batch_size=48, out=tmp_path_factory.mktemp("verify")
        )
        return build.build(settings)


@pytest.fixture
def copy(honest, tmp_path):
    """A copy that SQL can falsify: copy("UPDATE ...") -> its path."""

    def make(*statements):
        path = shutil.copy(honest, tmp_path / "copy.duckdb")
        with duckdb.connect(str(path)) as connection:
            for statement in statements:
                connection.execute(statement)
        return path

    return make


def test_no_mismatch_in_a_true_catalog(honest, dims):
    found = dims("verify", honest, "--sample", models.VOCABULARY, "--json")
    assert found.code == 0
    told = found.json
    assert told["passed"] and told["intact"] and told["same_setting"]
    assert told["sample"] == models.VOCABULARY and told["examples"] == []
    assert {s["site"] for s in told["sites"]} == {
        "resid.0", "resid.1", "resid.2", "resid.3", "final", "v.1", "v.2", "v.3",
    }  # fmt: skip
    for row in told["sites"]:
        assert {"site", "threshold", "items", "signs", "mismatches", "share"} <= row.keys()
        width = 16 if row["site"].startswith("v") else 32
        assert row["items"] == models.VOCABULARY and row["signs"] == row["items"] * width
        assert row["mismatches"] == 0 and row["share"] == 0.0


def test_a_sample_is_random_and_repeatable_by_its_seed(honest, dims):
    found = dims("verify", honest, "--sample", 7, "--seed", 1)
    assert found.code == 0 and "7 items recomputed as built (0 mismatches required)" in " ".join(
        found.out.split()
    )


@pytest.fixture
def flipped(copy, honest):
    """A copy in which the sign of resid.1/2 of item 77 is the other one."""
    place = "WHERE site = 'resid.1' AND threshold = 'median' AND item = 77"
    with file.open_readonly(honest) as connection:
        ((bits,),) = connection.execute(f"SELECT bits FROM signs_by_item {place}").fetchall()
    other = bytes([bits[0] ^ 4, *bits[1:]])
    return copy(f"UPDATE signs_by_item SET bits = unhex('{other.hex()}') {place}")


def test_one_flipped_bit_is_found_and_named(flipped, dims):
    found = dims("verify", flipped, "--sample", models.VOCABULARY, "--json")
    assert found.code == 1
    told = found.json
    assert not told["passed"] and not told["intact"]
    wrong = {(s["site"], s["threshold"]): s["mismatches"] for s in told["sites"] if s["mismatches"]}
    assert wrong == {("resid.1", "median"): 1}
    (example,) = told["examples"]
    assert (example["item"], example["dimension"]) == (77, 2) and example["distance"] >= 0
    shown = dims("verify", flipped, "--sample", models.VOCABULARY)
    assert shown.code == 1 and "resid.1/2 item 77 (median)" in shown.out
    assert "DOES NOT match its content hash" in " ".join(shown.out.split())
    assert "FAILED" in shown.out


@pytest.mark.parametrize(
    "falsified",
    [
        "UPDATE pole SET value = value + 1 WHERE site = 'final' AND dimension = 3 AND rank = 1",
        "UPDATE item SET text = 'x' WHERE item = 5",
        "UPDATE dimension SET mean = mean + 1e-9 WHERE dimension = 0",
        "DELETE FROM signs_by_dimension WHERE dimension = 31",
    ],
)
def test_a_changed_number_breaks_the_content_hash(copy, dims, falsified):
    found = dims("verify", copy(falsified), "--sample", 20, "--json")
    assert found.code == 1 and not found.json["intact"]
    assert all(s["mismatches"] == 0 for s in found.json["sites"])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_a_sentence(honest, tmp_path, dims, share):
    whole = honest.read_bytes()
    path = tmp_path / "short.duckdb"
    path.write_bytes(whole[: int(len(whole) * share)])
    found = dims("verify", path, "--sample", 480)
    assert found.code == 1 and "Build it again" in found.sentence


def test_other_weights_are_refused(honest, dims, tmp_path):
    other = models.save("mistral", tmp_path / "other")
    found = dims("verify", honest, "--model", other)
    assert found.code == 1
    assert "holds other weights than the catalog was built from" in found.sentence
    assert "--model" in found.sentence and found.out == ""


def test_a_moved_model_is_found_by_name(copy, llama, dims, tmp_path):
    moved = shutil.copytree(llama, tmp_path / "moved")
    gone = copy("UPDATE build SET source = '/nowhere/tiny-llama'")
    lost = dims("verify", gone)
    assert lost.code == 1 and "Traceback" not in lost.err
    assert dims("verify", gone, "--model", moved, "--sample", 20).code == 0


def test_elsewhere_a_few_mismatches_are_allowed_and_said(copy, dims):
    path = copy("UPDATE build SET threads = threads + 6")
    found = dims("verify", path, "--sample", 20, "--json")
    assert found.code == 0 and not found.json["same_setting"]
    shown = " ".join(dims("verify", path, "--sample", 20).out.split())
    assert "on another device or thread count than the build's (0.1 % allowed)" in shown


def test_padding_to_the_recorded_batch(honest, dims, monkeypatch):
    from catalog.model import states

    seen = []
    whole = states.batches

    def batches(model, modality, sites, items, batch_size):
        seen.append(batch_size)
        return whole(model, modality, sites, items, batch_size)

    monkeypatch.setattr(states, "batches", batches)
    assert dims("verify", honest, "--sample", 5).code == 0
    assert seen == [48]

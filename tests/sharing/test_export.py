"""`dims export`: every format holds what the catalog holds, and nothing that must stay."""

import csv
import gzip
import json
import re

import duckdb
import numpy as np
import pandas as pd
import pytest

from catalog.sharing import directions, exporting, folders
from catalog.store import cells, copying, feature_queries, queries
from catalog.workspace import reading
from catalog.workspace.file import open_workspace
from catalog.workspace.transfer import import_neuronpedia
from tests.given import feature_catalog, synthetic
from tests.sharing.conftest import everything


def lines(path):
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def test_parquet_holds_every_table_bit_for_bit_with_its_comments(measured, tmp_path, dims):
    out = tmp_path / "out"
    told = dims("export", "measured", "--out", out, "--json").json
    assert told["format"] == "parquet" and told["files"] == len(told["counts"]) + 1
    with duckdb.connect() as connection:
        connection.execute("ATTACH ? AS catalog (READ_ONLY)", [str(measured.path)])
        for table, rows in told["counts"].items():
            path = str(out / f"{table}.parquet")
            differing = connection.execute(
                f"SELECT count(*) FROM (FROM catalog.{table} EXCEPT ALL FROM read_parquet(?))",
                [path],
            ).fetchone()
            assert differing == (0,), table
            count = connection.execute("SELECT count(*) FROM read_parquet(?)", [path]).fetchone()
            assert count == (rows,), table
        about = dict(
            connection.execute(
                "SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)",
                [str(out / "dimension.parquet")],
            ).fetchall()
        )
    assert about["comment"].startswith("Value statistics of every dimension")
    assert about["column.mean_abs"].startswith("Mean absolute state")
    assert set(told["counts"]) == set(copying.names(measured)) > set(copying.BITS)


def test_about_names_the_catalog_and_no_place_of_this_machine(measured, tmp_path, dims):
    dims("export", "measured", "--out", tmp_path / "out")
    about = json.loads((tmp_path / "out" / folders.ABOUT).read_text())
    assert about["catalog"]["content_hash"] == measured.build["content_hash"]
    assert about["catalog"]["slug"] == "measured" and about["format"] == "parquet"
    assert str(measured.path.parent) not in json.dumps(about)


def test_csv_has_no_cell_that_begins_a_formula(measured, tmp_path, dims):
    out = tmp_path / "out"
    told = dims("export", "measured", "--format", "csv", "--out", out, "--json").json
    assert not set(copying.BITS) & set(told["counts"]) and "signs_by_item" in told["left_out"][0]
    seen = set()
    for path in out.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                seen |= {text for text in row.values() if text}
    numbers = {text for text in seen if re.fullmatch(r"-?[\d.]+(e-?\d+)?", text)}
    assert not [text for text in seen - numbers if cells.cell(text) != text and text[0] != "'"]
    assert "'=1+1" in seen and synthetic.HOSTILE[0] in seen
    items = pd.read_csv(out / "item.csv", keep_default_na=False)
    expected = measured.fetch(feature_queries.items())
    assert items["text"].map(cells.plain).tolist() == expected["text"].tolist()


def test_neuronpedia_features_activations_and_vectors(measured, tmp_path, dims, people):
    out = tmp_path / "out"
    told = dims("export", "measured", "--format", "neuronpedia", "--out", out, "--json").json
    model = out / "v1" / "synthetic%2Fmeasured"
    sources = sorted(path.name for path in model.iterdir())
    assert sources == ["0-dims-resid", "1-dims-resid", "vectors"]
    for what in ("model", "release", "source", "sourceset"):
        assert json.loads((model / "1-dims-resid" / f"{what}.jsonl").read_text())
    features = lines(model / "1-dims-resid" / "features" / "batch-0.jsonl.gz")
    assert [row["index"] for row in features] == [str(n) for n in range(24)]
    known = measured.fetch(queries.dimension("resid.1", "zero", 3)).iloc[0]
    assert features[3]["frac_nonzero"] == pytest.approx(known["share_positive"])
    assert features[3]["maxActApprox"] == pytest.approx(known["maximum"])
    assert features[3]["freq_hist_data_bar_heights"] == list(known["histogram"])[1:-1]
    shown = lines(model / "1-dims-resid" / "activations" / "batch-0.jsonl.gz")
    own = [row for row in shown if row["index"] == "3"]
    poles = measured.fetch(queries.poles("resid.1", 3))
    for part in ("positive", "negative"):
        wanted = poles[poles["pole"] == part]
        mine = [row for row in own if row["dataSource"] == part]
        assert [row["values"][0] for row in mine] == pytest.approx(wanted["value"].tolist())
        texts = [text.replace("␣", " ", 1) if text[0] == "␣" else text for text in wanted["text"]]
        assert [row["tokens"] for row in mine] == [[text] for text in texts]
    vectors = lines(model / "vectors" / "resid.1.jsonl.gz")
    planted = next(row for row in vectors if row["vectorLabel"] == "planted")
    stored = measured.fetch(feature_queries.prototype("planted", "resid.1", "zero", "matched"))
    expected = np.zeros(24, int)
    expected[stored["dimension"]] = stored["sign"]
    assert planted["vector"] == expected.tolist() and planted["layerNumber"] == 0
    assert planted["hookType"] == "hook_resid_post"
    assert told["counts"]["vectors"] == sum(
        len(lines(path)) for path in (model / "vectors").iterdir()
    )
    assert told["labels"] == 2


def test_explanations_come_back_into_a_workspace(measured, tmp_path, dims, people):
    dims("export", "measured", "--format", "neuronpedia", "--out", tmp_path / "out")
    place = tmp_path / "out" / "v1" / "synthetic%2Fmeasured" / "1-dims-resid"
    with open_workspace(str(tmp_path / "other.sqlite")) as other:
        assert import_neuronpedia(other, place).added == 2
        found = reading.current(other, None)
    assert sorted(found["text"]) == ["<b>plain</b>", "=ada's label"]
    assert set(found["site"]) == {"resid.1"} and set(found["author"]) == {"ada"}


@pytest.mark.parametrize("form", exporting.FORMATS)
def test_only_public_labels_leave_and_none_that_somebody_works_blind_on(
    measured, tmp_path, dims, people, form
):
    done = dims("export", "measured", "--format", form, "--out", tmp_path / "out", "--json")
    held = everything(tmp_path / "out")
    assert b"secret" not in held and b"ada hidden" not in held and b"quincy" not in held
    if form in exporting.LABELLED:
        assert (done.json["labels"], done.json["private"], done.json["waiting"]) == (2, 1, 1)
        if form != "parquet":  # packed
            assert b"<b>plain</b>" in held
    else:
        assert done.json["labels"] == 0 and b"<b>plain</b>" not in held


def test_public_labels_as_tables(measured, tmp_path, dims, people):
    for form in ("parquet", "csv"):
        dims("export", "measured", "--format", form, "--out", tmp_path / form)
    found = pd.read_parquet(tmp_path / "parquet" / "labels.parquet")
    assert sorted(found["label"]) == ["<b>plain</b>", "=ada's label"]
    read = pd.read_csv(tmp_path / "csv" / "labels.csv")
    assert sorted(read["label"]) == ["'=ada's label", "<b>plain</b>"]
    assert dims("export", "measured", "--out", tmp_path / "again").out.count("public labels") == 1


def test_no_workspace_is_made_by_an_export(measured, tmp_path, dims, data):
    dims("export", "measured", "--out", tmp_path / "out")
    assert not (data / "workspace.sqlite").exists()


def test_saedashboard_batches_hold_both_poles(measured, tmp_path, dims):
    out = tmp_path / "out"
    told = dims("export", "measured", "--format", "saedashboard", "--out", out, "--json").json
    batch = json.loads((out / "resid.1" / "batch-0.json").read_text())
    assert batch.keys() == {"model_id", "layer", "sae_set", "sae_id_suffix", "features"}
    assert (batch["layer"], batch["sae_set"]) == (1, "dims-resid")
    feature = batch["features"][5]
    poles = measured.fetch(queries.poles("resid.1", 5))
    bins = {one["bin_min"] for one in feature["activations"]}
    assert bins == {-1.0, -2.0} and feature["feature_index"] == 5
    first = next(one for one in feature["activations"] if one["bin_min"] == -2.0)
    lowest = poles[poles["pole"] == "negative"].iloc[0]
    assert first["values"] == pytest.approx([lowest["value"]])
    assert told["counts"]["features"] == 48


def test_saedashboard_of_tokens_in_context_shows_windows_and_bands(in_context, tmp_path):
    exporting.export(in_context, "saedashboard", tmp_path / "out")
    batch = json.loads((tmp_path / "out" / "resid.2" / "batch-0.json").read_text())
    shown = batch["features"][9]["activations"]
    assert {round(one["bin_contains"], 1) for one in shown} == {-1.0, -2.0, 0.2}
    for one in shown:
        assert len(one["tokens"]) == len(one["values"]) > one["qualifying_token_index"] >= 0
    assert max(len(one["tokens"]) for one in shown) > 8


def test_safetensors_are_the_prototypes_as_unit_vectors(measured, tmp_path, dims):
    from safetensors import safe_open
    from safetensors.numpy import load_file

    out = tmp_path / "out"
    told = dims("export", "measured", "--format", "safetensors", "--out", out, "--json").json
    assert told["counts"] == {"sites": 2}
    path = out / "prototypes-resid.1.safetensors"
    tensors = load_file(path)
    with safe_open(path, "numpy") as file:
        metadata = file.metadata()
    names = json.loads(metadata["categories"])
    assert feature_catalog.HOSTILE in names and metadata["content_hash"] == "2" * 64
    stored = measured.fetch(feature_queries.prototype("planted", "resid.1", "zero", "matched"))
    row = names.index("planted")
    expected = np.zeros(24, np.int8)
    expected[stored["dimension"]] = stored["sign"]
    np.testing.assert_array_equal(tensors["signs"][row], expected)
    np.testing.assert_allclose(np.linalg.norm(tensors["directions"], axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(np.sign(tensors["directions"]), tensors["signs"])
    means = measured.fetch(feature_queries.means("resid.1"))["mean_abs"].to_numpy()
    assert tensors["mean_abs"][row] == pytest.approx(means[stored["dimension"]].mean())


def test_arrays_of_any_width_stand_aligned(tmp_path):
    from safetensors.numpy import load_file

    arrays = {
        "a": np.arange(3, dtype=np.int8),
        "b": np.arange(5, dtype=np.float64),
        "c": np.ones((2, 3), np.float32)[:, ::2],
    }
    directions.save(tmp_path / "x.safetensors", arrays, {"ü": "<script>"})
    for name, array in load_file(tmp_path / "x.safetensors").items():
        np.testing.assert_array_equal(array, arrays[name])


BAD = {
    "unknown format": (("--format", "xlsx"), "'xlsx' is no format: --format is one of parquet"),
    "not empty": (("--out", "{full}"), "is not empty: name another, or empty it"),
    "a file": (("--out", "{file}"), "is a file: name a folder"),
    "under a file": (("--out", "{file}/x"), "cannot be written"),
}


@pytest.mark.parametrize(("more", "sentence"), BAD.values(), ids=BAD)
def test_bad_input_is_one_sentence(measured, tmp_path, dims, more, sentence):
    full, file = tmp_path / "full", tmp_path / "file"
    full.mkdir()
    (full / "mine.txt").write_text("precious")
    file.write_text("precious")
    asked = [one.format(full=full, file=file) for one in more]
    rest = [] if "--out" in asked else ["--out", tmp_path / "out"]
    found = dims("export", "measured", *asked, *rest)
    assert found.code == 1 and found.out == "" and sentence in found.sentence
    assert (full / "mine.txt").read_text() == file.read_text() == "precious"
    assert not (tmp_path / "out").exists()


def test_force_replaces_an_earlier_export_and_nothing_else(measured, tmp_path, dims):
    out = tmp_path / "out"
    dims("export", "measured", "--out", out)
    found = dims("export", "measured", "--format", "safetensors", "--out", out)
    assert found.code == 1 and "replace it with --force" in found.sentence
    assert (out / "item.parquet").is_file()
    dims("export", "measured", "--format", "safetensors", "--out", out, "--force")
    assert not (out / "item.parquet").exists() and len(list(out.iterdir())) == 3
    (out / folders.ABOUT).unlink()
    assert dims("export", "measured", "--out", out, "--force").code == 1
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_full_disk_leaves_nothing_behind(measured, tmp_path, dims, no_room):
    found = dims("export", "measured", "--out", tmp_path / "out")
    assert found.code == 1 and "The disk is full" in found.sentence
    assert list(tmp_path.glob("*out*")) == [] and list(tmp_path.glob(".*")) == []


def test_a_failed_replacement_keeps_the_earlier_export(measured, tmp_path, dims, monkeypatch):
    out = tmp_path / "out"
    dims("export", "measured", "--out", out)
    before = everything(out)
    real = folders.os.replace

    def fail(source, target):
        if str(source).endswith(".new"):
            raise OSError(28, "No space left on device")
        return real(source, target)

    monkeypatch.setattr(folders.os, "replace", fail)
    assert dims("export", "measured", "--out", out, "--force").code == 1
    monkeypatch.undo()
    assert everything(out) == before and len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("form", ["neuronpedia", "safetensors"])
def test_a_catalog_without_features(data, tmp_path, dims, form):
    (data / "catalogs").mkdir(parents=True)
    recipe = synthetic.Recipe(items=60, dims=10, slug="bare", sites=("resid.0",))
    synthetic.write(data / "catalogs" / "bare.duckdb", recipe)
    found = dims("export", "bare", "--format", form, "--out", tmp_path / "out", "--json")
    if form == "safetensors":
        assert found.code == 1 and "has no features" in found.sentence
        assert not (tmp_path / "out").exists()
    else:
        assert found.json["counts"]["vectors"] == 0


@pytest.mark.parametrize("form", ["neuronpedia", "saedashboard"])
@pytest.mark.model
def test_images_and_sounds_are_no_texts(media_files, monkeypatch, tmp_path, dims, form):
    monkeypatch.setenv("DIMS_DATA", str(media_files))
    found = dims("export", "digits", "--format", form, "--out", tmp_path / "out")
    assert found.code == 1 and "shows texts, and digits holds images" in found.sentence


def test_consent_from_the_command_line(measured, dims, people):
    assert dims("labels", "consent", "--json").json == {"public": ["ada"]}
    dims("labels", "consent", "quincy", "--public")
    assert dims("labels", "consent", "--json").json == {"public": ["ada", "quincy"]}
    assert "ada, quincy" in dims("labels", "consent").out
    dims("labels", "consent", "ada", "--private")
    assert dims("labels", "consent", "--json").json == {"public": ["quincy"]}
    for wrong in (("ada",), ("--public",)):
        found = dims("labels", "consent", *wrong)
        assert found.code == 1 and "Name the person and say --public" in found.sentence


@pytest.mark.parametrize("command", ["export", "report", "site"])
@pytest.mark.parametrize("kept", [3000, 0.5, 0.9])
def test_a_damaged_catalog_is_one_sentence_and_leaves_nothing(
    measured, tmp_path, dims, command, kept
):
    whole = measured.path.read_bytes()
    path = tmp_path / "damaged.duckdb"
    path.write_bytes(whole[: int(kept * len(whole)) if kept < 1 else kept])
    found = dims(command, path, "--out", tmp_path / "out")
    assert found.code == 1 and "Build it again" in found.sentence
    assert sorted(one.name for one in tmp_path.iterdir()) == ["damaged.duckdb", "data"]

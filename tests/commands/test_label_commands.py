"""`dims labels`: out and in again without a difference, agreement, backup, and bad input."""

import json
import shutil

import pytest

from catalog.workspace import labels, queue
from catalog.workspace.file import open_workspace
from catalog.workspace.subjects import dimension
from catalog.workspace.values import Answer, Circumstances
from tests.given import synthetic

FORMATS = {"jsonl": "x.jsonl", "csv": "x.csv", "parquet": "x.parquet", "label-studio": "x.json"}


@pytest.fixture
def said(data):
    """Two people's answers of six dimensions of a catalog at hand."""
    (data / "catalogs").mkdir(parents=True)
    recipe = synthetic.Recipe(items=60, dims=10, slug="one")
    synthetic.write(data / "catalogs" / "one.duckdb", recipe)
    names = ("synthetic/one", "weights-0123456789ab", "bare", "resid.1")
    subjects = [dimension(*names, number) for number in range(6)]
    with open_workspace() as workspace:
        for person in ("ada", "bea"):
            line = queue.open_queue(workspace, f"q-{person}", person, subjects)
            for number, subject in enumerate(subjects):
                pole = "+" if number % 2 or (person == "bea" and number == 0) else "-"
                answer = Answer(subject, person, "label", pole, "animals", positive="<b>x</b>")
                how = Circumstances("queue", line.key, seconds=3.0)
                labels.answer(workspace, f"e-{person}-{number}", answer, how)
    return data


def wipe(data):
    for path in data.glob("workspace.sqlite*"):
        path.unlink()


def rows(path):
    """Lines of a lossless export without its head, which holds the time."""
    return sorted(path.read_text().splitlines()[1:])


def test_jsonl_comes_back_the_same(said, dims, tmp_path):
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    assert dims("labels", "export", first, "--json").json["rows"] > 24
    before = dims("labels", "agreement", "--json").json
    wipe(said)
    assert dims("labels", "import", first, "--json").json["conflicts"] == 0
    assert dims("labels", "export", second).code == 0
    assert rows(first) == rows(second)
    assert dims("labels", "agreement", "--json").json == before
    assert dims("labels", "import", first, "--json").json["added"] == 0


@pytest.mark.parametrize("format", ["csv", "parquet", "label-studio"])
def test_other_formats_bring_the_labels(said, dims, tmp_path, format):
    path = tmp_path / FORMATS[format]
    assert dims("labels", "export", path, "--catalog", "one").code == 0
    wipe(said)
    assert dims("labels", "import", path, "--json").json["added"] == 24
    assert dims("labels", "import", path, "--json").json["added"] == 0


def test_neuronpedia_is_a_folder(said, dims, tmp_path):
    folder = tmp_path / "np"
    found = dims("labels", "export", folder, "--format", "neuronpedia", "--json").json
    assert found["rows"] > 0
    wipe(said)
    assert dims("labels", "import", folder, "--json").json["added"] == found["rows"]


def test_agreement(said, dims):
    found = dims("labels", "agreement", "--json").json
    assert found["clear_pole"]["units"] == 6 and 0 < found["clear_pole"]["alpha"] < 1
    assert found["category"]["alpha"] is None and found["category"]["raw"] == 1
    shown = dims("labels", "agreement").out
    assert "clear pole" in shown and "category" in shown
    assert dims("labels", "agreement", "--site", "final", "--json").json["clear_pole"]["units"] == 0


def test_agreement_of_nothing(data, dims):
    assert "Nobody has answered blind" in dims("labels", "agreement").out


def test_backup(said, dims, tmp_path):
    known = dims("labels", "backup", tmp_path / "safe", "--json").json
    wipe(said)
    shutil.copy(known["path"], said / "workspace.sqlite")
    assert dims("labels", "agreement", "--json").json["clear_pole"]["units"] == 6


BAD = {
    "no such file": (["import", "nowhere.jsonl"], "There is no nowhere.jsonl"),
    "no format": (["export", "labels.xyz"], "says no format"),
    "wrong format": (["export", "labels.csv", "--format", "word"], "says no format"),
    "unknown catalog": (["export", "labels.csv", "--catalog", "nope"], "no catalog 'nope'"),
    "part of a whole": (["export", "x.jsonl", "--catalog", "one"], "whole workspace"),
}


@pytest.mark.parametrize("mistake", BAD)
def test_a_mistake_is_one_sentence(said, dims, mistake):
    arguments, sentence = BAD[mistake]
    outcome = dims("labels", *arguments)
    assert outcome.code == 1 and sentence in outcome.sentence


def test_labels_of_an_unknown_model_need_a_word(said, dims, tmp_path):
    path = tmp_path / "x.csv"
    dims("labels", "export", path)
    shutil.rmtree(said / "catalogs")
    wipe(said)
    assert dims("labels", "import", path).code == 1
    assert dims("labels", "import", path, "--any-model", "--json").json["added"] == 24


def test_wrong_columns_add_nothing(said, dims, tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n")
    assert dims("labels", "import", path).code == 1
    assert json.loads(dims("labels", "agreement", "--json").out)["clear_pole"]["units"] == 6


def test_labels_are_carried_to_another_build_once(said, dims):
    smaller = synthetic.Recipe(items=60, dims=4, slug="two")
    synthetic.write(said / "catalogs" / "two.duckdb", smaller)
    planned = dims("labels", "carry", "one", "two", "--json").json
    assert planned["moved"] == 0  # only said
    lost = {row["name"] for row in planned["lost"]}
    assert lost == {"4", "5"}
    assert {row["name"] for row in planned["moves"]} == {"0", "1", "2", "3"}
    done = dims("labels", "carry", "one", "two", "--yes", "--json").json
    assert done["moved"] == len(planned["moves"]) > 0
    again = dims("labels", "carry", "one", "two", "--yes", "--json").json
    assert again["moved"] == 0 and len(again["kept"]) == done["moved"]


def test_reliability_is_printed_and_exported(said, dims, tmp_path):
    found = dims("labels", "reliability", "--out", tmp_path / "sure.csv", "--json").json
    poles = [row for row in found["subjects"] if row["field"] == "clear_pole"]
    assert len(poles) == 6 and {row["people"] for row in poles} == {2}
    assert all(row["low"] <= row["probability"] <= row["high"] for row in poles)
    assert {row["author"] for row in found["labelers"]} == {"ada", "bea"}
    table = (tmp_path / "sure.csv").read_text().splitlines()
    assert len(table) == 1 + len(found["subjects"]) and "probability" in table[0]
    shown = dims("labels", "reliability", "--catalog", "one").out
    assert "ada" in shown and "right answers" in shown and "two more people" in shown


def test_reliability_of_nothing_is_said_in_words(data, dims):
    assert "Nobody has answered blind" in dims("labels", "reliability").out
    assert dims("labels", "reliability", "--json").json["subjects"] == []


def test_the_summary_is_printed_with_a_second_panel(said, dims):
    shown = dims("labels", "agreement", "--summary", "--second", "bea").out
    assert "Labels of synthetic/one" in shown and "second panel     1 people: bea" in shown
    found = dims("labels", "agreement", "--second", "bea", "--json").json
    second = found["clear_pole"]["protocol"]["second"]
    assert second["subjects"] == 6 and second["same"] == pytest.approx(5 / 6)
    assert found["scales"] == []
    refused = dims("labels", "agreement", "--second", "zoe")
    assert refused.code == 1 and "zoe gave no blind answer here" in refused.err

"""Out and in again: nothing lost, nothing doubled, every mistake one sentence."""

import csv
import gzip
import json
import multiprocessing
import tempfile
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from catalog.errors import CatalogError, ImportRefused
from catalog.workspace import (
    adjudication,
    agreement,
    blind,
    consent,
    free_text,
    gold_schema,
    known,
    label_tests,
    labels,
    lists,
    machines,
    mentions,
    queue,
    reading,
    runs,
    schema,
    transfer,
)
from catalog.workspace.file import open_workspace
from catalog.workspace.label_pairs import Trial
from catalog.workspace.made import MADE
from catalog.workspace.transfer import Known, merging
from catalog.workspace.values import CONTENT, Label
from tests.workspace.given import event, opened, reply, say, subjects

S = subjects(6)
KNOWN = [Known("tiny", "r1", "bare", {"resid.1": 6})]
HEADER = "model,site,dimension,pole,label,author"


def state(workspace):
    """Everything people made, without row numbers."""
    with workspace.reading() as connection:
        return {
            table.name: sorted(
                repr(tuple(v for k, v in row.items() if k != "id"))
                for row in connection.execute(select(table)).mappings()
            )
            for table, _ in MADE
        }


def flat(workspace):
    columns = ["name", "pole", "author", "action", "clear_pole", "category", "text"]
    columns += ["confidence", "note", "made_at"]
    table = reading.current(workspace, None)[columns]
    return sorted(repr(row) for row in table.astype(object).fillna("").values.tolist())


def fill(workspace):
    """A row of everything."""
    for person in ("ada", "bob"):
        line = opened(workspace, person, S, title="first look")
        for number, subject in enumerate(S[:4]):
            pole = ["+", "-", "none", "skip"][number]
            text = f'{person}\'s, "quoted" שלום' if number < 2 else None
            reply(workspace, line, subject, pole, positive=text)
    queue.close_queue(workspace, line.key)
    labels.save(workspace, event(), [Label(S[4], "ada", "flag", note="odd = items")])
    say(workspace, "ada", S[5], category="animals", text=None, confidence=4)
    labels.save(workspace, event(), [Label(S[5], "bob", text="x")])
    labels.save(workspace, event(), [Label(S[5], "bob", "delete")])
    adjudication.decide(workspace, event(), adjudication.Decision(S[0], "eve", category="cats"))
    trial = Trial(1, 2, "left", "whole", "x", False)
    tested = label_tests.Tested(S[5], "ada", "x")
    label_tests.start(workspace, "t1", tested, "kim", [trial], "7")
    label_tests.choose(workspace, "t1", 0, "left", 1.5)
    mentions.comment(workspace, event(), "ada", S[1], "line one\nline two, @bob")
    lists.change(workspace, event(), "ada", "sea", S[:2])
    run = runs.Entry("run", "r1", "ada", "tiny", {"verdict": "no effect"})
    runs.save(workspace, event(), run)
    pair = free_text.Pair(S[0].key, "one", "two", False)
    free_text.judge_pair(workspace, event(), "kim", pair, True)
    consent.give(workspace, event(), "ada", True)
    call = machines.Call(
        event(), "machine:m", "label", "q", "m", "http://host/v1", "[]", "answered"
    )
    machines.save(workspace, S[2], call, [Label(S[2], "machine:m", text="robots")])
    known.declare(workspace, event(), known.Known(S[5], "judge", "+"))
    with workspace.writing() as connection:
        row = {"queue": line.key, "number": 0, "subject": S[0].key, "made_at": datetime(2026, 1, 1)}
        connection.execute(gold_schema.queue_repeat.insert().values(row))


@pytest.fixture
def full(workspace):
    fill(workspace)
    return workspace


def test_a_lossless_export_gives_the_same_state_in_an_empty_workspace(full, fresh, tmp_path):
    count = transfer.export_jsonl(full, tmp_path / "all.jsonl")
    with open_workspace(fresh()) as empty:
        report = transfer.import_jsonl(empty, tmp_path / "all.jsonl", KNOWN)
        assert (report.read, report.added, report.conflicts) == (count, count, 0)
        assert state(empty) == state(full)
        assert flat(empty) == flat(full)
        expected = agreement.measure(agreement.entering(full), "clear_pole")
        assert agreement.measure(agreement.entering(empty), "clear_pole") == expected
        assert blind.hidden_targets(empty, "ada") == blind.hidden_targets(full, "ada") != set()


def test_every_table_people_fill_is_exported(full):
    assert all(state(full).values())
    unexported = set(schema.metadata.tables) - {table.name for table, _ in MADE}
    assert unexported == {"migration", "presence", "role", "audit"}  # of the server, not of labels


def test_importing_twice_adds_nothing(full, tmp_path):
    before = state(full)
    transfer.export_jsonl(full, tmp_path / "all.jsonl")
    report = transfer.import_jsonl(full, tmp_path / "all.jsonl")
    assert (report.added, report.same, report.conflicts) == (0, report.read, 0)
    assert state(full) == before


def test_a_changed_row_is_a_conflict_and_stays_out(full, tmp_path):
    before = state(full)
    transfer.export_jsonl(full, tmp_path / "all.jsonl")
    text = (tmp_path / "all.jsonl").read_text()
    changed = text.replace('"category": "animals"', '"category": "plants"')
    (tmp_path / "all.jsonl").write_text(changed)
    report = transfer.import_jsonl(full, tmp_path / "all.jsonl")
    assert report.conflicts == 1 and "plants" in report.examples[0]
    assert state(full) == before


@pytest.mark.parametrize("kind", ["csv", "parquet", "label_studio"])
def test_flat_exports_bring_the_current_labels_back(full, fresh, tmp_path, kind):
    path = tmp_path / f"labels.{kind}"
    getattr(transfer, f"export_{kind}")(full, path)
    bring = getattr(transfer, f"import_{kind}")
    with open_workspace(fresh()) as empty:
        report = bring(empty, path, KNOWN)
        assert report.added == report.read > 0 and report.conflicts == 0
        assert flat(empty) == flat(full)
        again = bring(empty, path, KNOWN)
        assert (again.added, again.same) == (0, report.read)
    into_itself = bring(full, path, KNOWN)
    assert (into_itself.added, into_itself.conflicts) == (0, 0)


def test_neuronpedia_explanations_come_back(full, fresh, tmp_path):
    written, left = transfer.export_neuronpedia(full, tmp_path / "np")
    assert written == 6 and left == 9  # five texts and a category; closed answers and a flag
    [path] = (tmp_path / "np").rglob("*.gz")
    place = path.relative_to(tmp_path / "np").as_posix()
    assert place == "v1/tiny/resid.1/explanations/batch-0.jsonl.gz"
    rows = [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert set(rows[0]) == {
        "id", "modelId", "layer", "index", "description", "authorId", "typeName",
        "explanationModelName", "notes", "createdAt",
    }  # fmt: skip
    assert "animals" in {row["description"] for row in rows}
    with open_workspace(fresh()) as empty:
        assert transfer.import_neuronpedia(empty, tmp_path / "np", KNOWN).added == 6
        assert set(flat(empty)) <= set(flat(full)) and len(flat(empty)) == 6
        assert transfer.import_neuronpedia(empty, path, KNOWN).added == 0


FULL = {
    "clear_pole": "both",
    "category": "animals",
    "text": "cats",
    "confidence": 4,
    "note": "both ends",
    "clarity_plus": 2,
    "clarity_minus": 5,
    "specificity": 3,
}


@pytest.mark.parametrize("kind", ["csv", "parquet", "label_studio", "neuronpedia", "jsonl"])
def test_every_field_of_a_label_comes_back_from_every_format(workspace, fresh, tmp_path, kind):
    said = Label(S[0], "ada", **FULL)
    assert all(said.content.values()) and set(said.content) == {*FULL, "action"}
    labels.save(workspace, event(), [said])
    getattr(transfer, f"export_{kind}")(workspace, tmp_path / kind)
    with open_workspace(fresh()) as empty:
        getattr(transfer, f"import_{kind}")(empty, tmp_path / kind, KNOWN)
        (row,) = reading.current(empty, None).to_dict("records")
    assert {field: row[field] for field in CONTENT} == said.content


def test_explanations_of_an_older_export_come_back(workspace, tmp_path):
    """Written before notes of labels were carried."""
    notes = {
        "model": "tiny", "revision": "r1", "reading": "bare", "pole": "-", "clear_pole": "",
        "category": "", "confidence": "4", "text": "cats",
    }  # fmt: skip
    row = {"modelId": "tiny", "layer": "resid.1", "index": "3", "description": "cats"}
    (tmp_path / "np.jsonl").write_text(json.dumps({**row, "notes": json.dumps(notes)}))
    transfer.import_neuronpedia(workspace, tmp_path / "np.jsonl", KNOWN)
    table = reading.current(workspace, None)
    assert table[["pole", "text", "confidence"]].values.tolist() == [["-", "cats", 4]]


def test_explanations_of_others_are_text_of_the_positive_pole(workspace, tmp_path):
    row = {"modelId": "tiny", "layer": "resid.1", "index": "3", "description": "cats", "notes": "?"}
    (tmp_path / "np.jsonl").write_text(json.dumps(row))
    transfer.import_neuronpedia(workspace, tmp_path / "np.jsonl", KNOWN)
    table = reading.current(workspace, None)
    assert table[["pole", "text", "author"]].values.tolist() == [["+", "cats", "neuronpedia"]]
    (tmp_path / "np.jsonl").write_text(json.dumps({**row, "layer": "6-res-jb"}))
    with pytest.raises(ImportRefused, match="Only explanations of dimensions"):
        transfer.import_neuronpedia(workspace, tmp_path / "np.jsonl", KNOWN)


def test_a_small_csv_is_enough(workspace, tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(f"{HEADER}\ntiny,resid.1,3,+,cats,ada\ntiny,resid.1,3,none,,bob\n")
    assert transfer.import_csv(workspace, path, KNOWN).added == 2
    table = reading.current(workspace, None)
    assert table[["revision", "reading", "pole", "action"]].values.tolist() == [
        ["r1", "bare", "+", "label"],
        ["r1", "bare", "", "no_clear_pole"],
    ]
    assert set(table.source) == {"import"} and not table.blind.any()


def one_row(path, label, made_at=""):
    path.write_text(f"{HEADER},made_at\ntiny,resid.1,0,,{label},ada,{made_at}\n")
    return path


def texts(workspace):
    return reading.current(workspace, None).text.tolist()


def test_without_a_time_the_workspace_wins(workspace, tmp_path):
    say(workspace, "ada", S[0], "mine")
    report = transfer.import_csv(workspace, one_row(tmp_path / "a.csv", "theirs"), KNOWN)
    assert (report.added, report.conflicts) == (0, 1)
    assert "mine" in report.examples[0] and "theirs" in report.examples[0]
    assert texts(workspace) == ["mine"]


@pytest.mark.parametrize(
    "made, holds", [("2001-01-01T00:00:00Z", "mine"), ("2999-01-01", "theirs")]
)
def test_with_a_time_the_newest_wins(workspace, tmp_path, made, holds):
    say(workspace, "ada", S[0], "mine")
    path = one_row(tmp_path / "a.csv", "theirs", made)
    report = transfer.import_csv(workspace, path, KNOWN)
    assert report.added == 1 and report.conflicts == (holds == "mine")
    assert texts(workspace) == [holds]
    again = transfer.import_csv(workspace, path, KNOWN)
    assert (again.added, again.same) == (0, 1) and len(reading.history(workspace, None)) == 2


def test_times_with_a_zone_become_utc(workspace, tmp_path):
    path = one_row(tmp_path / "a.csv", "x", "2026-01-01T12:00:00+02:00")
    transfer.import_csv(workspace, path, KNOWN)
    assert reading.current(workspace, None).made_at.tolist() == [datetime(2026, 1, 1, 10)]


WRONG = {
    "unknown model": (f"{HEADER}\nhuge,resid.1,0,+,x,ada\n", r"line 2.*'huge' is in no catalog"),
    "unknown site": (f"{HEADER}\ntiny,resid.9,0,+,x,ada\n", r"no site 'resid.9'"),
    "beyond the site": (f"{HEADER}\ntiny,resid.1,6,+,x,ada\n", r"dimensions 0 to 5, not 6"),
    "missing column": ("model,site,dimension,pole,label\n", r"lacks author"),
    "unknown column": (f"{HEADER},colour\n", r"unknown 'colour'"),
    "nothing at all": ("", r"wrong columns"),
    "too many fields": (f"{HEADER}\ntiny,resid.1,0,+,x,ada,more\n", r"more or fewer fields"),
    "too few fields": (f"{HEADER}\ntiny,resid.1\n", r"more or fewer fields"),
    "empty label": (f"{HEADER}\ntiny,resid.1,0,+,,ada\n", r"line 2.*empty"),
    "endless label": (f"{HEADER}\ntiny,resid.1,0,+,{'x' * 10_000},ada\n", r"10,000 characters"),
    "wrong pole": (f"{HEADER}\ntiny,resid.1,0,up,x,ada\n", r"not a pole"),
    "wrong time": (f"{HEADER},made_at\ntiny,resid.1,0,+,x,ada,soon\n", r"not a time"),
    "wrong confidence": (f"{HEADER},confidence\ntiny,resid.1,0,+,x,ada,high\n", r"1 to 5"),
    "open quote": (f'{HEADER}\ntiny,resid.1,0,+,"x,ada\n', r"not a CSV row|fields"),
}


@pytest.mark.parametrize("text, sentence", WRONG.values(), ids=WRONG.keys())
def test_a_wrong_csv_is_one_sentence_and_adds_nothing(workspace, tmp_path, text, sentence):
    path = tmp_path / "labels.csv"
    good = "tiny,resid.1,1,+,good,ada" + ("," if text.split("\n")[0].count(",") > 5 else "")
    lines = text.split("\n")
    path.write_text("\n".join([*lines[:1], *lines[1:-1], good, ""]) if text else "")
    with pytest.raises(ImportRefused, match=sentence) as caught:
        transfer.import_csv(workspace, path, KNOWN)
    assert "\n" not in str(caught.value)
    assert reading.history(workspace, None).empty


def test_files_that_are_not_what_they_seem(workspace, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"\xff\xfe\x00rubbish")
    for bring in ("csv", "parquet", "jsonl", "label_studio", "neuronpedia"):
        with pytest.raises(ImportRefused):
            getattr(transfer, f"import_{bring}")(workspace, path, KNOWN)
        with pytest.raises(ImportRefused):
            getattr(transfer, f"import_{bring}")(workspace, tmp_path / "missing", KNOWN)


def test_an_export_that_cannot_be_written_is_an_error(full, tmp_path):
    (tmp_path / "file").write_text("in the way")
    for kind in ("csv", "parquet", "jsonl", "label_studio"):
        with pytest.raises(CatalogError, match="another place"):
            getattr(transfer, f"export_{kind}")(full, tmp_path / "file" / "labels")


def broken(line, change):
    row = json.loads(line)
    row.update(change)
    return json.dumps({k: v for k, v in row.items() if v != "gone"})


@pytest.mark.parametrize(
    "table, change, sentence",
    [
        ("label", {"confidence": "high"}, "confidence is 'high'"),
        ("label", {"confidence": 9}, "1 to 5"),
        ("label", {"author": "gone"}, "wrong columns"),
        ("label", {"blind": 1}, "blind is 1"),
        ("label", {"subject": "0" * 24}, "nowhere before"),
        ("label", {"made_at": "yesterday"}, "line"),
        ("label", {"made_at": "2026-01-01T00:00:00+02:00"}, "time zone"),
        ("label", {"event": None}, "event is empty"),
        ("saved", {"key": "nul \0"}, "cannot be stored"),
        ("saved", {"key": "half \ud800"}, "cannot be stored"),
        ("label_trial", {"left_item": 10**30}, "out of range"),
        ("subject", {"name": "5000"}, "does not fit its names"),
        ("saved", {"kind": "pickle"}, "refuses"),
        ("label", {"table": "sqlite_master"}, "names no table"),
        ("label", {"specificity": 9}, "1 to 5"),
        ("gold", {"clear_pole": "none", "category": "cats"}, "Without a clear pole"),
        ("queue_repeat", {"queue": "nobody's"}, "nowhere before"),
    ],
)
def test_a_wrong_line_is_one_sentence(full, fresh, tmp_path, table, change, sentence):
    path = tmp_path / "all.jsonl"
    transfer.export_jsonl(full, path)
    lines = path.read_text().splitlines()
    place = next(i for i, line in enumerate(lines) if f'"table": "{table}"' in line)
    lines[place] = broken(lines[place], change)
    path.write_text("\n".join(lines))
    with open_workspace(fresh()) as empty, pytest.raises(ImportRefused, match=sentence):
        transfer.import_jsonl(empty, path)


def test_an_export_of_another_model_or_version_is_refused(full, fresh, tmp_path):
    path = tmp_path / "all.jsonl"
    transfer.export_jsonl(full, path)
    other = [Known("another", "r1", "bare", {})]
    with open_workspace(fresh()) as empty:
        with pytest.raises(ImportRefused, match="'tiny' is in no catalog here"):
            transfer.import_jsonl(empty, path, other)
        path.write_text(path.read_text().replace('"version": 1', '"version": 2', 1))
        with pytest.raises(ImportRefused, match="update it"):
            transfer.import_jsonl(empty, path)
        assert not any(state(empty).values())


def test_label_studio_annotations_with_all_in_one(workspace, tmp_path):
    """What Label Studio itself writes: one annotation with closed answers and both texts."""
    results = {
        "clear_pole": ("choices", {"choices": ["both"]}),
        "positive": ("textarea", {"text": ["cats", "kittens"]}),
        "negative": ("textarea", {"text": ["verbs"]}),
        "confidence": ("rating", {"rating": 3}),
    }
    result = [
        {"from_name": name, "to_name": "dimension", "type": kind, "value": value}
        for name, (kind, value) in results.items()
    ]
    data = {"model": "tiny", "site": "resid.1", "name": "2"}
    annotation = {"result": result, "completed_by": 4, "created_at": "2026-01-01T00:00:00.5Z"}
    path = tmp_path / "tasks.json"
    path.write_text(json.dumps([{"id": 1, "data": data, "annotations": [annotation]}]))
    transfer.import_label_studio(workspace, path, KNOWN)
    table = reading.current(workspace, None).sort_values("pole")
    assert table[["pole", "text"]].fillna("").values.tolist() == [
        ["", ""], ["+", "cats kittens"], ["-", "verbs"],
    ]  # fmt: skip
    assert set(table.author) == {"label-studio 4"} and set(table.confidence) == {3}


def test_people_can_save_while_another_process_imports(fresh, tmp_path):
    path, address = tmp_path / "large.csv", fresh()
    with path.open("w", newline="") as file:
        out = csv.writer(file)
        out.writerow(HEADER.split(","))
        out.writerows(["tiny", "resid.1", n, "+", f"label {n}", "robot"] for n in range(3_000))
    open_workspace(address).close()

    def bring():
        with open_workspace(address) as workspace:
            transfer.import_csv(workspace, path)

    importer = multiprocessing.get_context("fork").Process(target=bring)
    importer.start()
    saved = 0
    with open_workspace(address) as workspace:
        while importer.is_alive():
            say(workspace, "ada", S[0], f"turn {saved}")
            saved += 1
        importer.join()
        assert importer.exitcode == 0 and saved > 5
        assert len(reading.history(workspace, None, author="ada")) == saved
        assert len(reading.history(workspace, None, author="robot")) == 3_000


words = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=40).filter(
    lambda text: text.strip() != ""
)


@settings(max_examples=8, deadline=None)
@given(said=st.lists(words, min_size=1, max_size=6))
def test_any_text_survives_every_way_out_and_in(said):
    with tempfile.TemporaryDirectory() as name, open_workspace(f"{name}/a.sqlite") as one:
        for subject, text in zip(S, said, strict=False):
            say(one, "ada", subject, text)
        for kind in ("jsonl", "csv", "parquet", "label_studio"):
            path = Path(name) / kind
            getattr(transfer, f"export_{kind}")(one, path)
            with open_workspace(f"{name}/{kind}.sqlite") as other:
                getattr(transfer, f"import_{kind}")(other, path)
                assert flat(other) == flat(one)


def test_the_flat_table_has_the_columns_promised(full, tmp_path):
    transfer.export_csv(full, tmp_path / "a.csv")
    header = (tmp_path / "a.csv").read_text().split("\n")[0].split(",")
    assert header[:6] == HEADER.split(",")
    for column in ("confidence", "made_at", "revision", "reading", "kind", "name", "action"):
        assert column in header
    transfer.export_parquet(full, tmp_path / "a.parquet")
    assert pd.read_parquet(tmp_path / "a.parquet").columns.tolist() == header


def test_an_export_from_before_a_field_was_made_is_read(full, fresh, tmp_path):
    path = tmp_path / "all.jsonl"
    transfer.export_jsonl(full, path)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    for row in rows:
        if row.get("table") == "label":
            del row["confidence"]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with open_workspace(fresh()) as other:
        transfer.import_jsonl(other, path)
        here = reading.history(other, None)
    there = reading.history(full, None)
    assert here["text"].tolist() == there["text"].tolist() and len(here)
    assert here["confidence"].isna().all()


def test_a_field_made_later_renames_no_row_of_an_older_file(monkeypatch):
    label = Label(subjects(1)[0], "ada", text="birds")
    row = merging.Incoming(label, datetime(2026, 1, 1))
    before = row.event
    said = {**label.content, "colour": None}
    monkeypatch.setattr(type(label), "content", property(lambda _self: said))
    assert row.event == before
    said["colour"] = "red"
    assert row.event != before

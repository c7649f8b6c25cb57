"""The command line: names in its JSON, exit statuses, and what it must not load."""

import shutil
import subprocess
import sys

import duckdb
import pytest

from catalog.building import build
from catalog.store import file
from tests.given import synthetic


@pytest.fixture
def catalogs(data):
    """A data folder with one synthetic catalog, `one`."""
    (data / "catalogs").mkdir(parents=True)
    recipe = synthetic.Recipe(items=60, dims=10, slug="one", hostile=True)
    synthetic.write(data / "catalogs" / "one.duckdb", recipe)
    return data / "catalogs"


def test_list(catalogs, dims):
    (row,) = dims("list", "--json").json
    assert row["slug"] == "one" and row["path"].endswith("one.duckdb")
    assert row["model"] == "synthetic/one" and row["modality"] == "text"
    assert "one" in dims("list").out


def test_list_of_nothing(dims):
    assert dims("list", "--json").json == []
    assert "Build one with: dims build MODEL" in dims("list").out


def test_list_goes_on_past_a_broken_file(catalogs, dims):
    (catalogs / "broken.duckdb").write_bytes(b"rubbish")
    rows = dims("list", "--json").json
    assert [row["slug"] for row in rows] == ["broken", "one"]
    assert "truncated or not a catalog" in rows[0]["problem"] and rows[0]["model"] is None
    assert dims("list").code == 0


def test_info(catalogs, dims):
    known = dims("info", "one", "--json").json
    assert known["model"] == "synthetic/one" and known["revision"].startswith("weights-")
    assert known["modality"] == "text" and known["reading"] == "bare"
    assert known["dtype"] == "float32" and known["items"] == 60
    assert known["content_hash"] == "2" * 64
    assert {"findings_hash", "verified_at"} <= known.keys()
    assert known["sites"][0].keys() == {"site", "dims", "degenerate", "zero"}
    assert [s["site"] for s in known["sites"]] == ["resid.0", "resid.1", "resid.2", "final"]
    assert known["absent"] == [{"site": "k.1", "reason": "linear attention has no keys"}]
    shown = dims("info", "one").out
    assert "synthetic/one" in shown and "no k.1: linear attention" in shown
    assert dims("info", catalogs / "one.duckdb", "--json").json == known


def test_dimension(catalogs, dims):
    known = dims("dimension", "one", "resid.1", 3, "--json").json
    assert (known["site"], known["dimension"], known["threshold"]) == ("resid.1", 3, "zero")
    assert 0 <= known["share_positive"] <= 1 and 0 <= known["entropy_bits"] <= 1
    assert {"mean", "std", "mean_abs"} <= known.keys()
    assert known["poles"].keys() == {"positive", "negative", "near"}
    for pole, items in known["poles"].items():
        assert len(items) == (8 if pole == "near" else 32)
        assert items[0].keys() == {"item", "text", "value"}
    largest = [one["value"] for one in known["poles"]["positive"]]
    assert largest == sorted(largest, reverse=True)
    median = dims("dimension", "one", "resid.1", 3, "--threshold", "median", "--json").json
    assert median["threshold"] == "median" and median["poles"]["near"] != known["poles"]["near"]


def test_hostile_tokens_are_printed_as_they_are(catalogs, dims):
    seen = ""
    for number in range(10):
        found = dims("dimension", "one", "final", number)
        assert found.code == 0
        seen += found.out
    for token in (":smile:", "$x^2$", "=1+1", ":red[red]"):
        assert token in seen


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("info", "two"), "There is no catalog 'two' (there are: one)"),
        (("verify", "two"), "There is no catalog 'two'"),
        (("dimension", "one", "resid.9", 0), "no site 'resid.9'; it has resid.0"),
        (("dimension", "one", "k.1", 0), "no site 'k.1'"),
        (("dimension", "one", "final", 10), "final has dimensions 0 to 9; there is no 10"),
        (("dimension", "one", "final", 0, "--threshold", "mean"), "only at zero, median"),
    ],
)
def test_what_is_not_there(catalogs, dims, arguments, sentence):
    found = dims(*arguments)
    assert found.code == 1 and found.out == "" and sentence in found.sentence


@pytest.mark.parametrize("command", ["info", "verify", "dimension"])
@pytest.mark.parametrize("damage", ["truncated", "half", "text", "empty", "sqlite", "foreign"])
def test_a_file_that_is_no_catalog(catalogs, dims, damage, command):
    path = catalogs / "damaged.duckdb"
    whole = (catalogs / "one.duckdb").read_bytes()
    if damage == "foreign":
        with duckdb.connect(str(path)) as connection:
            connection.execute("CREATE TABLE build (name VARCHAR)")
    else:
        path.write_bytes(
            {
                "truncated": whole[:3000],
                "half": whole[: len(whole) // 2],
                "text": b"hello " * 5000,
                "empty": b"",
                "sqlite": b"SQLite format 3\0" + bytes(5000),
            }[damage]
        )
    rest = ("final", 0) if command == "dimension" else ()
    found = dims(command, "damaged", *rest)
    assert found.code == 1 and found.out == ""
    if (damage, command) != ("half", "verify"):  # the table build can still be read
        assert "damaged.duckdb is" in found.sentence and "Build it again" in found.sentence


@pytest.mark.parametrize(("version", "advice"), [(99, "Update this package"), (0, "--force")])
def test_another_schema_version(catalogs, dims, version, advice):
    path = shutil.copy(catalogs / "one.duckdb", catalogs / "other.duckdb")
    with duckdb.connect(str(path)) as connection:
        connection.execute("UPDATE build SET schema_version = ?", [version])
    found = dims("info", "other")
    assert found.code == 1 and advice in found.sentence
    assert f"schema version {version}, this program reads {file.SCHEMA_VERSION}" in found.sentence


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("info",),
        ("build",),
        ("list", "--wrong"),
        ("dimension", "one", "final", "x"),
        ("verify", "one", "--sample", 0),
        ("verify", "one", "--seed", -1),
        ("build", "x", "--batch-size", "many"),
        ("build", "x", "--seed", -1),
    ],
)
def test_wrong_usage_is_exit_2(dims, arguments):
    found = dims(*arguments)
    assert found.code == 2 and "Usage" in found.err


def test_ctrl_c_is_exit_130_and_a_sentence(dims, monkeypatch):
    def interrupted(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "build", interrupted)
    found = dims("build", "x")
    assert found.code == 130 and "The same command goes on where it stopped." in found.sentence


def test_building_says_what_and_where(llama, dims):
    found = dims("build", llama, "--layers", "0", "--batch-size", 64)
    assert found.code == 0
    assert "480 items, reading 'bare', 2 sites" in found.sentence
    assert "pilot" in found.err and "states 480/480" in found.err
    assert "Built tiny-llama in" in found.out
    assert dims("info", "tiny-llama", "--json").json["items"] == 480


def test_doctor(dims):
    known = dims("doctor", "--json").json
    assert {"python", "torch", "duckdb", "memory_gb", "disk_free_gb", "device", "browser"} <= set(
        known
    )
    assert dims("doctor").code == 0


LIGHT = """
import sys
from tests.given import commands
for line in {commands!r}:
    assert commands.run(*line).code == 0, line
heavy = [name for name in {heavy!r} if name in sys.modules]
assert not heavy, heavy
"""
MODELS = ["torch", "transformers", "sklearn", "scipy.stats", "joblib", "streamlit", "plotly"]
TABLES = ["numpy", "pandas", "pyarrow", "scipy", "sqlalchemy"]


@pytest.mark.parametrize(
    ("lines", "heavy"),
    [
        ([("--help",), ("build", "--help"), ("labels", "--help")], [*MODELS, *TABLES, "duckdb"]),
        ([("list",), ("list", "--json")], [*MODELS, *TABLES]),
        (
            [("info", "one"), ("info", "one", "--json"), ("dimension", "one", "final", "0")],
            [*MODELS, "sqlalchemy"],
        ),
    ],
    ids=["help", "list", "reading"],
)
def test_a_command_imports_what_it_needs_and_no_more(catalogs, lines, heavy):
    """What a person waits for before anything is printed is imports: `make bench` times them."""
    code = LIGHT.format(commands=lines, heavy=heavy)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

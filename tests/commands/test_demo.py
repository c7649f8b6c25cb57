"""Tests of the demo: what is built at once, what later, and that nothing is built twice."""

import json
import os
import signal
import socket
import subprocess
import sys

import psutil
import pytest

from catalog import places
from catalog.circuits import measure
from catalog.commands import compare, demo, serve
from catalog.commands import demo_texts as texts
from catalog.commands import demo_versions as versions
from catalog.evidence import gather
from catalog.features import discovery, findings
from catalog.places import Packaged
from catalog.progress import about
from catalog.store.catalog import Catalog
from tests.given import synthetic
from tests.given.docs import ROOT

QUIET = lambda _stage, _done, _all: None  # noqa: E731


@pytest.fixture
def built(data, monkeypatch):
    """Every catalog of the demo as a small synthetic one; gives what was asked of them."""
    asked: list[tuple[str, str]] = []
    (data / "catalogs").mkdir(parents=True)

    def build(name: str, _report: object):
        path = places.catalogs() / f"{name}.duckdb"
        if not path.is_file():
            asked.append(("build", name))
            synthetic.write(path, synthetic.Recipe(slug=name))
        return Catalog(path)

    monkeypatch.setattr(demo, "_built", build)
    for module, name in (
        (findings, "measure"),
        (discovery, "discover"),
        (measure, "measured"),
        (gather, "gather"),
    ):
        monkeypatch.setattr(
            module, name, lambda one, *_, _name=name, **__: asked.append((_name, one.slug))
        )
    monkeypatch.setattr(compare, "kept", lambda a, b, _report: asked.append(("compare", b.slug)))
    monkeypatch.setattr(versions, "build_versions", lambda _report, base: iter(()))
    monkeypatch.setattr(texts, "build_texts", lambda _report, model: iter(()))
    monkeypatch.setattr(Packaged, "installed", False)
    return asked


def test_every_model_that_ships_is_in_the_demo():
    assert {*demo.MODELS, demo.OTHER} == set(places.shipped_models())


def test_the_dashboard_opens_on_one_cell_of_one_model(built, monkeypatch):
    until = []
    monkeypatch.setattr(findings, "measure", lambda one, **asked: until.append(asked["until"]))
    assert [one.slug for one in demo.opening(QUIET)] == [demo.TEXT]
    assert built == [("build", demo.TEXT)] and until == ["primary"]
    monkeypatch.setattr(Catalog, "measured", True)
    assert list(demo.opening(QUIET)) == []


def test_findings_of_all_models_come_before_evidence(built):
    assert [one.slug for one in demo.first(QUIET)] == list(demo.MODELS)
    assert built == [
        (step, name) for name in demo.MODELS for step in ("build", "measure", "discover")
    ]


def test_the_rest_brings_writers_before_the_evidence_that_reads_them(built):
    list(demo.first(QUIET))
    built.clear()
    list(demo.rest(QUIET))
    assert built[:2] == [("build", demo.OTHER), ("measure", demo.OTHER)]
    assert built[2:] == [
        ("measured", demo.TEXT),
        ("compare", demo.OTHER),
        ("compare", f"{demo.TEXT}-int8"),
        *[("gather", name) for name in (*demo.SAMPLES, demo.TEXT)],
    ]


def test_the_real_model_comes_last_where_it_is_installed(built, monkeypatch):
    list(demo.first(QUIET))
    built.clear()
    monkeypatch.setattr(Packaged, "installed", True)
    assert [one.slug for one in demo.rest(QUIET)][-1] == demo.REAL
    assert built[-2:] == [("build", demo.REAL), ("measure", demo.REAL)]


def test_what_is_there_is_not_made_again(built, monkeypatch):
    list(demo.first(QUIET))
    monkeypatch.setattr(Catalog, "complete", True)
    built.clear()
    assert list(demo.first(QUIET)) == []
    assert built == []


def test_the_server_asks_a_first_visitor_for_nothing(data, monkeypatch):
    """Streamlit would wait on the terminal for an e-mail address, and end where there is none."""
    commands: list[list[str]] = []

    def run(command, **_):
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    assert serve.run(0, browser=True) == 0
    place = commands[0].index("--server.showEmailPrompt")
    assert commands[0][place + 1] == "false"


BACKGROUND = """
import sys, time
from types import SimpleNamespace
from catalog import parallel
from catalog.commands import demo
def rest(_report):
    for _ in parallel.run(time.sleep, [0, 60, 60], 2):
        yield SimpleNamespace(slug="one")
demo.first, demo.rest = (lambda *_: iter(())), rest
sys.exit(demo.main())
"""


def test_the_background_goes_quietly_when_the_visitor_leaves(data):
    """What `going_on` does at its end; a worker left behind would print its own traces."""
    child = subprocess.Popen(
        [sys.executable, "-c", BACKGROUND], stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "DIMS_DATA": str(data)},
    )  # fmt: skip
    assert child.stderr and child.stderr.readline() == "one: more is known now.\n"
    child.send_signal(signal.SIGTERM)
    _, errors = child.communicate(timeout=60)  # the workers hold the other end of the pipe
    assert (child.returncode, errors) == (143, "")


def test_pages_are_told_the_stage_of_what_the_demo_adds_while_it_adds_it(data):
    from dashboard.jobs import table

    assert table.demo() is None
    with demo.told(places.demo_progress()) as report:
        about(report, "digits")("states", 3, 10)
        about(report, "digits")("states", 4, 10)  # within the same second: not written again
        assert table.demo() == ("digits: states", 3, 10, None)
        assert table.every() == []  # it belongs to `dims demo`: no job to be cancelled here
        held = json.loads(places.demo_progress().read_text())
        places.demo_progress().write_text(json.dumps(held | {"created": 1.0}))
        assert table.demo() is None  # a process of the same number is another one
    assert not places.demo_progress().exists()


def test_a_port_that_is_taken_is_said_before_anything_is_built(dims, built):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        for command in ("demo", "serve"):
            told = dims(command, "--port", port, "--no-browser")
            assert told.code == 1 and "choose another with --port" in told.sentence
    assert built == []


SERVING = """
from catalog.commands import demo
import contextlib, sys, subprocess
demo.opening = lambda _: iter(())
@contextlib.contextmanager
def beside():
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as child:
        print("beside", child.pid, file=sys.stderr, flush=True)
        try:
            yield
        finally:
            child.terminate()
demo.going_on = beside
demo.demo(port=0, browser=False)
"""


def test_a_demo_that_is_ended_leaves_no_server_and_no_work_behind(data):
    child = subprocess.Popen(
        [sys.executable, "-c", SERVING], stderr=subprocess.PIPE, text=True, cwd=ROOT,
        env={**os.environ, "DIMS_DATA": str(data)},
    )  # fmt: skip
    assert child.stderr
    for line in child.stderr:
        if "server started" in line:
            break
    others = psutil.Process(child.pid).children(recursive=True)
    assert len(others) >= 2  # the server, and what is added beside it
    child.terminate()
    assert child.wait(30) == 143
    _, alive = psutil.wait_procs(others, timeout=30)
    assert alive == []
    child.stderr.close()

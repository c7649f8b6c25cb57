"""Live work on pages: starting the server loads no torch, jobs are watched, stopped, told of."""

import contextlib
import json
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
from streamlit.testing.v1 import AppTest

from catalog.errors import SettingRefused
from catalog.model.opening import ModelKey
from catalog.store.catalog import Catalog
from dashboard.common import catalogs, running
from tests.given import synthetic

ROOT = Path(__file__).parents[2]
PROBE = """
import json, sys
from dashboard.pages import FILES
from streamlit.testing.v1 import AppTest
app = AppTest.from_file(sys.argv[1], default_timeout=60).run()
for view in ("status", "read_text", "status"):
    app.switch_page(FILES[view]).run()
    assert not app.exception, app.exception
from dashboard.common import running
running.worker()
print(json.dumps([app.caption[0].value, "torch" in sys.modules, "transformers" in sys.modules]))
"""


def test_opening_pages_loads_no_torch_before_anything_runs(tmp_path):
    (tmp_path / "catalogs").mkdir()
    synthetic.write(tmp_path / "catalogs" / "a.duckdb", synthetic.Recipe(items=64, dims=8))
    done = subprocess.run(
        [sys.executable, "-c", PROBE, str(ROOT / "dashboard" / "app.py")],
        env={"DIMS_DATA": str(tmp_path), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    caption, torch, transformers = json.loads(done.stdout.splitlines()[-1])
    assert "none" in caption and not torch and not transformers


def page(here):
    """A page with one job, as a script of its own; what it does stands in `here`."""
    from pathlib import Path

    import streamlit as st

    from catalog.store.catalog import Catalog
    from dashboard.common import parts, running

    with parts.guard():
        st.text("loaded: " + (running.loaded() or "nothing"))
        if st.button("go", key="go"):
            running.start("job", Catalog(Path(here["path"])), here["what"], here["work"])
        result = running.outcome("job", here["what"])
        if result is not None:
            st.text(f"result: {result}")


PAGE: dict = {}


@pytest.fixture(scope="module")
def path(llama, tmp_path_factory):
    """A synthetic catalog that names the tiny model."""
    import duckdb

    path = tmp_path_factory.mktemp("running") / "tiny.duckdb"
    synthetic.write(path, synthetic.Recipe(items=64, dims=8))
    with duckdb.connect(path) as connection:
        connection.execute(
            "UPDATE build SET source = ?, revision = 'weights-x', dtype = 'float32', "
            "device = 'cuda:7', weights_hash = ''",
            [str(llama)],
        )
    return path


@pytest.fixture
def app(path, monkeypatch):
    """The page, opened; no job is left behind."""
    monkeypatch.setattr(running, "QUICK_SECONDS", 0.05)
    PAGE.update(path=str(path), what="a", work=lambda model, _job: model.name)
    opened = AppTest.from_function(page, default_timeout=60, kwargs={"here": PAGE}).run()
    yield opened
    if "running.job" in opened.session_state:
        opened.session_state["running.job"][1].cancel()


def texts(app):
    return "\n".join(element.value for element in app.text)


def finished(app):
    with contextlib.suppress(Exception):
        app.session_state["running.job"][1].wait(60)
    return app.run()


def test_a_job_runs_and_its_result_is_kept(app):
    app.button(key="go").click().run()
    finished(app)
    assert "result: tiny-llama" in texts(app)
    assert "tiny-llama" in app.text[0].value  # what is loaded, for the status page
    app.run()
    assert "result: tiny-llama" in texts(app)
    PAGE["what"] = "b"  # the question has changed: the answer is not of it
    app.run()
    assert "result" not in texts(app)


def test_progress_is_shown_and_stop_stops(app):
    begun, go_on = threading.Event(), threading.Event()

    def work(_model, job):
        for step in range(1, 1000):
            job.report("drawing", step, 1000)
            begun.set()
            go_on.wait(0.02)
        return "done"

    PAGE["work"] = work
    app.button(key="go").click().run()
    assert begun.wait(60)
    app.run()
    assert [button.label for button in app.button] == ["go", "Stop"]
    job = app.session_state["running.job"][1]
    app.button(key="running.job.stop").click().run()
    finished(app)
    assert job.finished and job.result is None
    assert "Stopped" in texts(app) and "cannot be shown" not in "".join(
        one.value for one in app.markdown
    )


def test_a_waiting_job_says_its_place(app):
    go_on = threading.Event()
    PAGE["work"] = lambda _model, _job: go_on.wait(30)
    key = ModelKey.of(Catalog(Path(PAGE["path"])).build)
    first = running.worker().submit(key, PAGE["work"])
    app.button(key="go").click().run()
    assert running.worker().ahead(app.session_state["running.job"][1]) == 1
    assert any("1 job before this one" in str(one.proto) for one in app.get("progress"))
    go_on.set()
    assert first.wait(30)
    assert "result: True" in texts(finished(app))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (SettingRefused("Give a shorter one."), "Give a shorter one."),
        (RuntimeError("shape\nof you"), "The model could not be run: shape."),
        (MemoryError(), "not enough memory"),
    ],
)
def test_an_error_is_one_sentence(app, error, said):
    def work(_model, _job):
        raise error

    PAGE["work"] = work
    app.button(key="go").click().run()
    finished(app)
    assert said in texts(app) and not app.exception


def test_weights_that_are_not_here_are_told_of():
    build = {"model": "big", "source": "/no/such/folder"}
    assert "not on this machine" in catalogs.missing(build)
    assert catalogs.missing({"model": "x/y", "source": "x/y"}) == ""
    assert catalogs.missing({"model": "big", "source": str(ROOT)}) == ""


def test_what_interrupts_a_page_while_it_waits_is_not_hidden(monkeypatch):
    class Waiting:
        """A job that goes on; waiting for it is interrupted."""

        finished, error, result = False, None, None
        poll = staticmethod(lambda: False)

        def ended(self, _seconds):
            raise KeyboardInterrupt

        wait = ended

    held = SimpleNamespace(session_state={"running.job": ("a", Waiting(), 0.0)})
    monkeypatch.setattr(running, "st", held)
    monkeypatch.setattr(running, "_progress", lambda _name: None)
    with pytest.raises(KeyboardInterrupt):
        running.outcome("job", "a")


def test_jobs_are_named_by_the_model_of_the_catalog(app):
    app.button(key="go").click().run()
    finished(app)
    assert running.worker().loaded == ModelKey.of(Catalog(Path(PAGE["path"])).build)

"""The build box of Home: what a build takes is told before it starts, and no page waits for it."""

import time

import pytest

from catalog import places
from dashboard.jobs import asks, parts, planning, table
from tests.dashboard.test_dashboard import literal, show, start
from tests.dashboard.test_jobs import until


@pytest.fixture
def app(tmp_path, monkeypatch):
    """The dashboard over an empty data folder, on this machine alone, without the hub."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(parts, "allowed", lambda: True)
    monkeypatch.setattr(table, "wake", lambda: None)
    monkeypatch.setattr(planning, "_plans", {})
    yield from start(tmp_path, monkeypatch)


def ask(app, model):
    """Name a model in the box; the seconds that the page took to answer."""
    show(app, "overview")
    app.text_input(key="home.build.model").set_value(model)
    began = time.monotonic()
    next(button for button in app.button if button.form_id == "home.build").click().run()
    return time.monotonic() - began


def test_a_folder_is_told_in_figures_before_anything_is_built(app):
    folder = str(places.shipped_models()["storyteller"])
    seconds = ask(app, folder)
    assert any("Looking at its configuration" in one.value for one in app.caption)
    asked = asks.build(folder)
    plan = until(lambda: planning.found(asked))
    assert plan.known["items"] == 12_288 and plan.problem == ""
    assert seconds < 2 and table.unfinished() == []  # the page waited for nothing
    app.run()
    said = literal(app)
    assert "12,288 items at" in said and "GB of memory" in said and "MB, twice that" in said
    next(button for button in app.button if button.label == "Begin").click().run()
    (job,) = table.unfinished()
    assert job.asked.arguments == ("build", folder)
    assert asks.seconds(job.asked) == pytest.approx(plan.known["seconds"])


def test_without_the_hub_one_sentence_says_so_and_nothing_can_be_begun(app):
    ask(app, "nobody/nothing-at-all")
    plan = until(lambda: planning.found(asks.build("nobody/nothing-at-all")))
    assert plan.known is None and plan.problem.count("\n") == 0 and "nothing-at-all" in plan.problem
    app.run()
    assert plan.problem in literal(app)
    assert "Begin" not in [button.label for button in app.button]


def test_a_hub_that_never_answers_is_waited_for_no_longer_than_a_minute(app, monkeypatch):
    monkeypatch.setattr(planning, "PATIENCE", 0.0)
    asked = asks.build("gpt2")
    planning.begin(asked)
    assert planning.found(asked).problem == planning.SLOW

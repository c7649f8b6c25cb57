"""Jobs: a queue of `dims` commands that outlives the page: progress, cancelling, what failed."""

import json
import os
import signal
import sys
import time

import pytest
import streamlit as st

from catalog.errors import SettingRefused
from catalog.store.catalog import Catalog
from dashboard.common.answers import Here
from dashboard.common.times import told
from dashboard.jobs import asks, parts, sizes, table
from dashboard.jobs.table import Asked, Progress
from dashboard.pages import FILES
from tests.dashboard.test_dashboard import literal, show, start
from tests.given import feature_catalog, synthetic


@pytest.fixture
def data(tmp_path, monkeypatch):
    """An empty data folder, with whatever runner was left in it ended."""
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    yield tmp_path
    for job in table.unfinished():
        table.cancel(job)
    until(lambda: not table.at_work())


def until(happened, seconds=60):
    """Wait for something that another process does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := happened():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def asked(*arguments, kind="features", size=0.0):
    return Asked(kind, " ".join(arguments), arguments, "overview", {"catalog": "x"}, size)


def ended(job):
    return until(lambda: table.find(job.asked.arguments).ended)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("nulls 1,200/3,000, 15 items/s, 120 s left", Progress("nulls", 1200, 3000, 120.0)),
        ("weights", Progress("weights", 0, 0, None)),
        ("download, MB 3/90, 2 MB/s, 43 s left", Progress("download", 3, 90, 43.0)),
        ("categories 5/5", Progress("categories", 5, 5, None)),
        ("", Progress("", 0, 0, None)),
    ],
)
def test_a_line_of_progress_is_taken_apart(line, expected):
    assert table.read(line) == expected


def test_the_command_that_runs_is_dims_and_a_failure_is_its_own_sentence(data):
    job = table.add(asked("info", "nobody"))
    table.wake()
    end = ended(job)
    assert end["status"] == table.FAILED
    assert "There is no catalog 'nobody'" in end["said"]


def test_jobs_run_one_after_another_and_the_queue_ends(data):
    (data / "catalogs").mkdir()
    synthetic.write(data / "catalogs" / "a.duckdb", synthetic.Recipe(items=64, dims=8, slug="a"))
    jobs = [table.add(asked("info", "a")), table.add(asked("list"))]
    table.wake()
    assert [ended(job)["status"] for job in jobs] == [table.DONE] * 2
    until(lambda: not table.at_work())
    began = [table.find(job.asked.arguments).started_at for job in jobs]
    first = table.find(jobs[0].asked.arguments).ended
    assert began[1] >= first["at"] - 0.5
    assert table.unfinished() == []


def test_the_same_work_is_not_asked_for_twice_while_it_waits(data):
    first = table.add(asked("list"))
    assert table.add(asked("list")).key == first.key
    table.cancel(first)
    assert table.find(("list",)).ended["status"] == table.CANCELLED
    assert table.add(asked("list")).key != first.key


def test_a_running_job_is_cancelled_and_the_next_one_goes_on(data):
    busy = table.add(asked("serve", "--port", "0", "--no-browser"))  # runs until it is stopped
    after = table.add(asked("list"))
    table.wake()
    until(lambda: table.find(busy.asked.arguments).running)
    table.cancel(table.find(busy.asked.arguments))
    assert ended(busy)["status"] == table.CANCELLED
    assert ended(after)["status"] == table.DONE


def test_a_job_whose_runner_was_killed_says_so_and_the_rest_goes_on(data):
    busy = table.add(asked("serve", "--port", "0", "--no-browser"))
    table.wake()
    until(lambda: table.find(busy.asked.arguments).running)
    os.kill(json.loads((table.folder() / table.RUNNER).read_text())["pid"], signal.SIGKILL)
    until(lambda: not table.at_work())
    after = table.add(asked("list"))
    table.wake()
    assert "interrupted" in ended(busy)["said"]
    assert ended(after)["status"] == table.DONE


def test_a_runner_that_cannot_run_is_not_started_again_and_again(data, monkeypatch):
    monkeypatch.setattr(table, "_runners", [])
    monkeypatch.setattr(sys, "executable", str(data / "python"))
    (data / "python").write_text("#!/bin/sh\necho no room left >&2\nexit 3\n")
    (data / "python").chmod(0o755)
    job = table.add(asked("list"))
    for _ in range(3):
        table.wake()
        until(lambda: all(one.poll() is not None for one in table._runners))
    assert len(table._runners) == 1 and table.stuck() == "no room left"
    assert "cannot be started" in parts._state(job)[1]
    monkeypatch.setattr(table, "_runners", [])
    table.cancel(job)


# On pages.


@pytest.fixture
def app(data, monkeypatch):
    """The dashboard over a measured catalog and one without findings, on this machine alone."""
    feature_catalog.write(data)
    synthetic.write(data / "catalogs" / "bare.duckdb", synthetic.Recipe(slug="bare"))
    monkeypatch.setattr(parts, "allowed", lambda: True)
    monkeypatch.setattr(table, "wake", lambda: None)  # nothing runs: the pages are looked at
    yield from start(data, monkeypatch)


def labels(app):
    return [button.label for button in app.button]


OFFERS = {
    "evidence": ("Test them", "evidence"),
    "discover": ("Search it", "discover"),
    "circuits": ("Look for them", "writers"),
    "features": ("Measure them", "features"),
    "feature": ("Measure them", "features"),
    "flip_lab": ("Measure them", "features"),
}


@pytest.mark.parametrize("view", OFFERS)
def test_what_is_missing_is_a_button_that_becomes_its_progress(app, view):
    label, kind = OFFERS[view]
    catalog = "measured" if kind in ("evidence", "discover", "writers") else "bare"
    site = {"site": feature_catalog.SITE} if catalog == "measured" else {}
    show(app, view, catalog=catalog, **site)
    assert "dims " not in literal(app)
    if kind == "writers" and label not in labels(app):
        assert "not on this machine" in " ".join(one.value for one in app.caption)
        return
    next(button for button in app.button if button.label == label).click().run()
    job = table.unfinished()[0]
    assert job.asked.kind == kind and job.asked.arguments[:1] == (kind,)
    assert job.asked.link["catalog"] == catalog
    assert label not in labels(app) and "Cancel" in labels(app)
    next(button for button in app.button if button.label == "Cancel").click().run()
    assert table.unfinished() == []
    assert label in labels(app)


def test_a_failure_is_told_where_it_was_asked_for(app):
    show(app, "evidence", catalog="measured")
    next(button for button in app.button if button.label == "Test them").click().run()
    table.end(table.unfinished()[0], table.FAILED, "The disk is full: free 2 GB.")
    app.run()
    assert "The last try failed. The disk is full: free 2 GB." in literal(app)
    assert "Test them" in labels(app)


def test_a_server_that_others_reach_starts_nothing(app, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("DIMS_DATA", str(table.folder().parent))
    for address, allowed in (("0.0.0.0", False), ("", False), ("127.0.0.1", True)):
        monkeypatch.setattr(st, "get_option", {"server.address": address}.get)
        assert parts.allowed() == allowed


def test_an_ended_job_is_a_link_to_what_it_made(app):
    done = table.add(asked("features", "measured"))
    table.end(done, table.DONE, "")
    show(app, "overview", catalog="measured")
    links = [link.proto.label for link in app.get("page_link")]
    assert "features measured" in links


def test_time_is_learned_from_the_last_one_of_its_kind(data):
    unknown = asked("features", "a", size=asks.STORYTELLER)
    assert asks.seconds(unknown) == asks.SECONDS["features"]
    job = table.add(asked("features", "b", size=asks.STORYTELLER / 2))
    table.write(job.folder / "running.json", {"started_at": time.time() - 100})
    table.end(job, table.DONE, "")
    assert asks.seconds(unknown) == pytest.approx(200, rel=0.02)
    assert asks.seconds(asked("other", kind="other")) is None


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (8, "8 s"), (200, "3 min"), (9000, "2.5 h")]
)
def test_durations_are_told_no_more_exactly_than_needed(seconds, words):
    assert told(seconds) == words


def test_a_build_is_asked_for_by_name_and_never_by_an_option(data):
    made = asks.build("gpt2", "my gpt")
    assert made.arguments == ("build", "gpt2", "--name", "my gpt")
    assert made.link == {"catalog": "my-gpt"} and made.size == 0
    for model, items in (("--trust-remote-code", ""), ("  ", ""), ("gpt2", "-x")):
        with pytest.raises(SettingRefused):
            asks.build(model, items=items)


def test_a_shipped_model_has_a_size_before_it_is_built(data):
    size = sizes.of("storyteller")
    assert 5e6 < size.disk < 50e6 and 1.5e9 < size.memory < 3e9
    assert asks.shipped("storyteller").size == size.signs
    assert sizes.of("nobody/nothing") is None
    digits = asks.shipped("digits")
    assert digits.arguments[2:4] == ("--items", str(data.resolve() / "items" / "digits"))


def test_keys_and_values_are_a_second_build_of_the_same_model(app):
    from dashboard.circuits import frames

    catalog = Catalog(table.folder().parent / "catalogs" / "measured.duckdb")
    asked_for = frames.with_keys_values(Here(catalog, feature_catalog.SITE, "zero"))
    assert asked_for.arguments[-4:] == ("--name", "measured-kv", "--sites", "k,v")
    assert asked_for.view == "circuits" and asked_for.view in FILES
    assert asked_for.link["catalog"] == "measured-kv"

"""The tab of machines, the league, and labels in grey."""

import uuid
from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catalog.labelers import endpoint as endpoints
from catalog.labelers import labeling
from catalog.store import packed
from catalog.workspace import label_tests, labels, league, queue
from catalog.workspace.file import open_workspace
from catalog.workspace.label_pairs import Trial
from catalog.workspace.label_tests import Tested as UnderTest
from catalog.workspace.values import Label
from dashboard.common.answers import Here
from dashboard.common.grey import STYLE, greyed
from dashboard.desk import label_test_frames
from dashboard.jobs import parts as jobs
from dashboard.jobs import table
from tests.dashboard.test_dashboard import APP, literal, show
from tests.given import chat, copied, labelled

SITE, TEXT = labelled.SITE, "<b>useless</b> $x$"


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        data = tmp_path_factory.mktemp("machines")
        patch.setenv("DIMS_DATA", str(data))
        yield labelled.write(data)


@pytest.fixture
def app(world, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "w.sqlite"))
    monkeypatch.setattr(table, "wake", lambda: None)  # nobody works on the queue of jobs
    monkeypatch.setattr(jobs, "allowed", lambda: True)  # AppTest has no address
    for name in ("URL", "MODEL", "KEY"):
        monkeypatch.delenv(f"DIMS_LABELER_{name}", raising=False)
    yield AppTest.from_file(APP, default_timeout=30)
    st.cache_data.clear()
    packed.shelf.clear()


def subject(world, number, pole="+"):
    return replace(labeling.subjects(world, SITE, [number])[0], pole=pole)


def took(world, number, right, author="bea", text=TEXT):
    """A label of a pole, and a finished test of it with so many right choices of 27."""
    one, key = subject(world, number), uuid.uuid4().hex
    trials = [Trial(1, 2, "left", "whole", text, n >= 27) for n in range(30)]
    with open_workspace() as workspace:
        labels.save(workspace, uuid.uuid4().hex, [Label(one, author, text=text)])
        label_tests.start(workspace, key, UnderTest(one, author, text), "tim", trials, "s")
        for n in range(30):
            label_tests.choose(workspace, key, n, "left" if n < right else "right")


def at(app, view, **query):
    return show(app, view, catalog="labelled", site=SITE, me="cleo", **query)


def frames(app):
    return "".join(frame.value.to_csv() for frame in app.dataframe)


def test_a_label_that_predicts_nothing_is_grey_where_labels_show(app, world):
    took(world, 1, right=10)
    took(world, 2, right=27, text="good")
    at(app, "dimension", dim=1)
    assert "∅ <b>useless</b> $x$" in frames(app)
    (why,) = [e.help for e in app.markdown if "predicts nothing" in e.value]
    assert "10 of 27" in why
    at(app, "adjudicate", dim=1)
    assert "∅ <b>useless</b>" in frames(app)
    at(app, "dimensions")
    shown = frames(app)
    assert "+ ∅ <b>useless</b> $x$ (1)" in shown and "+ good (1)" in shown
    at(app, "label_test")
    assert "∅ <b>useless</b>" in frames(app) and "∅ good" not in frames(app)
    at(app, "dimension", dim=2)
    (said,) = [e.value for e in app.dataframe if "author" in e.value]
    assert said["text +"].tolist() == ["good"]


def test_a_final_label_that_starts_from_a_grey_one_is_as_it_was_written(app, world):
    took(world, 1, right=10)
    at(app, "adjudicate", dim=1)
    box = next(one for one in app.selectbox if one.label == "Start from the label of")
    box.set_value("bea").run()
    assert next(one.value for one in app.text_input if "+ pole" in one.label) == TEXT


def test_only_what_is_marked_is_grey():
    import pandas as pd

    shown = pd.DataFrame({"label": ["+ ∅ x (1)", "+ y · − ∅ x (1)"], "n": [1, 2]})
    styles = greyed(shown)._compute().ctx
    assert {place: dict(css) for place, css in styles.items() if css} == {
        (0, 0): dict(part.split(": ") for part in STYLE.split("; "))
    }
    assert greyed(shown.iloc[1:]) is not None and not hasattr(greyed(shown.iloc[1:]), "_compute")


def test_the_league_stands_on_the_page_of_tests(app, world, monkeypatch):
    took(world, 1, right=10)
    took(world, 2, right=27, author="carl", text="good")
    at(app, "label_test")
    (shown,) = [e.value for e in app.dataframe if "predicts" in e.value]
    assert shown.author.tolist() == ["carl", "bea"]
    assert shown.predicts.tolist()[0].startswith("1.00 [")
    here = Here(world, SITE, "zero")
    answer = label_test_frames.league(here)
    copied.same(answer, world.path)
    with open_workspace() as workspace:
        queue.open_queue(workspace, "q", "cleo", [subject(world, 2, "")])
    at(app, "label_test")
    assert "carl" not in frames(app)  # hidden from who works blind on it


def test_a_machine_is_told_from_people_on_the_page_of_a_dimension(app, world):
    with open_workspace() as workspace:
        labeling.by_baseline(workspace, world, SITE, [0])
        labels.save(workspace, "e", [Label(subject(world, 0), "bea", text="x")])
    at(app, "dimension", dim=0)
    assert "Labels: 1 person, 1 machine" in "".join(e.value for e in app.markdown)
    assert "machine:baseline" in frames(app)
    with open_workspace() as workspace:
        queue.open_queue(workspace, "q", "cleo", [subject(world, 0, "")])
    at(app, "dimension", dim=0)
    assert "machine:baseline" not in frames(app) and "1 machine" not in literal(app)


def test_without_an_endpoint_the_page_says_how_to_name_one(app):
    at(app, "machines")
    assert "No machine has been asked" in literal(app)
    app.segmented_control(key="machines.what").set_value("label").run()
    assert "DIMS_LABELER_URL" in literal(app) and not app.exception


def test_the_cost_is_told_and_a_click_makes_a_job(app, world, monkeypatch):
    with chat.serving() as served:
        for name, value in (("URL", served.url), ("MODEL", "rule-1"), ("KEY", "sk-0123456789")):
            monkeypatch.setenv(f"DIMS_LABELER_{name}", value)
        at(app, "machines")
        app.segmented_control(key="machines.what").set_value("label").run()
        told = literal(app)
        assert "8 questions to rule" in told and "tokens in" in told
        next(one for one in app.button if one.label == "Label by the model").click().run()
        (job,) = table.every()
        assert job.asked.arguments[:2] == ("labels", "machine")
        assert job.asked.arguments[-3:] == ("--site", SITE, "--yes")
        assert "sk-0123456789" not in str(job)
        with open_workspace() as workspace:
            client = endpoints.Endpoint(endpoints.settings())
            labeling.by_endpoint(workspace, world, SITE, [0, 1], client)
        at(app, "machines")
        assert "positive_pole" not in frames(app) and "like " in frames(app)
        assert "answered" in frames(app)


def test_the_page_hides_what_its_reader_works_blind_on(app, world):
    with open_workspace() as workspace:
        labeling.by_baseline(workspace, world, SITE, [0, 1])
        queue.open_queue(workspace, "q", "cleo", [subject(world, 0, "")])
    at(app, "machines")
    (shown,) = [e.value for e in app.dataframe if "answer" in e.value]
    assert shown.name.tolist() == ["1"]


def test_the_league_of_nobody_is_empty(app):
    with open_workspace() as workspace:
        assert league.table(label_tests.results(workspace, None)).empty
    at(app, "label_test")
    assert "No test is finished yet" in literal(app)

"""Many at once: chosen by number, starred, listed, queued, undone; who is named finds it."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catalog.errors import LabelRefused
from catalog.store import packed
from catalog.workspace import lists, mentions, queue, runs
from catalog.workspace.file import open_workspace
from dashboard.labels import bulk, gathering
from tests.dashboard.test_dashboard import APP, literal, show
from tests.dashboard.test_labeling_pages import SECRET, at, everything, open_for, say, subject
from tests.given import synthetic


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    recipe = synthetic.Recipe(items=300, dims=12, slug="hostile", hostile=True)
    return synthetic.write(tmp_path_factory.mktemp("bulk") / "hostile.duckdb", recipe)


@pytest.fixture
def app(made, tmp_path, monkeypatch):
    (tmp_path / "catalogs").mkdir()
    (tmp_path / "catalogs" / made.name).hardlink_to(made)
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    for name in ("DIMS_WORKSPACE", "DIMS_ADJUDICATORS"):
        monkeypatch.delenv(name, raising=False)
    yield AppTest.from_file(APP, default_timeout=30)
    st.cache_data.clear()
    packed.shelf.clear()


def press(app, key):
    next(b for b in app.button if b.key == key).click().run()
    assert not app.exception


def listed(title="sea"):
    with open_workspace() as workspace:
        return lists.of_list(workspace, None, title).name.tolist()


EVERY = ["0", "1", "2", "3", "10", "animals", "body_parts"]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", ["2"]),
        ("all", EVERY),
        (" ALL ", EVERY),
        ("3, 1", ["1", "3"]),
        ("1-3, 2,10", ["1", "2", "3", "10"]),
        ("2–99", ["2", "3", "10"]),
        ("body parts, animals", ["animals", "body_parts"]),
    ],
)
def test_what_is_typed_or_marked_is_chosen(typed, expected):
    assert gathering.chosen(typed, ["2", "gone"], EVERY) == expected


@pytest.mark.parametrize(
    "typed", ["4", "3-1", "11-99", "1;2", "<b>", "-", "1-", "٣" * 40, "all, 1"]
)
def test_what_is_not_here_is_named(typed):
    with pytest.raises(LabelRefused, match="is not here: name what passes the filter"):
        gathering.chosen(typed, [], EVERY)


def test_marked_rows_open_nothing_and_a_cell_does():
    event = {"selection": {"rows": [0, 2, 9], "cells": []}}
    assert bulk.marked(event, [7, 8, 9]) == ["7", "9"]
    assert bulk.opened("t", event) is None
    event["selection"]["cells"] = [(1, "name")]
    assert bulk.opened("t", event) == 1 and bulk.opened("t", event) is None


def test_many_dimensions_are_starred_listed_and_undone(app):
    with open_workspace() as workspace:
        runs.star(workspace, "e", "ada", subject(2))
        lists.change(workspace, "l", "bob", "sea", [subject(11)])  # typed names: in a browser
    at(app, "dimensions", "ada")
    assert next(b for b in app.button if b.key == "bulk.star").disabled
    app.text_input(key="bulk.which").set_value("1-3").run()
    press(app, "bulk.star")
    assert "2 starred; 1 were before." in literal(app)
    with open_workspace() as workspace:
        assert len(runs.held(workspace, "star", None, person="ada")) == 3
    press(app, "bulk.undo")
    with open_workspace() as workspace:
        [left] = runs.held(workspace, "star", None, person="ada")
    assert left.subject == subject(2).key and "Undone for 2." in literal(app)
    app.selectbox(key="bulk.list").set_value("sea").run()
    press(app, "bulk.add")
    assert listed() == ["11", "1", "2", "3"] and "3 into the list 'sea'." in literal(app)
    press(app, "bulk.undo")
    assert listed() == ["11"]
    assert not [b for b in app.button if b.key == "bulk.undo"]  # nothing more to take back


def test_all_of_a_filter_go_into_a_queue_that_its_person_works_blind_on(app):
    at(app, "dimensions", "ada", **{"from": "40", "to": "60"})
    app.text_input(key="bulk.which").set_value("all").run()
    press(app, "bulk.queue")
    with open_workspace() as workspace:
        [line] = queue.open_queues(workspace, "ada")
        waiting = queue.progress(workspace, line).waiting
    assert 0 < waiting < 12 and line.title.startswith(f"hostile · {waiting} chosen")
    press(app, "bulk.undo")
    with open_workspace() as workspace:
        assert queue.open_queues(workspace, "ada") == []
    assert "no longer blind" in literal(app)


def test_a_mistake_is_a_sentence_and_changes_nothing(app):
    at(app, "dimensions", "ada")
    app.text_input(key="bulk.which").set_value("99").run()
    assert "'99' is not here" in literal(app) and not app.exception
    here = app.session_state["rail.here"]
    with pytest.raises(LabelRefused, match="20,001 are too many"):
        gathering.subjects(here, "dimension", ["1"] * 20_001)


def test_nobody_in_particular_takes_along_and_does_nothing_else(app):
    show(app, "dimensions", catalog="hostile")
    assert not [b for b in app.button if b.key == "bulk.star"]
    assert "Say who you are" in "".join(one.value for one in app.caption)


def test_lists_are_shown_with_links_and_without_what_is_hidden(app):
    say("bob", 1)
    with open_workspace() as workspace:
        lists.change(workspace, "e1", "bob", SECRET, [subject(n) for n in range(3)])
        lists.change(workspace, "e2", "bob", "only 1", [subject(1)])
    at(app, "lists", "ada")
    assert app.selectbox(key="lists.list").options[0].startswith(SECRET)
    assert app.dataframe[0].value.name.tolist() == ["0", "1", "2"]
    assert SECRET in everything(app)
    at(app, "dimension", "ada", dim="1")
    assert "only 1" in "".join(one.proto.label for one in app.get("page_link"))
    open_for("ada", [1])
    at(app, "lists", "ada", list=SECRET)
    assert app.dataframe[0].value.name.tolist() == ["0", "2"]
    assert "only 1" not in "".join(app.selectbox(key="lists.list").options)
    at(app, "dimension", "ada", dim="1")
    assert "only 1" not in "".join(one.proto.label for one in app.get("page_link"))


def test_what_is_in_a_list_is_taken_out_of_it(app):
    with open_workspace() as workspace:
        lists.change(workspace, "e1", "bob", "sea", [subject(n) for n in (4, 7, 9)])
    at(app, "lists", "ada")
    app.text_input(key="bulk.which").set_value("2").run()  # the second row
    press(app, "bulk.out")
    assert listed() == ["4", "9"]
    press(app, "bulk.undo")
    assert listed() == ["4", "9", "7"]


def test_the_sheet_of_what_was_chosen_has_links_and_no_hidden_label(app):
    say("bob", 1, text="colons")
    at(app, "dimensions", "ada")
    here = app.session_state["rail.here"]
    many = [subject(1), subject(2)]
    app.session_state["who.name"] = "ada"
    sheet = gathering.sheet(here, many)
    assert sheet.name.tolist() == ["1", "2"] and "dim=1" in sheet.link[0]
    assert sheet.link[0].startswith("/dimension?catalog=hostile&site=resid.1")


def test_who_is_named_in_a_comment_finds_it_on_home_and_on_label(app):
    with open_workspace() as workspace:
        mentions.comment(workspace, "c1", "bob", subject(3), f"{SECRET} what is it, @ada?")
    at(app, "overview", "ada")
    assert f"{SECRET} what is it, @ada?" in literal(app)
    at(app, "queue", "ada")
    links = [one.proto.label for one in app.get("page_link")]
    assert "1 comment names you" in links
    at(app, "lists", "ada")
    press(app, "mentioned.c1")
    assert "what is it" not in literal(app)
    with open_workspace() as workspace:
        assert mentions.waiting(workspace, "ada") == []


def test_ones_own_comment_is_taken_back(app):
    with open_workspace() as workspace:
        mentions.comment(workspace, "c1", "ada", subject(3), "mine")
        mentions.comment(workspace, "c2", "bob", subject(3), "not mine")
    at(app, "dimension", "ada", dim="3")
    assert "ada: mine" in literal(app)
    assert [b.key for b in app.button if b.label == "Take back"] == ["labels.back.c1"]
    press(app, "labels.back.c1")
    assert "ada: mine" not in literal(app) and "bob: not mine" in literal(app)


def test_a_comment_on_what_is_hidden_calls_nobody_yet(app):
    with open_workspace() as workspace:
        mentions.comment(workspace, "c1", "bob", subject(3), "colons, @ada")
    open_for("ada", [3])
    for view in ("overview", "queue", "lists"):
        at(app, view, "ada")
        assert "colons" not in everything(app)
        assert "names you" not in "".join(one.proto.label for one in app.get("page_link"))

"""The pages on labels: who looks, what is hidden, what a mistake says, what is saved."""

import uuid

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catalog.store import packed
from catalog.store.catalog import Catalog
from catalog.workspace import adjudication, agreement, label_tests, labels, queue, reading, runs
from catalog.workspace.file import open_workspace
from catalog.workspace.subjects import dimension
from catalog.workspace.values import Answer, Circumstances, Label
from dashboard.common import workspace as labeling_frames
from dashboard.labels import panel
from tests.dashboard.test_dashboard import APP, literal, show
from tests.given import copied, synthetic

SITE = "resid.1"
SECRET = "<b>SECRET</b> $x$"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "catalogs").mkdir()
    recipe = synthetic.Recipe(items=300, dims=12, slug="hostile", hostile=True)
    synthetic.write(tmp_path / "catalogs" / "hostile.duckdb", recipe)
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    monkeypatch.delenv("DIMS_WORKSPACE", raising=False)
    monkeypatch.delenv("DIMS_ADJUDICATORS", raising=False)
    return tmp_path


@pytest.fixture
def app(folder):
    yield AppTest.from_file(APP, default_timeout=30)
    st.cache_data.clear()
    packed.shelf.clear()


def subject(number, pole="", model="synthetic/hostile", site=SITE):
    return dimension(model, "weights-0123456789ab", "bare", site, number, pole)


def open_for(person, numbers=range(12), **place):
    chosen, key = [subject(n, **place) for n in numbers], f"q-{person}-{len(place)}"
    with open_workspace() as workspace:
        return queue.open_queue(workspace, key, person, chosen)


def say(person, number, pole="+", text=SECRET):
    with open_workspace() as workspace:
        line = next(iter(queue.open_queues(workspace, person)), None)
        how = Circumstances("queue", line.key, seconds=2.0) if line else Circumstances()
        answer = Answer(subject(number), person, "label", pole, "animals", positive=text)
        labels.answer(workspace, uuid.uuid4().hex, answer, how)


def at(app, view, person, **query):
    return show(app, view, catalog="hostile", site=SITE, me=person, **query)


def everything(app):
    shown = literal(app) + "".join(e.value for e in [*app.markdown, *app.caption])
    return shown + "".join(frame.value.to_csv() for frame in app.dataframe)


VIEWS = ["queue", "agreement", "adjudicate", "label_test"]


@pytest.mark.parametrize("view", VIEWS)
def test_every_page_opens_with_and_without_a_name(app, view):
    show(app, view, catalog="hostile")
    assert view == "agreement" or "Who are you" in literal(app)
    at(app, view, "ada")
    assert "cannot be shown" not in "".join(e.value for e in app.markdown)


def test_a_name_is_asked_for_once_and_never_stands_in_a_link(app):
    show(app, "queue", catalog="hostile")
    app.text_input(key="who.asked").set_value("  Ada   L ")
    next(b for b in app.button if b.label == "This is me" and b.form_id == "who.ask").click().run()
    assert not app.exception
    app.run()
    assert app.session_state[labeling_frames.PERSON] == "Ada L"
    assert "me" not in app.query_params and "Ada" not in str(dict(app.query_params))


def test_an_old_link_with_a_name_makes_nobody_that_person(app):
    app.query_params["me"] = "eve"
    show(app, "queue", catalog="hostile")
    assert "Who are you" in literal(app)
    assert labeling_frames.PERSON not in app.session_state
    assert "me" not in app.query_params


def test_a_name_nobody_could_read_is_refused_in_a_sentence(app):
    show(app, "queue", catalog="hostile")
    app.text_input(key="who.asked").set_value("ada\u202e")
    next(b for b in app.button if b.label == "This is me" and b.form_id == "who.ask").click().run()
    assert "turn the reading direction" in literal(app)


def test_a_queue_is_opened_and_closed(app):
    at(app, "queue", "ada")
    next(b for b in app.button if b.label == "Open the queue").click().run()
    assert not app.exception
    with open_workspace() as workspace:
        (line,) = queue.open_queues(workspace, "ada")
    next(b for b in app.button if b.label == "Close this queue").click().run()
    with open_workspace() as workspace:
        assert queue.open_queues(workspace, "ada") == []
    assert line.coverage == 2 and not app.exception


def test_two_people_are_drawn_the_same_dimensions(app):
    from dashboard.common.answers import Here
    from dashboard.desk import frames

    at(app, "queue", "ada")
    here = app.session_state["rail.here"]
    assert isinstance(here, Here)
    drawn = [frames.chosen(here, [SITE], 5, person) for person in ("ada", "bea")]
    assert drawn[0] == drawn[1]
    say("ada", int(drawn[0][0].name))
    assert drawn[0][0] not in frames.chosen(here, [SITE], 5, "ada")


@pytest.mark.parametrize("view", ["dimension", "adjudicate", "label_test", "agreement", "overview"])
def test_what_others_said_is_hidden_while_my_queue_is_open(app, view):
    say("bea", 3)
    at(app, view, "ada", dim=3)
    seen = "SECRET" in everything(app)
    open_for("ada")
    at(app, view, "ada", dim=3)
    assert "SECRET" not in everything(app)
    assert seen or view in ("agreement", "overview")
    if view == "dimension":
        assert panel.HIDDEN in literal(app)


def test_the_console_keeps_suggestions_while_my_queue_is_open(app):
    hides = "may suggest labels, which your open queue hides"
    at(app, "sql", "ada", sql="SELECT count(*) FROM Feature_Dimension")
    assert hides not in literal(app)
    open_for("ada")
    for asked in ("SELECT count(*) FROM Feature_Dimension", "FROM query('FROM feature')"):
        at(app, "sql", "ada", sql=asked)
        assert hides in literal(app) and not len(app.dataframe) > 1
    at(app, "sql", "ada", sql="SELECT count(*) AS n FROM item")
    assert hides not in literal(app)


def test_labels_of_a_dimension_are_listed_literally(app):
    say("bea", 3)
    at(app, "dimension", "ada", dim=3)
    assert any(SECRET in frame.value.to_csv(quoting=3, escapechar="\\") for frame in app.dataframe)
    assert not any("SECRET" in e.value for e in [*app.markdown, *app.caption])
    assert any("Labels: 1 person" in e.value for e in app.markdown)


def test_a_label_a_star_and_a_comment_from_the_page(app):
    at(app, "dimension", "ada", dim=2)
    app.session_state["labels.write"] = app.session_state["labels.remark"] = True  # both open
    app.run()
    app.radio(key="labels.pole").set_value("both")
    app.text_input(key="labels.plus").set_value("short words")
    next(b for b in app.button if b.form_id == "labels.form").click().run()
    app.text_area(key="labels.text").set_value("one\ntwo")
    next(b for b in app.button if b.form_id == "labels.comment").click().run()
    app.button(key="labels.star").click().run()
    assert not app.exception
    with open_workspace() as workspace:
        said = reading.of_subject(workspace, None, subject(2))
        assert set(said.source) == {"page"} and "short words" in set(said.text)
        assert agreement.entering(workspace).empty
        (comment,) = runs.held(workspace, "comment", None)
        assert comment.body["text"] == "one\ntwo"
        assert len(runs.held(workspace, "star", None)) == 1


def test_an_empty_label_is_refused_in_a_sentence(app):
    at(app, "dimension", "ada", dim=2)
    app.session_state["labels.write"] = True  # open
    app.run()
    next(b for b in app.button if b.form_id == "labels.form").click().run()
    assert "The label is empty" in literal(app)


def test_unlabelled_dimensions_can_be_listed(app):
    say("bea", 3)
    at(app, "dimensions", "ada", labelled="unlabelled")
    assert 3 not in app.dataframe[0].value.dimension.tolist()
    assert len(app.dataframe[0].value) == 11
    at(app, "dimensions", "ada", labelled="all")
    table = app.dataframe[0].value.set_index("dimension")
    assert table.people[3] == 1 and table.people.sum() == 1


def test_agreement_of_two_people(app):
    for person in ("ada", "bea"):
        open_for(person)
        for number in range(8):
            say(person, number, "+" if number % 2 or (person == "bea" and number == 0) else "-")
    at(app, "agreement", "cleo")
    shown = {metric.label: metric.value for metric in app.metric}
    with open_workspace() as workspace:
        found = agreement.measure(agreement.entering(workspace), "clear_pole")
    assert any(f"{found.alpha:.3f}"[:4] in metric.value for metric in app.metric)
    assert shown["people"] == "2"
    assert "1 disagreements" in "".join(e.value for e in app.markdown)
    pairs = [b for b in app.button if b.label == "They mean the same"]
    pairs[0].click().run()
    assert not app.exception


def answer_blind(line, chosen, pole):
    with open_workspace() as workspace:
        given = Answer(chosen, line.person, "label", pole, "animals")
        how = Circumstances("queue", line.key, seconds=2.0)
        labels.answer(workspace, uuid.uuid4().hex, given, how)


@pytest.fixture
def divided(folder):
    """ada and bea differ on 0 and 1 of four, on all of another site and of another model."""
    for place in ({}, {"site": "resid.2"}, {"model": "another", "site": SITE}):
        for person in ("ada", "bea"):
            line = open_for(person, range(4), **place)
            for number in range(4):
                same = not place and number > 1
                pole = "+" if person == "ada" or same else "-"
                answer_blind(line, subject(number, **place), pole)
            with open_workspace() as workspace:
                queue.close_queue(workspace, line.key)


TITLES = {"Clear pole", "Category", "disagreements"}


def copied_of(app, shown, person, **query):
    """Answers of the Agreement page by title, without counts."""
    shown.clear()
    at(app, "agreement", person, **query)
    found = {title.split(" ", 1)[-1].split(";")[0]: one for title, one in shown.items()}
    return {title: one for title, one in found.items() if title in TITLES} | {
        title: one for title, one in shown.items() if title in TITLES
    }


@pytest.mark.parametrize("where", [None, SITE])
def test_what_agreement_lets_one_copy_gives_what_it_shows(app, folder, divided, monkeypatch, where):
    """Of this model and site alone, not of everything in the workspace."""
    shown = copied.record(monkeypatch)
    answers = copied_of(app, shown, "cleo", **({"at": where} if where else {}))
    assert set(answers) == TITLES
    for answer in answers.values():
        copied.same(answer, folder / "catalogs" / "hostile.duckdb")
    sites = [SITE] if where else [SITE, "resid.2"]
    assert set(answers["disagreements"].frame.site) == set(sites)
    assert len(answers["disagreements"].frame) == (2 if where else 6)
    assert answers["Clear pole"].frame.answers.tolist() == [4 * len(sites)] * 2


def test_copied_python_shows_nobody_more_than_the_page(app, folder, divided, monkeypatch):
    shown = copied.record(monkeypatch)
    open_for("cleo", [0])
    answer = copied_of(app, shown, "cleo", at=SITE)["disagreements"]
    assert answer.frame.name.tolist() == ["1"]
    copied.same(answer, folder / "catalogs" / "hostile.duckdb")
    seen = copied_of(app, shown, "dora", at=SITE)["disagreements"]
    assert seen.frame.name.tolist() == ["0", "1"]
    copied.same(seen, folder / "catalogs" / "hostile.duckdb")


def test_a_replaced_catalog_is_on_the_desk_at_once(app, folder):
    from dashboard.common.answers import Here
    from dashboard.desk import shown

    path = folder / "catalogs" / "hostile.duckdb"
    here = Here(Catalog(path), SITE, "zero")
    before = shown.shown(subject(3), here)
    assert shown.shown(subject(3), here) == before
    new = synthetic.write(folder / "new.duckdb", synthetic.Recipe(items=300, dims=12, seed=5))
    new.rename(path)
    assert shown.shown(subject(3), here)["counts"] != before["counts"]


def test_a_final_label_is_written_and_its_history_stays(app, monkeypatch):
    say("bea", 3)
    say("carl", 3, "-", "other")
    at(app, "adjudicate", "cleo", dim=3)
    for text in ("first", "second"):
        key = next(e.key for e in app.text_input if e.label == "Text for the + pole")
        app.text_input(key=key).set_value(text)
        next(b for b in app.button if b.form_id == "adjudicate.form").click().run()
        assert not app.exception
    with open_workspace() as workspace:
        assert list(adjudication.decisions(workspace, None).text) == ["second"]
        assert len(adjudication.decisions(workspace, None, everything=True)) == 2
    assert "first" in everything(app) and "second" in everything(app)
    monkeypatch.setenv("DIMS_ADJUDICATORS", "dora")
    at(app, "adjudicate", "cleo", dim=3)
    assert not [b for b in app.button if b.form_id == "adjudicate.form"]
    assert "dora" in "".join(e.value for e in app.caption)


def test_a_label_is_tested_and_its_verdict_shows_beside_it(app):
    from dashboard.desk import label_test_frames

    with open_workspace() as workspace:
        for number in (3, 4):
            event = uuid.uuid4().hex
            labels.save(workspace, event, [Label(subject(number, "+"), "bea", text=f"t{number}")])
    at(app, "label_test", "cleo")
    here = app.session_state["rail.here"]
    row = label_test_frames.testable(here, "cleo").iloc[-1].to_dict()
    key, values = label_test_frames.begin(here, row, "cleo", "test-1")
    assert not values  # no model at hand: every pair is of the whole range
    at(app, "label_test", "cleo", test=key)
    for place in range(30):
        app.button(key=f"label_test.{'left' if place % 2 else 'right'}").click().run()
        assert not app.exception
    with open_workspace() as workspace:
        (verdict,) = label_tests.results(workspace, None).verdict
    assert verdict in literal(app)
    at(app, "dimension", "cleo", dim=3)
    assert f"{verdict}: +" in literal(app)


def test_a_replaced_workspace_is_seen_without_a_restart(app, folder):
    say("bea", 3)
    at(app, "dimension", "ada", dim=3)
    assert "SECRET" in everything(app)
    for path in folder.glob("workspace.sqlite*"):
        path.unlink()
    at(app, "dimension", "ada", dim=3)
    assert "SECRET" not in everything(app)


def test_a_truncated_workspace_is_one_sentence(app, folder):
    (folder / "workspace.sqlite").write_bytes(b"SQLite format 3\x00 and nothing else")
    at(app, "queue", "ada")
    assert "truncated or not a workspace" in literal(app)


# Labels as files, in the browser.


def test_labels_go_out_and_come_back_as_files(app):
    from dashboard.desk import exchange_frames

    at(app, "exchange", "ada")
    assert "Nobody has labelled anything yet" in literal(app)
    say("bea", 3, "+", "cats")
    at(app, "exchange", "ada")
    here = app.session_state["rail.here"]
    for kind in exchange_frames.FORMATS:
        content = exchange_frames.written(here, kind)
        assert b"cats" in content or kind.ending == "parquet"
        report = exchange_frames.taken(f"mine.{kind.ending.upper()}", content, False)
        assert (report.added, report.conflicts) == (0, 0) and report.read >= 1, kind


def test_a_file_of_no_known_kind_is_refused_with_one_sentence(app):
    from catalog.errors import ImportRefused
    from dashboard.desk import exchange_frames

    with pytest.raises(ImportRefused, match=r"labels\.docx ends in none of \.csv"):
        exchange_frames.taken("labels.docx", b"", False)


def test_no_labels_leave_while_who_looks_works_blind(app):
    say("bea", 3, "+", "cats")
    open_for("ada")
    at(app, "exchange", "ada")
    assert "Close your open queue first" in literal(app)
    assert not app.get("download_button")

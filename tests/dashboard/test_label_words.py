"""Labels of features: shown where they help, hidden where they would suggest; carried over."""

import duckdb
import pytest
import streamlit as st

from catalog.store import packed, replacing
from catalog.workspace import adjudication, carrying, labels, queue, reading, runs, summaries
from catalog.workspace.adjudication import Decision
from catalog.workspace.file import open_workspace
from catalog.workspace.subjects import Subject, dimension
from catalog.workspace.values import Answer, Circumstances, Label
from dashboard.features import discovery_frames
from dashboard.frame import search as search_frames
from dashboard.labels import panel
from dashboard.pages import FILES
from tests.dashboard.test_dashboard import linked, literal, start
from tests.given import feature_catalog
from tests.given.feature_catalog import SITE

PLANTED, NAMED = "planted", "0123456789abcdef"
SECRET = "SECRET *word*"
BUILD = ("synthetic/measured", "weights-0123456789ab", "bare")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The measured catalog with one discovered feature, nearest to the planted category."""
    folder = tmp_path_factory.mktemp("words") / "data"
    path = feature_catalog.write(folder)
    with duckdb.connect(path, read_only=True) as connection:
        signs = connection.execute(
            "SELECT dimension, sign FROM feature_dimension WHERE category = ? AND site = ? "
            "AND background = 'matched' AND threshold = 'zero' ORDER BY dimension",
            [PLANTED, SITE],
        ).fetchall()
    search = {"site": SITE, "threshold": "zero", "seeds": 10, "kept": 1}
    shares = ("yield", "auc", "null_auc", "null_p95", "null_sparsity", "gaussian_yield")
    more = ("gaussian_auc", "sparsity", "paper_yield", "paper_coin_yield")
    kept = {
        "name": NAMED, "site": SITE, "threshold": "zero", "seed_item": 12, "auc": 0.9, "p": 0.01,
        "q": 0.01, "sparsity": 0.1, "dimensions": len(signs), "fallback": False, "merged": 1,
        "category": PLANTED, "category_auc": 0.97,
    }  # fmt: skip
    rows = [{"name": NAMED, "dimension": d, "sign": s} for d, s in signs]
    search |= {name: 0.5 for name in (*shares, *more)}
    replacing.write(
        path, {"discovery": [search], "discovered": [kept], "discovered_dimension": rows}
    )
    return folder


@pytest.fixture
def app(made, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "workspace.sqlite"))
    for started in start(made, monkeypatch):
        yield started
        st.cache_resource.clear()
        packed.shelf.clear()


def feature(name=PLANTED, kind="feature"):
    return Subject(*BUILD, SITE, kind, name)


def say(person, subject, text=SECRET, **more):
    with open_workspace() as workspace:
        answer = Answer(subject, person, text=text, **more)
        labels.answer(workspace, f"{person}-{subject.key}", answer, Circumstances())


def wait(person, *subjects):
    with open_workspace() as workspace:
        queue.open_queue(workspace, f"q-{person}", person, subjects)


def at(app, page, person, **query):
    app.run()
    app.switch_page(FILES[page])
    app.session_state["who.name"] = person
    place = {"catalog": "measured", "site": SITE, "threshold": "zero"}
    for name, value in {**place, **query}.items():
        app.query_params[name] = str(value)
    app.run()
    assert not app.exception
    return app


def everything(app):
    shown = literal(app) + "".join(e.value for e in [*app.markdown, *app.caption])
    options = "".join(str(box.options) for box in app.selectbox)
    return shown + options + "".join(frame.value.to_csv() for frame in app.dataframe)


def test_what_people_say_is_summed_up():
    with open_workspace() as workspace:
        for person, text in (("ada", "cats"), ("bea", "cats"), ("carl", "dogs")):
            given = Answer(dimension(*BUILD, SITE, 3), person, clear_pole="+", positive=text)
            labels.answer(workspace, f"e-{person}", given, Circumstances())
        given = Answer(dimension(*BUILD, SITE, 4), "ada", "no_clear_pole", clear_pole="none")
        labels.answer(workspace, "e-4", given, Circumstances())
        where = dict(zip(("model", "revision", "reading"), BUILD, strict=True))
        where |= {"site": SITE, "kind": "dimension"}
        found = summaries.short(workspace, None, ["3", "4", "5"], **where)
        assert found == {"3": "+ cats (3)", "4": "no clear pole (1)"}
        final = Decision(dimension(*BUILD, SITE, 3), "dora", category="wild_animals")
        adjudication.decide(workspace, "final", final)
        assert summaries.short(workspace, None, ["3"], **where) == {"3": "✓ wild animals"}
        assert summaries.short(workspace, None, ["4"], **where) == {"4": "no clear pole (1)"}
        queue.open_queue(workspace, "q", "eve", [dimension(*BUILD, SITE, 3)])
        assert summaries.short(workspace, "eve", ["3", "4"], **where) == {"4": found["4"]}


@pytest.fixture(autouse=True)
def _own_workspace(tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "workspace.sqlite"))


def test_a_feature_is_labelled_starred_and_remarked_on_its_page(app):
    at(app, "feature", "ada", category=PLANTED)
    app.session_state["labels.write"] = app.session_state["labels.remark"] = True  # both open
    app.run()
    app.text_input(key="labels.whole").set_value("things that are planted")
    app.radio(key="labels.pole").set_value("+")
    next(b for b in app.button if b.form_id == "labels.form").click().run()
    app.button(key="labels.star").click().run()
    app.text_area(key="labels.text").set_value("odd")
    next(b for b in app.button if b.form_id == "labels.comment").click().run()
    assert not app.exception
    with open_workspace() as workspace:
        said = reading.of_subject(workspace, None, feature())
        assert said.text.tolist() == ["things that are planted"] and said.pole.tolist() == [""]
        (comment,) = runs.held(workspace, "comment", None, target=feature().key)
        assert comment.body["text"] == "odd"
        assert len(runs.held(workspace, "star", "ada", target=feature().key)) == 1
    at(app, "overview", "ada")
    assert any("planted" in str(link.proto.label) for link in app.get("page_link"))


@pytest.mark.parametrize("view", ["feature", "discover", "dimensions", "features", "flip_lab"])
def test_labels_stand_in_tables_and_pickers(app, view):
    say("bea", feature())
    say("bea", feature(NAMED, "discovered"))
    with open_workspace() as workspace:
        word = Label(dimension(*BUILD, SITE, 3), "bea", text=SECRET)
        labels.save(workspace, "e-3", [word])
    at(app, view, "ada", category=PLANTED, found=NAMED, view="table")
    assert SECRET in everything(app) or "SECRET" in everything(app)
    assert not any("SECRET" in e.value for e in [*app.markdown, *app.caption])


def test_a_feature_that_waits_in_my_queue_is_not_shown_beside_its_name(app):
    say("bea", feature())
    at(app, "feature", "ada", category=PLANTED)
    assert "SECRET" in everything(app) and app.metric
    wait("ada", feature())
    at(app, "feature", "ada", category=PLANTED)
    assert panel.sentence("feature") in literal(app)
    assert "SECRET" not in everything(app) and not app.metric
    at(app, "feature", "cleo", category=PLANTED)
    assert app.metric and "SECRET" in everything(app)


def test_the_nearest_category_of_what_waits_is_hidden_on_discover_and_in_search(app):
    at(app, "discover", "ada", found=NAMED)
    here = app.session_state["rail.here"]
    said = app.dataframe[0].value
    assert said.category.tolist() == [PLANTED] and app.get("page_link")
    words = said.words.tolist()[0]
    top = discovery_frames.top(here, NAMED).frame["text"]
    assert words.split(", ")[0] == top[0].strip("␣") and len(words.split(", ")) == 3
    hit = next(hit for hit in search_frames.hits(here, PLANTED, "ada") if hit.kind == "discovered")
    assert words in hit.text and NAMED not in hit.text and hit.name == NAMED
    assert any(hit.kind == "discovered" for hit in search_frames.hits(here, PLANTED, "ada"))
    wait("ada", feature(NAMED, "discovered"))
    at(app, "discover", "ada", found=NAMED)
    table = app.dataframe[0].value
    assert table.category.tolist() == [""] and table.category_auc.isna().all()
    assert not any("Nearest" in str(link.proto.label) for link in app.get("page_link"))
    app.text_input(key="rail.search").set_value(PLANTED).run()
    assert not any(frame.value.to_csv().count(NAMED) for frame in app.dataframe)


def test_no_dimension_that_waits_stands_beside_a_category(app):
    at(app, "feature", "ada", category=PLANTED)
    strip = literal(app)
    wait("ada", *[dimension(*BUILD, SITE, n) for n in range(24)])
    at(app, "feature", "ada", category=PLANTED)
    assert "wait in your open queue are left out" in literal(app) not in strip
    at(app, "features", "ada", view="table")
    assert not any("best_dimension" in frame.value for frame in app.dataframe)
    words = " ".join(feature_catalog.lists()[PLANTED][:24])
    at(app, "concept", "ada", words=words)
    assert "wait in your open queue are left out" in literal(app)


def test_labels_of_another_build_are_offered_and_carried(app):
    old = carrying.Version(BUILD[0], "weights-old", "bare")
    with open_workspace() as workspace:
        for number, site in ((3, SITE), (4, SITE), (5, "resid.9")):
            subject = dimension(old.model, old.revision, old.reading, site, number)
            labels.save(workspace, f"e-{number}", [Label(subject, "bea", text="cats")])
    wait("ada", dimension(*BUILD, SITE, 7))
    at(app, "overview", "ada")
    assert "2 labels were given to another build" in literal(app)
    assert "Close your open queue first" in "".join(e.value for e in app.caption)
    at(app, "overview", "cleo")
    table = next(f.value for f in app.dataframe if "outcome" in f.value)
    assert table.outcome.tolist().count("moves") == 2 and "has no place here" in set(table.outcome)
    app.button(key="carry.measured.0.go").click().run()
    assert not app.exception and "another build" not in literal(app)
    with open_workspace() as workspace:
        now = reading.current(workspace, None, revision=BUILD[1])
        assert sorted(now.name) == ["3", "4"] and set(now.source) == {"carried"}


def test_next_and_previous_item(app):
    at(app, "item", "ada", item=0)
    app.button(key="step.previous").click().run()
    assert linked(app, "item") == "1799"
    app.button(key="step.next").click().run()
    assert linked(app, "item") == "0"

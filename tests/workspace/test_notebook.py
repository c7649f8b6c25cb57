"""Labels and agreement as a notebook gets them: of one catalog, for the person who looks."""

import pandas as pd
import pytest

import catalog
from catalog.errors import LabelRefused, NotInCatalog, SettingRefused
from catalog.workspace import agreement, labels, queue, reading, reliability
from catalog.workspace.file import open_workspace
from catalog.workspace.subjects import dimension
from catalog.workspace.values import Label
from tests.given import synthetic
from tests.workspace.given import event, opened, reply

BUILD = ("synthetic/one", "weights-0123456789ab", "bare")


@pytest.fixture
def c(data):
    (data / "catalogs").mkdir(parents=True)
    recipe = synthetic.Recipe(items=60, dims=10, slug="one")
    synthetic.write(data / "catalogs" / "one.duckdb", recipe)
    return catalog.open("one")


def of(*build, site="resid.1", count=4):
    return [dimension(*build, site, number) for number in range(count)]


@pytest.fixture
def said(c):
    """Two people on two sites of this model and on another model; they differ on 0 of the first."""
    places = [of(*BUILD), of(*BUILD, site="resid.2"), of("other", "r1", "bare")]
    with open_workspace() as workspace:
        for person in ("ada", "bea"):
            for place in places:
                line = opened(workspace, person, place, coverage=9)
                for number, subject in enumerate(place):
                    differs = person == "bea" and number == 0 and place is places[0]
                    reply(workspace, line, subject, "-" if differs or number % 2 else "+")
                queue.close_queue(workspace, line.key)
        labels.save(workspace, event(), [Label(of(*BUILD)[0], "eve", text="<b>$x$</b>")])
    return c


def test_labels_are_those_of_the_catalog_and_site(said):
    everywhere, here = said.labels(), said.labels("resid.1")
    assert len(everywhere.frame()) == 17 and len(here.frame()) == 9
    assert set(everywhere.frame().model) == {BUILD[0]}
    assert here.title == "one › resid.1: 9 labels of 3 people"
    assert "&lt;b&gt;$x$&lt;/b&gt;" in here._repr_html_() and "<b>$x$" not in here._repr_html_()
    here.frame().drop(columns="author", inplace=True)
    assert "author" in here.frame()


def test_who_works_blind_is_not_shown_what_others_said(said):
    with open_workspace() as workspace:
        opened(workspace, "cleo", of(*BUILD)[:1], coverage=9)
    assert set(said.labels("resid.1", "cleo").frame().name) == {"1", "2", "3"}
    assert said.agreement(site="resid.1", person="cleo").disagreements().empty
    assert said.agreement(site="resid.1", person="dora").disagreements().name.tolist() == ["0"]


def test_agreement_is_that_of_the_catalog_and_site(said):
    with open_workspace() as workspace:
        where = dict(zip(("model", "revision", "reading"), BUILD, strict=True))
        answers = agreement.entering(workspace, **where, site="resid.1")
        expected = agreement.measure(answers, "clear_pole")
        everywhere = agreement.measure(agreement.entering(workspace, **where), "clear_pole")
    found = said.agreement("clear_pole", site="resid.1")
    assert found.of == expected and found.alpha == expected.alpha < 1
    assert (found.low, found.high, found.raw) == (expected.low, expected.high, 0.75)
    assert (found.entered, found.subjects, found.of.people) == (8, 4, 2)
    assert f"alpha {expected.alpha:.3f}" in found.title
    assert said.agreement().of == everywhere
    table = said.agreement().frame()
    assert table.site.tolist() == ["resid.1", "resid.2"]
    assert table.alpha.tolist() == [expected.alpha, 1.0]
    assert said.agreement().labelers().author.tolist() == ["ada", "bea"]
    assert said.agreement("category").alpha is None
    assert "cannot be computed" in said.agreement("category").title


def test_where_nobody_has_said_anything_there_is_nothing_and_no_file(c, data):
    assert c.labels().frame().empty and c.agreement().frame().empty
    assert c.agreement().disagreements().empty and c.agreement().labelers().empty
    assert (c.agreement().entered, c.agreement().alpha) == (0, None)
    assert isinstance(c.labels()._repr_html_(), str)
    assert not list(data.glob("workspace*"))
    with open_workspace() as workspace:
        pd.testing.assert_index_equal(
            c.labels().frame().columns, reading.current(workspace, None).columns
        )


def test_wrong_questions_are_one_sentence(c):
    with pytest.raises(SettingRefused, match="'text' is not measured: on clear_pole or category"):
        c.agreement("text")
    for ask in (c.labels, lambda site: c.agreement(site=site)):
        with pytest.raises(NotInCatalog, match=r"no site 'resid\.9'"):
            ask("resid.9")


def test_how_sure_answers_are_of_this_model_alone(said):
    where = dict(zip(("model", "revision", "reading"), BUILD, strict=True))
    with open_workspace() as workspace:
        expected = reliability.measure(agreement.entering(workspace, **where), "clear_pole")
    found = said.reliability("clear_pole", site="resid.1")
    assert found.title == "one › resid.1, clear pole: posteriors of 4 subjects, 2 people"
    table = found.frame()
    assert set(table.site) == {"resid.1"} and table.name[0] == "0"  # they differ on it: least sure
    same = expected.subjects.set_index("key").probability
    assert table.probability.tolist() == same[table.key].tolist()
    assert found.labelers().accuracy.tolist() == expected.labelers.accuracy.tolist()
    assert found.pairs().empty and "two more people" in found.notes[0]
    with pytest.raises(SettingRefused, match="clear_pole or category"):
        said.reliability("text")
    with open_workspace() as workspace:
        opened(workspace, "cleo", of("other", "r1", "bare")[:1], coverage=9)
    with pytest.raises(LabelRefused, match="while your queue is open"):
        said.reliability("clear_pole", person="cleo")


def test_the_posteriors_of_an_empty_workspace_are_none(c):
    found = c.reliability()
    assert found.frame().empty and "nothing can be said yet" in found.notes[0]

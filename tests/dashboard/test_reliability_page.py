"""How sure answers are on the pages, to whom that is shown, and checks that their labeler sees."""

import uuid
from datetime import timedelta

import numpy as np
import pytest

from catalog.notebook.reliability import BLIND
from catalog.workspace import blind, known, labels, queue, reading
from catalog.workspace.file import open_workspace
from catalog.workspace.known import Known
from catalog.workspace.values import Answer, Circumstances
from tests.dashboard.test_dashboard import literal
from tests.dashboard.test_labeling_pages import (
    app,
    at,
    everything,
    folder,
    open_for,
    subject,
)

__all__ = ["app", "folder"]
POLES = ("+", "-", "both", "none")


@pytest.fixture
def panel(folder):
    """Three people of some skill about ten dimensions, in queues that they have closed."""
    generator = np.random.default_rng(0)
    truth = generator.integers(4, size=10)
    with open_workspace() as workspace:
        for person, skill in (("ada", 0.9), ("bea", 0.8), ("<b>cleo</b>", 0.7)):
            chosen = [subject(number) for number in range(10)]
            line = queue.open_queue(
                workspace, f"q-{person}", person, chosen, queue.Options(coverage=9)
            )
            for one, true in zip(chosen, truth, strict=True):
                pole = POLES[true if generator.random() < skill else generator.integers(4)]
                action = "no_clear_pole" if pole == "none" else "label"
                said = {"specificity": int(generator.integers(1, 6))}
                given = Answer(one, person, action, pole, **said)
                how = Circumstances("queue", line.key, seconds=2.0)
                labels.answer(workspace, uuid.uuid4().hex, given, how)
            queue.close_queue(workspace, line.key)


def test_posteriors_stand_where_labels_show_and_hide_from_who_labels(panel, app):
    at(app, "agreement", "dora")
    assert {"median posterior", "at 0.9 or above"} <= {metric.label for metric in app.metric}
    assert "ordinal" not in literal(app)  # in the head of a table
    assert any("specificity" in frame.value.to_csv() for frame in app.dataframe)
    app.toggle(key="agreement.summary").set_value(True)
    app.multiselect(key="agreement.second").set_value(["bea"]).run()
    assert any("cohen" in frame.value for frame in app.dataframe)
    (text,) = [block.value for block in app.code if "Fleiss' kappa" in block.value]
    assert "second panel     1 people: bea" in text and "<b>cleo</b>" in text
    at(app, "dimension", "dora", dim=3)
    told = [block.value for block in app.text if block.value.startswith("How sure:")]
    assert len(told) == 1 and "3 people" in told[0] and "[" in told[0]
    at(app, "dimensions", "dora", labelled="all")
    table = app.dataframe[0].value
    assert table.set_index("dimension").sure[3].endswith("], 3 people")
    open_for("dora", [11])  # a dimension that nobody has answered
    for view in ("agreement", "dimension", "dimensions"):
        at(app, view, "dora", dim=3)
        shown = everything(app)
        assert "How sure:" not in shown and "], 3 people" not in shown and "accuracy" not in shown
        assert view != "agreement" or BLIND in literal(app)


def test_a_queue_is_opened_with_an_order_checks_and_a_level(app):
    at(app, "queue", "ada")
    app.selectbox(key="queue.order").set_value("informative")
    app.selectbox(key="queue.checks").set_value("every 10 answers")
    app.selectbox(key="queue.stop").set_value("0.95")
    next(b for b in app.button if b.label == "Open the queue").click().run()
    assert not app.exception
    with open_workspace() as workspace:
        (line,) = queue.open_queues(workspace, "ada")
    assert (line.ordering, line.checks, line.stop) == ("informative", 10, 0.95)


def test_a_final_label_becomes_a_check_and_no_longer(app):
    from catalog.workspace import adjudication

    with open_workspace() as workspace:
        decision = adjudication.Decision(subject(3), "judge", "+", "animals")
        adjudication.decide(workspace, "e1", decision)
    at(app, "adjudicate", "judge", dim=3)
    app.button(key="known.say").click().run()
    with open_workspace() as workspace:
        assert known.held(workspace, None).clear_pole.tolist() == ["+"]
    assert "Known answer: + · animals" in "".join(block.value for block in app.text)
    app.button(key="known.not").click().run()
    with open_workspace() as workspace:
        assert known.held(workspace, None).empty
    assert not app.exception


def test_checks_are_shown_to_their_labeler_alone(app, monkeypatch):
    monkeypatch.setattr(blind, "GRACE", timedelta(0))
    with open_workspace() as workspace:
        known.declare(workspace, "e1", Known(subject(11), "judge", "-"))
        chosen = [subject(number) for number in range(4)]
        line = queue.open_queue(workspace, "q", "ada", chosen, queue.Options(checks=2))
        while following := queue.next_subjects(workspace, line, 1):
            how = Circumstances("queue", line.key, seconds=2.0)
            given = Answer(following[0], "ada", clear_pole="+")
            labels.answer(workspace, uuid.uuid4().hex, given, how)
            queue.answered(workspace, line)
        queue.close_queue(workspace, line.key)
        assert len(reading.history(workspace, None)) > 5
    for person, sees in (("ada", True), ("bea", False)):
        at(app, "agreement", person)
        assert ("known answers" in everything(app)) is sees


def test_scales_are_said_in_the_form(app):
    at(app, "dimension", "ada", dim=2)
    app.session_state["labels.write"] = True
    app.run()
    app.radio(key="labels.pole").set_value("both")
    app.segmented_control(key="labels.clarity_plus").set_value(4)
    app.segmented_control(key="labels.specificity").set_value(1)
    next(b for b in app.button if b.form_id == "labels.form").click().run()
    assert not app.exception
    with open_workspace() as workspace:
        (row,) = reading.current(workspace, None).to_dict("records")
    assert (row["clarity_plus"], row["clarity_minus"], row["specificity"]) == (4, None, 1)

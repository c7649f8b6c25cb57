"""Alpha against published figures, and which answers enter."""

from datetime import timedelta

import krippendorff
import numpy as np
import pytest

from catalog.workspace import agreement, blind, labels, queue
from catalog.workspace.file import open_workspace
from catalog.workspace.values import Circumstances
from tests.workspace.given import event, opened, reply, say, subjects

S = subjects(12)
_ = np.nan
# Krippendorff (2011), Computing Krippendorff's Alpha-Reliability, section C: nominal data, four
# observers, twelve units, missing values; the published alpha is 0.743.
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, _, _, _],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, _, 3],
        [_, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, _],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, _],
    ]
)


def tally(data):
    values = np.unique(data[~np.isnan(data)])
    counts = np.stack([(data == value).sum(axis=0) for value in values], axis=1)
    return counts[counts.sum(axis=1) > 1]


def test_alpha_is_the_published_one():
    assert agreement.alpha(tally(PUBLISHED)) == pytest.approx(0.743, abs=5e-4)


def test_alpha_of_the_saved_answers_is_the_published_one(workspace):
    for person, given in zip("abcd", PUBLISHED, strict=True):
        line = opened(workspace, person, S, coverage=9)
        for subject, value in zip(S, given, strict=True):
            category = None if np.isnan(value) else f"category {value:.0f}"
            reply(workspace, line, subject, "+" if category else "skip", category=category)
    found = agreement.measure(agreement.entering(workspace), "category")
    assert found.alpha == pytest.approx(0.743, abs=5e-4)
    assert (found.units, found.answers, found.people) == (11, 40, 4)
    assert found.low < found.alpha < found.high
    assert sum(found.prevalence.values()) == pytest.approx(1)
    one_value = agreement.measure(agreement.entering(workspace), "clear_pole")
    assert one_value.alpha is None and one_value.raw == 1.0


def test_the_bootstrap_computes_the_same_alpha():
    """A draw is a set of units with repetition: its alpha must be the package's."""
    counts = tally(PUBLISHED)
    drawn = agreement.bootstrap(counts, np.random.default_rng(0), 20)
    again = np.random.default_rng(0)
    for actual in drawn:
        sample = counts[again.integers(len(counts), size=len(counts))]
        used = sample[:, sample.sum(axis=0) > 0]
        expected = krippendorff.alpha(value_counts=used, level_of_measurement="nominal")
        assert actual == pytest.approx(expected, abs=1e-12)


def test_a_sample_of_one_value_is_left_out():
    counts = np.array([[2, 0], [2, 0], [1, 1]])
    drawn = agreement.bootstrap(counts, np.random.default_rng(0), 500)
    assert 0 < np.isnan(drawn).sum() < 500


def test_random_answers_have_alpha_near_zero():
    data = np.random.default_rng(3).integers(0, 3, size=(2, 4000)).astype(float)
    assert abs(agreement.alpha(tally(data))) < 0.05


def test_nothing_saved_gives_nothing(workspace):
    found = agreement.measure(agreement.entering(workspace), "clear_pole")
    assert (found.units, found.alpha, found.raw, found.prevalence) == (0, None, None, {})
    assert agreement.consensus(agreement.entering(workspace), "clear_pole")["units"] == 0
    assert agreement.disagreements(workspace, None).empty
    assert agreement.per_labeler(agreement.entering(workspace), "clear_pole").empty


def entered(workspace):
    table = agreement.entering(workspace)
    return table.clear_pole.fillna(table.action).tolist()


def test_only_the_first_answer_enters(workspace):
    line = opened(workspace, "ada", S)
    reply(workspace, line, S[0], "+")
    reply(workspace, line, S[0], "-")
    assert entered(workspace) == ["+"]


def test_a_label_from_a_page_keeps_its_author_out(workspace):
    line = opened(workspace, "ada", S)
    say(workspace, "ada", S[0], None, clear_pole="-")
    reply(workspace, line, S[0], "+")
    assert entered(workspace) == []


def test_suggestions_keep_an_answer_out(workspace):
    line = opened(workspace, "ada", S)
    reply(workspace, line, S[0], "+", Circumstances("queue", line.key, suggested=True))
    reply(workspace, line, S[1], "none")
    assert entered(workspace) == ["none"]


def test_an_answer_outside_an_open_queue_stays_out(workspace):
    line = opened(workspace, "ada", S)
    queue.close_queue(workspace, line.key)
    reply(workspace, line, S[0], "+")
    assert entered(workspace) == []


def test_a_slip_undone_at_once_does_not_count(workspace):
    line = opened(workspace, "ada", S)
    labels.undo(workspace, event(), "ada", reply(workspace, line, S[0], "+"))
    reply(workspace, line, S[0], "-")
    assert entered(workspace) == ["-"]


def test_an_answer_undone_later_was_the_first(workspace, monkeypatch):
    line = opened(workspace, "ada", S)
    done = reply(workspace, line, S[0], "+")
    monkeypatch.setattr(blind, "GRACE", timedelta(0))
    labels.undo(workspace, event(), "ada", done)
    reply(workspace, line, S[0], "-")
    assert entered(workspace) == ["+"]


@pytest.fixture
def three(workspace):
    """Three people: at one on 0, two to one on 1, all different on 2; eve skips 3."""
    answers = {"ada": "+++-", "bob": "++--", "eve": "+-*s"}
    names = {"*": "none", "s": "skip"}
    for person, given in answers.items():
        line = opened(workspace, person, S[:4], coverage=9)
        for subject, value in zip(S, given, strict=False):
            reply(workspace, line, subject, names.get(value, value))
    return workspace


def test_consensus_counts_units(three):
    found = agreement.consensus(agreement.entering(three), "clear_pole")
    assert found == {"units": 4, "unanimous": 0.5, "triples": 3, "near": pytest.approx(2 / 3)}


def test_per_labeler_points_at_the_odd_one(three):
    table = agreement.per_labeler(agreement.entering(three), "clear_pole").set_index("author")
    assert table.pairs.to_dict() == {"ada": 7, "bob": 7, "eve": 6}
    assert table.raw.to_dict() == pytest.approx({"ada": 4 / 7, "bob": 4 / 7, "eve": 2 / 6})
    assert table.missing.to_dict() == {"ada": 0, "bob": 0, "eve": 0.25}
    assert table.without["eve"] > table.without["ada"]


def test_disagreements_come_most_divided_first(three):
    table = agreement.disagreements(three, None)
    assert table[["name", "people"]].values.tolist() == [["2", 3], ["1", 3]]
    assert table.agreeing.tolist() == pytest.approx([0, 1 / 3])


def test_sites_are_measured_apart(workspace):
    other = subjects(3, site="resid.2")
    for person in ("ada", "bob"):
        line = opened(workspace, person, [*S[:3], *other])
        for number, (first, second) in enumerate(zip(S[:3], other, strict=True)):
            reply(workspace, line, first, "+-+"[number])
            reply(workspace, line, second, "+-+"[number if person == "ada" else number - 1])
    found = agreement.per_site(agreement.entering(workspace), "clear_pole")
    assert found["resid.1"].alpha == 1.0 and found["resid.2"].alpha < 0.5


def test_ten_thousand_answers_are_measured_quickly(tmp_path):
    import time

    rng = np.random.default_rng(0)
    counts = rng.multinomial(3, [0.5, 0.3, 0.1, 0.1], size=5000)
    begun = time.monotonic()
    agreement.bootstrap(counts, rng)
    assert time.monotonic() - begun < 3
    with open_workspace(tmp_path / "w.sqlite") as workspace:
        assert agreement.entering(workspace).empty

"""The consensus protocol against published tables, and from an exported file alone."""

import json
from itertools import combinations

import krippendorff
import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest
from sklearn.metrics import cohen_kappa_score

from catalog.errors import SettingRefused
from catalog.workspace import (
    agreement,
    at_hand,
    gibbs,
    printable,
    protocol,
    queue,
    reliability,
    scales,
    transfer,
)
from catalog.workspace.dawid_skene import Panel
from catalog.workspace.file import open_workspace
from tests.workspace.given import opened, reply, subjects

# Fleiss 1971, Measuring nominal scale agreement among many raters, table 1: thirty patients, six
# psychiatrists, five diagnoses; the published kappa is 0.430.
FLEISS = """
00060 03003 01401 00006 03030 20400 00402 20310 20040 00006 10050 11040 03300 10050 02031 00501
30012 51000 02040 10203 00006 01050 02013 20040 10041 05010 40002 02040 10500 00006
"""
PUBLISHED = np.array([[int(count) for count in row] for row in FLEISS.split()])
POLES = ("+", "-", "both", "none")
S = subjects(40)


def test_fleiss_kappa_is_the_published_one():
    assert PUBLISHED.sum(axis=1).tolist() == [6] * 30
    assert protocol.fleiss(PUBLISHED) == pytest.approx(0.430, abs=5e-4)


def plain_fleiss(rows):
    """Fleiss' kappa of lists of answers, written out."""
    every = [answer for row in rows for answer in row]
    same = np.mean([np.mean([a == b for a, b in combinations(row, 2)]) for row in rows])
    chance = sum((every.count(value) / len(every)) ** 2 for value in set(every))
    return (same - chance) / (1 - chance)


def test_fleiss_kappa_of_unequal_numbers_of_people():
    generator = np.random.default_rng(0)
    rows = [list(generator.integers(3, size=generator.integers(2, 6))) for _ in range(60)]
    tally = np.array([[row.count(value) for value in range(3)] for row in rows])
    assert protocol.fleiss(tally) == pytest.approx(plain_fleiss(rows))


def test_one_value_alone_has_no_kappa():
    assert protocol.fleiss(np.array([[3, 0], [2, 0]])) is None
    assert protocol.fleiss(np.zeros((0, 2), int)) is None
    assert protocol.cohen(np.zeros(5, int), np.zeros(5, int), 2).value is None
    assert protocol.cohen(np.zeros(0, int), np.zeros(0, int), 0).value is None


def test_cohens_kappa_is_that_of_scikit_learn():
    generator = np.random.default_rng(1)
    one = generator.integers(4, size=200)
    other = np.where(generator.random(200) < 0.6, one, generator.integers(4, size=200))
    found = protocol.cohen(one, other, 4)
    assert found.value == pytest.approx(cohen_kappa_score(one, other))
    assert found.low < found.value < found.high


def test_the_bootstrap_draws_the_same_statistic():
    """Weights are repetitions: kappa and alpha of a draw are those of the drawn rows."""
    generator = np.random.default_rng(2)
    for _ in range(5):
        drawn = generator.integers(30, size=30)
        weights = np.bincount(drawn, minlength=30)[None, :].astype(float)
        assert protocol._kappas(PUBLISHED, weights)[0] == pytest.approx(
            protocol.fleiss(PUBLISHED[drawn])
        )
        expected = scales.alpha(PUBLISHED[drawn])
        assert scales.weighted(PUBLISHED)(weights)[0] == pytest.approx(expected, abs=1e-12)


def test_ordinal_alpha_forgives_neighbours():
    near = np.array([[1, 1, 0, 0, 0], [0, 1, 1, 0, 0], [0, 0, 0, 1, 1], [0, 0, 1, 1, 0]])
    far = np.array([[1, 0, 0, 0, 1], [0, 1, 1, 0, 0], [1, 0, 0, 0, 1], [0, 0, 1, 1, 0]])
    assert scales.alpha(near) > scales.alpha(far)
    assert scales.alpha(np.array([[2, 0, 0, 0, 0]])) is None


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Five people on forty subjects, by chance and skill; kim and lee are to be a second panel."""
    generator = np.random.default_rng(5)
    workspace = open_workspace(tmp_path_factory.mktemp("labelled") / "w.sqlite")
    truth = generator.integers(4, size=len(S))
    for person, skill in (("ada", 0.9), ("bob", 0.7), ("eve", 0.8), ("kim", 0.85), ("lee", 0.75)):
        line = opened(workspace, person, S, coverage=99)
        for subject, true in zip(S, truth, strict=True):
            if generator.random() < 0.15:
                continue
            pole = POLES[true if generator.random() < skill else generator.integers(4)]
            said = {"clarity_plus": int(generator.integers(1, 6)), "specificity": 3}
            category = None if pole == "none" else f"c{true if generator.random() < 0.6 else 0}"
            reply(workspace, line, subject, pole, category=category, **said)
    yield workspace
    workspace.close()


def from_file(path):
    """First answers as a stranger reads them out of the file: one row a person and subject."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()[1:]]
    named = {row["key"]: row for row in rows if row["table"] == "subject"}
    said = pd.DataFrame([row for row in rows if row["table"] == "label"])
    said = said[said.subject.map(lambda key: named[key]["pole"] == "")]
    said = said.sort_values("made_at", kind="stable").drop_duplicates(["author", "subject"])
    return said[said.blind & ~said.suggested & (said.source == "queue")]


@pytest.mark.parametrize("field", agreement.FIELDS)
def test_the_summary_comes_out_of_the_exported_file_alone(labelled, tmp_path, field):
    answers = agreement.entering(labelled)
    found = protocol.measure(answers, field, ["kim", "lee"])
    transfer.export_jsonl(labelled, tmp_path / "labels.jsonl")
    said = from_file(tmp_path / "labels.jsonl").dropna(subset=field)
    first = said[~said.author.isin(["kim", "lee"])]
    rows = [list(group) for _, group in first.groupby("subject")[field]]
    several = [row for row in rows if len(row) > 1]
    assert found.people == ("ada", "bob", "eve") and found.subjects == len(rows)
    assert found.answered_by == pd.Series([len(r) for r in rows]).value_counts().to_dict()
    assert found.unanimous == pytest.approx(np.mean([len(set(row)) == 1 for row in several]))
    near = [max(map(row.count, row)) >= len(row) - 1 for row in several if len(row) > 2]
    assert found.near == pytest.approx(np.mean(near))
    assert found.fleiss.value == pytest.approx(plain_fleiss(several))
    assert found.fleiss.low < found.fleiss.value < found.fleiss.high
    table = first.pivot(index="author", columns="subject", values=field)
    codes = {value: place for place, value in enumerate(sorted(set(first[field])))}
    data = np.array([[codes.get(v, np.nan) for v in row] for row in table.to_numpy()])
    expected = krippendorff.alpha(reliability_data=data, level_of_measurement="nominal")
    assert found.agreement.alpha == pytest.approx(expected)

    def majority(rows):
        top = rows.groupby("subject")[field].agg(lambda one: one.mode().tolist())
        return top[top.map(len) == 1].map(lambda one: one[0])

    second = majority(said[said.author.isin(["kim", "lee"])])
    both = pd.concat([majority(first), second], axis=1, join="inner").to_numpy()
    assert found.second.subjects == len(both)
    assert found.second.same == pytest.approx((both[:, 0] == both[:, 1]).mean())
    assert found.second.kappa.value == pytest.approx(cohen_kappa_score(both[:, 0], both[:, 1]))


def test_posteriors_and_scales_come_out_of_the_exported_file_too(labelled, tmp_path):
    transfer.export_jsonl(labelled, tmp_path / "labels.jsonl")
    said = from_file(tmp_path / "labels.jsonl").dropna(subset="clear_pole")
    said = said.sort_values(["subject", "author"])
    subject, keys = pd.factorize(said.subject, sort=True)
    labeler, authors = pd.factorize(said.author, sort=True)
    value = said.clear_pole.map(POLES.index).to_numpy()
    panel = Panel(subject, labeler, value, len(keys), len(authors), 4)
    expected = gibbs.sample(panel)
    found = reliability.measure(agreement.entering(labelled), "clear_pole")
    assert found.subjects.key.tolist() == list(keys)
    assert found.subjects.probability.tolist() == expected.probability.tolist()
    assert found.labelers.author.tolist() == list(authors)
    assert found.labelers.accuracy.tolist() == expected.accuracy.tolist()
    table = said.pivot(index="author", columns="subject", values="clarity_plus").to_numpy(float)
    ordinal = krippendorff.alpha(reliability_data=table, level_of_measurement="ordinal")
    shown = scales.table(agreement.entering(labelled)).set_index("scale")
    assert shown.alpha["clarity_plus"] == pytest.approx(ordinal)
    assert "clarity_minus" not in shown.index  # nobody used it
    assert np.isnan(shown.alpha["specificity"]) and shown["mean"]["specificity"] == 3


def test_the_printed_summary_is_the_same_in_an_empty_workspace(labelled, tmp_path):
    path = tmp_path / "labels.jsonl"
    transfer.export_jsonl(labelled, path)
    with open_workspace(tmp_path / "empty.sqlite") as empty:
        transfer.import_jsonl(empty, path)
        texts = [
            printable.text(printable.summarise("tiny", agreement.entering(one), ["kim", "lee"]))
            for one in (labelled, empty)
        ]
    assert texts[0] == texts[1]
    assert "Fleiss' kappa" in texts[0] and "second panel     2 people: kim, lee" in texts[0]
    assert max(map(len, texts[0].splitlines())) <= 100


def test_shares_of_the_summary_have_their_counts_and_intervals(labelled):
    answers = agreement.entering(labelled)
    found = protocol.measure(answers, "clear_pole")
    given = answers.dropna(subset="clear_pole").groupby("key").clear_pole
    several = given.size() > 1
    agreed = int((given.nunique()[several] == 1).sum())
    ends = binomtest(agreed, int(several.sum())).proportion_ci(method="wilson")
    unanimous, _ = found.at_one
    assert (unanimous.low, unanimous.high) == pytest.approx(tuple(ends))
    text = printable.text(printable.summarise("tiny", answers))
    assert f"{agreed / several.sum():.1%} [" in text and f"of {several.sum()} answered" in text
    assert found.same.low < found.same.value == found.agreement.raw < found.same.high
    tally, _ = agreement.counts(agreement.matrix(answers, "clear_pole"))
    drawn = np.random.default_rng(1).integers(len(tally), size=(2000, len(tally)))
    pairs, people = tally * (tally - 1), tally.sum(axis=1)
    shares = [pairs[rows].sum() / (people * (people - 1))[rows].sum() for rows in drawn]
    expected = np.percentile(shares, [2.5, 97.5])
    assert (found.same.low, found.same.high) == pytest.approx(tuple(expected), abs=0.03)


def test_a_second_panel_of_strangers_or_of_everybody_is_refused(labelled):
    answers = agreement.entering(labelled)
    with pytest.raises(SettingRefused, match="zoe gave no blind answer"):
        protocol.measure(answers, "clear_pole", ["zoe"])
    with pytest.raises(SettingRefused, match="leave somebody"):
        protocol.measure(answers, "clear_pole", ["ada", "bob", "eve", "kim", "lee"])


def test_an_empty_panel_is_said_in_words(workspace):
    answers = agreement.entering(workspace)
    text = printable.text(printable.summarise("tiny", answers))
    assert "Nobody has answered blind" in text
    found = reliability.measure(answers, "category")
    assert found.subjects.empty and found.labelers.empty and found.pairs.empty
    assert found.notes == [
        "Nobody has answered this field blind from the queue: nothing can be said yet."
    ]
    assert protocol.measure(answers, "category").fleiss.value is None


def test_one_person_alone_has_the_priors_accuracy(workspace):
    line = opened(workspace, "ada", S)
    for subject in S[:12]:
        reply(workspace, line, subject, "+")
    found = reliability.measure(agreement.entering(workspace), "clear_pole")
    assert "the prior's guess" in found.notes[0]
    (row,) = found.labelers.to_dict("records")
    assert row["low"] < 0.75 < row["high"] and row["high"] - row["low"] > 0.3
    words = reliability.words(found.subjects.iloc[0].to_dict())
    assert words.startswith("+, 0.") and words.endswith("1 person")


def test_who_always_says_the_same_and_who_copies_is_named(workspace):
    generator, some = np.random.default_rng(0), S
    truth = generator.integers(4, size=len(some))
    said = {
        person: [POLES[t if generator.random() < 0.75 else generator.integers(4)] for t in truth]
        for person in ("ada", "bob", "eve", "kim")
    }
    said["lee"] = said["ada"]
    said["max"] = ["+"] * len(some)
    for person, poles in said.items():
        line = opened(workspace, person, some, coverage=99)
        for subject, pole in zip(some, poles, strict=True):
            reply(workspace, line, subject, pole)
    found = reliability.measure(agreement.entering(workspace), "clear_pole")
    assert found.labelers.set_index("author").only.dropna().to_dict() == {"max": "+"}
    assert found.pairs[["first", "second"]].values.tolist() == [["ada", "lee"]]
    told = " ".join(found.notes)
    assert "max answered + every time (40 answers)" in told
    assert "ada and lee gave the same answer to 40 of 40 subjects" in told


def test_pages_measure_once_for_each_state_of_the_log(workspace):
    build = {"model": "tiny", "revision": "r1", "reading": "bare"}
    line = opened(workspace, "ada", S[:3])
    reply(workspace, line, S[0], "+")
    queue.close_queue(workspace, line.key)
    found = at_hand.of_build(workspace, "bob", build)
    assert at_hand.of_build(workspace.looking(), None, build) is found
    other = opened(workspace, "bob", S[:3])
    assert at_hand.of_build(workspace, "bob", build) is None  # while he labels
    reply(workspace, other, S[0], "-")
    again = at_hand.of_build(workspace, "ada", build)
    assert again is not found and again["clear_pole"].subjects.people.tolist() == [2]
    assert at_hand.of_build(workspace, "ada", {**build, "reading": "other"})["category"].notes


def test_words_never_say_that_anything_is_certain():
    row = {
        "answer": "sea_animals",
        "probability": 0.9991,
        "low": 0.93,
        "high": 0.99999,
        "people": 3,
    }
    assert reliability.words(row) == "sea animals, > 0.99 [0.93, > 0.99], 3 people"

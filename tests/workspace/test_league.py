"""The league table: counted as a reviewer would from the tests alone, and quickly."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, false_discovery_control

from catalog.signs import proportions
from catalog.workspace import label_tests, league, schema, transfer
from catalog.workspace.label_tests import NOTHING, PREDICTS, UNDECIDED
from tests.workspace.given import event, subjects
from tests.workspace.test_label_tests import take

S = subjects(8)
RNG = np.random.default_rng


def results(rows):
    """Rows of `label_tests.results`: author, dimension, text, right of 27, tester."""
    frame = pd.DataFrame(rows, columns=["author", "target", "text", "right", "tester"])
    frame["pole"], frame["scored"], frame["control"], frame["control_right"] = "+", 27, 3, 1
    p = [proportions.binomial_p(int(right), 27) for right in frame.right]
    q = false_discovery_control(p)
    high = [proportions.wilson(int(right), 27)[1] for right in frame.right]
    frame["verdict"] = [label_tests.verdict(*pair) for pair in zip(q, high, strict=True)]
    return frame


def test_an_author_is_counted_over_all_tests_of_their_labels_by_one_tester():
    found = results(
        [
            ("ada", "1", "cats", 27, "bob"),
            ("ada", "1", "cats", 26, "machine:x"),
            ("ada", "2", "dogs", 14, "bob"),
            ("machine:y", "1", "x", 9, "bob"),
            ("machine:y", "2", "y", 10, "machine:x"),
        ]
    )
    table = league.table(found).set_index(["tested_by", "author"])
    both = ["ada", "machine:y"]
    tested = [(by, author) for by in (league.PEOPLE, "machine:x") for author in both]
    assert table.index.tolist() == tested  # never two testers in one row
    ada, robot = table.loc[tested[0]], table.loc[tested[1]]
    assert (ada.kind, robot.kind) == ("person", "machine")
    assert (ada.labels, ada.tests, ada.pairs) == (2, 2, 54)
    assert (ada.predicts, ada.nothing, ada.undecided) == (1, 0, 1)
    assert (ada.predicts_low, ada.predicts_high) == proportions.wilson(1, 2)
    assert (robot.predicts, robot.nothing, robot.undecided) == (0, 1, 0)
    assert ada.share == pytest.approx((27 + 14) / 54)
    assert table.loc[tested[2]].share == pytest.approx(26 / 27)


def test_the_league_is_the_same_from_the_tests_themselves(workspace):
    rights = (27, 20, 16, 10, 13)
    for subject, right in zip(S, rights, strict=False):
        take(workspace, subject, right)
    found = label_tests.results(workspace, None)
    (row,) = league.table(found).itertuples()
    q = false_discovery_control([proportions.binomial_p(right, 27) for right in rights])
    assert row.predicts == (q < 0.05).sum()
    high = np.array([proportions.wilson(right, 27)[1] for right in rights])
    assert row.nothing == ((q >= 0.05) & (high < 0.65)).sum()
    assert row.predicts + row.nothing + row.undecided == row.tests == len(rights)


def test_the_league_comes_again_out_of_the_exported_file_alone(workspace, tmp_path):
    for subject, right in zip(S, (27, 20, 16, 10, 13), strict=False):
        take(workspace, subject, right)
    expected = league.table(label_tests.results(workspace, None)).iloc[0]
    transfer.export_jsonl(workspace, tmp_path / "all.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()[1:]]
    held = {name: pd.DataFrame(rows) for name, rows in by_table(lines).items()}
    tests, trials, choices = (held[f"label_{name}"] for name in ("test", "trial", "choice"))
    pairs = trials.merge(choices, on=["test", "trial"])
    pairs = pairs[~pairs.control].assign(right=pairs.choice == pairs.answer)
    counts = pairs.groupby("test").right.agg(["sum", "size"]).loc[tests.key]
    p = [binomtest(k, n, alternative="greater").pvalue for k, n in counts.to_numpy()]
    predicts = false_discovery_control(p) < 0.05
    high = [binomtest(k, n).proportion_ci(method="wilson").high for k, n in counts.to_numpy()]
    nothing = ~predicts & (np.array(high) < 0.65)
    assert (predicts.sum(), nothing.sum()) == (expected.predicts, expected.nothing)
    ends = binomtest(int(predicts.sum()), len(tests)).proportion_ci(method="wilson")
    assert (expected.predicts_low, expected.predicts_high) == pytest.approx(tuple(ends))
    assert expected.share == pytest.approx(counts["sum"].sum() / counts["size"].sum())


def by_table(lines):
    held = {}
    for line in lines:
        held.setdefault(line.pop("table"), []).append(line)
    return held


def test_the_interval_holds_the_true_share_of_labels_that_differ():
    """Labels with their own chance of a right choice: pairs of one test are no independent ones."""
    rng, inside, naive = RNG(0), 0, 0
    for _ in range(400):
        chance = rng.beta(4, 3, size=30)
        right = rng.binomial(27, chance)
        low, high = proportions.clustered(right, np.full(30, 27))
        inside += low <= 4 / 7 <= high
        low, high = proportions.wilson(int(right.sum()), 30 * 27)
        naive += low <= 4 / 7 <= high
    assert inside / 400 >= 0.92 > naive / 400


def test_the_interval_of_a_difference_is_newcombes():
    """Newcombe 1998, table II, examples a and d, method 10."""
    assert proportions.difference((56, 48), (70, 80)) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert proportions.difference((9, 3), (10, 10)) == pytest.approx((0.1705, 0.8090), abs=5e-5)


def test_a_text_that_predicts_nothing_is_named_with_its_reason():
    found = results(
        [
            ("ada", "1", "cats", 10, "bob"),
            ("ada", "2", "dogs", 10, "bob"),
            ("ada", "2", "dogs", 19, "kim"),
            ("ada", "3", "hens", 27, "bob"),
        ]
    )
    assert found.verdict.tolist() == [NOTHING, NOTHING, UNDECIDED, PREDICTS]
    said = league.empty_texts(found)
    assert list(said) == [("ada", "1", "+", "cats")]  # two tests of a label are counted together
    assert "10 of 27" in next(iter(said.values()))
    assert league.marked(said, found).text.tolist() == ["∅ cats", "dogs", "dogs", "hens"]
    assert league.empty_texts(found.iloc[:0]) == {}


def test_nobody_tested_gives_an_empty_table(workspace):
    table = league.table(label_tests.results(workspace, None))
    assert table.empty and tuple(table.columns) == league.COLUMNS


def test_a_thousand_labels_take_less_than_five_seconds(workspace):
    with workspace.writing() as connection:
        some = subjects(1000)
        connection.execute(schema.subject.insert(), [one.row() for one in some])
        made = label_tests.now()
        tests = [
            {
                "key": event(), "subject": one.key, "author": f"a{n % 40}", "text": f"t{n}",
                "tester": "kim", "seed": "s", "made_at": made,
            }
            for n, one in enumerate(some)
        ]  # fmt: skip
        connection.execute(schema.label_test.insert(), tests)
        numbers = [(test["key"], trial) for test in tests for trial in range(30)]
        trials = [
            {
                "test": key, "trial": n, "left_item": 1, "right_item": 2, "answer": "left",
                "band": "whole", "shown": "t", "control": n < 3,
            }
            for key, n in numbers
        ]  # fmt: skip
        connection.execute(schema.label_trial.insert(), trials)
        sides = RNG(0).choice(["left", "right"], len(numbers), p=[0.7, 0.3])
        choices = [
            {"test": key, "trial": n, "choice": str(side), "made_at": made}
            for (key, n), side in zip(numbers, sides, strict=True)
        ]
        connection.execute(schema.label_choice.insert(), choices)
    begun = time.perf_counter()
    found = label_tests.results(workspace, None)
    table = league.table(found)
    grey = league.empty_texts(found)
    took = time.perf_counter() - begun
    assert table.tests.sum() == 1000 and len(table) == 40 and len(grey) < 1000
    assert took < 5, took
    print(f"league of 1,000 labels: {took:.2f} s")

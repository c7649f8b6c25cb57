"""A CSV cell never starts a formula, in Python and in DuckDB alike, and comes back as it was."""

import csv
import io

import duckdb
import pandas as pd
import pytest

from catalog.store import cells
from tests.given import synthetic

FORMULAS = [
    "=1+1", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n-2", "\u00a0=1", "\ufeff=1",
    "\u200b@x", "＝1+1", "＋1", "－1", "＠x", "=cmd|' /C calc'!A0", "'=1+1", "'quoted'", "'",
]  # fmt: skip
HARMLESS = ["", "+", "-", "a=1", "cat", "a;=1+1", "1-2", "␣=", '"=1"', "ß'", "  cat"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_an_apostrophe_and_loses_it_again(text):
    assert cells.cell(text) == "'" + text
    assert cells.plain(cells.cell(text)) == text


@pytest.mark.parametrize("text", [*HARMLESS, *synthetic.HOSTILE[:-1]])
def test_every_other_text_stays(text):
    assert cells.cell(text) == text
    assert cells.plain(text) == text


def test_duckdb_knows_the_same_rule():
    texts = [*FORMULAS, *HARMLESS, *synthetic.HOSTILE]
    with duckdb.connect() as connection:
        found = connection.execute(
            "SELECT list_transform($texts, lambda one: regexp_matches(one, $risky))",
            {"texts": texts, "risky": cells.RISKY},
        ).fetchone()[0]
    assert found == [cells.cell(text) != text for text in texts]


def test_a_frame_keeps_numbers_and_quotes_every_text():
    frame = pd.DataFrame({"a": ["=1", "x;=2", None], "n": [-1.5, 2, None], "=b": [[1], True, -2]})
    text = cells.csv(frame)
    assert text.split("\n")[0] == 'a,n,"\'=b"'
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[1:] == [["'=1", "-1.5", "[1]"], ["x;=2", "2.0", "True"], ["", "", "-2"]]
    assert '"x;=2"' in text


def test_lists_of_hostile_texts_cannot_begin_a_formula():
    frame = pd.DataFrame({"a": [["=1+1"], ("@x",)]})
    for row in list(csv.reader(io.StringIO(cells.csv(frame))))[1:]:
        assert row[0][0] in "[("

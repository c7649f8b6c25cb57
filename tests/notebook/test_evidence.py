"""The evidence table in a notebook: rows as stored, claims with their controls and plots."""

import json

import pandas as pd
import plotly.graph_objects as go
import pytest

import catalog
from catalog.errors import NotInCatalog
from catalog.store import replacing
from tests.given import synthetic

CURVES = {"first k": [1.0, 2.0, 4.0], "signs": [0.1, 0.2, 0.4], "other": [1.0]}


def stored(claim, position, value=0.5, curves=None):
    """A row of the evidence table."""
    words = ["statement", "measure", "paper", "reason", "method", "unit", "cell"]
    return {
        **{name: f"{name} of <b>{claim}</b> | x" for name in words},
        "claim": claim, "position": position, "value": value,
        "low": value and value - 0.1, "high": value and value + 0.1,
        "controls": json.dumps({"null": 0.25, "rotated": 0.375}), "strongest": value and "rotated",
        "verdict": "holds" if value else "cannot be tested", "n": 1234,
        "curves": json.dumps(curves or {}), "seconds": 1.0,
    }  # fmt: skip


@pytest.fixture(scope="module")
def c(tmp_path_factory):
    path = synthetic.write(tmp_path_factory.mktemp("evidence") / "small.duckdb")
    rows = [stored("basis", 1, curves=CURVES), stored("context", 0), stored("training", 2, None)]
    replacing.write(path, {"evidence": rows})
    return catalog.open(path)


def test_rows_come_as_stored_in_the_order_of_the_table(c):
    found = c.evidence()
    rows = c.sql("FROM evidence ORDER BY position")
    pd.testing.assert_frame_equal(found.frame(), rows, check_dtype=False)
    assert [one.key for one in found.claims] == ["context", "basis", "training"]
    assert "2 holds, 1 cannot be tested" in found.title


def test_a_claim_has_its_figure_its_controls_and_its_plot(c):
    one = c.evidence().claim("basis")
    assert one.figure == "0.5 [0.4, 0.6]" and one.strongest == "rotated 0.375"
    assert one.frame().to_dict("list") == {"control": ["null", "rotated"], "value": [0.25, 0.375]}
    figure = c.evidence().plot("basis")
    assert isinstance(figure, go.Figure) and [line.name for line in figure.data] == ["signs"]
    assert list(figure.data[0].x) == CURVES["first k"]  # a list of another length is no line
    with pytest.raises(NotInCatalog, match="has no plot"):
        c.evidence().claim("context").plot()


def test_a_claim_that_could_not_be_tested_has_no_figure(c):
    one = c.evidence().claim("training")
    assert (one.figure, one.strongest) == ("–", "–")


def test_claims_in_words_are_those_named_or_all(c):
    told = c.evidence().told("training", "basis")
    assert told["verdict"].tolist() == ["holds", "cannot be tested"]
    assert told["n"][0] == "1,234 unit of <b>basis</b> | x"
    assert len(c.evidence().told()) == 3
    lines = c.evidence().markdown().split("\n")
    assert len(lines) == 5 and all(line.count("|") == 6 for line in lines)


def test_a_claim_that_is_not_there_names_those_that_are(c):
    with pytest.raises(NotInCatalog, match="tested are: context, basis, training"):
        c.evidence().claim("flips_away")


def test_before_it_was_made_there_are_no_rows(tmp_path):
    empty = catalog.open(synthetic.write(tmp_path / "bare.duckdb")).evidence()
    assert empty.frame().empty and empty.claims == () and "no claim was tested" in empty.title
    assert "no claim was tested" in empty._repr_html_()
    with pytest.raises(NotInCatalog, match="none yet"):
        empty.claim("basis")


def test_it_shows_itself_and_hostile_text_stays_text(c):
    for answer in (c.evidence(), c.evidence().claim("basis")):
        html = answer._repr_html_()
        assert "&lt;b&gt;" in html and "<b>basis" not in html

import json
import math

import pytest

from catalog.evidence.claims import CLAIMS, Claim
from catalog.evidence.from_media import CLAIMS as MEDIA
from catalog.evidence.verdicts import Row, judge, reaches, record, untested
from catalog.signs.resampling import Interval

ABOVE, BELOW, ACROSS = Interval(0.2, 0.1, 0.3), Interval(-0.2, -0.3, -0.1), Interval(0, -0.1, 0.1)


def claim(least=0.975, chance=0.5, better="more"):
    return Claim("k", "s", "m", "p", "how", least, chance, better)


@pytest.mark.parametrize(
    ("value", "over_null", "over_control", "expected"),
    [
        (0.93, ABOVE, ABOVE, "holds"),
        (0.92, ABOVE, ABOVE, "partly"),
        (0.93, ABOVE, ACROSS, "partly"),
        (0.93, ABOVE, BELOW, "partly"),
        (0.99, ACROSS, ABOVE, "does not hold"),
        (0.99, BELOW, ABOVE, "does not hold"),
        (0.6, ABOVE, ACROSS, "partly"),
    ],
)
def test_the_rule_of_verdicts(value, over_null, over_control, expected):
    assert judge(claim(), value, over_null, over_control)[0] == expected


@pytest.mark.parametrize(
    ("value", "over_control", "expected"),
    [
        (0.0199, ACROSS, "holds"),
        (0.0199, BELOW, "holds"),
        (0.0199, ABOVE, "partly"),
        (0.0201, ACROSS, "partly"),
        (0.03, ABOVE, "does not hold"),
    ],
)
def test_the_rule_for_claims_that_something_is_small(value, over_control, expected):
    small = claim(0.018, 0.0, "less")
    assert judge(small, value, ABOVE, over_control)[0] == expected


def test_the_figure_is_measured_from_chance():
    assert reaches(claim(), 0.9276) and not reaches(claim(), 0.927)
    assert reaches(claim(chance=0.0), 0.88)
    assert reaches(claim(least=None), -5)


def test_reasons_say_what_failed():
    _, both = judge(claim(), 0.6, ABOVE, ACROSS)
    assert both == (
        "It does not beat its strongest control and the figure falls short of the paper's."
    )
    assert judge(claim(), 0.99, ABOVE, ABOVE)[1].startswith("It beats its strongest control")


def test_every_claim_is_complete_and_in_plain_words():
    for key, one in CLAIMS.items():
        assert key == one.key
        assert one.statement.endswith(".") and one.method.endswith(".") and one.paper
        assert one.chance < (one.least or math.inf)
    assert len(CLAIMS) >= 27  # a claim of the paper is never dropped


def test_rows_are_stored_as_columns():
    row = Row(claim(), "holds", "why", "cell", ABOVE, {"null": 0.5}, "null", 3, "seeds")
    stored = record(row)
    assert json.loads(stored["controls"]) == {"null": 0.5}
    assert (stored["value"], stored["low"], stored["high"]) == (0.2, 0.1, 0.3)
    empty = record(untested(claim(), "no model", "cell"))
    assert empty["verdict"] == "cannot be tested" and empty["value"] is None


NO_LEVEL = {
    "hamming_32": "1/37 is how deep the paper looks, not a figure",
    "hamming_best": "800 is a number of dimensions",
    "superposition": "a difference, judged against toys of two sizes",
    "unsupervised": "a share that saturates at 100 % on noise too: the AUC is judged",
    "flipped_small": "42 % is the share that changes; how small is not given",
    "context_mi": "a difference, judged against single tokens",
    "writers": "up to 20 %: none is no contradiction",
}


@pytest.mark.parametrize("claim", {**CLAIMS, **MEDIA}.values(), ids=lambda one: one.key)
def test_a_claim_has_a_level_where_the_paper_gives_a_figure(claim):
    given = any(character.isdigit() for character in claim.paper)
    levelled = claim.least is not None or claim.margin is not None
    assert levelled or not given or claim.key in NO_LEVEL
    assert not (levelled and claim.key in NO_LEVEL)

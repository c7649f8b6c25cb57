"""SVG figures: well-formed, hostile text shown literally, values where they belong, files alone."""

import math
import re
from xml.etree import ElementTree

import pytest

from catalog.figures import evidence, strips, svg
from catalog.figures.svg import Mark

HOSTILE = '<script>alert(1)</script> "&\u202e\n'
NAN = float("nan")


def parsed(drawn):
    return ElementTree.fromstring(drawn)


def texts(drawn):
    return [element.text for element in parsed(drawn).iter() if element.tag.endswith("}text")]


def dots(drawn):
    return [float(e.get("cx")) for e in parsed(drawn).iter() if e.tag.endswith("}circle")]


def line(value=0.7, low=0.6, high=0.8, others=(), **more):
    known = {"verdict": "holds", "statement": "A claim.", "control": "random", "against": 0.5,
             "paper": "0.9", "reason": "why"}  # fmt: skip
    return evidence.Line(value=value, low=low, high=high, others=others, **(known | more))


def test_text_of_the_outside_world_is_literal_and_the_figure_well_formed():
    drawn = [
        strips.interval(0.5, 0.4, 0.6, [Mark(HOSTILE, 0.45)]),
        evidence.table([line(statement=HOSTILE, control=HOSTILE, paper=HOSTILE)], HOSTILE, HOSTILE),
        strips.spark([0.1, NAN, 1.0], [HOSTILE, "b", "c"], HOSTILE, HOSTILE),
    ]
    for one in drawn:
        assert not [e for e in parsed(one).iter() if e.tag.endswith("script")]
        assert "\u202e" not in one and "<script" not in one
        assert parsed(one).get("role") == "img" and "alert(1)" in parsed(one).get("aria-label")


def test_a_value_stands_between_its_controls():
    drawn = strips.interval(0.9, 0.85, 0.95, [Mark("null p95", 0.6), Mark("gone", NAN)])
    assert "0.900 [0.850, 0.950]" in texts(drawn) and "null p95 0.600" in texts(drawn)
    assert not any("gone" in text for text in texts(drawn))
    ticks = [float(e.get("x1")) for e in parsed(drawn).iter()
             if e.tag.endswith("}line") and e.get("x1") == e.get("x2")]  # fmt: skip
    assert ticks[0] < dots(drawn)[0]


def test_names_of_neighbouring_ticks_do_not_overlap():
    marks = [Mark("the first of them", 0.500), Mark("the second", 0.501), Mark("third", 0.502)]
    drawn = strips.interval(0.9, 0.85, 0.95, marks)
    rows = {float(e.get("y")) for e in parsed(drawn).iter()
            if e.tag.endswith("}text") and e.get("font-size") == "10.5"}  # fmt: skip
    assert len(rows) == 3 and max(rows) < strips.HEIGHT


def test_the_bar_of_verdicts_says_how_many_in_words():
    drawn = strips.verdicts({"holds": 14, "does not hold": 1, "partly": 2})
    assert texts(drawn) == ["14 hold", "2 partly", "1 does not hold"]
    bars = [float(e.get("width")) for e in parsed(drawn).iter()
            if e.tag.endswith("}rect") and e.get("height") == "16.0"]  # fmt: skip
    assert bars[0] > bars[1] > bars[2]


@pytest.mark.parametrize(("part", "filled"), [(0, 0), (8, 8), (20, 20)])
def test_a_share_fills_as_many_cells(part, filled):
    drawn = strips.share(part, 20, svg.POSITIVE)
    cells = [e for e in parsed(drawn).iter() if e.tag.endswith("}rect")]
    assert sum(cell.get("opacity") is None for cell in cells) == filled and len(cells) == 20


def test_the_evidence_has_a_line_a_claim_and_a_reason_where_there_is_no_figure():
    drawn = evidence.table([line(), line(value=NAN, low=NAN, high=NAN)], "t", "w")
    assert texts(drawn).count("holds") == 2 and "why" in texts(drawn)
    assert "0.700 [0.600, 0.800]" in texts(drawn) and "v 0.500 random" in texts(drawn)
    assert len(dots(drawn)) == 1


def test_controls_of_another_scale_do_not_squeeze_the_axis():
    near, far = (evidence.table([line(others=(x,))], "t", "w") for x in (0.55, 4096.0))
    none = evidence.table([line()], "t", "w")
    assert math.isclose(dots(far)[0], dots(none)[0])
    assert near != none


def test_a_file_of_its_own_has_its_own_colours():
    drawn = strips.share(1, 2, svg.POSITIVE)
    assert "currentColor" in drawn
    alone = svg.alone(drawn)
    assert "currentColor" not in alone and re.search('fill="#ffffff"', alone)
    parsed(alone)

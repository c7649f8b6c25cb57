"""Figures as wide as their place: marks that open, hostile words as text, values in their place."""

from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

from catalog.figures import cells, dimension, wide
from catalog.figures.cells import Sheet
from catalog.figures.colours import NEGATIVE, POSITIVE

HOSTILE = '<script>alert(1)</script> "&\u202e'


def parsed(drawn):
    return ElementTree.fromstring(drawn)


def marks(drawn):
    return [one for one in parsed(drawn).iter() if one.get("data-n") is not None]


def texts(drawn):
    return [one.text for one in parsed(drawn).iter() if one.tag.endswith("}text")]


def pole(values, text="␣word"):
    frame = pd.DataFrame({"value": values, "text": text, "kind": "word"})
    return frame.assign(item=np.arange(len(frame)) + 40)


def test_hostile_words_stay_words_in_texts_and_tips():
    sheet = Sheet([HOSTILE], [HOSTILE], [["#000000"]], [[HOSTILE]], [[0]], [[False]], HOSTILE, 0)
    for drawn in (dimension.pole(pole([1.0], HOSTILE), 0.0), cells.sheet(sheet)):
        assert not [one for one in parsed(drawn).iter() if one.tag.endswith("script")]
        assert "\u202e" not in drawn and "<script" not in drawn
        assert any("alert(1)" in one.get("data-tip") for one in marks(drawn))


def test_bars_of_a_pole_are_as_long_as_their_values_in_the_colour_of_their_sign():
    drawn = dimension.pole(pole([-4.0, 2.0, -1.0]), 0.0)
    bars = [one for one in parsed(drawn).iter() if one.get("fill-opacity")]
    assert [one.get("width") for one in bars] == ["100.00%", "50.00%", "25.00%"]
    assert [one.get("fill") for one in bars] == [NEGATIVE, POSITIVE, NEGATIVE]
    assert [one.get("data-n") for one in marks(drawn)] == ["0", "1", "2"]
    assert dimension.pole(pole([]), 0.0).startswith("<svg")


def test_the_histogram_changes_colour_at_the_threshold():
    counts = np.arange(64)
    known = {"low": -1.0, "high": 1.0, "value": 0.01, "histogram": counts}
    known |= {name: 0.1 * n for n, name in enumerate(("q05", "q25", "q50", "q75", "q95"))}
    drawn = dimension.histogram(pd.Series(known))
    bars = [one for one in parsed(drawn).iter() if one.get("fill") in (POSITIVE, NEGATIVE)]
    left = [float(one.get("x")[:-1]) for one in bars if one.get("fill") == NEGATIVE]
    right = [float(one.get("x")[:-1]) for one in bars if one.get("fill") == POSITIVE]
    assert len(bars) == 63 and max(left) < 50 < min(right)  # the bar of the threshold is grey
    tall = [float(one.get("height")) for one in bars]
    assert np.all(np.diff(tall) > 0)
    tips = [one.get("data-tip") for one in parsed(drawn).iter() if one.get("data-tip")]
    assert f"below -1.00\n{counts[0]} items" in tips and "median 0.200" in tips


def test_each_layer_is_a_mark_with_the_number_of_its_row_and_a_gap_where_nothing_is_known():
    frame = pd.DataFrame(
        {
            "site": ["resid.0", "resid.1", "resid.2", "final"],
            "share_positive": [0.1, 0.5, 0.9, 0.5],
            "mean": [0.0, 1.0, 2.0, 3.0],
            "std": [1.0] * 4,
            "stability": [np.nan, 0.7, 0.8, 0.9],
            "chance": [np.nan, 0.5, 0.5, 0.5],
        }
    )
    drawn = dimension.across(frame, "resid.2", False)
    assert [int(one.get("data-n")) for one in marks(drawn)] == [0, 1, 2, 3] * 3
    dots = [one for one in parsed(drawn).iter() if one.tag.endswith("}circle")]
    assert len(dots) == 4 + 4 + 3
    ys = [float(one.get("cy")) for one in dots[:4]]
    assert ys[0] > ys[1] > ys[2] and ys[1] == ys[3]
    assert sum(one.get("r") == "5.5" for one in dots) == 3
    assert "share positive" not in texts(dimension.across(frame, "final", True))


def test_a_strip_begins_with_the_strongest_positive_and_ends_with_the_strongest_negative():
    frame = pd.DataFrame(
        {"dimension": [9, 3, 7], "sign": [-1, 1, 1], "auc": [0.1, 0.85, 0.7], "q": [0.0, 0.01, 0.2]}
    )
    found = sorted(marks(cells.strip(frame)), key=lambda one: float(one.get("x")[:-1]))
    assert [int(one.get("data-n")) for one in found] == [1, 2, 0]
    assert [one.get("fill") for one in found] == [POSITIVE, POSITIVE, NEGATIVE]
    assert found[0].get("data-tip").startswith("dimension 3\nexpected sign +")


def test_cells_of_a_sheet_stand_in_their_place_and_a_row_opens_its_marked_cell():
    sheet = Sheet(
        ["one", "two"], ["a", "b"], [["#010101", None], ["#020202", "#030303"]],
        [["x", ""], ["y", "z"]], [[5, -1], [6, 7]], [[False, False], [True, False]], "t", 0, (1, 1),
    )  # fmt: skip
    drawn = marks(cells.sheet(sheet))
    boxes = [one for one in drawn if one.tag.endswith("}rect")]
    names = [one for one in drawn if one.tag.endswith("}text")]
    assert [int(one.get("data-n")) for one in boxes] == [5, 6, 7]
    assert [int(one.get("data-n")) for one in names] == [5, 6]
    assert [one.get("opacity") for one in boxes] == [None, "0.22", None]
    assert boxes[2].get("stroke-width") == "2.5"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (-3, 12, [0, 5, 10]),
        (2, 2, [2]),
        (0.38, 1, [0.4, 0.6, 0.8, 1]),
    ],
)
def test_ticks_are_round_numbers_within_the_ends(low, high, expected):
    assert wide.ticks(low, high) == pytest.approx(expected)


def test_colours_blend_between_their_neighbours():
    ends = ("#000000", "#808080", "#ffffff")
    assert [wide.blend(ends, share) for share in (-1, 0, 0.25, 0.5, 1, 2)] == [
        "#000000", "#000000", "#404040", "#808080", "#ffffff", "#ffffff",
    ]  # fmt: skip

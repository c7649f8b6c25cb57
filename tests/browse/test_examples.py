"""Examples of a dimension as they are read from a catalog: windows, agreement, markup, JSON."""

import json
import re

import numpy as np
import pytest

import catalog as package
from catalog.browse import describe, examples, pole_families
from catalog.errors import NotInCatalog
from catalog.figures import windows
from catalog.store import context_queries
from tests.given import context_catalog

SITE = "resid.2"


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return context_catalog.write(tmp_path_factory.mktemp("context"))


@pytest.fixture(scope="module")
def opened(path):
    return package.open(str(path))


def test_the_marked_token_is_the_items_own_in_the_ids_that_were_read(opened):
    documents = opened.fetch(context_queries.documents()).set_index("document")["ids"]
    positions = opened.fetch(context_queries.positions()).set_index("item")
    spelled = opened.fetch(context_queries.tokens()).set_index("token")["text"]
    for number in (0, 9, 31):
        for one in examples.of(opened, SITE, number).rows:
            row = positions.loc[one.item]
            ids = list(documents[row["document"]])
            assert one.tokens[one.at] == spelled[row["token"]]
            first = row["place"] - one.at
            assert list(one.tokens) == [spelled[i] for i in ids[first : first + len(one.tokens)]]
            assert one.at == min(24, row["place"])
            assert len(one.tokens) - one.at - 1 == min(8, len(ids) - row["place"] - 1)


def test_the_tint_of_the_item_is_its_value(opened):
    found = examples.of(opened, SITE, 9)
    for one in found.rows:
        kept = np.clip(one.value, found.low, found.high)
        assert abs(one.values[one.at] - kept) <= (found.high - found.low) / 29


def test_strongest_first_and_bands_in_order(opened):
    found = examples.of(opened, SITE, 9)
    ends = found.part("positive"), found.part("negative")
    assert len(ends[0]) == len(ends[1]) == 8
    assert [o.value for o in ends[0]] == sorted((o.value for o in ends[0]), reverse=True)
    assert [o.value for o in ends[1]] == sorted(o.value for o in ends[1])
    edges = np.linspace(found.low, found.high, 6)
    for band in range(1, 6):
        for one in found.part(f"band {band}"):
            place = np.clip(np.searchsorted(edges, one.value, side="right"), 1, 5)
            assert place == band
    for name, spread in found.spread.items():
        assert spread.shown <= 32 and spread.documents >= spread.shown / 2
        assert spread.families >= spread.shown / 4, name


def test_agreement_with_single_tokens_stands_beside_chance(opened):
    found = examples.of(opened, SITE, 9).agreement
    assert set(found) == {"positive", "negative"}
    for told in found.values():
        assert told.catalog == "tiny-llama"
        assert 0 <= told.shared <= 1 and 0 <= told.chance <= 1 and 0 < told.p <= 1
        assert len(told.words) == 12


def test_agreement_is_the_share_of_different_families():
    """Of the third, whose pole is [5, 1], the others' shares are a half and a quarter."""
    mine = np.array([[5, 5, 7, -1], [1, 2, 3, 4], [5, 1, -1, -1], [-1, -1, -1, -1]])
    found = pole_families.agreement(mine, np.array([[5, 1, 9, -1]]), np.array([2]))
    np.testing.assert_allclose(found.shared, [1.0])
    np.testing.assert_allclose(found.chance, [(0.5 + 0.25) / 2])
    np.testing.assert_allclose(found.p, [1 / 3])


def test_hostile_text_stays_literal_in_the_markup(opened):
    found = examples.of(opened, SITE, 3)
    drawn = windows.lines(found.rows, 0.0, (found.low, found.high))
    assert "<script" not in drawn and "<b>" not in drawn
    assert set(re.findall(r"</?([a-z]+)", drawn)) == {"div", "span", "mark"}
    assert not re.search(r'title="[^"]*[<>]', drawn)
    shown = re.sub(r"<[^>]*>", "", drawn)
    assert "&lt;" in shown and shown.count("mark") == 0


def test_notebook_and_json_say_the_same(opened):
    answer = opened.dimension(SITE, 9).examples()
    frame = answer.frame()
    told = json.loads(json.dumps(describe.dimension(opened, SITE, 9)))["examples"]
    assert [o["item"] for o in told["parts"]["positive"]] == frame.loc[
        frame["part"] == "positive", "item"
    ].tolist()
    assert told["spread"]["positive"]["documents"] == answer.found.spread["positive"].documents
    assert "<mark" in answer._repr_html_() and answer.agreement()["pole"].tolist() == [
        "positive",
        "negative",
    ]


def test_a_catalog_of_single_tokens_has_none(opened):
    single = package.open(str(opened.path.with_name("tiny-llama.duckdb")))
    with pytest.raises(NotInCatalog, match="--texts"):
        single.dimension(SITE, 9).examples()
    assert "examples" not in describe.dimension(single, SITE, 9)


def test_what_takes_single_tokens_says_so(opened):
    from catalog.errors import SettingRefused

    with pytest.raises(SettingRefused, match="single tokens"):
        opened.check_alone("a flip")

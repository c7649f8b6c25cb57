"""What the search box finds, in which order, and whom it shows labels."""

import duckdb
import pandas as pd
import pytest

from catalog.browse import search
from catalog.browse.search import Hit
from catalog.errors import NotInCatalog
from catalog.store import replacing as store
from catalog.store.catalog import Catalog
from catalog.workspace import labels
from catalog.workspace.file import open_workspace
from catalog.workspace.subjects import dimension
from catalog.workspace.values import Answer, Circumstances
from tests.bench.bench_search import ndcg
from tests.given import feature_catalog, synthetic

DIMENSIONS = {"resid.0": 8, "resid.5": 8, "final": 8}


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("resid.5/3", ("dimension", "3", "resid.5")),
        (" 7 ", ("dimension", "7", "resid.0")),
        ("final / 2", ("dimension", "2", "final")),
        ("resid.5", ("site", "resid.5", "resid.5")),
        ("#12", ("item", "12", "")),
        ("8", None),
        ("resid.9/1", None),
        ("#100", None),
        ("dog", None),
        ("9" * 40, None),
    ],
)
def test_addresses(asked, found):
    hit = search.address(asked, DIMENSIONS, "resid.0", 100)
    assert (hit and (hit.kind, hit.name, hit.site)) == found


@pytest.mark.parametrize(
    ("query", "text", "level"),
    [
        ("body parts", "body parts", search.EXACT),
        ("body", "body parts", search.WORD),
        ("bod", "body parts", search.PREFIX),
        ("art", "body parts", search.SUBSTRING),
        ("cat", "dog", 0),
        ("", "dog", 0),
    ],
)
def test_levels(query, text, level):
    assert search.match(query, text) == level


def test_texts_are_compared_without_case_accents_and_marks():
    assert search.plain("  ␣CAFÉ_au   Lait ") == "cafe au lait"


CATEGORIES = pd.DataFrame(
    [
        ("birds", "Birds of all kinds", "measured"),
        ("mammals", "Animals with fur", "measured"),
        ("metals", "Metals", "small"),
    ],
    columns=["category", "description", "status"],
)
MEMBERS = pd.DataFrame(
    [("mammals", "dog", True), ("metals", "gold", False), ("birds", "goldfinch", False)],
    columns=["category", "word", "asked"],
)


def test_a_name_and_a_member_both_lead_to_the_feature():
    assert search.features("metal", CATEGORIES, MEMBERS[:0])[0].name == "metals"
    hits = search.rank(search.features("Dogs", CATEGORIES, MEMBERS[:1]))
    assert [hit.name for hit in hits] == ["mammals"] and hits[0].why == "member dog"
    gold = search.rank(search.features("gold", CATEGORIES, MEMBERS[1:]))
    assert [hit.name for hit in gold] == ["metals", "birds"]  # the word before its beginning


def test_a_better_match_comes_first_whatever_its_kind():
    hits = [
        Hit("feature", "a", "a", "", search.PREFIX + 0.5),
        Hit("item", "1", "b", "", search.EXACT + 0.2),
        Hit("label", "dimension:3", "c", "", search.SUBSTRING + 0.15),
    ]
    assert [hit.kind for hit in search.rank(hits)] == ["item", "feature", "label"]


def test_no_kind_fills_the_list():
    many = [Hit("feature", str(n), str(n), "", 4.5) for n in range(20)]
    ranked = search.rank([*many, Hit("label", "dimension:1", "x", "", 1.1)], 5)
    assert len(ranked) == 5 and ranked[-1].kind == "label"


def test_items_are_merged_by_family():
    frame = pd.DataFrame(
        [(1, "␣dog", "word", 1), (2, "Dog", "word", 1), (3, "dogma", "word", 3)],
        columns=["item", "text", "kind", "family"],
    )
    assert [hit.name for hit in search.items("dog", frame)] == ["1", "3"]


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    path = feature_catalog.write(tmp_path_factory.mktemp("search") / "data")
    row = {
        "name": "a1b2c3", "site": "resid.0", "threshold": "zero", "seed_item": 18, "auc": 0.9,
        "p": 0.01, "q": 0.02, "sparsity": 0.1, "dimensions": 8, "fallback": False, "merged": 1,
        "category": "planted", "category_auc": 0.8,
    }  # fmt: skip
    store.write(path, {"discovered": [row]})
    return path


def test_the_catalog_is_searched(measured):
    hits = search.find(Catalog(measured), "planted")
    assert (hits[0].kind, hits[0].name) == ("feature", "planted")
    assert {"discovered"} <= {hit.kind for hit in hits}
    word = feature_catalog.lists()["planted"][0]
    found = search.find(Catalog(measured), word.upper())
    assert found[0].name == "planted" and found[0].why == f"member {word}"
    assert any(hit.kind == "item" for hit in found)
    assert search.find(Catalog(measured), "A1B2")[0].kind == "discovered"
    assert "few" not in {hit.name for hit in search.find(Catalog(measured), "few")}  # was skipped


@pytest.mark.parametrize(
    "query", ["", "  ", "' OR 1=1 --", "%", "_", "\\", "\x00", *synthetic.HOSTILE]
)
def test_hostile_queries_find_or_find_not(measured, query):
    for hit in search.find(Catalog(measured), query):
        assert hit.kind in ("item", "feature", "discovered")


def test_labels_are_found_by_those_who_may_see_them(measured, tmp_path):
    from catalog.store import queries, reading
    from catalog.workspace import queue

    build = reading.fetch(measured, queries.build()).iloc[0]
    model, revision, how = (str(build[name]) for name in ("model", "revision", "reading"))
    subject = dimension(model, revision, how, "resid.1", 5)
    other = dimension("another model", revision, how, "resid.1", 5)
    with open_workspace(tmp_path / "workspace.sqlite") as workspace:
        for number, one in enumerate((subject, other)):
            answer = Answer(one, "ada", clear_pole="+", positive="Rowing boats")
            labels.answer(workspace, f"event-{number}", answer, Circumstances())
        hits = search.said(workspace, None, "boats", Catalog(measured))
        assert [(hit.name, hit.site, hit.kind) for hit in hits] == [
            ("dimension:5", "resid.1", "label")
        ]
        assert "ada" in hits[0].why and "Rowing boats" in hits[0].text
        assert search.said(workspace, "bob", "boats", Catalog(measured)) == hits
        queue.open_queue(workspace, "queue-1", "bob", [subject], queue.Options(coverage=9))
        assert search.said(workspace, "bob", "boats", Catalog(measured)) == []
        assert search.said(workspace, "ada", "boats", Catalog(measured)) == hits


DOGS = {30: "␣dog", 31: "Dog", 32: "dog", 33: "DOG", 40: "dogma", 41: "hotdog"}


@pytest.fixture(scope="module")
def dogs(tmp_path_factory):
    """A catalog with tokens of one word, and two that it is a part of."""
    path = synthetic.write(tmp_path_factory.mktemp("dogs") / "dogs.duckdb")
    with duckdb.connect(path) as connection:
        for item, text in DOGS.items():
            values = [text, text.strip("␣").lower(), item if item >= 40 else 30, item]
            connection.execute("UPDATE item SET text=?, word=?, family=? WHERE item=?", values)
    return Catalog(path)


@pytest.mark.parametrize(
    ("wanted", "item"),
    [
        ("␣dog", 30),
        ("Dog", 31),
        ("dog", 32),
        ("DOG", 33),
        ("dOG", 33),  # no token is written so: the first that the box lists, a whole word
        ("dogma", 40),
        ("hot", 41),  # a part of one item alone
        ("#31", 31),
        (31, 31),
    ],
)
def test_a_text_means_the_item_it_is_the_whole_of(dogs, wanted, item):
    assert search.the_item(dogs, wanted) == item


def test_a_part_of_several_items_means_none(dogs):
    with pytest.raises(NotInCatalog, match="dogs has no item 'og', which is a part of") as refused:
        search.the_item(dogs, "og")
    assert "'dogma'" in str(refused.value) and "'hotdog'" in str(refused.value)


def test_ndcg():
    assert ndcg(["a", "b"], {"a", "b"}) == 1
    assert ndcg(["x", "a"], {"a"}) == pytest.approx(0.6309, abs=1e-4)
    assert ndcg(["x"] * 10 + ["a"], {"a"}) == 0

"""`dims show LINK`: any page's link gives the figures of its state."""

import json
import uuid
from urllib.parse import urlencode

import pytest

from catalog.browse import describe
from catalog.browse.plain import plain
from catalog.notebook import links
from catalog.notebook.link_figures import PAGE, VIEWS
from catalog.store import queries
from catalog.workspace import labels, queue
from catalog.workspace.file import open_workspace
from catalog.workspace.values import Answer, Circumstances
from dashboard.common import numbers
from dashboard.pages import VIEWS as PAGES
from tests.given import feature_catalog

HOST = "http://127.0.0.1:8501"


def link(view, **query):
    return f"{HOST}/{view}?{urlencode({'catalog': 'measured', 'site': 'resid.1', **query})}"


@pytest.fixture
def show(measured, dims):
    return lambda view, **query: dims("show", link(view, **query), "--json").json


def test_every_page_of_the_dashboard_has_its_figures():
    assert {one.name for one in PAGES} == set(VIEWS)
    assert PAGE == numbers.PAGE


PLAIN = ("overview", "tour", "dimensions", "features", "status", "queue", "agreement", "exchange",
         "label_test", "adjudicate", "export", "flip_lab", "flip_runs")  # fmt: skip


@pytest.mark.parametrize("view", PLAIN)
def test_pages_that_need_no_choice(show, view):
    found = show(view)
    assert (found["page"], found["catalog"], found["site"]) == (view, "measured", "resid.1")
    assert found["content_hash"] == "2" * 64 and found["figures"] is not None


def test_a_dimension_is_what_dims_dimension_says(show, dims):
    found = show("dimension", dim=7)["figures"]
    known = dims("dimension", "measured", "resid.1", 7, "--json").json
    assert {name: found[name] for name in known} == known
    assert len(found["histogram"]["histogram"]) == 64 and found["partners"]
    assert [row["site"] for row in found["across"]] == ["resid.0", "resid.1"]


def test_a_page_of_the_table_as_it_is_sorted_and_filtered(show, measured):
    asked = {"sort": "mean_abs", "order": "descending", "from": 10, "to": 90, "page": 1}
    found = show("dimensions", **asked)["figures"]
    where = queries.Filter(0.1, 0.9)
    rows = measured.fetch(queries.dimensions("resid.1", "zero", where, "mean_abs", True))
    assert [row["dimension"] for row in found["rows"]] == rows["dimension"].tolist()
    assert found["dimensions"] == len(rows)


def test_a_feature_an_item_a_concept(show, measured):
    found = show("feature", category="planted")["figures"]
    stored = next(
        row for row in describe.features(measured)
        if (row["category"], row["site"]) == ("planted", "resid.1")
    )  # fmt: skip
    assert found["auc"] == stored["auc"] and found["prototype"] and found["top"]
    found = show("item", item=12)["figures"]
    assert found["item"] == 12 and len(found["neighbours"]) == 24
    words = " ".join(feature_catalog.lists()["planted"][:12])
    found = show("concept", words=words)["figures"]
    assert found["words"] == words.split() and found["prototype"]


def test_hostile_names_come_through_as_they_are(show):
    found = show("feature", category=feature_catalog.HOSTILE)
    assert found["asked"]["category"] == feature_catalog.HOSTILE


def test_sql_of_a_link_only_reads(show, dims):
    found = show("sql", sql="SELECT count(*) AS n FROM item")["figures"]
    assert found["rows"] == [{"n": 1800}]
    refused = dims("show", link("sql", sql="DROP TABLE item"), "--json")
    assert refused.code == 1 and "only reads" in refused.sentence


def test_a_comparison_that_was_never_computed_is_none(show):
    found = show("compare", b="measured", site_b="resid.0")["figures"]
    assert found["categories"] is None and found["matches"] is None and found["by_depth"]


@pytest.mark.parametrize("form", [
    "dimension?catalog=measured&site=resid.1&dim=7",
    "/dimension?catalog=measured&site=resid.1&threshold=zero&dim=7&present=1&me=ada",
    "https://lab.example/deep/dimension?catalog=measured&site=resid.1&dim=7&embed=1&panel=x",
    "file:///site/index.html#dimension?catalog=measured&site=resid.1&threshold=zero&dim=7",
    "http://host/sub/#dimension?catalog=measured&site=resid.1&dim=7",
])  # fmt: skip
def test_links_in_every_form(measured, dims, form):
    found = dims("show", form, "--json").json
    assert (found["page"], found["site"], found["asked"]) == ("dimension", "resid.1", {"dim": "7"})


def test_what_a_link_leaves_out_is_as_the_dashboard_has_it(measured, dims):
    found = dims("show", HOST, "--json").json
    assert (found["page"], found["catalog"], found["site"]) == ("overview", "measured", "resid.1")
    assert dims("show", f"{HOST}/glossary?sql=SELECT+1+AS+one", "--json").json["page"] == "sql"


BAD = {
    "no such page": ("nonsense", {}, "There is no page 'nonsense': pages are overview"),
    "no such catalog": ("dimension", {"catalog": "two"}, "There is no catalog 'two'"),
    "no such site": ("dimension", {"site": "resid.9"}, "has no site 'resid.9'"),
    "no such threshold": ("dimension", {"threshold": "mean"}, "only at zero"),
    "no number": ("dimension", {"dim": "x"}, "dim=x, which is not here: it is 0 to 23"),
    "beyond": ("dimension", {"dim": 24}, "dim=24, which is not here: it is 0 to 23"),
    "cut off": ("dimension", {}, "has no dim, so it shows nothing in particular"),
    "no such feature": ("feature", {"category": "nope"}, "nope"),
    "unknown order": ("dimensions", {"sort": "luck"}, "sort=luck, which is none of dimension"),
    "no map": ("item_map", {}, "Make it with: dims map measured resid.1"),
    "not searched": ("discover", {}, "has not been searched"),
    "no other": ("compare", {"b": "zzz"}, "There is no catalog 'zzz'"),
}


@pytest.mark.parametrize(("view", "query", "sentence"), BAD.values(), ids=BAD)
def test_bad_links_are_one_sentence(measured, dims, view, query, sentence):
    found = dims("show", link(view, **query), "--json")
    assert found.code == 1 and found.out == "" and sentence in found.sentence


def test_no_catalog_at_all(dims):
    found = dims("show", f"{HOST}/dimension?dim=1", "--json")
    assert found.code == 1 and "There is no catalog here" in found.sentence


def test_private_labels_and_blind_queues_do_not_leak(measured, dims, people):
    told = ""
    for view in VIEWS:
        query = {"dim": 2} if view in ("dimension", "adjudicate") else {"item": 3}
        found = dims("show", link(view, **query))
        told += found.out + found.err + dims("show", link(view, **query), "--json").out
    told += dims("show", link("dimension", dim=0), "--json").out
    assert "secret" not in told and "ada hidden" not in told and "quincy" not in told
    assert "=ada's label" in told


def test_agreement_leaves_out_what_somebody_has_yet_to_answer(measured, dims, people):
    whole = [people(number, "") for number in (5, 6)]
    with open_workspace() as workspace:
        for person in ("ada", "bob", "eve"):
            line = queue.open_queue(workspace, uuid.uuid4().hex, person, whole, queue.Options())
            if person == "eve":
                continue  # still works blind on both
            for subject in whole:
                answer = Answer(subject, person, "label", "+")
                labels.answer(workspace, uuid.uuid4().hex, answer, Circumstances("queue", line.key))
            queue.close_queue(workspace, line.key)
    found = dims("show", link("agreement"), "--json").json["figures"]
    assert found["fields"]["clear_pole"]["units"] == 0


def test_plain_values():
    import numpy as np
    import pandas as pd

    value = {"f": pd.DataFrame({"a": [1.5, np.nan], "t": pd.to_datetime(["2026-01-02", None])}),
             "n": (np.float32(2), np.int8(3), np.bool_(True), float("inf")), "b": b"\xff",
             "s": pd.Series({"x": pd.NA})}  # fmt: skip
    made = plain(value)
    assert json.loads(json.dumps(made, allow_nan=False)) == made
    assert made["f"] == [{"a": 1.5, "t": "2026-01-02T00:00:00Z"}, {"a": None, "t": None}]
    assert made["n"] == [2.0, 3, True, None] and made["b"] == "/w==" and made["s"] == {"x": None}


def test_a_link_without_json_is_told_in_lines(measured, dims):
    told = dims("show", link("dimension", dim=7)).out
    assert told.startswith("dimension: measured › resid.1 › zero\n") and "dim = '7'" in told
    assert links.parsed("x.html") == ("overview", {})

"""The Evidence page and the features found without categories: figures, filters, what is copied."""

import json

import pytest
import streamlit as st

from catalog.features import discovery
from catalog.store import packed, replacing
from catalog.store.catalog import Catalog
from dashboard.evidence import frames
from tests.dashboard.test_dashboard import linked, literal, show, start
from tests.dashboard.test_feature_pages import evidence
from tests.given import copied, feature_catalog
from tests.given.feature_catalog import SITE

CURVES = {"first k": [1.0, 2.0, 4.0], "signs": [0.1, 0.2, 0.4]}


def flips():
    """Two categories at two layers, and at two scales of one of them."""
    runs, effects = [], []
    for number, category in enumerate(("planted", "noise")):
        for site, scale in (("resid.0", 1.0), (SITE, 1.0), (SITE, 2.0)):
            at = {"category": category, "site": site, "scale": scale}
            told = {"verdict": "suppresses" if number else "no effect", "reason": "r"}
            counts = {"tokens": 20, "prompts": 32, "as_low": number, "dimensions": 9}
            more = {"sources": 8, "threshold": "zero", "worst_match": 0.01, "categories": 3}
            more |= {"worst_prompt": 0.3, "random_features": 100, "reached": 0}
            runs.append(at | told | counts | more | {"p": 0.01, "q": 0.01})
            effects += [
                at | {
                    "condition": condition, "effect": -scale - number, "low": -2.5, "high": 0.5,
                    "neutral": -1.0, "eliciting": -1.0, "changed": 0.2, "delta_norm": 1.0,
                    "norm_ratio": 1.0, "kl": 0.1, "raw_logits": -1.0, "centred_logits": -1.0,
                }
                for condition in ("away", "toward", "random", "noise", "direct")
            ]  # fmt: skip
    return {"flip_run": runs, "flip_effect": effects}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A catalog with evidence and discoveries, and one with findings alone."""
    folder = tmp_path_factory.mktemp("evidence") / "data"
    path = feature_catalog.write(folder)
    (path.parent / "plain.duckdb").write_bytes(path.read_bytes())
    rows = [evidence("basis", 0.01), evidence("training", None) | {"position": 2}]
    rows[0]["curves"] = json.dumps(CURVES)
    replacing.write(path, {"evidence": rows, **flips()})
    discovery.discover(Catalog(path), SITE, seeds=40)
    return folder


@pytest.fixture
def app(folder, tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_WORKSPACE", str(tmp_path / "workspace.sqlite"))
    for started in start(folder, monkeypatch):
        yield started
        st.cache_resource.clear()
        packed.shelf.clear()


def test_claims_stand_with_their_figures_and_their_controls(app):
    show(app, "evidence", catalog="measured", site=SITE)
    assert "method of *basis*" not in literal(app)  # drawn for those who open it
    for key in ("basis", "training"):
        app.session_state[f"evidence.fold.{key}"] = True
    app.session_state["evidence.markdown"] = True
    app.run()
    text, drawn = literal(app), frames.drawn(app.session_state["rail.here"].catalog)
    assert "measure of *basis*   |   n = 44 unit of *basis*" in text
    assert ">0.0100 [-0.0100, 0.0300]<" in drawn and ">v 0.910 rotated<" in drawn
    assert "reason of *training*" in text  # in place of a figure
    assert ">reason of *training*<" in drawn
    assert "| statement of *basis* | 0.01 [-0.01, 0.03] | rotated 0.91 |" in text
    assert not any("*basis*" in one.value and "<" in one.value for one in app.markdown)


def test_without_evidence_it_says_what_is_missing(app):
    show(app, "evidence", catalog="plain", site=SITE)
    assert "have not been tested on this model yet" in literal(app)
    show(app, "discover", catalog="plain", site=SITE)
    assert f"{SITE} has not been searched" in literal(app)


def test_a_flip_is_drawn_for_one_category_or_for_the_mean(app):
    show(app, "evidence", catalog="measured", site=SITE, flips="noise")
    assert linked(app, "flips") == "noise"
    here = app.session_state["rail.here"]
    effects = frames.effects(here.catalog).frame
    mean = frames.curve(effects[effects["scale"] == 1], "site", frames.ALL)
    away = mean[mean["condition"] == "away"]
    assert away["effect"].tolist() == [-1.5, -1.5]
    assert away["verdict"].tolist() == ["1 of 2 suppressed"] * 2
    assert frames.dosed(frames.runs(here.catalog).frame) == SITE
    rows = next(one.value for one in app.dataframe if "as_low" in one.value)
    assert rows.set_index("category")["away"].to_dict() == {"planted": -1.0, "noise": -2.0}


@pytest.mark.parametrize("view, panels", [("evidence", 4), ("discover", 1)])
def test_what_is_copied_gives_what_the_panel_shows(app, view, panels, monkeypatch):
    found = copied.record(monkeypatch)
    show(app, view, catalog="measured", site=SITE)
    assert len(found) == panels
    for answer in found.values():
        copied.same(answer, app.session_state["rail.here"].catalog.path)


def test_a_discovered_feature_opens_with_its_items_and_its_signs(app, monkeypatch):
    show(app, "discover", catalog="measured", site=SITE)
    name = app.dataframe[0].value["name"][0]
    found = copied.record(monkeypatch)
    show(app, "discover", catalog="measured", site=SITE, found=name)
    assert {"Items that agree most", "Its signed dimensions"} <= set(found)
    for answer in found.values():
        copied.same(answer, app.session_state["rail.here"].catalog.path)

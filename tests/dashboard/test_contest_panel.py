"""The panels of the contest with a learned dictionary."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catalog.store import replacing
from dashboard.jobs import parts as jobs
from dashboard.jobs import table
from tests.given import synthetic

CATEGORIES = ("animals", "**b** <script>")


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contest")
    recipe = synthetic.Recipe(items=120, dims=24, slug="held")
    held, none = (synthetic.write(folder / f"{n}.duckdb", recipe) for n in ("held", "none"))
    rows = [
        {
            "dictionary": "sae",
            "category": c,
            "unit": unit,
            "k": k,
            "auc": 0.6 + 0.1 * (unit == "latents"),
        }
        for c in CATEGORIES
        for unit in ("signs", "latents", "values", "PCA axes", "random dictionary")
        for k in (1, 2, 4, 8, 16, 64)
    ]
    rows += [
        {"dictionary": "sae", "category": c, "unit": "prototype", "k": 0, "auc": 0.9}
        for c in CATEGORIES
    ]
    own = {"name": "sae", "site": "resid.1", "kind": "topk", "latents": 2048, "sha256": "0"}
    own |= {"items": 120, "active": 32.0, "silent": 0.01, "explained": 0.93, "verdict": "{}"}
    replacing.write(held, {"dictionary": [own], "contest": rows})
    return held, none


def evidence(path):
    from pathlib import Path

    from catalog.store.catalog import Catalog
    from dashboard.common.answers import Here
    from dashboard.evidence import contest

    contest.panel(Here(Catalog(Path(path)), "resid.1", "zero"))


def feature(path):
    from pathlib import Path

    from catalog.store.catalog import Catalog
    from dashboard.common.answers import Here
    from dashboard.features import contest

    contest.panel(Here(Catalog(Path(path)), "resid.1", "zero"), "animals")


def shown(page, path):
    st.cache_data.clear()
    app = AppTest.from_function(page, kwargs={"path": str(path)}, default_timeout=30).run()
    assert not app.exception
    return app


def test_the_contest_is_drawn_with_what_the_paper_compares(paths):
    app = shown(evidence, paths[0])
    assert "2,048 latents (topk) of resid.1" in app.text[0].value
    assert len(app.get("plotly_chart")) == 1
    assert len(app.dataframe[0].value) == 2
    told = " ".join(element.value for element in app.caption)
    assert "Signs read 0 of 2 categories better" in told and "whole prototypes 2" in told


def test_where_none_was_held_a_folder_is_asked_for(paths, monkeypatch, tmp_path):
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    app = shown(evidence, paths[1])
    assert not app.code and "Name its folder above" in app.text[0].value
    monkeypatch.setattr(jobs, "allowed", lambda: True)
    monkeypatch.setattr(table, "wake", lambda: None)
    app.text_input(key="evidence.contest.folder").set_value("/some/dictionary").run()
    app.button[0].click().run()
    assert table.unfinished()[0].asked.arguments[-2:] == ("--sae", "/some/dictionary")


def test_a_feature_shows_its_own_category_and_nothing_without_one(paths):
    assert len(shown(feature, paths[0]).get("plotly_chart")) == 1
    assert not shown(feature, paths[1]).get("plotly_chart")

"""The panel of a dimension in real text."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catalog.store import ends_queries, queries
from catalog.store.catalog import Catalog
from dashboard.desk import shown
from tests.dashboard.test_dashboard import literal, show, start
from tests.given import context_catalog


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return context_catalog.write(tmp_path_factory.mktemp("context-panel"))


def page(path):
    from pathlib import Path

    from catalog.store.catalog import Catalog
    from dashboard.common.answers import Here
    from dashboard.dimensions import examples

    examples.panel(Here(Catalog(Path(path)), "resid.2", "zero"), 9, 0.0)


def test_poles_bands_and_single_tokens_are_drawn(path):
    app = AppTest.from_function(page, kwargs={"path": str(path)}, default_timeout=30).run()
    assert not app.exception
    drawn = [element.proto.body for element in app.get("html")]
    assert len(drawn) == 3 and all("<mark" in one for one in drawn)
    told = " ".join(element.value for element in app.caption)
    assert "of 20 texts" in told and "stand at the pole of single tokens too" in told
    st.cache_data.clear()


def test_a_catalog_of_single_tokens_shows_nothing(path):
    single = path.with_name("tiny-llama.duckdb")
    app = AppTest.from_function(page, kwargs={"path": str(single)}, default_timeout=30).run()
    assert not app.exception and not app.get("html") and not app.markdown


def test_reading_a_text_is_refused_before_a_model_is_run(path, monkeypatch):
    for app in start(path.parents[1], monkeypatch):
        show(app, "read_text", catalog=path.stem, site="resid.2")
        assert "takes a catalog of single tokens" in literal(app)
        assert not app.text_area and not app.exception


def test_the_list_of_dimensions_names_tokens_not_the_beginnings_of_their_windows(path):
    catalog = Catalog(path)
    query = ends_queries.ends("resid.2", "zero", "words", (9,), catalog.contextual)
    row = catalog.fetch(query).iloc[0]
    first = catalog.fetch(queries.poles("resid.2", 9)).query("pole == 'positive'")["item"].head(3)
    assert [one.replace(" ", "␣") for one in row["positive"]] == catalog.spelled[first].tolist()


def test_who_labels_sees_the_token_before_its_window(path):
    catalog = Catalog(path)
    rows = catalog.fetch(queries.poles("resid.2", 9)).query("pole == 'negative'")
    for text, *_, item in shown._items(catalog, rows):
        token, window = catalog.spelled[item], catalog.texts[item]
        assert text == f"{token}  {window}" and f"⟦{token}⟧" in window

"""The panel of a feature in real text: beside a catalog of the same model's tokens in context."""

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catalog.browse import in_context, siblings
from catalog.store.catalog import Catalog
from dashboard.common.answers import Here
from dashboard.features import frames, in_texts
from tests.given import context_catalog

SITE = "resid.0"


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """tiny-llama with the category `common`, beside tiny-llama-context."""
    return context_catalog.measured(tmp_path_factory.mktemp("in-texts"))[1]


def page(path):
    from pathlib import Path

    from catalog.store.catalog import Catalog
    from dashboard.common.answers import Here
    from dashboard.features import in_texts

    in_texts.panel(Here(Catalog(Path(path)), "resid.0", "zero"), "common", "all")


def test_figures_bands_and_windows_are_drawn(single):
    texts = siblings.in_texts(single)
    assert texts is not None and texts.contextual
    found = in_context.of(texts, single, "common", SITE, "zero", "all")
    app = AppTest.from_function(page, kwargs={"path": str(single.path)}, default_timeout=30).run()
    assert not app.exception
    shown = {one.label: one.value for one in app.metric}
    assert shown["AUC in text"] == f"{found.auc:.3f}"
    assert shown["positions"] == f"{found.positions:,}"
    bands, wrong = (one.value for one in app.dataframe)
    assert bands["positions"].sum() == found.positions
    assert wrong["window"].str.contains("⟦").all() and len(wrong) == len(found.false_positives)
    np.testing.assert_allclose(wrong["agreement"], found.false_positives["agreement"])
    st.cache_data.clear()


def test_what_is_copied_gives_what_is_shown(single):
    here, texts = Here(single, SITE, "zero"), siblings.in_texts(single)
    answer = frames.in_texts_copy(here, "common", "all", texts)
    *lines, last = answer.copy.splitlines()
    names = {}
    exec("\n".join(lines), names)
    pd.testing.assert_frame_equal(eval(last, names), answer.frame)
    st.cache_data.clear()


def test_nothing_is_drawn_without_texts(single, tmp_path):
    alone = tmp_path / "tiny-llama.duckdb"
    alone.write_bytes(single.path.read_bytes())
    assert siblings.in_texts(Catalog(alone)) is None
    app = AppTest.from_function(page, kwargs={"path": str(alone)}, default_timeout=30).run()
    assert not app.exception and not app.metric and not app.dataframe


def test_a_long_window_keeps_its_token_in_sight():
    window = "a" * 200 + "⟦token⟧" + "b" * 200
    assert in_texts._narrow(window) == "a" * 30 + "⟦token⟧" + "b" * 38

"""The search box by meaning: what it adds to words, and what it keeps from whom."""

import pytest
import streamlit as st

from catalog.browse import meaning
from catalog.store import packed
from catalog.store.catalog import Catalog
from catalog.workspace import labels, queue
from catalog.workspace.file import open_workspace
from catalog.workspace.subjects import dimension, of_build
from catalog.workspace.values import Label
from dashboard.common import workspace
from dashboard.common.answers import Here
from dashboard.frame import search
from tests.given import feature_catalog


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.setenv("DIMS_DATA", str(tmp_path))
    monkeypatch.delenv("DIMS_WORKSPACE", raising=False)
    yield Here.start(Catalog(feature_catalog.write(tmp_path)))
    st.cache_data.clear()
    st.session_state.clear()
    packed.shelf.clear()


@pytest.fixture
def asked():
    return " ".join(feature_catalog.lists()["planted"][:5])


def found(here, asked, kind, viewer=None):
    if viewer is not None:
        st.session_state[workspace.PERSON] = viewer
    return [hit for hit in search.suggestions(here, asked, viewer) if hit.kind == kind]


def test_what_no_word_finds_is_found_by_meaning(here, asked):
    assert search.hits(here, asked, None) == []  # nothing holds these words in this order
    assert "planted" in {hit.name for hit in found(here, asked, "feature")}
    assert all(hit.why.startswith("by meaning") for hit in search.suggestions(here, asked, None))
    view, place, more = search.target(found(here, asked, "dimension")[0], here)
    assert view == "dimension" and place.site == here.catalog.primary.site and "dim" in more
    assert len(search.suggestions(here, asked, None)) <= search.SHOWN


def test_words_come_first_and_nothing_twice(here):
    word = feature_catalog.lists()["planted"][0]
    every = search.suggestions(here, word, None)
    by_word = [not hit.why.startswith("by meaning") for hit in every]
    assert by_word[0] and by_word == sorted(by_word, reverse=True)
    assert len({(hit.kind, hit.name, hit.site) for hit in every}) == len(every)


def test_a_dimension_that_waits_in_an_open_queue_is_not_suggested(here, asked):
    first = found(here, asked, "dimension")[0]
    subject = dimension(**of_build(here.catalog.build), site=first.site, number=int(first.name))
    with open_workspace() as opened:
        line = queue.open_queue(opened, "q", "ada", [subject])
    assert first.name not in [hit.name for hit in found(here, asked, "dimension", "ada")]
    assert first.name in [hit.name for hit in found(here, asked, "dimension", "bob")]
    with open_workspace() as opened:
        queue.close_queue(opened, line.key)
    assert first.name in [hit.name for hit in found(here, asked, "dimension", "ada")]


def test_a_label_is_found_by_its_meaning_by_those_who_may_see_it(here, asked):
    words = feature_catalog.lists()["planted"]
    subject = dimension(**of_build(here.catalog.build), site="resid.0", number=2, pole="+")
    with open_workspace() as opened:
        labels.save(opened, "e", [Label(subject, "bob", text=" and ".join(words[6:12]))])
    [hit] = found(here, asked, "label", "ada")
    assert hit.name == "dimension:2" and "by bob" in hit.why
    with open_workspace() as opened:
        queue.open_queue(opened, "q", "ada", [subject.whole])
    assert found(here, asked, "label", "ada") == []
    assert len(found(here, asked, "label", "bob")) == 1


def test_a_table_that_is_made_meanwhile_is_used_at_once(here, asked):
    before = search.suggestions(here, asked, None)
    import numpy as np

    meaning.keep("tried", ["elsewhere", "nowhere"], np.eye(2, dtype=np.float32))
    assert before and search.suggestions(here, asked, None) == []

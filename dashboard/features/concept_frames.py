"""What pages may ask of a feature of a person's own words, kept by everything it was made from."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import pandas as pd
import streamlit as st

from catalog.modalities.backgrounds import Background
from catalog.notebook import concepts
from catalog.notebook.concepts import OfWords
from catalog.notebook.feature_answers import Null
from catalog.store.catalog import Catalog
from catalog.store.file import Stamp
from dashboard.common import answers, numbers
from dashboard.common.answers import Answer, Here

KEPT = 24
"""Concepts kept in memory."""
TOP = 40
"""Items listed by agreement."""


class Asked(NamedTuple):
    """Everything a concept is made from."""

    catalog: Catalog
    site: str
    threshold: str
    words: tuple[str, ...]
    counter: tuple[str, ...]
    background: Background


def asked(
    here: Here, words: tuple[str, ...], counter: tuple[str, ...], background: Background
) -> Asked:
    """Key of a concept here."""
    return Asked(here.catalog, here.site, here.threshold, words, counter, background)


@answers.shared(KEPT, "Making it ...")
def concept(what: Asked) -> OfWords:
    """The concept of these inputs; NotInCatalog or SettingRefused where they cannot make one.

    Kept by its inputs and shared: read only.
    """
    return concepts.feature(
        what.catalog, what.site, what.words, what.counter, what.threshold, what.background
    )


def prototype(what: Asked) -> Answer:
    """Signed dimensions, strongest first: dimension, sign, auc, p, q."""
    return _answer(what, concept(what).frame(), "frame()")


def top(what: Asked, count: int = TOP) -> Answer:
    """Items that agree most: item, text, agreement, member; equals by `features.concepts.wider`."""
    return _answer(what, concept(what).top(count).frame(), f"top({count}).frame()")


def overlap(what: Asked) -> Answer | None:
    """Known categories beside the concept, with the words shared; None where none was measured."""
    found = concept(what).overlap().frame()
    return None if found.empty else _answer(what, found, "overlap().frame()")


def drawn(what: Asked) -> Null | None:
    """The null of a concept as far as it was drawn; None before that."""
    return _nulls().get(_key(what))


def drawn_copy(what: Asked, null: Null) -> Answer:
    """The draws, one a random set."""
    return _answer(what, null.frame(), f"draw_null({null.most}).frame()")


def draw(what: Asked, most: int, progress: Callable[[int, int], None]) -> Null:
    """Draw a concept's null, at least 200 sets and at most `most`; kept by the inputs.

    `progress` is told the draws made and the most there may be; what it raises stops the work.
    """
    result = concept(what).draw_null(most, lambda _stage, made, of: progress(made, of))
    _nulls().put(_key(what), result)
    return result


def _answer(what: Asked, frame: pd.DataFrame, call: str) -> Answer:
    counter = f", counter={list(what.counter)!r}" if what.counter else ""
    made = (
        f"c.feature({what.site!r}, words={list(what.words)!r}{counter}, "
        f"threshold={what.threshold!r}, background={what.background!r})"
    )
    return Answer(frame, answers.python(what.catalog, f"{made}.{call}"), "python")


Key = tuple[Stamp, Asked]


def _key(what: Asked) -> Key:
    return what.catalog.stamp, what


class _Kept:
    """A few nulls by their inputs, the least recent leaving first; safe across threads."""

    def __init__(self) -> None:
        self._rows: OrderedDict[Key, Null] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Null | None:
        with self._lock:
            return self._rows.get(key)

    def put(self, key: Key, value: Null) -> None:
        with self._lock:
            self._rows[key] = value
            self._rows.move_to_end(key)
            while len(self._rows) > numbers.CACHED:
                self._rows.popitem(last=False)


@st.cache_resource(show_spinner=False)
def _nulls() -> _Kept:
    return _Kept()

"""Concept builder: words in; signed dimensions, items, held-out AUC and its null out."""

import streamlit as st

from catalog.modalities.backgrounds import Background
from dashboard.common import parts
from dashboard.features import asking, concept_frames, concept_panels, keeping, media_concept
from dashboard.frame import rail
from dashboard.media import frames as media_frames

MOST_WORDS = 1000

here = rail.here()
pictured = media_frames.is_media(here.catalog)
many = concept_panels.nouns(here)[1]


@parts.guard()
def show(words: tuple[str, ...], counter: tuple[str, ...], background: Background) -> None:
    """The concept that these words make."""
    what = concept_frames.asked(here, words, counter, background)
    made = concept_frames.concept(what)
    concept_panels.header(here, made, concept_frames.drawn(what))
    concept_panels.remarks(here, made)
    concept_panels.prototype(here, what)
    left, right = st.columns([2, 1] if pictured else 2, gap="medium")
    with left:
        concept_panels.items(here, what)
    with right:
        concept_panels.overlap(here, what)
    left, right = st.columns(2, gap="medium")
    with left:
        keeping.null(what, made, many)
    with right:
        keeping.save(here, what, made)


parts.breadcrumb(here.slug, here.site, f"a feature of your own {many}")
rail.warn_degenerate(here)
with parts.guard():
    asking.reopen(here)
words, counter, background = media_concept.ask(here) if pictured else asking.ask(here)
if not words:
    parts.empty(f"Give some {many} that share what you look for, twenty or more for a verdict.")
elif len(words) + len(counter) > MOST_WORDS:
    parts.empty(f"{len(words) + len(counter):,} {many} are too many: give at most {MOST_WORDS:,}.")
else:
    show(words, counter, background)
keeping.saved(here, many)

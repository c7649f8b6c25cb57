"""What "Read a text" asks of a text that was read: answers of a notebook, with what to copy.

States live in the session; how signs changed is kept beside them, for the text that is open.
"""

import hashlib

import numpy as np
import streamlit as st

from catalog.browse import siblings
from catalog.notebook.text_changes import Changes
from catalog.notebook.texts import Text, sites_of
from catalog.store.catalog import Catalog
from dashboard.common import answers
from dashboard.common.answers import Answer, Here

_MADE = "text.made"


def sites(here: Here) -> tuple[str, ...]:
    """Sites that are read: the residual stream, final, and the rail's own."""
    return sites_of(here.catalog, here.site)


def alone(here: Here) -> Catalog | None:
    """The catalog of single tokens that a text's signs are compared with here; None without one."""
    found = siblings.single(here.catalog) if here.catalog.contextual else here.catalog
    if found is None or here.site not in found.site_names:
        return None
    return found if here.threshold in found.thresholds else None


def fired_copy(read: Text) -> Answer:
    """The map as a frame: place, token, and what is known of each cell; see `Text.frame`."""
    return Answer(read.frame(), _python(read, "frame()"), "python")


def changes(read: Text) -> Changes:
    """Signs that differ from cached ones at every site that was read; kept in the session.

    Kept by what the text and its states hold, not by where they lie in memory: an address is given
    to another text as soon as this one is gone.
    """
    key = (read.catalog.stamp, read.threshold, _content(read))
    kept = st.session_state.get(_MADE)
    if kept is not None and kept[0] == key:
        made: Changes = kept[1]
        return made
    result = read.changes()
    st.session_state[_MADE] = (key, result)
    return result


def _content(read: Text) -> str:
    """Hash of all that the figures are made of: ids, and states at every site."""
    whole = hashlib.blake2b(np.ascontiguousarray(read.states.ids).tobytes())
    for site, values in read.states.states.items():
        whole.update(f"{site} {values.shape}".encode())
        whole.update(np.ascontiguousarray(values).data)
    return whole.hexdigest()


def layers_copy(read: Text, made: Changes) -> Answer:
    """By site: site, own, sd, other, retained, tokens."""
    return Answer(made.frame(), _python(read, "changes().frame()"), "python")


def magnitude_copy(read: Text, made: Changes) -> Answer:
    """By site and quarter of |state - threshold|, 1 the smallest: site, quarter, own, other."""
    return Answer(made.by_magnitude(), _python(read, "changes().by_magnitude()"), "python")


def token_copy(read: Text, made: Changes) -> Answer:
    """By site and token: site, place, token, own, other, counted."""
    return Answer(made.by_token(), _python(read, "changes().by_token()"), "python")


def cell(read: Text, place: int, category: str) -> Answer:
    """One token against one feature: dimension, expected, sign, matches, state, away, auc, q."""
    call = f"cell({place}, {category!r})"
    return Answer(read.cell(place, category), _python(read, call), "python")


def across(read: Text, place: int, category: str) -> Answer:
    """One token and category at every site that was read: site, agreement, firing_level."""
    call = f"across({place}, {category!r})"
    return Answer(read.across(place, category), _python(read, call), "python")


def _python(read: Text, call: str) -> str:
    made = f"c.read({read.text!r}, {read.site!r}, threshold={read.threshold!r})"
    return answers.python(read.catalog, f"{made}.{call}")

"""How sure answers are, the consensus protocol and one's own checks: what Agreement asks."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from catalog.notebook import reliability
from catalog.notebook.reliability import Reliability
from catalog.workspace import agreement, at_hand, known, printable, protocol, scales
from catalog.workspace.agreement import Field
from catalog.workspace.printable import Summary
from catalog.workspace.protocol import Interval
from dashboard.common import answers, workspace
from dashboard.common.answers import Answer, Here


def reliabilities(here: Here, site: str | None) -> list[Reliability]:
    """Of the fields that anybody answered; empty where who looks works blind on anything."""
    if workspace.anything_hidden():
        return []
    opened, person = workspace.workspace(), workspace.person()
    found = [
        reliability.measured(opened, here.catalog, field, site, person)
        for field in agreement.FIELDS
    ]
    return [one for one in found if len(one.labelers())]


def posteriors(here: Here, found: Reliability) -> Answer:
    """A row for each subject, the least sure first."""
    return Answer(found.frame(), _copy(here, found.field, found.site, "frame"), "python")


def together(here: Here, found: Reliability) -> Answer:
    """A row for each labeler."""
    return Answer(found.labelers(), _copy(here, found.field, None, "labelers"), "python")


def _copy(here: Here, field: Field, site: str | None, what: str) -> str:
    at = "" if site is None else f", {site!r}"
    return answers.python(here.catalog, f"c.reliability({field!r}{at}).{what}()")


def entering(here: Here, site: str | None) -> pd.DataFrame:
    """First blind answers, at a site or everywhere."""
    return agreement.entering(workspace.workspace(), **workspace.where(here, site))


def consensus(here: Here, site: str | None, second: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The consensus protocol, and ordinal alpha of each scale that anybody used.

    A row a field: people, subjects, unanimous, near, fleiss; with a second panel also cohen, of how
    many subjects. Intervals are part of the text. Made once for each state of the log.
    """
    opened = workspace.workspace()
    place = tuple(workspace.where(here, site).items())
    return _consensus((opened.where, at_hand.stamp(opened)), place, tuple(second))


@st.cache_data(show_spinner=False, max_entries=16)
def _consensus(
    state: tuple[str, tuple[int, int]],
    place: tuple[tuple[str, str | None], ...],
    second: tuple[str, ...],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    entered = agreement.entering(workspace.workspace(), **dict(place))
    return _protocols(entered, second), scales.table(entered)


def _protocols(entered: pd.DataFrame, second: Sequence[str]) -> pd.DataFrame:
    rows = []
    for field in agreement.FIELDS:
        found = protocol.measure(entered, field, second)
        unanimous, near = found.at_one
        row: dict[str, object] = {
            "field": field,
            "people": len(found.people),
            "subjects": found.subjects,
            "unanimous": counted(unanimous, found.by(2)),
            "near": counted(near, found.by(3)),
            "fleiss": spanned(found.fleiss),
        }
        if found.second is not None:
            row |= {"cohen": spanned(found.second.kappa), "compared": found.second.subjects}
        rows.append(row)
    return pd.DataFrame(rows)


def counted(found: Interval, of: int) -> str:
    """A share with its interval and what it is of."""
    return spanned(found) if found.value is None else f"{spanned(found)} of {of:,}"


def spanned(found: Interval) -> str:
    """A figure with its interval; a dash where there is none."""
    if found.value is None:
        return "–"
    if found.low is None or found.high is None:
        return f"{found.value:.2f}"
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def summary(here: Here, site: str | None, second: list[str]) -> Summary:
    """Everything that can be printed of them; `second` are the people of a second panel."""
    entered = entering(here, site)
    named = workspace.model(here)
    place = f"{named['model']} (read {named['reading']}, {named['revision']})"
    return printable.summarise(f"{place}, {site or 'every site'}", entered, second)


def own(here: Here) -> pd.DataFrame:
    """How who looks did on checks of their closed queues; empty where there were none."""
    person = workspace.person()
    if person is None:
        return pd.DataFrame()
    found = known.own(workspace.workspace(), person, **workspace.model(here))
    return found[found["of"] > 0].reset_index(drop=True)

"""Machines that label: what may be asked of them, what it costs, what they were asked and said."""

from typing import NamedTuple

import pandas as pd

from catalog.errors import SettingRefused
from catalog.labelers import endpoint, labeling, testing
from catalog.labelers.endpoint import Settings
from catalog.labelers.planned import Plan
from catalog.sites import listed_numbers
from catalog.workspace import machines
from dashboard.common import workspace
from dashboard.common.answers import Here
from dashboard.desk import frames
from dashboard.jobs import asks
from dashboard.jobs.table import Asked

LABEL, TEST, BASELINE, LISTS = "label", "test", "baseline", "word lists"
WHAT = {
    BASELINE: "label by the baseline",
    LABEL: "label by the model",
    LISTS: "test by word lists",
    TEST: "test by the model",
}
MODEL = (LABEL, TEST)
"""What is asked of the endpoint."""
NOBODY = machines.author("nobody")
"""Somebody who has answered nothing: what is drawn for them is what a queue draws first."""
SHOWN = 200
"""Calls that are listed, the newest."""


class Wanted(NamedTuple):
    """Work that a machine could do, and what it would cost."""

    asked: Asked
    plan: Plan | None
    """None where no model is asked."""


def settings() -> Settings | None:
    """The endpoint of this server's environment; None where there is none, or it is wrong."""
    try:
        return endpoint.settings()
    except SettingRefused:
        return None


def missing() -> str:
    """Why there is no endpoint, and how to name one."""
    try:
        endpoint.settings()
    except SettingRefused as error:
        return str(error)
    return ""


def wanted(here: Here, what: str, site: str, count: int | None) -> Wanted:
    """The job, and its cost. Dimensions are those that a queue would give everybody.

    SettingRefused where the endpoint cannot be asked.
    """
    opened, chosen = workspace.workspace(), settings()
    every = int(here.catalog.sites.set_index("site").dims[site])
    numbers = list(range(every))
    if count is not None:
        numbers = [int(one.name) for one in frames.chosen(here, [site], count, NOBODY)]
    more: tuple[str, ...] = ("--site", site)
    if what in (LABEL, BASELINE) and len(numbers) < every:
        more += ("--dimensions", listed_numbers(numbers))
    if what == BASELINE:
        title = f"baseline labels at {site} of"
        return Wanted(asks.machine(here, "baseline", more, title, 3 + len(numbers) / 60), None)
    if what == LISTS:
        more += ("--word-lists",)
        return Wanted(asks.machine(here, "test", more, f"label tests at {site} of", 60), None)
    if chosen is None:
        raise SettingRefused(missing())
    if what == LABEL:
        plan = labeling.plan(opened, here.catalog, site, numbers, chosen)
        verb, title = "machine", f"labels of {chosen.model} at {site} of"
    else:
        plan = testing.plan(opened, here.catalog, testing.Which(site), chosen)
        verb, title = "test", f"label tests by {chosen.model} at {site} of"
    return Wanted(asks.machine(here, verb, (*more, "--yes"), title, 5 + plan.seconds), plan)


def counted() -> pd.DataFrame:
    """Calls by machine, purpose, outcome and reason, with tokens and seconds."""
    return machines.counted(workspace.workspace()).fillna({"reason": ""})


def calls(here: Here) -> pd.DataFrame:
    """The newest calls about the rail's model that who looks may see, the last first."""
    found = machines.calls(workspace.workspace(), workspace.person(), SHOWN)
    found = found[found.of_model == workspace.model(here)["model"]].iloc[::-1]
    return found.fillna({"reason": "", "answer": ""}).reset_index(drop=True)

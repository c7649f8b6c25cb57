"""What people call dimensions and features, as a column of tables and in pickers."""

from collections.abc import Callable, Iterable

import pandas as pd
import streamlit as st

from catalog.workspace import summaries
from dashboard.common import grey, parts, workspace
from dashboard.common.answers import Here
from dashboard.labels import sure


def of(here: Here, names: Iterable[object], kind: str = "dimension") -> dict[str, str]:
    """Summary of each name at the rail's site that somebody has labelled; nothing hidden."""
    wanted = [str(name) for name in names]
    if not wanted or not workspace.anything_saved():
        return {}
    where = workspace.where(here, here.site)
    return summaries.short(workspace.workspace(), workspace.person(), wanted, **where, kind=kind)


def beside(
    here: Here, frame: pd.DataFrame, column: str = "dimension", kind: str = "dimension"
) -> pd.DataFrame:
    """The frame with a column `label` where anything in it is labelled; else as it was. A column
    `sure` follows where people answered blind: the likeliest answer with its posterior.

    A frame with a column `site` is looked up at each of its sites.
    """
    sites = frame["site"] if "site" in frame else pd.Series(here.site, frame.index)
    told: dict[tuple[str, str], str] = {}
    for site in sites.unique():
        there = here._replace(site=str(site))
        found = of(there, frame.loc[sites == site, column], kind)
        told |= {(str(site), name): text for name, text in found.items()}
    if not told:
        return frame
    keys = list(zip(sites.astype(str), frame[column].astype(str), strict=True))
    shown = frame.copy()
    place = int(shown.columns.get_indexer([column])[0]) + 1  # beside what it names
    shown.insert(place, "label", [told.get(key, "") for key in keys])
    likely = {
        (str(site), name): text
        for site in sites.unique()
        for name, text in sure.at(here._replace(site=str(site)), kind).items()
    }
    if any(key in likely for key in keys):
        shown.insert(place + 1, "sure", [likely.get(key, "") for key in keys])
    return shown


def title() -> dict[str, object]:
    """Configuration of the columns `label` and `sure`."""
    help = (
        "What people call it: the final label (✓), or what most say (how many people); what "
        f"machines say where nobody else does. {grey.HELP}"
    )
    posterior = (
        "The likeliest answer of people who answered blind, the probability that it is true with "
        "its 95 % credible interval, and how many people answered."
    )
    return {
        "label": st.column_config.TextColumn("label", help=help),
        "sure": st.column_config.TextColumn("how sure", help=posterior),
    }


def picker(here: Here, names: Iterable[str], kind: str = "feature") -> Callable[[str], str]:
    """A format_func: the name, and what people call it."""
    told = of(here, names, kind)

    def shown(name: str) -> str:
        said = f" · {parts.visible(told[name])}" if name in told else ""
        return parts.spaced(name) + said

    return shown

"""Labels of another revision of a model: what would move to this catalog, and do it."""

import pandas as pd
import streamlit as st

from catalog.workspace import carrying
from catalog.workspace.carrying import Plan, Version
from dashboard.common import parts, workspace
from dashboard.common.answers import Here

_OUTCOMES = {
    "moves": "moves",
    "kept": "stays: its author has labelled the new one",
    "lost": "has no place here",
}


def plans(here: Here) -> list[Plan]:
    """What carrying over would do, for each other version of the model with anything to move."""
    if not workspace.anything_saved():
        return []
    opened, new = workspace.workspace(), Version(**workspace.model(here))
    others = [one for one in carrying.versions(opened, new.model) if one != new]
    present = here.catalog.sites.dropna(subset="dims")
    dims = {str(site): int(n) for site, n in zip(present["site"], present["dims"], strict=True)}
    found = [carrying.plan(opened, old, new, dims) for old in others]
    return [one for one in found if len(one.moves)]


def listed(plan: Plan) -> pd.DataFrame:
    """Every label of a plan: what becomes of it, site, kind, name, pole, author."""
    rows = [
        getattr(plan, name)[["site", "kind", "name", "pole", "author"]].assign(outcome=words)
        for name, words in _OUTCOMES.items()
    ]
    return pd.concat([frame for frame in rows if len(frame)], ignore_index=True)


@parts.guard()
def offer(here: Here) -> None:
    """Offer it, where there is something to carry; nothing else is drawn."""
    for number, plan in enumerate(plans(here)):
        old = f"{plan.old.revision[:20]}, read {plan.old.reading}"
        count = len(plan.moves)
        parts.notice(
            f"{count:,} {'label was' if count == 1 else 'labels were'} given to another build of "
            f"this model ({old}) and can be carried over."
        )
        if workspace.anything_hidden():
            st.caption("Close your open queue first: the list would say what others have labelled.")
            continue
        key = f"carry.{here.slug}.{number}"
        with st.popover("See and carry over", icon=":material/move_down:", key=key):
            rows = listed(plan)
            parts.table(rows, key=f"{key}.table", height=min(260, 36 * len(rows) + 40))
            st.caption(
                "Authors stay. Carried labels stand beside new ones and never enter agreement; "
                "the old ones stay where they are."
            )
            st.button(
                f"Carry {count:,} over",
                type="primary",
                key=f"{key}.go",
                on_click=parts.guard()(_carry),
                args=(plan,),
            )


def _carry(plan: Plan) -> None:
    moved = carrying.carry(workspace.acting("exchange"), plan)
    st.toast(f"{moved:,} labels carried over.", icon=":material/check:")

"""Saved flip runs in the workspace: save, list, open again, export."""

import json
from typing import Any, NamedTuple

import streamlit as st

from catalog import places
from catalog.flips import report, saved
from catalog.workspace import runs
from dashboard.common import parts, workspace
from dashboard.common.answers import Here
from dashboard.flips.frames import Made
from dashboard.frame import address, who


class Kept(NamedTuple):
    """One saved run."""

    key: str
    title: str
    person: str
    body: dict[str, Any]
    made: str
    """When it was saved, UTC."""


def held(here: Here) -> list[Kept]:
    """Saved runs of the catalog's model, newest first; none before anybody saved anything."""
    if not places.workspace_exists():
        return []
    rows = runs.held(
        workspace.workspace(),
        "run",
        workspace.person(),
        model=str(here.catalog.build["model"]),
    )
    return [
        Kept(
            row.key,
            str(row.body.get("title", "")),
            row.person,
            row.body,
            f"{row.made_at:%Y-%m-%d %H:%M}",
        )
        for row in rows
        if row.body.get("format") == saved.FORMAT
    ]


def keep(here: Here, made: Made, title: str, person: str) -> str:
    """Save a run and return its key; raises LabelRefused for an empty name or person."""
    build = here.catalog.build
    result = report.as_json(made.found, made.summary)
    body = saved.body(build, made.found.setup, made.edits, result)
    event = workspace.event()
    key = f"run-{event}"[:60]
    body = json.loads(json.dumps({**body, "title": title.strip()}))
    entry = runs.Entry("run", key, person, str(build["model"]), body)
    runs.save(workspace.workspace(), event, entry)
    return key


def save(here: Here, made: Made) -> None:
    """Name and a Save button, and where saved runs are."""
    with (
        st.form("flip.save", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        setup = made.found.setup
        title = st.text_input(
            "Save this run as", f"{setup.name[:40]} at {setup.site}", max_chars=80
        )
        known = workspace.person()
        typed = known or str(st.text_input("Your name", key="flip.save.person", max_chars=40))
        pressed = st.form_submit_button("Save", icon=":material/bookmark_add:")
    if not pressed:
        return
    with parts.guard():
        if known is None:
            who.take(typed)
        key = keep(here, made, str(title), workspace.person() or typed)
        st.toast("Saved.", icon=":material/check:")
        address.link("flip_runs", "Open the saved run", here, ":material/folder_open:", run_key=key)


def opened(here: Here, kept: Kept) -> dict[str, str]:
    """Query parameters of the flip lab that ask for the same run."""
    asked = kept.body["asked"]
    lines = "\n".join(text for text, _source, _kind in asked["prompts"])
    more: dict[str, object] = {
        "feature": asked["kind"],
        "positions": asked["positions"],
        "scale": asked["scale"],
        "seed": asked["seed"],
        "run": 1,
    }
    name = {"category": "category", "discovered": "found", "dimensions": "dims"}.get(asked["kind"])
    if name is not None:
        more[name] = asked["name"]
    if asked["read"]:
        more["read"] = asked["read"]
    if asked["edits"]:
        more["edits"] = asked["edits"]
    kinds = [kind for _text, _source, kind in asked["prompts"]]
    if "own" in kinds:
        more |= {"prompts": "own text", "text": lines}
    elif len(kinds) > 32:
        more["prompts"] = "32 + 32"
    place = here._replace(site=asked["site"], threshold=asked["threshold"])
    return address.of(place, **more)

"""Saved flip runs in the workspace: save, list, open again, export."""

import json

import streamlit as st

from catalog import places
from catalog.notebook import saved_flips
from catalog.notebook.flips import Flip
from catalog.notebook.saved_flips import SavedFlip, SavedFlips
from catalog.workspace import runs
from catalog.workspace.runs import Entry
from dashboard.common import parts, workspace
from dashboard.common.answers import Here
from dashboard.frame import address, who


def held(here: Here) -> SavedFlips:
    """Saved runs of the catalog's model, newest first; none before anybody saved anything."""
    if not places.workspace_exists():
        return SavedFlips(here.catalog, ())
    return saved_flips.held(workspace.workspace(), here.catalog, workspace.person())


def keep(here: Here, made: Flip, title: str, person: str) -> str:
    """Save a run and return its key; raises LabelRefused for an empty name or person."""
    event = workspace.event()
    key = f"run-{event}"[:60]
    body = json.loads(json.dumps({**made.as_saved(), "title": title.strip()}))
    model = str(here.catalog.build["model"])
    runs.save(workspace.acting("keep"), event, Entry("run", key, person, model, body))
    return key


def save(here: Here, made: Flip) -> None:
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
        unsure = who.waiting()
        pressed = st.form_submit_button("Save", icon=":material/bookmark_add:", disabled=unsure)
    if not pressed:
        return
    with parts.guard():
        if known is None:
            who.take(typed)
        key = keep(here, made, str(title), workspace.person() or typed)
        st.toast("Saved.", icon=":material/check:")
        address.link("flip_runs", "Open the saved run", here, ":material/folder_open:", run_key=key)


def opened(here: Here, kept: SavedFlip) -> dict[str, str]:
    """Query parameters of the flip lab that ask for the same run."""
    asked = kept.body["asked"]
    lines = "\n".join(text for text, _source, _kind in asked["prompts"])
    more: dict[str, object] = {
        "feature": asked["kind"],
        **_positions(asked["positions"]),
        "scale": asked["scale"],
        "seed": asked["seed"],
        "run": 1,
    }
    name = {"category": "category", "discovered": "found", "dimensions": "dims"}.get(asked["kind"])
    if name is not None:
        more[name] = asked["name"]
    if asked["kind"] == "concept":
        more["concept"] = runs.concept_key(str(here.catalog.build["model"]), asked["name"])
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


def _positions(asked: str) -> dict[str, object]:
    """As the lab's link has them: places stand in a field of their own."""
    if asked in ("all", "last"):
        return {"positions": asked}
    return {"positions": "chosen", "places": asked}

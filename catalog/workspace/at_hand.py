"""Posteriors for pages: measured once for each state of the log, and kept in memory."""

import threading
from collections.abc import Mapping
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, func, select

from catalog.workspace import agreement, blind, reliability, schema
from catalog.workspace.agreement import FIELDS, Field
from catalog.workspace.file import Workspace
from catalog.workspace.reliability import Reliability

Found = dict[Field, Reliability]
_HELD: "WeakKeyDictionary[Engine, dict[tuple[str, ...], tuple[tuple[int, int], Found]]]"
_HELD = WeakKeyDictionary()
_KEPT = 8
"""Builds kept."""
_GUARD, _TURN = threading.Lock(), threading.Lock()


def stamp(workspace: Workspace) -> tuple[int, int]:
    """State of the log of labels: number of its newest row, and of its rows."""
    count = select(func.coalesce(func.max(schema.label.c.id), 0), func.count())
    with workspace.reading() as connection:
        newest, rows = connection.execute(count.select_from(schema.label)).one()
    return int(newest), int(rows)


def of_build(
    workspace: Workspace, viewer: str | None, build: Mapping[str, str], pairs: bool = False
) -> Found | None:
    """Reliability of both fields in one build of a model (model, revision, reading).

    None where the viewer works blind on anything: nobody sees how sure an answer is while they
    label. `pairs` also looks for people who copy, which takes longer the more people there are.
    Measured at most once at a time, since it takes up to a second.
    """
    if viewer is not None and blind.hidden_targets(workspace, viewer):
        return None
    key = (*build.values(), "pairs" if pairs else "")
    with _TURN:
        now = stamp(workspace)
        with _GUARD:
            held = _HELD.setdefault(workspace.engine, {})
            kept = held.get(key)
        if kept is not None and kept[0] == now:
            return kept[1]
        answers = agreement.entering(workspace, **build)
        found = {field: reliability.measure(answers, field, pairs) for field in FIELDS}
        with _GUARD:
            held.pop(key, None)
            held[key] = (now, found)
            for old in list(held)[:-_KEPT]:
                del held[old]
    return found

"""Labels as Label Studio tasks: one task a subject, one annotation for each person.

A JSON array of {id, data, annotations[{id, result[{from_name, to_name, type, value}],
completed_by, lead_time, was_cancelled, ground_truth, created_at, updated_at}], predictions}.
`completed_by` stays empty, because Label Studio refuses accounts it does not know; the person's
name is the result `author`. A skip is a cancelled annotation.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from catalog.errors import ImportRefused, LabelRefused
from catalog.workspace import schema
from catalog.workspace.file import Workspace
from catalog.workspace.transfer.files import reading, replacing
from catalog.workspace.transfer.merging import Incoming, Known, Report, add, checked
from catalog.workspace.transfer.tables import flat, incoming
from catalog.workspace.values import CLOSED, CONTENT

_DATA = ("model", "revision", "reading", "site", "kind", "name")
_TEXT_OF = {"": "whole", "+": "positive", "-": "negative"}
_RATING, _CHOICES, _TEXTAREA = ("rating", "rating"), ("choices", "choices"), ("textarea", "text")


def _control(field: str) -> tuple[str, str]:
    if field in schema.RANGES:
        return _RATING
    return _CHOICES if field in ("action", *CLOSED) else _TEXTAREA


_NAMES = ("author", *(field for field in CONTENT if field != "text"), *_TEXT_OF.values())
_RESULTS = {name: _control(name) for name in _NAMES}
"""Control's name -> its type, and the key of its value."""


def export_label_studio(workspace: Workspace, path: Path, **where: str | None) -> int:
    """Write the labels that hold as tasks; number of tasks."""
    table = flat(workspace, **where)
    count = 0
    with replacing(path) as partial_path, partial_path.open("w", encoding="utf-8") as file:
        file.write("[")
        for count, (names, group) in enumerate(table.groupby(list(_DATA)), start=1):
            rows = [row for _, said in group.groupby(["author", "pole"]) for row in _records(said)]
            task = {
                "id": count,
                "data": dict(zip(_DATA, names, strict=True)),
                "annotations": [_annotation(number, row) for number, row in enumerate(rows, 1)],
                "predictions": [],
            }
            file.write((",\n" if count > 1 else "\n") + json.dumps(task, ensure_ascii=False))
        file.write("\n]\n")
    return count


def _records(said: Any) -> list[dict[str, str]]:
    return [{str(k): str(v) for k, v in row.items()} for row in said.to_dict("records")]


def _annotation(number: int, row: dict[str, str]) -> dict[str, Any]:
    said = {**row, _TEXT_OF[row["pole"]]: row["label"]}
    return {
        "id": number,
        "result": [_result(name, said[name]) for name in _RESULTS if said.get(name)],
        "completed_by": None,
        "lead_time": None,
        "was_cancelled": row["action"] == "skip",
        "ground_truth": False,
        "created_at": row["made_at"],
        "updated_at": row["made_at"],
    }


def _result(name: str, value: str) -> dict[str, Any]:
    kind, key = _RESULTS[name]
    held: Any = int(value) if kind == "rating" else [value]
    return {"from_name": name, "to_name": "dimension", "type": kind, "value": {key: held}}


def import_label_studio(
    workspace: Workspace, path: Path, known: Sequence[Known] | None = None
) -> Report:
    """Add the annotations of exported tasks; ImportRefused (nothing added) where one is wrong.

    The array is read into memory: about 1 kB a task.
    """
    with reading(path) as file:
        try:
            tasks = json.load(file)
        except json.JSONDecodeError as error:
            raise ImportRefused(f"{path} is not JSON ({error}): export it again.") from error
    if not isinstance(tasks, list):
        raise ImportRefused(f"{path} is not a list of Label Studio tasks: export it as JSON.")
    return add(workspace, lambda: checked(_makers(path, tasks, known)))


def _makers(
    path: Path, tasks: Sequence[Any], known: Sequence[Known] | None
) -> Iterator[tuple[str, Callable[[], Incoming]]]:
    for number, task in enumerate(tasks, start=1):
        annotations = task.get("annotations") if isinstance(task, dict) else None
        data = task.get("data") if isinstance(task, dict) else None
        if not isinstance(annotations, list) or not isinstance(data, dict):
            raise ImportRefused(f"{path}, task {number}: it has no data and annotations.")
        for annotation in annotations:
            for pole, name in _TEXT_OF.items():
                said = _said(path, number, annotation)
                if name in said or (pole == "" and _about_whole(said)):
                    make = partial(_incoming, data, said, pole, annotation, known)
                    yield f"{path}, task {number}", make


def _about_whole(said: Mapping[str, str]) -> bool:
    """Whether there is something about the whole besides its text."""
    return bool(set(CLOSED) & set(said)) or not {"positive", "negative"} & set(said)


def _said(path: Path, number: int, annotation: Any) -> dict[str, str]:
    """Value of each control of an annotation, as text; several values of one are joined."""
    said: dict[str, str] = {}
    try:
        for result in annotation["result"]:
            value = next(iter(result["value"].values()))
            words = value if isinstance(value, list) else [value]
            said[str(result["from_name"])] = " ".join(str(word) for word in words)
    except (KeyError, TypeError, AttributeError, StopIteration) as error:
        raise ImportRefused(
            f"{path}, task {number}: an annotation has no result with from_name and value."
        ) from error
    return said


def _incoming(
    data: dict[str, Any],
    said: dict[str, str],
    pole: str,
    annotation: dict[str, Any],
    known: Sequence[Known] | None,
) -> Incoming:
    missing = [field for field in ("model", "site", "name") if not data.get(field)]
    if missing:
        raise LabelRefused(f"Its data lacks {', '.join(missing)}.")
    row = {field: str(data.get(field) or "") for field in _DATA}
    whole = () if pole else CLOSED
    content = {
        field: said.get(field, "") for field in CONTENT if field in whole or field not in CLOSED
    }
    author = said.get("author") or f"label-studio {annotation.get('completed_by') or 'unknown'}"
    action = "skip" if annotation.get("was_cancelled") else said.get("action", "label")
    return incoming(
        {
            **row,
            **content,
            "pole": pole,
            "label": said.get(_TEXT_OF[pole], ""),
            "author": author,
            "action": action,
            "made_at": str(annotation.get("created_at") or ""),
        },
        known,
    )

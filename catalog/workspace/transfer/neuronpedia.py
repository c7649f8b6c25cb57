"""Labels as Neuronpedia explanations: v1/<model>/<source>/explanations/batch-N.jsonl.gz.

Fields: id, modelId, layer (the source: our site), index (the dimension), description, authorId,
typeName, explanationModelName, notes, createdAt. Neuronpedia knows one pole and no closed answers:
those stand as JSON in `notes`, so that an export comes back as it was.
"""

import gzip
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from catalog.errors import ImportRefused, LabelRefused, SettingRefused
from catalog.sites import Site
from catalog.workspace.file import Workspace
from catalog.workspace.transfer.files import reading, replacing
from catalog.workspace.transfer.merging import Incoming, Known, Report, add, checked
from catalog.workspace.transfer.tables import flat, incoming
from catalog.workspace.values import CONTENT

TYPE = "human"
_SUBJECT = ("model", "revision", "reading", "pole")
_NOTED = (*_SUBJECT, *(field for field in CONTENT if field not in ("action", "text")))
_PER_FILE = 10_000
_SOURCE = re.compile(r"(\d+)-dims-([a-z]+)")


def export_neuronpedia(workspace: Workspace, folder: Path, **where: str | None) -> tuple[int, int]:
    """Write the labels of dimensions that say something in words; (written, left out).

    The description is the text, or the category where there is no text. Left out: features,
    answers without words, skips and flags.
    """
    table = flat(workspace, **{**where, "kind": "dimension"})
    written = 0
    for (model, site), group in _spoken(table).groupby(["model", "site"]):
        place = folder / "v1" / quote(str(model), safe="") / str(site) / "explanations"
        written += _write(group, place)
    return written, len(flat(workspace, **where)) - written


def write_sources(table: pd.DataFrame, folder: Path, last: int) -> int:
    """Write rows of `tables.flat_of` beside the features of an export; how many had words.

    `last` is the number of the last block: see `source_of`.
    """
    dimensions = table[table["kind"] == "dimension"]
    same = ["model", "site", "dimension", "pole", "author"]
    dimensions = dimensions.drop_duplicates(same, keep="last")  # a final word after one's own
    written = 0
    for (model, site), group in _spoken(dimensions).groupby(["model", "site"]):
        source = source_of(Site.parse(str(site)), last)
        place = folder / "v1" / quote(str(model), safe="") / source / "explanations"
        written += _write(group, place, source)
    return written


def source_of(site: Site, last: int) -> str:
    """What Neuronpedia calls a site: 5-dims-resid; its sources begin with the number of a block."""
    return f"{last if site.layer is None else site.layer}-dims-{site.kind}"


def _site_of(source: str) -> str:
    """Undo `source_of`; any other name stays as it is."""
    found = _SOURCE.fullmatch(source)
    if found is None:
        return source
    layer, kind = found.groups()
    return kind if kind == "final" else f"{kind}.{layer}"


def _spoken(table: pd.DataFrame) -> pd.DataFrame:
    said = (table.action == "label") & ((table.label != "") | (table.category != ""))
    return table[said]


def _write(group: pd.DataFrame, place: Path, source: str | None = None) -> int:
    for number, start in enumerate(range(0, len(group), _PER_FILE)):
        rows = group.iloc[start : start + _PER_FILE].to_dict("records")
        with (
            replacing(place / f"batch-{number}.jsonl.gz") as path,
            gzip.open(path, "wt", encoding="utf-8") as file,
        ):
            for row in rows:
                line = _explanation(row) | ({} if source is None else {"layer": source})
                file.write(json.dumps(line, ensure_ascii=False) + "\n")
    return len(group)


def _explanation(row: dict[Any, Any]) -> dict[str, Any]:
    names = (row["model"], row["site"], row["dimension"], row["pole"], row["author"])
    return {
        "id": "-".join(quote(name, safe="") for name in names),
        "modelId": row["model"],
        "layer": row["site"],
        "index": row["dimension"],
        "description": row["label"] or row["category"],
        "authorId": row["author"],
        "typeName": TYPE,
        "explanationModelName": None,
        "notes": json.dumps({field: row[field] for field in _NOTED} | {"text": row["label"]}),
        "createdAt": row["made_at"],
    }


def import_neuronpedia(
    workspace: Workspace, place: Path, known: Sequence[Known] | None = None
) -> Report:
    """Add explanations of a file (.jsonl, .jsonl.gz) or of every one under a folder.

    Where `notes` are not ours, the description is text for the + pole: Neuronpedia explains what
    makes a unit active. ImportRefused where a layer is no site: explanations of SAE features are
    not about dimensions.
    """
    files = [place]
    if place.is_dir():
        files = sorted([*place.rglob("explanations/*.jsonl"), *place.rglob("explanations/*.gz")])
        if not files:
            raise ImportRefused(f"{place} holds no explanations/batch-N.jsonl.gz: name another.")
    return add(workspace, lambda: checked(_makers(files, known)))


def _makers(
    files: Sequence[Path], known: Sequence[Known] | None
) -> Iterator[tuple[str, Callable[[], Incoming]]]:
    for path in files:
        with reading(path) as file:
            for number, line in enumerate(file, start=1):
                yield f"{path}, line {number}", partial(_incoming, line, known)


def _incoming(line: str, known: Sequence[Known] | None) -> Incoming:
    try:
        found = json.loads(line)
        row = {field: str(found[field]) for field in ("modelId", "layer", "index", "description")}
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise LabelRefused(
            "The line is not an explanation with modelId, layer, index and description."
        ) from error
    row["layer"] = _site_of(row["layer"])
    try:
        Site.parse(row["layer"])
    except SettingRefused as error:
        raise LabelRefused(f"{error} Only explanations of dimensions can be imported.") from error
    notes = _notes(found.get("notes"))
    author = found.get("authorId") or found.get("explanationModelName") or "neuronpedia"
    return incoming(
        {
            "model": row["modelId"],
            "site": row["layer"],
            "dimension": row["index"],
            "label": row["description"],
            "pole": "+",
            "author": str(author),
            "made_at": str(found.get("createdAt") or ""),
            **notes,
        },
        known,
    )


def _notes(text: Any) -> dict[str, str]:
    """What our export put into `notes`; nothing where somebody else wrote them.

    An older export has fewer fields.
    """
    try:
        notes = json.loads(text)
    except (json.JSONDecodeError, TypeError):
        return {}
    if not isinstance(notes, dict) or not {*_SUBJECT, "text"} <= set(notes) <= {*_NOTED, "text"}:
        return {}
    words = {field: str(value) for field, value in notes.items() if not pd.isna(value)}
    return {**{field: words.get(field, "") for field in _NOTED}, "label": words.get("text", "")}

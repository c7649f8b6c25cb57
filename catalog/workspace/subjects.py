"""What is labelled: a dimension or a feature of one model's reading, whole or one pole of it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection

from catalog.errors import LabelRefused
from catalog.workspace import schema
from catalog.workspace.file import insert_new
from catalog.workspace.words import tidy

FIELDS = ("model", "revision", "reading", "site", "kind", "name", "pole")
OF_BUILD = FIELDS[:3]
"""Those that a catalog's table `build` gives."""
NAMED = tuple(schema.subject.c[field] for field in FIELDS)
"""Its seven columns, for a SELECT."""
_BATCH = 2000


@dataclass(frozen=True)
class Subject:
    """One thing that can be labelled.

    `kind` is dimension (name: its number), feature (name: its category) or discovered (name: hash
    of its signed dimensions). `pole` is +, - or empty: closed answers are about the whole, free
    text about a pole (of a dimension) or the whole (of a feature).
    """

    model: str
    revision: str
    reading: str
    site: str
    kind: str
    name: str
    pole: str = ""

    def __post_init__(self) -> None:
        """Refuse a subject that no catalog could hold."""
        if self.kind not in schema.KINDS:
            raise LabelRefused(
                f"{self.kind!r} cannot be labelled; a subject is one of {', '.join(schema.KINDS)}."
            )
        if self.pole not in schema.POLES:
            raise LabelRefused(f"{self.pole!r} is not a pole: use +, - or leave it empty.")
        if self.kind == "dimension" and not (self.name.isascii() and self.name.isdigit()):
            raise LabelRefused(f"{self.name!r} is not the number of a dimension.")
        for field in ("model", "site", "name"):
            tidy(getattr(self, field), field)

    @property
    def key(self) -> str:
        """24 hex digits of the SHA-256 of the seven names: equal in every workspace."""
        names = json.dumps([getattr(self, field) for field in FIELDS], ensure_ascii=True)
        return hashlib.sha256(names.encode()).hexdigest()[:24]

    @property
    def whole(self) -> "Subject":
        """The same subject without its pole."""
        return replace(self, pole="")

    def row(self) -> dict[str, Any]:
        """Its row in the table `subject`."""
        names = {field: getattr(self, field) for field in FIELDS}
        return {"key": self.key, "target": self.whole.key, **names}


def dimension(
    model: str, revision: str, reading: str, site: str, number: int, pole: str = ""
) -> Subject:
    """Subject of a dimension."""
    return Subject(model, revision, reading, site, "dimension", str(number), pole)


def of_build(build: Mapping[str, Any]) -> dict[str, str]:
    """Model, revision and reading of a catalog, from its table `build`, as subjects name them."""
    return {name: str(build[name] or "") for name in OF_BUILD}


def of_row(row: Any) -> Subject:
    """Subject of anything with the seven names as attributes (a row, a tuple of a frame)."""
    return Subject(*(getattr(row, field) for field in FIELDS))


def remember(connection: Connection, subjects: Iterable[Subject]) -> None:
    """Add those that the workspace does not know yet."""
    rows = [subject.row() for subject in dict.fromkeys(subjects)]
    for start in range(0, len(rows), _BATCH):
        batch = sorted(rows[start : start + _BATCH], key=lambda row: str(row["key"]))
        connection.execute(insert_new(connection, schema.subject), batch)  # one order: no deadlock

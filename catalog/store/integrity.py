"""Whether a catalog file is what it says it is: for files that came from elsewhere."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from catalog.errors import CatalogUnreadable
from catalog.store import file, hashing, replacing


@dataclass(frozen=True)
class Hashes:
    """What a file's tables hash to."""

    content: str
    """SHA-256 of items, signs, statistics and poles."""
    findings: str | None
    """SHA-256 of the findings; None before they are made."""


def check(path: Path, told: str, content: str | None = None) -> Hashes:
    """Read a whole file and compare it with its own hashes, and `content` where one is asked for.

    `told` is what the file is called in a sentence. Raises CatalogUnreadable where a hash differs,
    naming the part, and where the file has views or macros: a catalog has tables alone, and a view
    could read other files of this machine.
    """
    with _opened(path, told) as connection:
        try:
            _only_tables(connection, told)
            said = connection.execute(
                "SELECT content_hash, findings_hash FROM catalog.build"
            ).fetchall()[0]
            found = hashing.content_hash(connection)
            _same(told, "items, signs or statistics", "content_hash", found, said[0])
            findings = None if said[1] is None else replacing.findings_hash(connection)
        except duckdb.Error as error:
            raise CatalogUnreadable(
                f"{told} is damaged: not all of it can be read. Get it again."
            ) from error
    if findings is not None:
        _same(told, "findings", "findings_hash", findings, said[1])
    if content not in (None, found):
        raise CatalogUnreadable(
            f"{told} is not opened: its content_hash is {found[:12]}, and {str(content)[:12]} was "
            "asked for. Check the hash that you were told, or ask who published it."
        )
    return Hashes(found, said[1])


def _opened(path: Path, told: str) -> duckdb.DuckDBPyConnection:
    try:
        return file.open_readonly(path)
    except CatalogUnreadable as error:
        raise CatalogUnreadable(
            f"{told} is not opened: it is no catalog, or one of another version of this program. "
            "Update this package, or ask who published it."
        ) from error


def _only_tables(connection: duckdb.DuckDBPyConnection, told: str) -> None:
    others = connection.execute(
        "SELECT view_name FROM duckdb_views() WHERE database_name = 'catalog' AND NOT internal "
        "UNION ALL SELECT function_name FROM duckdb_functions() "
        "WHERE database_name = 'catalog' AND NOT internal"
    ).fetchall()
    if others:
        raise CatalogUnreadable(
            f"{told} is not opened: it holds a view or macro ({others[0][0]!r}), and a catalog "
            "has tables alone. Ask who published it."
        )


def _same(told: str, part: str, name: str, found: str, said: str | None) -> None:
    if found != said:
        raise CatalogUnreadable(
            f"{told} is not opened: its {part} differ from the {name} (expected "
            f"{str(said)[:12]}, found {found[:12]}). It was changed after it was made: ask who "
            "published it."
        )

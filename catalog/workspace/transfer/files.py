"""Files of labels: written whole or not at all, read with one sentence where they cannot be."""

import contextlib
import gzip
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TextIO, TypeVar

from catalog.errors import CatalogError, ImportRefused

BATCH = 500
"""Rows read or written at a time: well under a tenth of a second of writing."""
_Row = TypeVar("_Row")


def batches(rows: Iterable[_Row]) -> Iterator[list[_Row]]:
    """The rows in lists of BATCH, the last one shorter."""
    iterator = iter(rows)
    while batch := list(islice(iterator, BATCH)):
        yield batch


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path to write to; it becomes `path` when the block ends without error."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        os.replace(partial, path)
    except OSError as error:
        raise CatalogError(
            f"{path} cannot be written ({error.strerror}): choose another place."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[TextIO]:
    """Open a text file, gzipped where its name ends in .gz; ImportRefused where it is not text."""
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
                yield file
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield file
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or "it is cut short or not gzipped"
        raise ImportRefused(f"{path} cannot be read: {reason}.") from error
    except UnicodeDecodeError as error:
        raise ImportRefused(f"{path} is not UTF-8 text: save it as UTF-8.") from error

"""Find all files of a model, and refuse what cannot be loaded, before anything is."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from transformers.utils import cached_file

from catalog.errors import ModelUnavailable
from catalog.model import adapters, gguf, remote_code, weights
from catalog.model.sources import Source
from catalog.progress import Report, silent


@dataclass(frozen=True)
class Access:
    """What loading may do, and who hears of it."""

    trusted: bool = False
    """Whether code that a checkpoint brings may be run."""
    report: Report = silent
    """Hears of a download."""


CAUTIOUS = Access()
"""Runs no foreign code, and tells nobody."""


class Found(NamedTuple):
    """The files of a model."""

    source: Source
    """Of config, tokenizer and weights."""
    adapter: adapters.Adapter | None
    """What changes the weights, where `source` is the base of an adapter."""
    files: list[Path]
    """All weights that are loaded, the adapter's last."""
    code: remote_code.Code | None
    """Code that must be run, and is trusted."""


def find(asked: Source, access: Access) -> Found:
    """Where everything lies that is to be loaded; raises a CatalogError."""
    source, adapter = asked, adapters.of(asked)
    if adapter is not None:
        adapter.check()
        source = adapter.base
    if Path(source.place).is_dir():
        _check_folder(source)
    files = _weight_files(source)
    if source.file is not None:
        source = Source(source.name, str(gguf.folder(source, files[0])))
    code = remote_code.of(source, access.trusted)
    files += [] if adapter is None else [adapter.file]
    return Found(source, adapter, files, code)


def _check_folder(source: Source) -> None:
    folder = Path(source.place)
    if source.file is None and not weights.of(folder):
        raise ModelUnavailable(
            f"{folder} has a config but no weights (*.safetensors). Copy them there first."
        )


def _weight_files(source: Source) -> list[Path]:
    """The weight files that are loaded, by name."""
    named = source.file or "config.json"
    found = Path(str(cached_file(source.place, named, revision=source.revision)))
    return [found] if source.file is not None else weights.of(found.parent)

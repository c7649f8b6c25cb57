"""Find all files of a model, and refuse what cannot be loaded, before anything is."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from catalog.errors import ModelUnavailable
from catalog.model import adapters, gguf, hub, remote_code, weights
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
    """The folder of config, tokenizer and weights."""
    commit: str | None
    """The hub's, of the model or adapter that was asked for; None where it lies in a folder."""
    adapter: adapters.Adapter | None
    """What changes the weights, where `source` is the base of an adapter."""
    files: list[Path]
    """All weights that are loaded, the adapter's last."""
    code: remote_code.Code | None
    """Code that must be run, and is trusted."""


def find(asked: Source, access: Access) -> Found:
    """Where everything lies that is to be loaded, fetched from the hub where it is not here.

    Raises a CatalogError, or an error of huggingface_hub that `Sentences` knows.
    """
    source, commit = hub.fetch(asked, access.report)
    adapter = adapters.of(source)
    if adapter is not None:
        adapter.check()
        source, _ = hub.fetch(adapter.base, access.report)
    folder = Path(source.place)
    if source.file is not None:
        files = [folder / source.file]
        source = Source(source.name, str(gguf.folder(source, files[0])))
    else:
        files = _weights(folder)
    code = remote_code.of(source, access.trusted)
    files += [] if adapter is None else [adapter.file]
    return Found(source, commit, adapter, files, code)


def _weights(folder: Path) -> list[Path]:
    """The weight files that are loaded, by name."""
    files = weights.of(folder)
    if not files:
        raise ModelUnavailable(
            f"{folder} has a config but no weights (*.safetensors). Copy them there first."
        )
    return files

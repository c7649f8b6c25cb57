"""Read a model's tokenizer: one that is missing or broken is a sentence, never an empty one."""

import importlib.util
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from catalog.errors import ModelUnavailable
from catalog.model import foreign
from catalog.model.sources import Source

_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")
"""Files that hold the tokens, as most models name them."""
_KINDS = ("*.model", "*.tiktoken", "tekken.json", "*.codes")
"""Names of other models."""
_READERS = {"*.model": "sentencepiece", "*.tiktoken": "tiktoken"}
"""Packages that read a kind of file where no tokenizer.json stands in for it."""


def read(source: Source, **given: Any) -> Any:
    """The tokenizer of a folder; ModelUnavailable where it has none, or one that cannot be read.

    transformers makes an empty tokenizer where the files of a known model are missing.
    """
    folder = Path(source.place)
    try:
        made = AutoTokenizer.from_pretrained(source.place, **given)
    except Exception as error:  # the library of tokenizers raises nothing more exact
        raise ModelUnavailable(_why(source, folder, error)) from error
    named = set(getattr(made, "vocab_files_names", {}).values())
    if named and folder.is_dir() and not _there(folder, named):
        raise ModelUnavailable(_missing(source))
    return made


def _why(source: Source, folder: Path, error: Exception) -> str:
    if folder.is_dir() and not _there(folder, set()):
        return _missing(source)
    for kind, package in _READERS.items():
        alone = any(folder.glob(kind)) and not (folder / _FILES[0]).is_file()
        if alone and importlib.util.find_spec(package) is None:
            return (
                f"The tokenizer of {source.name} is read by the package {package}, which is not "
                f"installed. Install it with: pip install {package}"
            )
    return (
        f"The tokenizer of {source.name} cannot be read ({foreign.shortened(error)}). Fetch its "
        f"files again: {_FILES[0]}, tokenizer_config.json and what else belongs to it."
    )


def _missing(source: Source) -> str:
    return (
        f"{source.name} has no tokenizer ({', '.join(_FILES)}). Copy the tokenizer's files to its "
        "weights, or save it there with AutoTokenizer's save_pretrained."
    )


def _there(folder: Path, named: set[str]) -> bool:
    files = any((folder / name).is_file() for name in (*_FILES, *named))
    return files or any(any(folder.glob(kind)) for kind in _KINDS)

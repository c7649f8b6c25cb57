"""GGUF files: read once by transformers, and kept as a folder that loads in a second.

transformers would parse the file's lists of tokens four times, and list the names of tensors for
each of them, which takes longer than everything else: here both are done once. The copy lies in the
cache and can be deleted at any time.
"""

import contextlib
import functools
import hashlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from catalog import places
from catalog.errors import ModelUnsupported
from catalog.model.sources import Source


def folder(source: Source, file: Path) -> Path:
    """A folder with config, tokenizer and float32 weights of a GGUF file; made where it is not yet.

    Weights stored in fewer bits are the numbers that those bits stand for, without any rounding.
    ModelUnsupported where the file holds no causal LM that transformers knows.
    """
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    kept = places.data() / "cache" / f"gguf-{digest[:16]}"
    if not (kept / "config.json").is_file():
        kept.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix="gguf-", dir=kept.parent))
        try:
            _convert(source, making)
            try:
                os.rename(making, kept)
            except OSError:
                if not (kept / "config.json").is_file():  # else another process was first
                    raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return kept


def _convert(source: Source, into: Path) -> None:
    bars = io.StringIO()  # a bar that nothing else switches off
    with contextlib.redirect_stderr(bars), _once():
        config = AutoConfig.from_pretrained(source.place, **source.given)
        if type(config) not in transformers.MODEL_FOR_CAUSAL_LM_MAPPING:
            raise ModelUnsupported(
                f"{source.name} is a GGUF file of the kind {config.model_type!r}, which is no "
                "causal language model. Name the model that it was made from instead."
            )
        tokenizer = AutoTokenizer.from_pretrained(source.place, **source.given)
        read = AutoModelForCausalLM.from_pretrained(
            source.place, dtype=torch.float32, **source.given
        )
    tokenizer.save_pretrained(into)
    plain = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    plain.load_state_dict(read.state_dict())  # what was read of a GGUF file refuses to be saved
    plain.save_pretrained(into)


@contextlib.contextmanager
def _once() -> Iterator[None]:
    """Inside, gguf reads a file and lists a model's tensors once, whoever asks."""
    import gguf

    slow = {name: getattr(gguf, name) for name in ("GGUFReader", "get_tensor_name_map")}
    for name, function in slow.items():
        setattr(gguf, name, functools.cache(function))
    try:
        yield
    finally:
        for name, function in slow.items():
            setattr(gguf, name, function)

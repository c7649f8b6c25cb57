"""Checkpoints that bring code of their own: run where a person trusts it, else refused.

Only code that is needed is ever run: where transformers knows a model's type, its own class is
used. A catalog's word is not enough to run code, since its file may come from anybody: who opens
the model of such a catalog sets the variable.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import transformers
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from catalog.errors import ModelUnsupported, listed
from catalog.model.classes import Classes
from catalog.model.sources import Source

VARIABLE = "DIMS_TRUST_REMOTE_CODE"
"""Set to 1, it trusts whatever model is opened."""
_HEADED = {
    "AutoModelForCausalLM": ("text", True),
    "AutoModelForImageClassification": ("image", False),
    "AutoModelForAudioClassification": ("audio", False),
    "AutoModel": ("text", False),
    "AutoModelForMaskedLM": ("text", False),
    "AutoModelForSeq2SeqLM": ("text", False),
}
"""Modality and whether it predicts next tokens, by the class that a config maps to its code."""


@dataclass(frozen=True)
class Code:
    """The code that a folder brings, and that loading it would run."""

    files: tuple[Path, ...]
    elsewhere: tuple[str, ...]
    """Classes that lie in other repositories of the hub, as "org/name--module.Class"."""

    @property
    def digest(self) -> str:
        """SHA-256 over names and bytes of the files, first 12 digits."""
        total = hashlib.sha256()
        for path in self.files:
            total.update(path.name.encode() + b"\0" + path.read_bytes())
        for one in self.elsewhere:
            total.update(one.encode())
        return total.hexdigest()[:12]

    @property
    def versions(self) -> Mapping[str, str]:
        """What the identity of a build says of it."""
        return {"remote code": f"trusted, sha256 {self.digest}"}


def of(source: Source, trusted: bool) -> Code | None:
    """The code that must be run to load a folder; None where none is needed.

    ModelUnsupported where it is not trusted.
    """
    folder = Path(source.place)
    model, reader = _read(folder / "config.json"), _read(folder / "tokenizer_config.json")
    mapped: list[Any] = []
    if model.get("model_type") not in CONFIG_MAPPING:
        mapped += model.get("auto_map", {}).values()
    if not _known(str(reader.get("tokenizer_class") or reader.get("processor_class"))):
        own = reader.get("auto_map", {})
        mapped += own.values() if isinstance(own, dict) else own
    named = [str(one) for entry in mapped for one in _each(entry)]
    if not named:
        return None
    code = Code(
        tuple(sorted(folder.glob("*.py"))),
        tuple(sorted(one for one in named if "--" in one)),
    )
    if not (trusted or os.environ.get(VARIABLE) == "1"):
        told = listed([one.name for one in code.files] or named)
        raise ModelUnsupported(
            f"{source.name} brings code of its own ({told}), which must be run to load it. Read "
            "it, and if you trust it build with --trust-remote-code; commands and pages that open "
            f"the model later want the variable {VARIABLE}=1."
        )
    return code


def classes(config: Any, modality: str | None) -> Classes:
    """What loads a model by its own code: the head that its config maps and names, best a trunk's.

    `modality` says what its trunk reads, where that is not text.
    """
    mapped: Mapping[str, Any] = getattr(config, "auto_map", None) or {}
    named = str((getattr(config, "architectures", None) or [""])[0])
    found = [one for one in _HEADED if one in mapped and str(mapped[one]).endswith(f".{named}")]
    found = found or [one for one in ("AutoModel", *_HEADED) if one in mapped]
    if not found:
        raise ModelUnsupported(
            f"The code of {config.model_type!r} is mapped to none of {', '.join(_HEADED)} in its "
            "config.json (auto_map). Name a model that transformers knows."
        )
    kind, causal = _HEADED[found[0]]
    auto = getattr(transformers, found[0])
    return Classes(auto, config, modality or kind, causal and modality in (None, "text"))


def _known(tokenizer: str) -> bool:
    return hasattr(transformers, tokenizer) or hasattr(transformers, f"{tokenizer}Fast")


def _each(entry: Any) -> list[Any]:
    """An entry of auto_map: one class, or a slow and a fast one with None for what there is not."""
    several = entry if isinstance(entry, list | tuple) else [entry]
    return [one for one in several if one]


def _read(path: Path) -> Mapping[str, Any]:
    """A JSON object; empty where there is none, or none that could name code."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}  # told by whoever loads it
    return found if isinstance(found, dict) else {}

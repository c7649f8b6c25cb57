"""Weight files: which of a folder's are loaded, their hash, and whether all of them are used."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from torch import nn

from catalog.errors import ModelUnavailable
from catalog.model.stack import trunk_of

ADAPTER = ("adapter_model.safetensors", "adapter_model.bin")
"""Weights that PEFT trained, without their base."""
ADAPTER_CONFIG = "adapter_config.json"
_KINDS = (("model", ".safetensors"), ("pytorch_model", ".bin"))
"""Names of whole files, the best first; of shards with an index the name is followed by numbers."""
_BUFFERS = (
    re.compile(r"rotary\w*\.inv_freq$"),
    re.compile(r"(^|\.)(attn|attention|self_attn|self_attention)\.(bias|masked_bias)$"),
    re.compile(r"(^|\.)position_ids$"),
)
"""Constants that older versions of transformers saved in blocks: masks, wave lengths, positions."""


def loaded(names: Iterable[str]) -> list[str]:
    """The weight files that transformers loads, of the names in a folder or on the hub.

    Safetensors before pickles, a whole file before shards; where none bears a name of that kind,
    all of the first ending that is there.
    """
    found = sorted(names)
    for stem, ending in _KINDS:
        if stem + ending in found:
            return [stem + ending]
        shard = re.compile(rf"{stem}-\d+-of-\d+{re.escape(ending)}")
        shards = [name for name in found if shard.fullmatch(name)]
        if shards and f"{stem}{ending}.index.json" in found:
            return shards
    for _, ending in _KINDS:
        others = [name for name in found if name.endswith(ending) and name not in ADAPTER]
        if others:
            return others
    return []


def of(folder: Path) -> list[Path]:
    """The weight files of a folder that are loaded."""
    return [folder / name for name in loaded(one.name for one in folder.iterdir())]


def digest(files: Iterable[Path]) -> str:
    """SHA-256 over the SHA-256 of each file."""
    total = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            total.update(hashlib.file_digest(stream, "sha256").digest())
    return total.hexdigest()


def check_complete(model: str, module: nn.Module, whole: nn.Module, report: Any) -> None:
    """Refuse weights that leave what is read to chance (a pooler or head is not read).

    `report` is what transformers says of missing keys, `module` what is read of the `whole`.
    Positions that are sines are made, not stored (Marian).
    """
    named = dict(whole.named_modules())
    trunk = trunk_of(module)
    prefix = next((f"{name}." for name, m in named.items() if m is trunk and name), "")
    missing = [
        key
        for key in sorted(report["missing_keys"])
        if key.startswith(prefix)
        and "pooler" not in key
        and "Sinusoidal" not in type(named.get(key.rpartition(".")[0])).__name__
    ]
    if missing:
        raise ModelUnavailable(
            f"The weights of {model} lack {len(missing)} tensors of its blocks, norms or "
            f"embeddings (first: {missing[0]}). Fetch or convert the weights again."
        )


def check_used(model: str, blocks: tuple[nn.Module, ...], whole: nn.Module, report: Any) -> None:
    """Refuse weights that hold more blocks, or more within a block, than the model that was made.

    Such a model runs, and is not the one that was trained. Heads and towers may be left out.
    """
    inside = _inside_blocks(blocks, whole, report["unexpected_keys"])
    beyond = sorted({n for n in inside.values() if n >= len(set(blocks))})
    if beyond:
        raise ModelUnavailable(
            f"The weights of {model} hold {max(beyond) + 1} blocks, but its config.json makes "
            f"{len(set(blocks))}. Put the right number of layers into the config, or fetch it "
            "again."
        )
    if inside:
        raise ModelUnavailable(
            f"The weights of {model} hold {len(inside)} tensors inside its blocks that "
            f"{type(whole).__name__} does not use (first: {min(inside)}). They belong to another "
            "architecture or config, or to an adapter: fetch or convert the model again."
        )


def _inside_blocks(
    blocks: tuple[nn.Module, ...], whole: nn.Module, keys: Iterable[str]
) -> Mapping[str, int]:
    """Those of the keys that name a tensor of the list that the blocks stand in, with the number.

    Keys may lack the first names of the list's path: BERT's are saved with and without "bert.".
    """
    path = next((name for name, one in whole.named_modules() if one is blocks[0]), "")
    steps = path.split(".")[:-1]
    if not path.rpartition(".")[2].isdigit() or not steps:
        return {}
    found = {}
    for key in keys:
        for n in range(len(steps)):
            start = ".".join(steps[n:]) + "."
            number, dot, _ = key.removeprefix(start).partition(".")
            if key.startswith(start) and dot and number.isdigit() and not _is_buffer(key):
                found[key] = int(number)
    return found


def _is_buffer(key: str) -> bool:
    return any(pattern.search(key) for pattern in _BUFFERS)

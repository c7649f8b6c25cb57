"""States in context: real texts run through the model, read at a sample of positions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog.errors import SettingRefused
from catalog.model.loading import LoadedModel
from catalog.model.recording import recording
from catalog.sites import Site

WINDOW = 256
"""Tokens of each text that are read."""
POSITIONS = 16
"""Positions sampled in each text."""
FIRST = 8
"""Positions before this are left out: a beginning-of-text sink, and too little context."""


@dataclass(frozen=True)
class Contexts:
    """Positions of real text; arrays have one row each."""

    document: NDArray[np.int64]
    token: NDArray[np.int64]
    following: NDArray[np.int64]
    """The token that comes next in the text."""
    states: dict[Site, NDArray[np.float32]]
    """float32[positions, dims] of each site."""
    texts: list[NDArray[np.int64]]
    """All ids of each document that were read."""


def passages(folder: Path) -> list[str]:
    """Texts of a folder's *.txt by name, without their first line where it begins with a hash."""
    read = []
    for path in sorted(folder.glob("*.txt")):
        first, _, rest = path.read_text(encoding="utf-8").partition("\n")
        read.append(rest if first.startswith("#") else f"{first}\n{rest}")
    return read


@torch.inference_mode()
def read(
    model: LoadedModel,
    texts: Sequence[str],
    sites: Sequence[Site],
    generator: np.random.Generator,
    report: Callable[[int, int], None] = lambda _done, _all: None,
) -> Contexts:
    """Run each text and keep the states of POSITIONS random positions.

    Positions hold no special token and are followed by none. Texts too short for one are left
    out; SettingRefused where fewer than two are left. `report` may raise to cancel.
    """
    config = model.module.config.get_text_config()  # type: ignore[union-attr, operator]
    window = min(WINDOW, getattr(config, "max_position_embeddings", None) or WINDOW)
    encoded = [_ids(model, text, window) for text in texts]
    rows: list[tuple[int, NDArray[np.int64], NDArray[np.int64]]] = []
    states: dict[Site, list[NDArray[np.float32]]] = {site: [] for site in sites}
    kept: list[NDArray[np.int64]] = []
    with recording(model.module, model.parts, sites, _whole) as seen:
        for number, ids in enumerate(encoded, 1):
            places = _positions(ids, set(model.tokenizer.all_special_ids), generator)
            if len(places):
                given = torch.from_numpy(ids[None]).to(model.device)
                model.parts.trunk(input_ids=given, **({"use_cache": False} if model.causal else {}))
                for site in sites:
                    states[site].append(seen[site][places].float().cpu().numpy())
                rows.append((len(kept), ids[places], ids[places + 1]))
                kept.append(ids)
            report(number, len(encoded))
    if len(kept) < 2:
        raise SettingRefused("At least two texts of a dozen tokens are needed; there are fewer.")
    return Contexts(
        document=np.concatenate([np.full(len(ids), name) for name, ids, _ in rows]),
        token=np.concatenate([ids for _, ids, _ in rows]),
        following=np.concatenate([ids for _, _, ids in rows]),
        states={site: np.concatenate(parts) for site, parts in states.items()},
        texts=kept,
    )


def _whole(hidden: Tensor) -> Tensor:
    return hidden[0]


def _ids(model: LoadedModel, text: str, window: int) -> NDArray[np.int64]:
    encoding = model.tokenizer(text, truncation=True, max_length=window)
    return np.asarray(encoding["input_ids"], np.int64)


def _positions(
    ids: NDArray[np.int64], special: set[int], generator: np.random.Generator
) -> NDArray[np.int64]:
    plain = ~np.isin(ids, list(special))
    able = np.flatnonzero(plain[:-1] & plain[1:])
    able = able[able >= FIRST]
    chosen = generator.choice(able, min(POSITIONS, len(able)), replace=False)
    return np.sort(chosen).astype(np.int64)


def lm_head(
    model: LoadedModel, dims: int
) -> tuple[NDArray[np.float32], NDArray[np.float32] | None] | None:
    """Weights float32[V, dims] and bias of the LM head; None where there is no plain one."""
    head = model.module.get_output_embeddings() if model.causal else None  # type: ignore[operator]
    weight = getattr(head, "weight", None)
    if weight is None or weight.ndim != 2 or weight.shape[1] != dims:
        return None
    bias = getattr(head, "bias", None)
    return (
        weight.detach().float().cpu().numpy(),
        None if bias is None else bias.detach().float().cpu().numpy(),
    )

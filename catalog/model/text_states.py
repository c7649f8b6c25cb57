"""One text through the model: every token in its context, its states at the sites asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog.errors import SettingRefused, StatesBroken
from catalog.modalities import text as text_items
from catalog.model.loading import LoadedModel
from catalog.model.recording import recording
from catalog.progress import silent
from catalog.sites import Site

LONGEST = 512
"""Most tokens read, where the model's context is longer: more cannot be looked at."""
MOST_NUMBERS = 40_000_000
"""Most states kept (160 MB): a long text at many wide sites is cut earlier."""


@dataclass(frozen=True)
class TextStates:
    """A text as the model saw it; arrays have one row for each token."""

    ids: NDArray[np.int64]
    tokens: tuple[str, ...]
    """Text to show, as the catalog shows items: ␣cat."""
    special: NDArray[np.bool_]
    """Special tokens, those that the tokenizer adds by itself among them."""
    causal: bool
    """Whether a token sees only what stands before it."""
    states: dict[Site, NDArray[np.float32]]
    """float32[tokens, dims] of each site."""
    whole: int
    """Tokens that the whole text has."""

    @property
    def cut(self) -> bool:
        """Whether the end of the text was left out."""
        return self.whole > len(self.ids)


@torch.inference_mode()
def read(
    model: LoadedModel,
    text: str,
    sites: Sequence[Site],
    report: Callable[[str, int, int], None] = silent,
) -> TextStates:
    """Run a text once, as the tokenizer encodes it, its special tokens kept.

    Cut at the model's context, at LONGEST tokens or where MOST_NUMBERS would be passed. Raises
    SettingRefused for a text without tokens, StatesBroken for states that are not finite.
    """
    if not text.strip():
        raise SettingRefused("There is no text to read. Type a sentence.")
    dims = int(model.module.get_input_embeddings().weight.shape[1])  # type: ignore[operator]
    room = max(2, MOST_NUMBERS // (dims * max(1, len(sites))))
    limit = min(model.longest or LONGEST, LONGEST, room)
    ids, whole = _ids(model, text, limit)
    report("reading the text", 0, 1)
    with recording(model.module, model.parts, sites, _whole) as seen:
        given = torch.from_numpy(ids[None]).to(model.device)
        model.parts.trunk(input_ids=given, **({"use_cache": False} if model.causal else {}))
        states = {site: seen[site].float().cpu().numpy() for site in sites}
    report("reading the text", 1, 1)
    broken = next((site for site in sites if not np.isfinite(states[site]).all()), None)
    if broken is not None:
        raise StatesBroken(f"The states of {broken} are not finite for this text. Try another one.")
    return TextStates(
        ids,
        tuple(text_items.shown(model.tokenizer, ids.tolist())),
        np.isin(ids, list(model.tokenizer.all_special_ids)),
        model.causal,
        states,
        whole,
    )


def _whole(hidden: Tensor) -> Tensor:
    return hidden[0]


def _ids(model: LoadedModel, text: str, limit: int) -> tuple[NDArray[np.int64], int]:
    """Ids of the text, special tokens at both ends kept where it is cut; how many there were."""
    whole = model.tokenizer(text, verbose=False)["input_ids"]
    kept = whole
    if len(whole) > limit:
        kept = model.tokenizer(text, truncation=True, max_length=limit)["input_ids"]
    if not len(kept):
        raise SettingRefused("The tokenizer makes no token of this text. Type another one.")
    return np.asarray(kept, np.int64), len(whole)

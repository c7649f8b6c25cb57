"""The live model as the flip lab uses it: ids of a prompt, its states, logits."""

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from catalog.edits import Edit
from catalog.errors import SettingRefused, StatesBroken
from catalog.modalities import text as text_items
from catalog.model.editing import editing
from catalog.model.loading import LoadedModel
from catalog.model.recording import recording
from catalog.model.resuming import Resuming
from catalog.sites import Site

MOST_TOKENS = 16_384
"""Rows x positions run together; more rows than fit are run in several batches."""


class Machine:
    """A causal language model behind arrays; see `catalog.flips.run.Machine`."""

    reads = "vocabulary"

    def __init__(self, model: LoadedModel) -> None:
        if not model.causal:
            raise SettingRefused(
                f"{model.name} predicts no next token, so flips cannot be measured on it here. "
                "Choose a causal language model."
            )
        self.model = model
        forward = inspect.signature(type(model.module).forward)
        last_only = "logits_to_keep" in forward.parameters
        self._keep: dict[str, Any] = {"logits_to_keep": 1} if last_only else {}
        self._resuming = Resuming(model, self._keep)
        self._spreads: bool | None = None
        self.layers = len(model.parts.blocks)
        self.dims = model.parts.hidden_size

    def encode(self, text: str) -> tuple[NDArray[np.int64], int]:
        """Ids of a prompt and how many of the first are a beginning-of-text sink.

        What the tokenizer puts before a text is kept (the sink), what it puts after it is not: the
        text is to go on. Raises SettingRefused for an empty prompt or one too long.
        """
        tokenizer = self.model.tokenizer
        if not text.strip():
            raise SettingRefused("A prompt is empty. Type the beginning of a sentence.")
        plain = list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])
        whole = list(tokenizer(text, verbose=False)["input_ids"])
        special = set(tokenizer.all_special_ids)
        sink = next((n for n, one in enumerate(whole) if one not in special), 0)
        if not plain:
            raise SettingRefused(f"The tokenizer makes no token of the prompt {text[:60]!r}.")
        if plain[0] in special:
            sink = 0
        ids = np.array([*whole[:sink], *plain], np.int64)
        limit = self.model.longest
        if limit is not None and len(ids) > limit:
            raise SettingRefused(
                f"The prompt {text[:40]!r}... has {len(ids)} tokens; the model reads at most "
                f"{limit}. Shorten it."
            )
        return ids, sink

    def shown(self, ids: Sequence[int]) -> list[str]:
        """Tokens as the catalog shows them."""
        return text_items.shown(self.model.tokenizer, list(ids))

    def states(self, ids: NDArray[np.int64], site: Site) -> NDArray[np.float32]:
        """States of one text at a site, unedited: float32[positions, dims]."""
        found: NDArray[np.float32] = self.traced(ids[None], [site])[site][0]
        return found

    @torch.inference_mode()
    def traced(
        self, ids: NDArray[np.int64], sites: Sequence[Site]
    ) -> dict[Site, NDArray[np.float32]]:
        """States of texts of one length at some sites, unedited: float32[texts, T, dims] each."""
        for site in sites:
            if (site.layer or 0) > self.layers:
                raise SettingRefused(f"There is no {site}: the model has {self.layers} blocks.")
        with recording(self.model.module, self.model.parts, sites, lambda hidden: hidden) as seen:
            self.model.parts.trunk(
                input_ids=torch.from_numpy(ids).to(self.model.device), use_cache=False
            )
            found = {site: seen[site].float().cpu().numpy() for site in sites}
        for site, states in found.items():
            if not np.isfinite(states).all():
                raise StatesBroken(f"The states of {site} are not finite for this prompt.")
        return found

    def ends(
        self, ids: NDArray[np.int64], site: Site, states: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """See `catalog.model.resuming.Resuming.ends`."""
        return self._resuming.ends(ids, site, states)

    def scores(
        self, ends: NDArray[np.float32], needed: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """See `catalog.model.resuming.Resuming.scores`."""
        return self._resuming.scores(ends, needed)

    @torch.inference_mode()
    def outputs(
        self, ids: NDArray[np.int64], rows: Sequence[Sequence[Edit]]
    ) -> NDArray[np.float32]:
        """Logits of the next token after the same ids under each row's edits.

        float32[rows, vocabulary]; the rows are one batch, logits are made at the last position
        only.
        """
        most = max(1, MOST_TOKENS // len(ids))
        parts = [
            self._logits(ids, rows[start : start + most]) for start in range(0, len(rows), most)
        ]
        found = torch.cat(parts).float().cpu().numpy()
        if not np.isfinite(found).all():
            raise StatesBroken("The model's logits are not finite under this edit. Scale it down.")
        return found

    @torch.inference_mode()
    def perplexity(self, prompt: NDArray[np.int64], said: Sequence[int]) -> float | None:
        """exp of the mean -log p of `said` after `prompt`, unedited; None where it is empty."""
        if not said:
            return None
        ids = np.array([*prompt.tolist(), *said], np.int64)
        logits = self.model.module(input_ids=self._batch(ids, 1), use_cache=False).logits[0]
        log_p = logits[len(prompt) - 1 : -1].float().log_softmax(dim=-1)
        own = log_p.gather(1, torch.tensor(list(said), device=log_p.device)[:, None])
        return float((-own.mean()).exp())

    def _logits(self, ids: NDArray[np.int64], rows: Sequence[Sequence[Edit]]) -> torch.Tensor:
        if self._spreads is None:
            self._spreads = self._may_spread(ids)
        return self._run(ids, rows, self._spreads)

    def _run(
        self, ids: NDArray[np.int64], rows: Sequence[Sequence[Edit]], spread: bool
    ) -> torch.Tensor:
        """Logits at the last position: float[rows, vocabulary]."""
        with editing(self.model.parts, rows, spread):
            given = self._batch(ids, 1 if spread else len(rows))
            output = self.model.module(input_ids=given, use_cache=False, **self._keep)
        logits: torch.Tensor = output.logits[:, -1]
        return logits.expand(len(rows), -1)

    def _may_spread(self, ids: NDArray[np.int64]) -> bool:
        """Whether rows may part at the edited site: not where a model makes masks for each row.

        Tried once on these ids, by edits in the middle that change something.
        """
        site = Site("resid", self.layers // 2)
        rows = [(Edit(site, (0, 1), "scale", strength=s),) for s in (1.0, 0.0, -1.0)]
        whole = self._run(ids, rows, False)
        try:
            parted = self._run(ids, rows, True)
        except (RuntimeError, ValueError, IndexError, TypeError):
            return False
        most = 1e-3 * whole.abs().max().item()
        return whole.shape == parted.shape and (whole - parted).abs().max().item() <= most

    def _batch(self, ids: NDArray[np.int64], rows: int) -> torch.Tensor:
        return torch.from_numpy(ids).to(self.model.device).expand(rows, -1)

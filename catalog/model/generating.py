"""Texts that are written at once: a prompt continued with and without edits, rows of one batch.

Rows of one seed draw with the same random numbers (the Gumbel noise of each step is shared), so
that they part only where the edits make another token likelier.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from catalog.edits import Edit
from catalog.errors import SettingRefused, StatesBroken
from catalog.model.editing import editing
from catalog.model.token_machine import Machine

TOKENS = 40
LIKELIEST = 50
"""Only so many of the likeliest tokens are drawn from."""
Emit = Callable[["Pair"], None]


@dataclass(frozen=True)
class Continued:
    """One continuation, as far as it has come."""

    ids: tuple[int, ...]
    pieces: tuple[str, ...]
    """Text of each token; together they are the continuation."""
    perplexity: float | None = None
    """Under the unedited model, given the prompt; None before the end."""

    @property
    def text(self) -> str:
        """The continuation."""
        return "".join(self.pieces)


@dataclass(frozen=True)
class Pair:
    """Both continuations."""

    plain: Continued
    edited: Continued


@dataclass(frozen=True)
class Wanted:
    """What is generated."""

    prompt: str
    edits: tuple[Edit, ...]
    """Their own positions are not used."""
    positions: str = "all"
    """all: prompt (but a beginning-of-text sink) and new tokens; last: the newest token only."""
    tokens: int = TOKENS
    temperature: float = 0.8
    """0 takes the likeliest token."""
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be generated, in one sentence."""
        if not np.isfinite(self.temperature) or self.temperature < 0:
            raise SettingRefused("The temperature is a number from 0, not NaN.")
        if self.tokens < 1:
            raise SettingRefused("Generate at least one token.")
        if self.positions not in ("all", "last"):
            raise SettingRefused("In a generation positions are all or last.")


@dataclass(frozen=True)
class Row:
    """One of several continuations."""

    edits: tuple[Edit, ...]
    seed: int


def generate(machine: Machine, wanted: Wanted, emit: Emit = lambda _pair: None) -> Pair:
    """Continue the prompt in two rows; `emit` gets every new token and may raise to cancel.

    Raises as `several`.
    """
    both = [Row((), wanted.seed), Row(wanted.edits, wanted.seed)]
    found = several(machine, wanted, both, lambda rows: emit(Pair(*rows)))
    ids, _ = machine.encode(wanted.prompt)
    return Pair(*(replace(one, perplexity=machine.perplexity(ids, one.ids)) for one in found))


def several(
    machine: Machine,
    wanted: Wanted,
    rows: Sequence[Row],
    emit: Callable[[list[Continued]], None] = lambda _rows: None,
) -> list[Continued]:
    """Continue the prompt in rows of one batch; edits and seed of `wanted` are not used.

    `emit` gets every new token and may raise to cancel. The keys and values of the prompt are kept,
    so a new token of all rows costs one step; they hold the edited states where an edit changed
    them, as in a run without a cache. Raises SettingRefused for a prompt that fills the context.
    """
    ids, sink = machine.encode(wanted.prompt)
    limit = machine.model.longest
    room = wanted.tokens if limit is None else min(wanted.tokens, limit - len(ids))
    if room < 1:
        raise SettingRefused(f"The prompt fills the model's {limit} tokens. Shorten it.")
    made = _Rows(machine, ids, sink, wanted, rows)
    for _ in range(room):
        emit(made.so_far())
        if not made.step():
            break
    emit(made.so_far())
    return made.so_far()


class _Rows:
    """The state of a generation: what each row has said, and the cache of all."""

    def __init__(
        self,
        machine: Machine,
        ids: NDArray[np.int64],
        sink: int,
        wanted: Wanted,
        rows: Sequence[Row],
    ) -> None:
        self._machine, self._prompt, self._wanted, self._rows = machine, ids, wanted, rows
        self._sink = min(sink, len(ids) - 1)
        self._generators = {row.seed: np.random.default_rng(row.seed) for row in rows}
        self._said: list[list[int]] = [[] for _ in rows]
        self._pieces: list[list[str]] = [[] for _ in rows]
        self._texts = [self._decoded([])] * len(rows)
        self._ended = [False] * len(rows)
        self._cache: object = None
        self._given = torch.from_numpy(ids).expand(len(rows), -1).to(machine.model.device)
        config = machine.model.module.config.get_text_config()  # type: ignore[union-attr, operator]
        eos = config.eos_token_id
        self._end = set(eos if isinstance(eos, list) else [] if eos is None else [eos])

    @torch.inference_mode()
    def step(self) -> bool:
        """One token for each row; False where all have ended."""
        with editing(self._machine.model.parts, [self._edits(row) for row in self._rows]):
            output = self._machine.model.module(
                input_ids=self._given, past_key_values=self._cache, use_cache=True
            )
        self._cache = output.past_key_values
        chosen = self._draw(output.logits[:, -1].float().cpu())
        for row, one in enumerate(chosen):
            self._ended[row] = self._ended[row] or one in self._end
            if not self._ended[row]:
                self._add(row, one)
        self._given = torch.tensor(chosen, device=self._given.device)[:, None]
        return not all(self._ended)

    def _edits(self, row: Row) -> tuple[Edit, ...]:
        """The edits of a row at the positions that are new in this step."""
        new = self._given.shape[1]
        first = self._sink if self._cache is None else 0
        if self._wanted.positions == "last":
            first = new - 1
        places = tuple(range(first, new))
        return tuple(replace(edit, positions=places) for edit in row.edits)

    def _draw(self, logits: Tensor) -> list[int]:
        """The next token of each row, with the same Gumbel noise for rows of one seed."""
        if not torch.isfinite(logits).all():
            raise StatesBroken("The model's logits are not finite under this edit. Scale it down.")
        if self._wanted.temperature == 0:
            return [int(one) for one in logits.argmax(dim=-1)]
        most = min(LIKELIEST, logits.shape[1])
        lowest = logits.topk(most, dim=-1).values[:, -1:]
        size = logits.shape[1]
        drawn = {seed: one.gumbel(size=size) for seed, one in self._generators.items()}
        noise = torch.from_numpy(np.stack([drawn[row.seed] for row in self._rows]))
        score = logits.double() / self._wanted.temperature + noise
        return [int(one) for one in score.masked_fill(logits < lowest, -torch.inf).argmax(dim=-1)]

    def so_far(self) -> list[Continued]:
        """Every continuation so far."""
        return [
            Continued(tuple(said), tuple(pieces))
            for said, pieces in zip(self._said, self._pieces, strict=True)
        ]

    def _add(self, row: int, token: int) -> None:
        """A token with the text it adds: all is decoded, as its space depends on what is before."""
        self._said[row].append(token)
        text = self._decoded(self._said[row])
        self._pieces[row].append(text[len(self._texts[row]) :])
        self._texts[row] = text

    def _decoded(self, said: list[int]) -> str:
        whole = [*self._prompt.tolist(), *said]
        return str(self._machine.model.tokenizer.decode(whole, skip_special_tokens=True))

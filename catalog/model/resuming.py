"""Go on from given states of a site: many rows in one pass, and only what the next token needs.

A flip runs hundreds of rows that differ at one site only. So the blocks before it are not run
again; of the last block (but for keys and values) and of the head only the last position is
computed, and the head may be asked for a few tokens. Each shortcut is tried once, against the
plain pass: what a model does not allow is done the plain way.
"""

import contextlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from catalog.errors import StatesBroken
from catalog.model.editing import replaced
from catalog.model.loading import LoadedModel
from catalog.model.structure import first_tensor, out_features
from catalog.sites import Site

MOST_TOKENS = 1_024
"""Rows x positions run together: what a processor's cache holds is faster than what it does not."""
MOST_ON_DEVICE = 32_768
"""The same on a device of its own."""
_KEPT = 64
"""Texts (or groups of texts) whose calls of the blocks are remembered."""
_TRIAL = (4, 3)
"""Positions of each text, and rows, on which a shortcut is tried."""


class _Call(NamedTuple):
    """What a block is called with besides its hidden states: positions, masks."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def rows(self, texts: int, rows: int) -> "_Call":
        """The same for every row of each text: what is there once a text is repeated."""

        def repeated(value: Any) -> Any:
            if isinstance(value, tuple):
                return tuple(repeated(one) for one in value)
            if isinstance(value, Tensor) and value.ndim > 2 and len(value) == texts > 1:
                return value.repeat(rows, *(1,) * (value.ndim - 1))
            return value

        return _Call(repeated(self.args), {n: repeated(one) for n, one in self.kwargs.items()})


class Resuming:
    """Runs a causal language model on from states of a site."""

    def __init__(self, model: LoadedModel, keep: dict[str, Any]) -> None:
        self.model = model
        self._keep = keep
        """Arguments that let the model make logits at the last position only."""
        self._calls: OrderedDict[bytes, list[_Call]] = OrderedDict()
        self._tried = False
        self.by_blocks = self.by_columns = False
        """Shortcuts that work: the blocks alone, some columns of the head."""
        self.short: list[nn.Module] = []
        """Modules of the last block that may run on the last position only."""

    @torch.inference_mode()
    def ends(
        self, ids: NDArray[np.int64], site: Site, states: NDArray[np.float32]
    ) -> NDArray[np.float32]:
        """What `scores` needs of each row, from int64[texts, T] and float32[rows, texts, T, dims].

        float32[rows, texts, n]: the last position's state before the head (its logits where only
        the whole model can be run). Raises StatesBroken where one is not finite.
        """
        self._try(ids)
        given = torch.from_numpy(ids).to(self.model.device)
        most = MOST_TOKENS if self.model.device.type == "cpu" else MOST_ON_DEVICE
        step = max(1, most // ids.size)
        run = self._state if self.by_blocks else self._plain
        parts = []
        with _last_position(self.short):
            for start in range(0, len(states), step):
                some = self._tensor(states[start : start + step]).flatten(0, 1)
                parts.append(run(given, site, some).float().cpu().numpy())
        found = np.concatenate(parts).reshape(*states.shape[:2], -1)
        if not np.isfinite(found).all():
            raise StatesBroken("The model's states are not finite under this edit. Scale it down.")
        return np.asarray(found)

    @torch.inference_mode()
    def scores(
        self, ends: NDArray[np.float32], tokens: NDArray[np.int64] | None = None
    ) -> NDArray[np.float32]:
        """Logits of the next token from `ends`: float32[rows, texts, vocabulary or tokens]."""
        if not self.by_blocks:
            return ends if tokens is None else np.ascontiguousarray(ends[..., tokens])
        hidden = self._tensor(ends.reshape(-1, ends.shape[-1]))
        chosen = None if tokens is None else torch.from_numpy(tokens).to(self.model.device)
        if chosen is not None and self.by_columns:
            found = self._columns(hidden, chosen)
        else:
            found = self._head(hidden)
            found = found if chosen is None else found[:, chosen]
        return np.asarray(found.float().cpu().numpy()).reshape(*ends.shape[:2], -1)

    def _tensor(self, states: NDArray[np.float32]) -> Tensor:
        """An array in the number format and the place of the model."""
        dtype: Any = self.model.module.dtype
        return torch.from_numpy(np.ascontiguousarray(states)).to(self.model.device, dtype)

    def _plain(self, ids: Tensor, site: Site, states: Tensor) -> Tensor:
        """Logits at the last position by the model as it is: float[rows x texts, vocabulary]."""
        whole = ids.repeat(len(states) // len(ids), 1)
        with replaced(self.model.parts, site, states):
            output = self.model.module(input_ids=whole, use_cache=False, **self._keep)
        logits: Tensor = output.logits[:, -1]
        return logits

    def _state(self, ids: Tensor, site: Site, states: Tensor) -> Tensor:
        """The last position's state before the head, by the blocks after the site alone."""
        parts, first = self.model.parts, site.layer or 0
        rows = len(states) // len(ids)
        for block, call in zip(parts.blocks[first:], self._called(ids)[first:], strict=True):
            made = call.rows(len(ids), rows)
            states = first_tensor(block(states, *made.args, **made.kwargs))
        last = states[:, -1:]
        if parts.final_norm is not None:
            last = parts.final_norm(last)
        return last[:, 0]

    def _called(self, ids: Tensor) -> list[_Call]:
        """What the trunk calls its blocks with for these texts, learnt from a plain pass."""
        key = repr(tuple(ids.shape)).encode() + ids.cpu().numpy().tobytes()
        if key not in self._calls:
            found: list[_Call] = []

            def note(_module: Any, args: Any, kwargs: Any) -> None:
                rest = {n: one for n, one in kwargs.items() if n != "hidden_states"}
                found.append(_Call(tuple(args[1:]), rest))

            with contextlib.ExitStack() as hooks:
                for block in self.model.parts.blocks:
                    handle = block.register_forward_pre_hook(note, with_kwargs=True)
                    hooks.callback(handle.remove)
                self.model.parts.trunk(input_ids=ids, use_cache=False)
            self._calls[key] = found
            while len(self._calls) > _KEPT:
                self._calls.popitem(last=False)
        return self._calls[key]

    def _head(self, hidden: Tensor) -> Tensor:
        """All logits of float[rows, dims], by all that the model does after its trunk."""

        def instead(_module: Any, _args: Any, output: Any) -> Any:
            if isinstance(output, tuple):
                return (hidden[:, None], *output[1:])
            output.last_hidden_state = hidden[:, None]
            return output

        handle = self.model.parts.trunk.register_forward_hook(instead)
        try:
            one = torch.zeros(1, 1, dtype=torch.int64, device=hidden.device)
            logits: Tensor = self.model.module(input_ids=one, use_cache=False).logits[:, -1]
        finally:
            handle.remove()
        return logits

    def _columns(self, hidden: Tensor, tokens: Tensor) -> Tensor:
        """Logits of some tokens by the rows of the output embeddings: float[rows, tokens]."""
        head: Any = self.model.module.get_output_embeddings()  # type: ignore[operator]
        bias = getattr(head, "bias", None)
        return nn.functional.linear(
            hidden, head.weight[tokens], None if bias is None else bias[tokens]
        )

    def _try(self, ids: NDArray[np.int64]) -> None:
        """Try each shortcut once, on two short texts, against the plain pass."""
        if self._tried:
            return
        self._tried = True
        length, rows = _TRIAL
        line = np.resize(ids[0], length)
        given = torch.from_numpy(np.stack([line, line[::-1]])).to(self.model.device)
        shape = (rows, 2, length, self.model.parts.hidden_size)
        drawn = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        states = self._tensor(drawn).flatten(0, 1)
        site = Site("resid", (len(self.model.parts.blocks) - 1) // 2)
        whole = self._plain(given, site, states)
        tokens = torch.arange(min(5, whole.shape[1]), device=self.model.device)

        def logits() -> Tensor:
            with _last_position(self.short):
                return self._head(self._state(given, site, states))

        self.by_blocks = _agrees(logits, whole)
        if not self.by_blocks:
            return
        for module in _candidates(self.model.parts.blocks[-1]):
            self.short.append(module)
            if not _agrees(logits, whole):
                self.short.remove(module)
        hidden = self._state(given, site, states)
        self.by_columns = _agrees(lambda: self._columns(hidden, tokens), whole[:, tokens])


def _agrees(make: Callable[[], Tensor], whole: Tensor) -> bool:
    """Whether a shortcut runs and gives the plain pass's logits, but for rounding."""
    try:
        found = make()
    except (RuntimeError, ValueError, IndexError, TypeError, AttributeError, KeyError):
        return False
    most = 1e-3 * whole.abs().max().item()
    return bool(found.shape == whole.shape and (found - whole).abs().max().item() <= most)


def _candidates(block: nn.Module) -> list[nn.Module]:
    """Modules of the last block that may do without other positions: what holds linear layers (a
    feed-forward network) first, then each linear layer."""
    linear = [one for one in block.modules() if out_features(one) is not None]
    parts = [one for one in block.children() if one not in linear]
    return [one for one in parts if any(m in linear for m in one.modules())] + linear


@contextlib.contextmanager
def _last_position(modules: Sequence[nn.Module]) -> Iterator[None]:
    """These modules run on the last position only, inside the block.

    What they give there stands at every position: right at the last one, and no other is read.
    """
    lengths: dict[nn.Module, int] = {}

    def last(module: nn.Module, args: Any) -> Any:
        if not args or args[0].ndim != 3:
            return None
        lengths[module] = args[0].shape[1]
        return (args[0][:, -1:], *args[1:])

    def everywhere(module: nn.Module, _args: Any, output: Any) -> Any:
        length = lengths.pop(module, 1)
        return output if length == 1 else output.expand(-1, length, -1)

    with contextlib.ExitStack() as hooks:
        for module in modules:
            hooks.callback(module.register_forward_pre_hook(last, prepend=True).remove)
            hooks.callback(module.register_forward_hook(everywhere, prepend=True).remove)
        yield

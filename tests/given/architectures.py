"""Every architecture tried: its sites beside what plain hooks, caches and hidden states give.

`python -m tests.given.architectures` writes docs/models.md anew; a test compares it.
"""

import functools
import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np
import torch
import transformers as hf
from torch import Tensor, nn

from catalog import sites
from catalog.errors import ModelUnsupported
from catalog.model import loading
from catalog.model.recording import recording
from catalog.model.structure import Structure
from catalog.sites import Site
from tests.given import models
from tests.given.architecture_list import TEXT, Tried
from tests.given.architecture_media import MEDIA

PAGE = Path(__file__).resolve().parents[2] / "docs" / "models.md"
EVERY: dict[str, Tried] = TEXT | MEDIA
CPU = torch.device("cpu")
IDS = np.array([[3, 9, 30, 17, 4], [8, 8, 41, 9, 26]], np.int64)
KINDS = tuple(sites.KINDS)


class Outcome(NamedTuple):
    """What became of one architecture."""

    name: str
    kind: str
    refused: str = ""
    """The sentence it is refused with."""
    read: Mapping[str, tuple[int, ...]] = {}
    """Layers read, by kind of site."""
    absent: Mapping[str, tuple[str, ...]] = {}
    """Reasons of absent sites, by kind."""
    compared: int = 0
    """Sites that were compared with another way of having them."""
    mismatches: tuple[str, ...] = ()
    """Sites that differ, that have nothing to be compared with, or that should not be there."""


def given(tried: Tried) -> dict[str, np.ndarray]:
    """The inputs that an architecture is tried on."""
    return {"input_ids": IDS} if tried.inputs is None else tried.inputs()


def options(tried: Tried) -> dict[str, bool]:
    """What a trunk is called with besides."""
    return {"use_cache": False} if tried.inputs is None else {}


@functools.cache
def model(name: str) -> nn.Module:
    """Random model of an architecture; made once, not to be changed."""
    tried = EVERY[name]
    kind: Any = getattr(hf, tried.kind)
    return models.randomised(kind(tried.config()), seed=len(name))


@functools.cache
def outcome(name: str) -> Outcome:
    """Read every site of an architecture, and compare each with another way of having it."""
    tried, module = EVERY[name], model(name)
    try:
        parts = loading.find_parts(module, CPU, None if tried.inputs is None else given(tried))
    except ModelUnsupported as refusal:
        return Outcome(name, tried.kind, str(refusal))
    every = [site for site in sites.wanted(sites.ADDED, None, len(parts.blocks))[0]]
    reasons = {site: parts.absent(site) for site in every}
    present = [site for site in every if reasons[site] is None]
    inputs = {key: torch.from_numpy(array) for key, array in given(tried).items()}
    with torch.inference_mode():
        expected = independent(tried, module, parts, inputs)
        with recording(module, parts, present, lambda hidden: hidden) as seen:
            parts.trunk(**inputs, **options(tried))
    if tried.windowed:  # what follows the item's own positions is padding
        seen = {s: states[:, : expected[Site("resid", 0)].shape[1]] for s, states in seen.items()}
        expected = {s: states[:, : len(IDS[0])] for s, states in expected.items()}
    wrong = [str(s) for s in present if s not in expected or not equal(seen[s], expected[s])]
    wrong += [str(site) for site in expected if site not in present]
    return Outcome(
        name,
        type(module).__name__,
        read={k: tuple(s.layer or 0 for s in present if s.kind == k) for k in KINDS},
        absent={
            kind: tuple(dict.fromkeys(r for s, r in reasons.items() if s.kind == kind and r))
            for kind in KINDS
        },
        compared=len(set(present) & set(expected)),
        mismatches=tuple(wrong),
    )


def equal(actual: Tensor, expected: Tensor) -> bool:
    """Bit for bit, where the shapes agree."""
    return actual.shape == expected.shape and torch.equal(actual, expected)


def independent(
    tried: Tried, module: nn.Module, parts: Structure, inputs: dict[str, Tensor]
) -> dict[Site, Tensor]:
    """Every site by other means than the catalog's: hooks on names, caches, hidden states.

    The names are those that a reader of the architecture's code finds; nothing is searched.
    """
    blocks = list(module.get_submodule(tried.blocks).children())
    blocks = blocks * (len(parts.blocks) // len(blocks))
    watched = {}
    for kind, path in (("k", tried.keys), ("v", tried.values), ("ffn", tried.down)):
        for number, block in enumerate(blocks, 1):
            if path not in (None, "cache", "sdpa") and has(block, path.partition("|")[0]):
                watched[Site(kind, number)] = (block.get_submodule(path.partition("|")[0]), path)
    with Hooks(watched, blocks, module, tried) as hooks:
        given = {**inputs, **options(tried), "output_hidden_states": True}
        own = parts.trunk(**given).hidden_states
    own = [hooks.first, *own] if tried.shifted else own
    found = {Site("resid", layer): own[layer] for layer in range(len(blocks))}
    found[Site("resid", len(blocks))] = hooks.last
    if tried.final is not None:
        found[Site("final")] = hooks.final
    found |= hooks.sites
    if tried.keys == "cache":
        found |= dict(cached(module, inputs))
    if tried.keys == "sdpa":
        found |= dict(attended(parts.trunk, blocks, inputs | options(tried)))
    if tried.turned:
        found |= {site: turned(module, found[site]) for site in found if site.kind == "k"}
    return {site: states.clone() for site, states in found.items()}


def has(block: nn.Module, path: str) -> bool:
    """Whether a block has a module of this name."""
    return any(name == path for name, _ in block.named_modules())


def cached(module: nn.Module, inputs: dict[str, Tensor]) -> Iterator[tuple[Site, Tensor]]:
    """Keys and values of the model's own cache."""
    cache = module(**inputs, use_cache=True).past_key_values
    for number, layer in enumerate(cache.layers, 1):
        if isinstance(getattr(layer, "keys", None), Tensor) and layer.keys.numel():
            for kind, states in (("k", layer.keys), ("v", layer.values)):
                yield Site(kind, number), states.transpose(1, 2).flatten(2)


def attended(
    trunk: nn.Module, blocks: list[nn.Module], inputs: dict[str, Any]
) -> Iterator[tuple[Site, Tensor]]:
    """Keys and values that PyTorch's attention is called with, block after block."""
    calls: list[tuple[int, Tensor, Tensor]] = []
    running: list[nn.Module] = []
    plain = nn.functional.scaled_dot_product_attention

    def noting(query: Tensor, key: Tensor, value: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        calls.append((blocks.index(running[-1]) + 1, key, value))
        return plain(query, key, value, *args, **kwargs)

    handles = [b.register_forward_pre_hook(lambda m, _args: running.append(m)) for b in blocks]
    with mock.patch.object(nn.functional, "scaled_dot_product_attention", noting):
        trunk(**inputs)
    for handle in handles:
        handle.remove()
    for number, *pair in calls:
        for kind, states in zip(("k", "v"), pair, strict=True):
            yield Site(kind, number), states.transpose(1, 2).flatten(2)


def turned(module: Any, keys: Tensor) -> Tensor:
    """Keys after RoFormer's rotary embedding, by its own function."""
    attention = module.encoder.layer[0].attention.self
    places = module.encoder.embed_positions(keys.shape[:-1], 0)[None, None, :, :]
    split = keys.unflatten(-1, (-1, attention.attention_head_size)).transpose(1, 2)
    made = attention.apply_rotary_position_embeddings(places, split, split)[1]
    return made.transpose(1, 2).flatten(2)


class Hooks:
    """Plain hooks on modules by their names; of a module called several times, each call counts."""

    def __init__(
        self,
        watched: Mapping[Site, tuple[nn.Module, str]],
        blocks: list[nn.Module],
        module: nn.Module,
        tried: Tried,
    ) -> None:
        self.sites: dict[Site, Tensor] = {}
        self.first = self.last = self.final = torch.zeros(())
        self.handles = [
            blocks[0].register_forward_pre_hook(self._first, with_kwargs=True),
            blocks[-1].register_forward_hook(self._last),
        ]
        if tried.final is not None:
            norm = module.get_submodule(tried.final)
            self.handles.append(norm.register_forward_hook(self._final))
        targets = dict.fromkeys((one, site.kind) for site, (one, _) in watched.items())
        for target, kind in targets:
            own = [
                (s, path) for s, (one, path) in watched.items() if (one, s.kind) == (target, kind)
            ]
            shared = own if tried.shared else own[:1]
            turn = itertools.cycle(shared)
            self.handles.append(target.register_forward_hook(self._site(turn, tried)))

    def __enter__(self) -> "Hooks":
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self.handles:
            handle.remove()

    def _first(self, _module: nn.Module, args: Any, kwargs: Any) -> None:
        if self.first.ndim == 0:
            self.first = args[0] if args else kwargs["hidden_states"]

    def _last(self, _module: nn.Module, _args: Any, output: Any) -> None:
        self.last = output[0] if isinstance(output, tuple | list) else output

    def _final(self, _module: nn.Module, _args: Any, output: Any) -> None:
        self.final = output

    def _site(self, turn: Iterator[tuple[Site, str]], tried: Tried) -> Any:
        def hook(_module: nn.Module, args: Any, output: Any) -> None:
            site, path = next(turn)
            if site in self.sites and not tried.shared:
                return  # a second call of the same layer, on something else (DeBERTa's positions)
            states = args[0] if site.kind == "ffn" else output
            states = states[0] if isinstance(states, tuple) else states
            if tried.windowed and site.kind in "kv":
                states = states.transpose(0, 1)
            if states.ndim == 2:
                states = states.reshape(len(self.first), -1, states.shape[-1])
            self.sites[site] = third(states, path.partition("|")[2], 1 if site.kind == "k" else 2)

        return hook


def third(states: Tensor, layout: str, place: int) -> Tensor:
    """Keys (1) or values (2) among queries, keys and values side by side, or head by head."""
    if layout == "thirds":
        return states.chunk(3, dim=-1)[place]
    if layout:
        split = states.unflatten(-1, (int(layout), 3, -1))
        return split[..., place, :].flatten(-2)
    return states


def page() -> str:
    """The text of docs/models.md."""
    rows = [outcome(name) for name in EVERY]
    read = [row for row in rows if not row.refused]
    lines = [
        HEAD.format(
            tried=len(rows),
            read=len(read),
            refused=len(rows) - len(read),
            compared=sum(row.compared for row in rows),
            mismatches=sum(len(row.mismatches) for row in rows),
        ),
        "| architecture | class | sites read | absent, and why | compared | mismatches |",
        "|---|---|---|---|---|---|",
        *(_row(row) for row in read),
        "",
        "## Refused",
        "",
        "| architecture | class | what is said |",
        "|---|---|---|",
        *(f"| {row.name} | `{row.kind}` | {row.refused} |" for row in rows if row.refused),
    ]
    return "\n".join(lines) + "\n"


def _row(row: Outcome) -> str:
    read = ", ".join(_span(kind, layers) for kind, layers in row.read.items() if layers)
    reasons: dict[str, list[str]] = {}
    for kind, told in row.absent.items():
        for reason in told:
            reasons.setdefault(reason, []).append(kind)
    absent = " ".join(f"**{', '.join(kinds)}**: {reason}" for reason, kinds in reasons.items())
    cells = (row.name, f"`{row.kind}`", read, absent, row.compared, len(row.mismatches))
    return f"| {' | '.join(map(str, cells))} |"


def _span(kind: str, layers: tuple[int, ...]) -> str:
    """Sites of a kind, as resid.0-3 or k.1,3."""
    if kind == "final":
        return kind
    whole = layers == tuple(range(layers[0], layers[-1] + 1)) and len(layers) > 1
    return f"{kind}.{f'{layers[0]}-{layers[-1]}' if whole else ','.join(map(str, layers))}"


HEAD = """# Models

Written by `python -m tests.given.architectures`; a test compares it with what is found.

{tried} architectures were tried, each as a tiny random model of its config: {read} are read,
{refused} are refused in a sentence. Every site read was compared, bit for bit, with another way
of having it ({compared} sites): residual sites with the own `output_hidden_states` (the last,
before the final norm, with a plain hook on the last block), `final` and `ffn` with a plain hook on
the module that a reader of the code names, keys and values with the model's own cache, with what
PyTorch's attention is called with, or with the output of their projection.
Mismatches: {mismatches}.

Nothing is looked up by architecture (`catalog/model/structure.py`): a model that is not listed is
read by the same rules, and every build compares its residual sites with the model's own hidden
states before it starts. Multimodal wrappers of causal language models are read as causal language
models, their other inputs left out. `--modality` chooses another tower of a model that has several,
`--part decoder` the decoder of an encoder-decoder, which then runs without an encoder.
"""

if __name__ == "__main__":
    PAGE.write_text(page())

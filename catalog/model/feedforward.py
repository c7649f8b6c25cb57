"""Where a block's FFN ends: its down projection, or a true reason why there is no such site.

A down projection leads to the block's dimensions and is called right after an up projection that
leads from them, outside attention and state-space mixers. Of several, the last counts whose width
the config names. Experts behind a router are refused: which neurons an item has differs from item
to item.
"""

import itertools
import re
from collections.abc import Sequence

from torch import nn

from catalog.model import linear
from catalog.model.watching import Block, Call

_MIXING = {"A_log", "dt_bias", "dt_proj", "x_proj", "time_decay", "rg_lru", "igate_preact"}
"""Parameters and parts of state-space mixers, recurrences and linear attentions."""
_EXPERT = re.compile(r"expert|moe", re.IGNORECASE)
_ROUTER = re.compile(r"router|(^|\.)gate$|topk", re.IGNORECASE)


def down_projection(block: nn.Module, seen: Block, dims: int, widths: set[int]) -> Call | str:
    """The call of the linear layer that ends the FFN, or why the block has none.

    `widths` are those that the config names for FFNs.
    """
    names = {module: name for name, module in block.named_modules()}
    mixers = mixing(block, {one.call.module for one in seen.handed})
    experts = _experts(block, mixers)
    if experts is not None:
        return experts
    own = [call for call in seen.linears if not _inside(names[call.module], mixers)]
    if not own:
        return f"This block has no FFN: its linear layers belong to {' and '.join(mixers)}."
    ends = [
        down
        for up, down in itertools.pairwise(own)
        if _raises(up, down, dims) and up.given not in seen.activations
    ]
    known = [down for down in ends if linear.in_features(down.module) in widths]
    last = own[-1]
    chosen = known[-1] if known else ends[-1] if ends else None
    after = own[own.index(chosen) + 1 :] if chosen is not None else own
    if chosen is not None and all(down in ends for down in after[1::2]) and not len(after) % 2:
        return chosen
    wide, narrow = linear.in_features(last.module), linear.out_features(last.module)
    return (
        f"This block ends in no down projection: its last linear layer, {names[last.module]}, goes "
        f"from {wide} to {narrow} dimensions and is not given what an up projection made of the "
        f"block's {dims}."
    )


def mixing(block: nn.Module, attentions: set[nn.Module]) -> list[str]:
    """Names of the parts of a block that mix positions: attention, state spaces, convolutions."""
    found: list[str] = []
    for name, module in block.named_modules():
        if name in _wrappers(block) or _inside(name, found):
            continue
        if any(_mixes(one, attentions) for one in module.modules()):
            found.append(name)
    return found


def _wrappers(block: nn.Module) -> set[str]:
    """Names of what holds all of a block: itself, lists, and the one member of its only list."""
    lists = {name for name, module in block.named_modules() if isinstance(module, nn.ModuleList)}
    holding = [
        name for name, child in block.named_children() if any(True for _ in child.parameters())
    ]
    only = {f"{holding[0]}.0"} if len(holding) == 1 and holding[0] in lists else set()
    return {"", *lists, *only}


def _mixes(module: nn.Module, attentions: set[nn.Module]) -> bool:
    if module in attentions or isinstance(module, nn.Conv1d | nn.Conv2d):
        return True
    own = {name for name, _ in module.named_parameters(recurse=False)}
    children = dict(module.named_children())
    packed = {"k", "v"} <= own or "in_proj_weight" in own  # kept as parameters
    return packed or recurrent(module) or _projects(children)


def recurrent(module: nn.Module) -> bool:
    """Whether it is a state space, a recurrence or a linear attention, by names of its parts."""
    own = {name for name, _ in module.named_parameters(recurse=False)}
    return bool(_MIXING & (own | {name for name, _ in module.named_children()}))


def _projects(children: dict[str, nn.Module]) -> bool:
    """Whether keys and values are made here, of the same states, or all three by one layer."""
    widths = {
        role: {linear.in_features(m) for n, m in children.items() if n in names and _linear(m)}
        for role, names in (("k", KEYS), ("v", VALUES), ("fused", FUSED))
    }
    return bool(widths["fused"]) or bool(widths["k"] & widths["v"])


def _linear(module: nn.Module) -> bool:
    return linear.out_features(module) is not None


KEYS = {"k_proj", "key", "key_proj", "k_lin", "k", "wk", "to_k", "linear_k", "key_layer", "lin_k"}
VALUES = {"v_proj", "value", "value_proj", "v_lin", "v", "wv", "to_v", "linear_v", "value_layer"}
FUSED = {"query_key_value", "qkv", "qkv_proj", "Wqkv", "W_pack", "att_proj", "c_attn", "in_proj"}
"""Names of the linear layers that make keys and values, or queries, keys and values at once."""


def _raises(up: Call, down: Call, dims: int) -> bool:
    """Whether one layer leads from the block's dimensions to the width of another that leads back.

    A gate may be made by the same layer: then it is twice as wide.
    """
    wide, made = linear.in_features(down.module), linear.out_features(up.module)
    ends = linear.in_features(up.module) == linear.out_features(down.module) == dims
    return ends and made in (wide, 2 * wide)


def _experts(block: nn.Module, mixers: Sequence[str]) -> str | None:
    """Why a block of experts has no such site; None where it has no experts."""
    named = {n: m for n, m in block.named_modules() if n and not _inside(n, mixers)}
    experts = [
        name
        for name, module in named.items()
        if _big(module) and (_EXPERT.search(_last(name)) or "Expert" in type(module).__name__)
    ]
    if not experts:
        return None
    routers = [
        name
        for name, module in named.items()
        if _ROUTER.search(_last(name)) or _ROUTER.search(type(module).__name__)
    ]
    behind = f"a router ({routers[0]})" if routers else "a router"
    return (
        f"The FFN of this block is experts ({experts[0]}) behind {behind}: which neurons an item "
        "has differs from item to item, so that no one vector of a fixed meaning stands for it."
    )


def _big(module: nn.Module) -> bool:
    """Whether there are matrices in it."""
    return any(parameter.ndim > 1 for parameter in module.parameters())


def _last(name: str) -> str:
    return name.rsplit(".", 1)[-1]


def _inside(name: str, parts: Sequence[str]) -> bool:
    return any(name == part or name.startswith(f"{part}.") for part in parts)

"""Names of sites: where a vector is read in a model."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from catalog.errors import SettingRefused


class Span(NamedTuple):
    """Which sites of a kind a model of several blocks has."""

    first: int | None
    """Number of the first: 0 counts the embeddings, 1 the first block; None: one site, no layer."""
    default: bool = False
    """Whether a build takes them where none are named."""


KINDS: dict[str, Span] = {
    "resid": Span(0, default=True),
    "final": Span(None, default=True),
    "k": Span(1),
    "v": Span(1),
    "ffn": Span(1),
}
"""Every kind of site, in the order that catalogs list them in. Where a model has them is told by
`catalog.model.structure.TAPS`."""
ADDED = ",".join(kind for kind, span in KINDS.items() if not span.default)
"""Kinds that a build reads only where they are named, as `--sites` takes them."""


@dataclass(frozen=True)
class Site:
    """One place in a model: resid.0 = embeddings, resid.L = output of block L, and so on.

    `layer` counts blocks from 1; it is 0 for the embeddings and None for `final`. SettingRefused
    for a kind that is not in KINDS.
    """

    kind: str
    """A key of KINDS."""
    layer: int | None = None

    def __post_init__(self) -> None:
        """Refuse a kind that nothing here knows how to read."""
        if self.kind not in KINDS:
            raise SettingRefused(f"{self.kind!r} is no kind of site; there are {', '.join(KINDS)}.")

    def __str__(self) -> str:
        """Name as it stands in catalogs, commands and links."""
        return self.kind if self.layer is None else f"{self.kind}.{self.layer}"

    @property
    def order(self) -> tuple[int, int]:
        """Sort key: residual sites first, then final, k, v, ffn, each by layer."""
        return list(KINDS).index(self.kind), self.layer or 0

    @classmethod
    def parse(cls, name: str) -> "Site":
        """Site of a name such as resid.5 or final; SettingRefused where it is not one."""
        kind, _, layer = name.strip().partition(".")
        known = KINDS.get(kind)
        if known is not None and known.first is None and name.strip() == kind:
            return cls(kind)
        if known is None or known.first is None or re.fullmatch(r"\d+", layer) is None:
            raise SettingRefused(
                f"{name!r} is not a site. Sites are named resid.0, resid.5, final, k.3, v.3, ffn.3."
            )
        if int(layer) < known.first:
            raise SettingRefused(f"{name!r} is not a site: blocks are counted from 1.")
        return cls(kind, int(layer))


def wanted(names: str | None, layers: str | None, blocks: int) -> tuple[list[Site], set[Site]]:
    """Sites asked for, in order, and those among them asked for by name.

    `names`: comma-separated kinds (k, v, ffn, resid, final) or sites (resid.5); a bare list of
    extra kinds is added to the default residual sites and final. `layers`: such as 0-4,8 keeps
    only these layers (0 = embeddings). Refused where a layer lies beyond the model's blocks.
    """
    parts = [part.strip() for part in (names or "").split(",") if part.strip()]
    kinds = [kind for kind in KINDS if kind in parts]
    named = {Site.parse(part) for part in parts if part not in KINDS or _single(part)}
    if not any(part not in KINDS or KINDS[part].default for part in parts):
        kinds = [*(kind for kind, span in KINDS.items() if span.default), *kinds]
    kept = _layers(layers, blocks)
    chosen = set(named)
    for kind in kinds:
        first = KINDS[kind].first
        if first is None:
            chosen.add(Site(kind))
        else:
            chosen |= {Site(kind, n) for n in range(first, blocks + 1) if n in kept}
    for site in chosen:
        if site.layer is not None and site.layer > blocks:
            raise SettingRefused(f"There is no {site}: the model has {blocks} blocks.")
    return sorted(chosen, key=lambda site: site.order), named


def _single(kind: str) -> bool:
    """Whether a kind's name is that of its only site."""
    return KINDS[kind].first is None


def _layers(text: str | None, blocks: int) -> set[int]:
    if text is None:
        return set(range(blocks + 1))
    chosen = numbered(text, "--layers")
    if max(chosen) > blocks:
        raise SettingRefused(
            f"--layers {text}: the model has {blocks} blocks (0 = embeddings to {blocks})."
        )
    return chosen


def numbered(text: str, option: str) -> set[int]:
    """Numbers that an option lists, such as 0-4,8; SettingRefused for anything else."""
    chosen: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})(?:-(\d{1,9}))?\s*", part)
        if match is None:
            raise SettingRefused(f"{option} {text!r} is not a list of numbers such as 0-4,8.")
        first, last = int(match.group(1)), int(match.group(2) or match.group(1))
        if last < first:
            raise SettingRefused(f"{option} {text!r}: {first}-{last} runs backwards.")
        chosen |= set(range(first, last + 1))
    return chosen


def listed_numbers(numbers: Iterable[int]) -> str:
    """Numbers as `numbered` reads them: 0-4,8."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in spans)

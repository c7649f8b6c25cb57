"""Names of sites: where a vector is read in a model."""

import re
from dataclasses import dataclass
from typing import Literal

from catalog.errors import SettingRefused

Kind = Literal["resid", "final", "k", "v", "ffn"]
DEFAULT_KINDS: tuple[Kind, ...] = ("resid", "final")
_ORDER: dict[Kind, int] = {"resid": 0, "final": 1, "k": 2, "v": 3, "ffn": 4}
_NAME = re.compile(r"(resid|k|v|ffn)\.(\d+)|final")


@dataclass(frozen=True)
class Site:
    """One place in a model: resid.0 = embeddings, resid.L = output of block L, and so on.

    `layer` counts blocks from 1; it is 0 for the embeddings and None for `final`.
    """

    kind: Kind
    layer: int | None = None

    def __str__(self) -> str:
        """Name as it stands in catalogs, commands and links."""
        return self.kind if self.layer is None else f"{self.kind}.{self.layer}"

    @property
    def order(self) -> tuple[int, int]:
        """Sort key: residual sites first, then final, k, v, ffn, each by layer."""
        return _ORDER[self.kind], self.layer or 0

    @classmethod
    def parse(cls, name: str) -> "Site":
        """Site of a name such as resid.5 or final; SettingRefused where it is not one."""
        match = _NAME.fullmatch(name.strip())
        if match is None:
            raise SettingRefused(
                f"{name!r} is not a site. Sites are named resid.0, resid.5, final, k.3, v.3, ffn.3."
            )
        if match.group(1) is None:
            return cls("final")
        site = cls(match.group(1), int(match.group(2)))  # type: ignore[arg-type]  # the pattern
        if site.kind != "resid" and site.layer == 0:
            raise SettingRefused(f"{name!r} is not a site: blocks are counted from 1.")
        return site


def wanted(names: str | None, layers: str | None, blocks: int) -> tuple[list[Site], set[Site]]:
    """Sites asked for, in order, and those among them asked for by name.

    `names`: comma-separated kinds (k, v, ffn, resid, final) or sites (resid.5); a bare list of
    extra kinds is added to the default residual sites and final. `layers`: such as 0-4,8 keeps
    only these layers (0 = embeddings). Refused where a layer lies beyond the model's blocks.
    """
    parts = [part.strip() for part in (names or "").split(",") if part.strip()]
    kinds: list[Kind] = [kind for kind in _ORDER if kind in parts]
    named = {Site.parse(part) for part in parts if part not in _ORDER or part == "final"}
    explicit = any(part in DEFAULT_KINDS or part not in _ORDER for part in parts)
    if not explicit:
        kinds = [*DEFAULT_KINDS, *kinds]
    kept = _layers(layers, blocks)
    chosen = set(named)
    for kind in kinds:
        if kind == "final":
            chosen.add(Site("final"))
        else:
            first = 0 if kind == "resid" else 1
            chosen |= {Site(kind, n) for n in range(first, blocks + 1) if n in kept}
    for site in chosen:
        if site.layer is not None and site.layer > blocks:
            raise SettingRefused(f"There is no {site}: the model has {blocks} blocks.")
    return sorted(chosen, key=lambda site: site.order), named


def _layers(text: str | None, blocks: int) -> set[int]:
    if text is None:
        return set(range(blocks + 1))
    chosen: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:-(\d+))?\s*", part)
        if match is None:
            raise SettingRefused(f"--layers {text!r} is not a list of layers such as 0-4,8.")
        first, last = int(match.group(1)), int(match.group(2) or match.group(1))
        if last < first:
            raise SettingRefused(f"--layers {text!r}: {first}-{last} runs backwards.")
        if last > blocks:
            raise SettingRefused(
                f"--layers {text}: the model has {blocks} blocks (0 = embeddings to {blocks})."
            )
        chosen |= set(range(first, last + 1))
    return chosen

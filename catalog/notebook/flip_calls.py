"""The call that asks for a flip, and what it asks for: each is made from the other."""

from collections.abc import Sequence
from typing import TypedDict

from catalog.flips import source as flip_features
from catalog.flips.asked import Asked
from catalog.flips.prompts import EACH, Prompt, checked

Prompts = Sequence[str | Sequence[str] | Prompt]
"""Beginnings of sentences; or (text, source, kind) where some are of one source."""


class Settings(TypedDict, total=False):
    """How a feature is flipped, where it is not as usual."""

    kind: flip_features.Kind
    """category (as usual), discovered, concept or dimensions: what the feature's name names."""
    words: Sequence[str]
    """Of a concept of one's own; half of them register it, the effect is read on the others."""
    read: str
    """Category whose tokens the effect is read on instead of the feature's own."""
    each: int
    """Neutral prompts, and as many eliciting ones, where none are given: 16 as usual."""
    threshold: str | None
    dimensions: int | None
    """Only so many of the feature's, the strongest first."""
    positions: str
    """all (as usual, but a beginning-of-text sink), last, or places such as 0,2,-1."""
    scale: float
    """Times the change: 1 is the flip."""
    seed: int
    edits: str | Sequence[str]
    """Further edits, such as 'resid.4 zero birds'; see `catalog.flips.extra_edits`."""
    model: str | None
    """Where the catalog's model lies now."""


def asked(feature: str, site: str, prompts: Prompts | None, settings: Settings) -> Asked:
    """What a call asks for; SettingRefused for what cannot be asked."""
    words, edits = tuple(settings.get("words", ())), settings.get("edits", "")
    usual: flip_features.Kind = "concept" if words else "category"
    source = flip_features.Source(
        settings.get("kind", usual), feature, words, settings.get("read", "")
    )
    return Asked(
        source,
        site,
        None if prompts is None else _prompts(prompts),
        settings.get("each", EACH),
        settings.get("threshold"),
        settings.get("dimensions"),
        settings.get("positions", "all"),
        settings.get("scale", 1.0),
        settings.get("seed", 0),
        edits if isinstance(edits, str) else "\n".join(edits),
    )


def _prompts(given: Prompts) -> tuple[Prompt, ...]:
    made = [
        Prompt(one, f"line {number}") if isinstance(one, str) else one
        for number, one in enumerate(given, 1)
    ]
    whole = [one if isinstance(one, Prompt) else Prompt(*one) for one in made]  # type: ignore[arg-type]
    return tuple(checked(whole))


def call(wanted: Asked) -> str:
    """The call of `Catalog.flip` that asks for exactly this."""
    source = wanted.source
    concept = source.kind == "concept"  # its words say so
    more = {
        "prompts": None if wanted.prompts is None else _written(wanted.prompts),
        "each": None if wanted.each == EACH or wanted.prompts is not None else wanted.each,
        "kind": None if concept or source.kind == "category" else source.kind,
        "words": list(source.words) or None,
        "read": source.read or None,
        "threshold": wanted.threshold,
        "dimensions": wanted.dimensions,
        "positions": None if wanted.positions == "all" else wanted.positions,
        "scale": None if wanted.scale == 1 else wanted.scale,
        "seed": wanted.seed or None,
        "edits": wanted.edits.splitlines() or None,
    }
    named = [f"{name}={value!r}" for name, value in more.items() if value is not None]
    return f"c.flip({', '.join([repr(source.name), repr(wanted.site), *named])})"


def _written(prompts: Sequence[Prompt]) -> Sequence[str | tuple[str, ...]]:
    """As a call takes them: texts alone, where a call would make the very same of these."""
    texts = [one.text for one in prompts]
    if _prompts(texts) == tuple(prompts):
        return texts
    return [(one.text, one.source, one.kind) for one in prompts]

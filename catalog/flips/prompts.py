"""Prompts: beginnings of sentences, shipped per category and neutral, or a person's own."""

import csv
import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from catalog import places
from catalog.errors import NotInCatalog, SettingRefused

Kind = Literal["neutral", "eliciting", "own"]
EACH = 16
"""Prompts of each kind that a run takes by default."""


@dataclass(frozen=True)
class Prompt:
    """The beginning of a sentence."""

    text: str
    source: str = ""
    """The text it was cut from: prompts of one source are resampled together."""
    kind: Kind = "own"


def shipped(category: str, each: int = EACH) -> list[Prompt]:
    """Neutral prompts, and as many that elicit the category; neutral ones alone without any.

    Eliciting: the sentence goes on with a word of the category.
    """
    neutral = [p for name, p in _read("neutral.tsv") if not name]
    eliciting = [p for name, p in _read("eliciting.tsv") if name == category]
    return [*neutral[: each if eliciting else 2 * each], *eliciting[:each]]


@functools.cache
def _read(name: str) -> tuple[tuple[str, Prompt], ...]:
    path = places.shipped() / "prompts" / name
    kind: Kind = "neutral" if name.startswith("neutral") else "eliciting"
    if not path.is_file():
        return ()
    with path.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))
    return tuple((r["category"], Prompt(r["text"], r["source"], kind)) for r in rows)


def from_file(path: Path) -> list[Prompt]:
    """Own prompts: one a line, or a TSV with a column `text` (and source, kind)."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise NotInCatalog(
            f"{path} cannot be read as UTF-8 text. Give a file of prompts."
        ) from error
    lines = [line for line in content.split("\n") if line.strip()]
    head = lines[0].split("\t") if lines else []
    if "text" in head and len(head) > 1:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
        return checked([Prompt(r["text"] or "", r.get("source") or "", _kind(r)) for r in rows])
    return own(content)


def _kind(row: dict[str, str]) -> Kind:
    named = row.get("kind")
    return named if named in ("neutral", "eliciting") else "own"  # type: ignore[return-value]


def own(text: str) -> list[Prompt]:
    """One prompt a line, empty lines left out."""
    lines = [line.strip() for line in text.split("\n")]
    return checked([Prompt(line, f"line {n}") for n, line in enumerate(lines, 1) if line])


def checked(given: list[Prompt]) -> list[Prompt]:
    """The prompts, if there are any and none is empty; SettingRefused else."""
    if not given or not all(prompt.text.strip() for prompt in given):
        raise SettingRefused("A prompt is empty. Type the beginning of a sentence in each line.")
    return given

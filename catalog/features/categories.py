"""Categories: named word lists in a folder of text files, matched to families of items.

A file holds comment lines that begin with a hash and a space (the first is the description, the
others may be keys: `# group: x`, `# kind: piece`, `# order: cyclic`, `# part of: x`), then one word
a line. A line such as `#include` has no space after its hash and is a word.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.errors import NotInCatalog
from catalog.modalities.families import bare_word

FEWEST_FAMILIES = 20
"""Below this many matched families a category is skipped."""
FEWEST_OTHERS = 20
"""Below this many other families there is nothing to tell a category's members apart from."""
SMALL = 40
"""Below this many matched families a category is marked small (half of them are held out)."""

_KEYS = ("group", "kind", "order", "part of")


@dataclass(frozen=True)
class Category:
    """One word list as written."""

    name: str
    description: str
    words: tuple[str, ...]
    duplicates: tuple[str, ...] = ()
    """Words given more than once, or equal but for case and diacritics; each counts once."""
    keys: Mapping[str, str] = field(default_factory=dict)

    @property
    def cyclic(self) -> bool:
        """Whether the words follow each other in a circle (months, weekdays, digits)."""
        return self.keys.get("order") == "cyclic"

    @property
    def kind(self) -> str:
        """What its words are: word, piece (part of a word) or symbol."""
        return self.keys.get("kind", "word")


@dataclass(frozen=True)
class Skipped:
    """A category that was left out, and why, in one sentence."""

    name: str
    reason: str


def read_folder(folder: Path) -> tuple[list[Category], list[Skipped]]:
    """Every `*.txt` of a folder by name, and the files skipped; NotInCatalog without a folder."""
    if not folder.is_dir():
        raise NotInCatalog(f"There is no folder {folder}. Give a folder of category files.")
    read, skipped = [], []
    for path in sorted(folder.glob("*.txt")):
        outcome = _read(path)
        if isinstance(outcome, Skipped):
            skipped.append(outcome)
        else:
            read.append(outcome)
    return read, skipped


def _read(path: Path) -> Category | Skipped:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        return Skipped(path.stem, "The file is not UTF-8 text.")
    return parse(path.stem, text)


def parse(name: str, text: str) -> Category | Skipped:
    """A category from the text of its file; Skipped where no word is left.

    Words are told apart as items are (`bare_word`: without case and diacritics).
    """
    lines = [line.strip() for line in text.split("\n")]  # not splitlines: U+2028 may be a word
    comments = [line[1:].strip() for line in lines if _is_comment(line)]
    keys, description = {}, ""
    for comment in comments:
        key, colon, value = comment.partition(":")
        if colon and key.strip().lower() in _KEYS:
            keys[key.strip().lower()] = value.strip()
        elif not description:
            description = comment
    seen: dict[str, str] = {}
    duplicates = []
    for word in (line for line in lines if line and not _is_comment(line)):
        bare = bare_word(word) or word
        if bare in seen:
            duplicates.append(word)
        seen.setdefault(bare, word)
    if not seen:
        return Skipped(name, "The file has no words.")
    return Category(name, description, tuple(seen.values()), tuple(duplicates), keys)


def _is_comment(line: str) -> bool:
    return line.startswith("# ")


@dataclass(frozen=True)
class Match:
    """A word list found in a vocabulary."""

    members: NDArray[np.int64]
    """One item per family, in the order of the words: the family's representative, except in
    lists of pieces, whose members are the pieces themselves."""
    words: tuple[str, ...]
    """The word that first led to each member."""
    missing: tuple[str, ...]
    """Words that are no single token of the vocabulary."""
    asked: int
    """Words in the list."""
    found: str = "words are single tokens here"
    """What makes one of those asked for a member."""
    others: int | None = None
    """Families of other items, of the kinds that the members are; None where nobody counted."""

    @property
    def small(self) -> bool:
        """Fewer than SMALL families: under 20 anchors and 20 held out, so no verdict."""
        return len(self.members) < SMALL

    def skipped(self, name: str) -> Skipped | None:
        """Why the category cannot be measured, or None."""
        found = len(self.members)
        if found < FEWEST_FAMILIES:
            return Skipped(
                name,
                f"Only {found} families of its {self.asked} {self.found}; "
                f"{FEWEST_FAMILIES} are needed.",
            )
        if self.others is not None and self.others < FEWEST_OTHERS:
            return Skipped(
                name,
                f"Only {self.others} other items are left to tell its {found} members apart from; "
                f"{FEWEST_OTHERS} are needed.",
            )
        return None


class Vocabulary:
    """Words of a catalog's text items, looked up by kind.

    Columns of the table `item`, all of one length: `word` (None where nothing is left), `kind`,
    `family` (item number of the family's representative); the row number is the item.
    """

    def __init__(
        self, word: Sequence[str | None], kind: Sequence[str], family: NDArray[np.integer]
    ) -> None:
        self.family = np.asarray(family, np.int64)
        self._kind = np.asarray(kind, dtype=object)
        whole, counts = np.unique(
            self._kind[self.family == np.arange(len(self.family))].astype(str), return_counts=True
        )
        self._families = dict(zip(whole.tolist(), counts.tolist(), strict=True))
        self._items: dict[str, dict[str, int]] = {"word": {}, "piece": {}}
        for item, (text, sort) in enumerate(zip(word, kind, strict=True)):
            if text is not None and sort in self._items:
                self._items[sort].setdefault(text, item)

    def find(self, word: str, kind: str = "word") -> int | None:
        """The item that stands for a word, or None.

        Choices where the method is silent: a plain word is found among whole words, and among
        pieces only if it holds no letter (numbers and punctuation are pieces everywhere); kind
        `piece` looks among pieces only (a continuation mark ## may be written), kind `symbol`
        among pieces first, then words. The item is the representative of the family; only for
        kind `piece` it is the piece found, or a list of pieces would measure whole words.
        """
        bare = bare_word(word)
        if bare is None:
            return None
        if kind == "piece":
            item = self._items["piece"].get(bare.removeprefix("##") or bare)
            return item
        order = ["word"] if any(c.isalpha() for c in bare) else ["word", "piece"]
        for sort in ["piece", "word"] if kind == "symbol" else order:
            item = self._items[sort].get(bare)
            if item is not None:
                return int(self.family[item])
        return None

    def match(self, words: Sequence[str], kind: str = "word") -> Match:
        """Members of a word list: one per family, however many of its words were given."""
        found: dict[int, tuple[int, str]] = {}
        missing = []
        for word in words:
            item = self.find(word, kind)
            if item is None:
                missing.append(word)
            else:
                found.setdefault(int(self.family[item]), (item, word))
        members = np.array([item for item, _ in found.values()], np.int64)
        told = tuple(word for _, word in found.values())
        return Match(
            members, told, tuple(missing), len(words), others=self._others(list(found), members)
        )

    def _others(self, families: Sequence[int], members: NDArray[np.int64]) -> int:
        """Families of the members' kinds that are not theirs: what is told apart from them."""
        kinds = set(self._kind[members].tolist())
        own = sum(kind in kinds for kind in self._kind[families].tolist())
        return int(sum(self._families.get(kind, 0) for kind in kinds) - own)


def labels(matches: Mapping[str, Match]) -> tuple[list[str], NDArray[np.int64], NDArray[np.int64]]:
    """All categories' members end to end: names, member items, and each one's category number.

    A family in two categories appears twice; the coherence control leaves out what is shared.
    """
    names = list(matches)
    members = [matches[name].members for name in names]
    sizes = [len(m) for m in members]
    every = np.concatenate(members) if members else np.empty(0, np.int64)
    return names, every, np.repeat(np.arange(len(names)), sizes)

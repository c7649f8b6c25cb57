"""Which positions of a corpus become items: documents are drawn first, then positions in each.

Of every document one window of tokens is read, whole or at a seeded place, and at most so many of
its positions are items. Which documents are drawn depends on their texts and the seed alone: not on
names, nor on the order of files, and a copy of a text counts once.
"""

import hashlib
import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from catalog.errors import SettingRefused
from catalog.modalities import corpus
from catalog.modalities.corpus import Document, Unfit
from catalog.modalities.text import Tokenizer

FIRST = 8
"""Positions before this are no items: attention sinks, and too little context."""
BEFORE, AFTER = 24, 8
"""Tokens of an item's window before and after it."""
WINDOW = 256
"""Tokens of a document that are read, where the model's context is not shorter."""
_SURE, _ENOUGH = 3, 16
"""Characters that no tokenizer makes a whole token of each, and more than it needs for one."""


@dataclass(frozen=True)
class Settings:
    """What of a corpus becomes items; all of it is in the identity of a build."""

    positions: int = 100_000
    of_document: int = 64
    window: int = WINDOW
    seed: int = 0

    def check(self) -> None:
        """SettingRefused for what no corpus could make right."""
        if self.positions < 2:
            raise SettingRefused("--positions must be at least 2.")
        if self.of_document < 1:
            raise SettingRefused("--items-per-document must be at least 1.")
        if self.window < FIRST + 2:
            raise SettingRefused(
                f"--window must be at least {FIRST + 2}: the first {FIRST} positions are no items."
            )


@dataclass(frozen=True)
class Drawn:
    """A document that was drawn."""

    name: str
    first: int
    """Place of its first character that was read."""
    ids: NDArray[np.int64]
    """All ids that the model reads of it."""
    places: NDArray[np.int64]
    """Positions that are items, ascending."""
    cut: bool
    """Whether more text stands before or after."""


@dataclass
class Counts:
    """What was looked at, and what became of it."""

    documents: int = 0
    short: int = 0
    """Texts of which no position can be an item."""
    duplicates: int = 0
    unfit: list[Unfit] = field(default_factory=list)
    digest: int = 0
    """Sum of all texts' hashes: equal for the same texts in any order."""


@dataclass(frozen=True)
class Found:
    """The documents drawn, in the order in which they are read."""

    drawn: list[Drawn]
    counts: Counts


def draw(
    documents: Iterable[Document | Unfit],
    tokenizer: Tokenizer,
    settings: Settings,
    report: Callable[[int], None],
) -> Found:
    """Draw documents until they hold `settings.positions` positions, all of them where they do not.

    Every text is looked at once; no more of them are in memory than are drawn.
    """
    counts, special = Counts(), np.array(sorted(tokenizer.all_special_ids), np.int64)
    heap: list[tuple[int, Drawn]] = []
    known: set[int] = set()
    total = 0
    for number, one in enumerate(documents, 1):
        report(number)
        if isinstance(one, Unfit):
            counts.unfit.append(one)
            continue
        counts.documents += 1
        sha = one.sha256
        counts.digest = (counts.digest + int(sha, 16)) % 2**256
        rank = int.from_bytes(hashlib.sha256(f"{settings.seed} {sha}".encode()).digest()[:8])
        if total >= settings.positions and rank >= -heap[0][0]:
            continue
        if rank in known:
            counts.duplicates += 1
            continue
        made = _made(one, tokenizer, special, settings, rank)
        if made is None:
            counts.short += 1
            continue
        known.add(rank)
        heapq.heappush(heap, (-rank, made))
        total += len(made.places)
        while total - len(heap[0][1].places) >= settings.positions:
            gone, left = heapq.heappop(heap)
            known.discard(-gone)
            total -= len(left.places)
    ordered = [made for _, made in sorted(heap, key=lambda pair: -pair[0])]
    return Found(_exactly(ordered, settings.positions), counts)


def _exactly(drawn: list[Drawn], positions: int) -> list[Drawn]:
    """The last document gives only as many positions as are still wanted."""
    over = sum(len(one.places) for one in drawn) - positions
    if over <= 0:
        return drawn
    last = drawn[-1]
    kept = Drawn(last.name, last.first, last.ids, last.places[:-over], last.cut)
    return [*drawn[:-1], kept]


def _made(
    one: Document, tokenizer: Tokenizer, special: NDArray[np.int64], asked: Settings, rank: int
) -> Drawn | None:
    """A document's window and its positions; None where it has none that can be an item."""
    generator = np.random.default_rng([asked.seed, rank])
    first = _beginning(one, asked.window, generator)
    text = one.excerpt(first, asked.window * _ENOUGH)
    ids = _ids(tokenizer, text, asked.window)
    able = np.flatnonzero(~np.isin(ids, special))
    able = able[able >= FIRST]
    if not len(able):
        return None
    count = min(asked.of_document, len(able))
    places = np.sort(generator.choice(able, count, replace=False)).astype(np.int64)
    cut = first > 0 or len(ids) >= asked.window or first + len(text) < one.characters
    return Drawn(one.name, first, ids, places, cut)


def _beginning(one: Document, window: int, generator: np.random.Generator) -> int:
    """Character at which a document's window begins: 0, or a seeded one after a space."""
    room = one.characters - window * _SURE
    if room <= 0:
        return 0
    first = int(generator.integers(0, room + 1))
    if first == 0:
        return 0
    near = one.excerpt(first - 1, 200)
    gap = next((n for n, c in enumerate(near) if c.isspace()), None)
    return first + (gap if gap is not None else 0)


def _ids(tokenizer: Tokenizer, text: str, window: int) -> NDArray[np.int64]:
    """Ids as the tokenizer makes them, its special tokens once: a text may bring its own."""
    found = tokenizer(text, truncation=True, max_length=window)["input_ids"]  # type: ignore[call-arg]
    ids = np.asarray(found, np.int64)
    if len(ids) > 1 and ids[0] == ids[1] and ids[0] in tokenizer.all_special_ids:
        return ids[1:]
    return ids


def corpus_hash(counts: Counts) -> str:
    """SHA-256 of all texts, in whatever order and under whatever names they lie."""
    return hashlib.sha256(counts.digest.to_bytes(32)).hexdigest()


def check(found: Found, place: object) -> None:
    """SettingRefused where nothing is left to read."""
    counts = found.counts
    if found.drawn and sum(len(one.places) for one in found.drawn) >= 2:
        return
    if counts.documents:
        raise SettingRefused(
            f"No text of {place} is long enough: {counts.documents:,} were looked at, and the "
            f"first {FIRST} positions of a text are no items. Give longer texts."
        )
    unfit = counts.unfit[0] if counts.unfit else None
    told = f" ({unfit.name}: {unfit.reason.rstrip('.')})" if unfit else ""
    raise SettingRefused(
        f"{place} holds no texts{told}. --texts takes .txt files, .jsonl files with a field "
        f"{corpus.COLUMN!r}, or a saved dataset with such a column."
    )

"""The row of senses: can two senses of one written word be told apart by signs in context?"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from catalog.evidence.cell import Cell
from catalog.evidence.verdicts import Claim, Row, judge, untested
from catalog.model import marked
from catalog.model.loading import LoadedModel
from catalog.model.marked import Marked
from catalog.progress import Report
from catalog.signs.prototypes import SPLITS, agreeing_members, auc, contrast, register
from catalog.signs.resampling import clustered

FEWEST_WORDS = 8
FEWEST = 5
"""Contexts of each sense on each side of a split, below which the split is left out."""
_CUES, _CHANCE = "embeddings of the other words", "labels permuted"

CLAIM = Claim(
    "senses",
    "Two senses of one written word can be told apart by the signs of its state in context.",
    "mean AUC of a prototype of one sense against the other, on other books",
    "contextual senses readable; Qwen3-32B near chance",
    "Words with two senses, each with at least 20 labelled sentences of public-domain books. Books "
    "are halved in 20 splits; a prototype of the one sense against both is registered on one half, "
    "as features are, and scored on the other half's sentences. Null: the sentences' labels "
    "permuted. Control: the same on the signs of the mean embedding of the sentence's other words, "
    "which knows the words around and nothing of the model's blocks. Bootstrap over words.",
    chance=0.5,
    needs_model=True,
)
CLAIMS = {CLAIM.key: CLAIM}

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Word:
    """A written word with two senses."""

    name: str
    texts: tuple[Marked, ...]
    second: Bools
    """Which of them have the second sense: bool[texts]."""
    book: NDArray[np.int64]
    """Number of the book of each."""


def words(folder: Path) -> list[Word]:
    """Words of a folder: a file each, lines of sense, book and sentence, tab-separated."""
    found = []
    for path in sorted(folder.glob("*.txt")):
        rows = [
            line.split("\t")
            for line in path.read_text(encoding="utf-8").splitlines()
            if line.count("\t") == 2
        ]
        places = [re.search(rf"\b{re.escape(path.stem)}\b", text, re.I) for *_, text in rows]
        kept = [(row, at) for row, at in zip(rows, places, strict=True) if at is not None]
        names = list(dict.fromkeys(row[0] for row, _ in kept))
        if len(names) != 2:
            continue
        texts = tuple(Marked(row[2], at.start(), at.end()) for row, at in kept)
        books = np.unique([row[1] for row, _ in kept], return_inverse=True)[1]
        second = np.array([row[0] == names[1] for row, _ in kept])
        found.append(Word(path.stem, texts, second, books.astype(np.int64)))
    return found


def row(cell: Cell, model: LoadedModel, folder: Path, report: Report) -> Row:
    """The row, at the primary site and threshold."""
    every = words(folder)
    figures = []
    for number, one in enumerate(every):
        report("senses", number, len(every))
        read = marked.read(model, one.texts, cell.site)
        if not read.read.any():
            continue
        second, book = one.second[read.read], one.book[read.read]
        # The words around stand for themselves: about their own medians, not about zero.
        cues = read.others > np.median(read.others, axis=0)
        found = told_apart(read.own > cell.level, cues, second, book)
        if found is not None:
            figures.append(found)
    report("senses", len(every), len(every))
    where = cell.named("in held-out books")
    if len(figures) < FEWEST_WORDS:
        return untested(CLAIM, f"Only {len(figures)} words with two senses can be read.", where)
    return _judged(np.array(figures), where)


def _judged(figures: NDArray[np.float64], where: str) -> Row:
    """From the AUC of each word, of permuted labels, and of the words around: float64[words, 3]."""
    generator, place = np.random.default_rng(0), np.arange(len(figures))
    own, chance, cues = figures.T
    figure = clustered(own, place, generator)
    over_null = clustered(own - chance, place, generator)
    over_cues = clustered(own - cues, place, generator)
    verdict, reason = judge(CLAIM, figure.value, over_null, over_cues)
    controls = {_CUES: float(cues.mean()), _CHANCE: float(chance.mean())}
    controls["words told apart (AUC above 0.75)"] = float((own > 0.75).sum())
    return Row(
        CLAIM, verdict, reason, where, figure, controls, _CUES, len(figures), "words"
    )  # fmt: skip


def told_apart(
    own: Bools, cues: Bools, second: Bools, book: NDArray[np.int64]
) -> tuple[float, float, float] | None:
    """AUC on other books by own signs, by own signs with labels permuted, by the words around.

    bool[contexts, dims] each, bool[contexts] and int[contexts]; None where books are too few.
    """
    generator = np.random.default_rng(0)
    names = np.unique(book)
    found: list[tuple[float, float, float]] = []
    for _ in range(SPLITS):
        taught = np.isin(book, generator.permutation(names)[: len(names) // 2])
        sides = [(taught & second), (taught & ~second), (~taught & second), (~taught & ~second)]
        permuted = generator.permutation(second)
        if min(int(side.sum()) for side in sides) < FEWEST:
            continue
        found.append(
            (
                _split(own, second, taught),
                _split(own, permuted, taught),
                _split(cues, second, taught),
            )
        )
    if not found:
        return None
    mean = np.mean(found, axis=0)
    return float(mean[0]), float(mean[1]), float(mean[2])


def _split(signs: Bools, second: Bools, taught: Bools) -> float:
    """Register the second sense on what is taught, and score the rest: AUC, ties half."""
    anchors = taught & second
    count, pool = int(anchors.sum()), int(taught.sum())
    if count in (0, pool):
        return 0.5
    positive = signs[anchors].sum(axis=0, dtype=np.int64)
    everybody = signs[taught].sum(axis=0, dtype=np.int64)
    made = register(contrast(positive[None], count, everybody, pool), count * pool)
    agree = agreeing_members(signs[~taught].astype(np.uint8), made)[0]
    return auc(agree.astype(np.float64), second[~taught])


def absent(cell: Cell, reason: str) -> list[Row]:
    """The row as untested."""
    return [untested(CLAIM, reason, cell.name)]

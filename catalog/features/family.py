"""p and q of the findings: the nulls of each family of tests drawn as far as they matter.

Definition: docs/method.md#null. A family: all categories but small ones x sites, at one threshold
and background; two sites with the same signs (`resid.n` and `final` where no norm turns a sign)
count once. Only the family of the primary threshold and background keeps its q.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog import parallel
from catalog.features import cell_nulls, sequential
from catalog.features.cell_nulls import Cell, Further, Key, Sample
from catalog.features.sequential import Drawn, Stretch
from catalog.features.tables import Findings
from catalog.progress import Report, silent
from catalog.signs.significance import benjamini_hochberg
from catalog.store.catalog import Catalog

Row = dict[str, Any]
_PIECE = 4000
"""Draws worth a task of their own: a worker takes a second or two to begin."""


@dataclass(frozen=True)
class Where:
    """What the findings were made from, and who may draw further."""

    catalog: Catalog
    folder: Path
    workers: int = 1
    report: Report = silent


class _Judged:
    """One null with the rows of `feature` that it judges."""

    def __init__(self, sample: Sample, rows: Mapping[tuple[str, Cell], Row]) -> None:
        self.cell, self.key = sample.cell, sample.key
        self.rows = [rows[name, sample.cell] for name in sample.categories]
        observed = np.array([row["auc"] for row in self.rows], np.float64)
        self.drawn = Drawn(observed, sample.aucs)

    @property
    def small(self) -> bool:
        """Whether its categories are small; those of one null all are or all are not."""
        return any(row["small"] for row in self.rows)

    def fill(self, found: Findings) -> None:
        """Give the rows their p and null, and keep the draws."""
        kept = self.drawn.kept
        for row, p in zip(self.rows, self.drawn.p.tolist(), strict=True):
            row |= {"p": p, "null_draws": self.drawn.made}
            row |= {"null_mean": float(kept.mean()), "null_p95": float(np.quantile(kept, 0.95))}
        found.add(
            "feature_null",
            {
                "site": self.cell.site,
                "threshold": self.cell.threshold,
                "background": self.cell.background,
                "category": self.key.category,
                "size": self.key.size,
                "aucs": kept.astype(np.float32).tolist(),
            },
        )


def settle(
    found: Findings,
    samples: Iterable[Sample],
    signs: Mapping[tuple[str, str], str],
    where: Where,
) -> None:
    """Draw further where it matters, then give every row of `feature` its p, null and q.

    `signs` is a digest of the signs of each (site, threshold), in the order of the sites.
    """
    rows = {(row["category"], _cell(row)): row for row in found.tables.get("feature", [])}
    judged = [_Judged(one, rows) for one in samples]
    first = where.catalog.primary
    firsts = _firsts(signs)
    for kind, group in _by_kind(judged).items():
        own = {(one.cell, one.key): one for one in group}
        again = {
            at: own[replace(at[0], site=firsts[at[0].site, at[0].threshold]), at[1]]
            for at in own
            if firsts[at[0].site, at[0].threshold] != at[0].site
        }
        family = [one for at, one in own.items() if at not in again and not one.small]
        primary = kind == (first.threshold, first.background)
        sequential.settle([one.drawn for one in family], _draw(family, where), primary)
        for at, one in again.items():
            own[at].drawn = one.drawn  # the same signs, sets and splits: the same draws
        if primary:
            _q(family, again, own)
    for one in judged:
        one.fill(found)


def _cell(row: Row) -> Cell:
    return Cell(row["site"], row["threshold"], row["background"])


def _by_kind(judged: Sequence[_Judged]) -> dict[tuple[str, str], list[_Judged]]:
    kinds: dict[tuple[str, str], list[_Judged]] = {}
    for one in judged:
        kinds.setdefault((one.cell.threshold, one.cell.background), []).append(one)
    return kinds


def _firsts(signs: Mapping[tuple[str, str], str]) -> dict[tuple[str, str], str]:
    """(site, threshold) -> the first site with the same signs, usually itself."""
    found: dict[tuple[str, str], str] = {}
    return {
        (site, threshold): found.setdefault((threshold, digest), site)
        for (site, threshold), digest in signs.items()
    }


def _q(
    family: Sequence[_Judged],
    again: Mapping[tuple[Cell, Key], _Judged],
    own: Mapping[tuple[Cell, Key], _Judged],
) -> None:
    """Benjamini-Hochberg over the family; a site met again gets the q of its first."""
    if not family:
        return
    q = benjamini_hochberg(np.concatenate([one.drawn.p for one in family]))
    rows = itertools.chain.from_iterable(one.rows for one in family)
    for row, value in zip(rows, q.tolist(), strict=True):
        row["q"] = value
    for at, first in again.items():
        for row, known in zip(own[at].rows, first.rows, strict=True):
            row["q"] = known["q"]


def _draw(family: Sequence[_Judged], where: Where) -> sequential.Draw:
    """Draws of the family's nulls, made in worker processes where there are many."""

    def draw(wanted: Sequence[Stretch]) -> list[NDArray[np.float64]]:
        pieces = list(_pieces(family, wanted))
        tasks = [
            Further(
                where.catalog,
                where.folder,
                family[piece[0].null].cell,
                tuple((family[one.null].key, one.start, one.stop) for one in piece),
            )
            for piece in pieces
        ]
        made: dict[int, NDArray[np.float64]] = {}
        where.report("further draws", 0, len(tasks))
        results = parallel.run(cell_nulls.further, tasks, where.workers)
        for done, (piece, drawn) in enumerate(zip(pieces, results, strict=True), 1):
            made |= {one.null: aucs for one, aucs in zip(piece, drawn, strict=True)}
            where.report("further draws", done, len(tasks))
        return [made[one.null] for one in wanted]

    return draw


def _pieces(family: Sequence[_Judged], wanted: Sequence[Stretch]) -> Iterator[list[Stretch]]:
    """Stretches of one cell each, of _PIECE draws or little more."""
    piece: list[Stretch] = []
    size = 0
    for one in wanted:
        if piece and (size >= _PIECE or family[one.null].cell != family[piece[0].null].cell):
            yield piece
            piece, size = [], 0
        piece.append(one)
        size += one.stop - one.start
    if piece:
        yield piece

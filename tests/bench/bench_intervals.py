"""Do the intervals of held-out AUCs cover? Concepts and categories of planted worlds.

    python -m tests.bench.bench_intervals --sets 400 --kinds concept --worlds 0,1

Worlds, seeds and sizes are others than those that the designs in `catalog.signs.auc_intervals`
were chosen on. Prints a table for docs/method.md.
"""

import argparse
import time

from tests.bench.figures import Figure
from tests.given import coverage
from tests.given.coverage import Coverage, Procedure
from tests.given.word_worlds import WordWorld

SETS, QUICK_SETS = 400, 40
WORLDS = (
    ("independent", WordWorld(False, seed=101)),
    ("correlated", WordWorld(True, seed=102)),
    ("correlated, 40 % mean it", WordWorld(True, seed=103, mixed=True)),
)
AUCS = (0.5, 0.7, 0.9)
KINDS: dict[str, tuple[Procedure, tuple[int, ...]]] = {
    "concept": (coverage.concept, (5, 10, 20, 50, 100)),
    "category": (coverage.category, (20, 40, 80, 160)),
}
LEAST, MOST = 0.93, 0.97


def run(quick: bool) -> list[Figure]:
    """Share of the cells that cover 93 to 97 %, give or take what so few sets leave open."""
    sets = QUICK_SETS if quick else SETS
    figures = []
    for kind in KINDS:
        found = measured(kind, sets, range(len(WORLDS)), (0.5, 0.9) if quick else AUCS)
        worst = max(abs(one.covered - 0.95) for _, _, one in found)
        figures.append(Figure(f"intervals of a {kind}: worst |coverage - 0.95|", worst, "", 0.05))
    return figures


def measured(
    kind: str, sets: int, worlds: "range | list[int]", aucs: tuple[float, ...]
) -> list[tuple[str, int, Coverage]]:
    """Every cell of one kind; printed as it comes."""
    procedure, sizes = KINDS[kind]
    found = []
    for number in worlds:
        name, world = WORLDS[number]
        for words in sizes:
            row = []
            for auc in aucs:
                if world.mixed and auc == 0.9:  # 40 % of the words cannot reach it
                    continue
                started = time.perf_counter()
                planted = coverage.strength(world, procedure, words, auc)
                one = coverage.cover(world, procedure, words, planted, sets)
                row.append(f"{one.covered:.3f} ({one.truth:.2f} ± {one.width / 2:.2f})")
                found.append((name, words, one))
                print(f"  {time.perf_counter() - started:.0f} s", flush=True)
            print(f"| {kind}, {name} | {words} | {' | '.join(row)} |", flush=True)
    return found


def main() -> None:
    """Print the table of some worlds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=SETS)
    parser.add_argument("--kinds", default="concept,category")
    parser.add_argument("--worlds", default="0,1,2")
    asked = parser.parse_args()
    for kind in asked.kinds.split(","):
        measured(kind, asked.sets, [int(one) for one in asked.worlds.split(",")], AUCS)


if __name__ == "__main__":
    main()

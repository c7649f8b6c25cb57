"""Are p-values right? Random sets in five worlds, and planted categories among them.

    python -m tests.bench.bench_calibration --sets 1000 --out calibration.json

Each set is measured as `dims features` measures a category. Prints a table for docs/validity.md.
"""

import argparse
import datetime
import functools
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from catalog.modalities.backgrounds import Background
from catalog.signs.significance import LEVEL
from tests.bench.calibration_worlds import KINDS, Kind, Members, World
from tests.bench.figures import Figure

SETS, QUICK_SETS = 1000, 40
FAMILY, PLANTED = 100, 25
"""Sets tested together, and how many of them are something where some are."""
SIZES = (20, 160)
LARGE, SMALL_PLANTED = 40, 80
"""Families below which a set has no q, and the most that a planted one has."""
AUCS = (0.80, 0.89)
"""Prototype AUC of the planted sets."""
OFF = 0.02
"""How far from 0.05 the share of p <= 0.05 may be."""
MOST_FALSE, LEAST_POWER = 0.07, 0.85


@dataclass(frozen=True)
class Calibrated:
    """What one world and background gave."""

    world: str
    background: str
    sets: int
    share: float
    """Of random sets with p <= 0.05."""
    families: int = 0
    false: float | None = None
    """Share of false ones among those found, mean over the families."""
    power: float | None = None
    """Share of the planted ones that are found."""
    low_auc: float | None = None
    high_auc: float | None = None
    """5th and 95th percentile of the AUC of the planted ones."""
    seconds: float = 0.0


def run(quick: bool) -> list[Figure]:
    """Distance of the share of p <= 0.05 from 0.05, false discoveries, and power lost."""
    found = calibrate(QUICK_SETS if quick else SETS)
    print(table(found))
    off = None if quick else OFF  # a share of so few sets may be anything
    figures = []
    for one in found:
        name = f"{one.world}, {one.background}"
        figures.append(Figure(f"{name}: |share - 0.05|", abs(one.share - LEVEL), "", off))
        if one.false is not None and one.power is not None:
            figures.append(Figure(f"{name}: false discoveries", one.false, "", MOST_FALSE))
            figures.append(Figure(f"{name}: power lost", 1 - one.power, "", 1 - LEAST_POWER))
    return figures


def calibrate(sets: int) -> list[Calibrated]:
    """Every world and background with `sets` random sets, and a tenth as many planted families."""
    found = []
    with tempfile.TemporaryDirectory() as folder:

        @functools.cache
        def made(make: Callable[[Path], World]) -> World:
            return make(Path(folder))

        for kind in KINDS:
            for background in kind.backgrounds:
                world = made(kind.make)
                found.append(_calibrate(kind, world, background, sets))
                print(json.dumps(asdict(found[-1])), flush=True)
    return found


def _calibrate(kind: Kind, world: World, background: Background, sets: int) -> Calibrated:
    started = time.perf_counter()
    generator = np.random.default_rng([KINDS.index(kind), len(background)])
    p: list[float] = []
    together = min(FAMILY, -(-sets // len(world.residual_sites)))
    while len(p) < sets:
        count = min(together, sets - len(p))
        here = world.turned(background, len(p) // together)
        p += here.measured(_random(kind, here, count, SIZES, generator))["p"].tolist()
    share = float((np.array(p) <= LEVEL).mean())
    if background != world.primary.background:  # q is made in the primary one alone
        seconds = time.perf_counter() - started
        return Calibrated(kind.name, background, sets, share, seconds=seconds)
    families = max(1, sets // FAMILY)
    false, power, aucs = _found(kind, world, background, families, generator)
    low, high = np.quantile(aucs, (0.05, 0.95)).tolist()
    seconds = time.perf_counter() - started
    known = (families, false, power, low, high, seconds)
    return Calibrated(kind.name, background, sets, share, *known)


def _random(
    kind: Kind,
    world: World,
    count: int,
    sizes: tuple[int, int],
    generator: np.random.Generator,
) -> list[Members]:
    wanted = generator.integers(sizes[0], sizes[1] + 1, count)
    return [kind.draw(world, int(size), generator) for size in wanted]


def _found(
    kind: Kind, world: World, background: Background, families: int, generator: np.random.Generator
) -> tuple[float, float, list[float]]:
    """False discoveries and power over families of 100 sets, 25 planted; AUCs of these."""
    false, power, aucs = [], [], []
    for number in range(families):
        here = world.turned(background, number)
        planted = _random(kind, here, PLANTED, (LARGE, SMALL_PLANTED), generator)
        idle = _random(kind, here, FAMILY - PLANTED, (LARGE, SIZES[1]), generator)
        wanted = generator.uniform(*AUCS, PLANTED)
        rows = here.planted_to(planted, wanted, number).measured([*planted, *idle])
        clear = (rows["q"] < LEVEL).to_numpy()
        false.append(clear[PLANTED:].sum() / max(1, clear.sum()))
        power.append(clear[:PLANTED].mean())
        aucs += rows["auc"][:PLANTED].tolist()
    return float(np.mean(false)), float(np.mean(power)), aucs


def table(found: list[Calibrated]) -> str:
    """The results as a Markdown table, with the date and the machine."""
    day = datetime.date.today().isoformat()
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    rows = pd.DataFrame([asdict(one) for one in found])
    lines = [
        f"Made on {day} on {machine}, NumPy {np.__version__}; {rows['sets'].max()} sets of "
        f"{SIZES[0]} to {SIZES[1]} families each.",
        "",
        "| world | background | p <= 0.05 | false discoveries | power | AUC of planted |",
        "|---|---|---|---|---|---|",
    ]
    for one in found:
        more = ["-"] * 3
        if one.families:
            more = [f"{one.false:.3f}", f"{one.power:.2f}", f"{one.low_auc:.2f}-{one.high_auc:.2f}"]
        lines.append(f"| {one.world} | {one.background} | {one.share:.3f} | {' | '.join(more)} |")
    return "\n".join(lines)


def main() -> None:
    """Run it by itself, with as many sets as there is time for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=SETS)
    parser.add_argument("--out", type=Path, default=Path("calibration.json"))
    asked = parser.parse_args()
    found = calibrate(asked.sets)
    asked.out.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    print(table(found))


if __name__ == "__main__":
    main()

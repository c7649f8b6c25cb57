"""Handwritten digits that the shipped image model has not been trained on, as a folder of PNGs.

The images come with scikit-learn: the UCI data set "Optical Recognition of Handwritten Digits"
(E. Alpaydin and C. Kaynak, 1998, CC BY 4.0), 1,797 scans of 8 x 8 pixels and 17 grey levels.
"""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 5
"""Decides which half of the scans is held out."""
SHAPES = {
    "loop": (0, 6, 8, 9),
    "curve": (2, 3, 5),
    "strokes": (1, 4, 7),
}
"""Superclasses, by how a digit is drawn: with a closed loop, an open curve, straight strokes."""


def scans() -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """All scans, uint8[1797, 8, 8] with ink at 255, and their digits, int[1797]."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return np.rint(data.images * (255 / 16)).astype(np.uint8), data.target


def split() -> tuple[NDArray[Any], NDArray[Any]]:
    """Rows to train on and rows held out: half of each digit, at random but always the same."""
    _, digits = scans()
    rng = np.random.default_rng(SEED)
    shuffled = [rng.permutation(np.flatnonzero(digits == digit)) for digit in range(10)]
    train = np.concatenate([rows[: len(rows) // 2] for rows in shuffled])
    held = np.concatenate([rows[len(rows) // 2 :] for rows in shuffled])
    return np.sort(train), np.sort(held)


def write(folder: Path) -> int:
    """Write the held-out scans as `<digit>/<row>.png` with a labels.csv; returns how many."""
    from PIL import Image

    images, digits = scans()
    _, held = split()
    shape_of = {digit: shape for shape, members in SHAPES.items() for digit in members}
    lines = []
    for row in held:
        digit = int(digits[row])
        path = f"{digit}/{row:04d}.png"
        (folder / str(digit)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(images[row]).save(folder / path)
        lines.append((path, f"digit {digit}", shape_of[digit]))
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("path", "label", "superclass"), *sorted(lines)])
    return len(held)

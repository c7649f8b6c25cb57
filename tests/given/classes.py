"""Synthetic catalogs of sounds: one class after the other, as files lie in folders of classes."""

from pathlib import Path

import duckdb

from tests.given import synthetic

CLASSES, EACH = 50, 60
SITES = ("resid.0", "resid.1")


def write(path: Path, seed: int = 0, classes: int = CLASSES) -> Path:
    """Write `classes` classes, class 0, class 1 ..., of EACH sounds to `path`; returns it."""
    recipe = synthetic.Recipe(classes * EACH, 16, SITES, ("zero",), slug=path.stem, seed=seed)
    synthetic.write(path, recipe)
    with duckdb.connect(path) as connection:
        connection.execute(
            "UPDATE build SET modality = 'audio', content_hash = ?", [str(seed) * 64]
        )
        connection.execute("UPDATE item SET kind = 'sound', word = NULL, family = item")
        connection.execute(
            "INSERT INTO media SELECT item, 'sound-' || item, 'class ' || item // ?, NULL, "
            "sha256('sound ' || item), NULL, NULL, NULL, 1.0, 16000 FROM item",
            [EACH],
        )
    return path

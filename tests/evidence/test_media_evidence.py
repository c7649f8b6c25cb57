"""The evidence table of images: which rows there are, and their figures against plain NumPy."""

import dataclasses
import shutil

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from catalog.building import build, reopen
from catalog.evidence import from_media, from_states, table
from catalog.evidence.cell import Cell, Sample
from catalog.features import findings
from catalog.model import loading
from catalog.store import media_queries, reading
from catalog.store.catalog import Catalog
from tests.given import media

CLASSES, PER_CLASS = 8, 42


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """(catalog, model) of eight colours; superclasses are four of them each."""
    root = tmp_path_factory.mktemp("evidence")
    items = media.pictures(root / "items", PER_CLASS, CLASSES, size=32)
    files = sorted(p.relative_to(items).as_posix() for p in items.rglob("*.png"))
    warm = {name: Image.open(items / name / "000.png") for name in {f.split("/")[0] for f in files}}
    red = {name: np.asarray(image)[..., 0].mean() for name, image in warm.items()}
    warmest = sorted(red, key=lambda name: red[name])[CLASSES // 2 :]
    rows = [(f, f.split("/")[0], "warm" if f.split("/")[0] in warmest else "cold") for f in files]
    table = pd.DataFrame(rows, columns=["path", "label", "superclass"])
    table.to_csv(items / "labels.csv", index=False)
    model = media.save("vit", root / "tiny-vit")
    path = build.build(build.Settings(str(model), items=items, layers="0-2", out=root))
    findings.measure(Catalog(path), matched_nulls="primary")
    return path, loading.load(str(model))


@pytest.fixture(scope="module")
def rows(made):
    path, model = made
    return {row.claim.key: row for row in table.rows(Catalog(path), model)}


def test_rows_of_states_are_measured_and_rows_of_text_are_not(rows):
    assert list(rows)[-2:] == ["superclasses", "superclasses_counted"]
    for key in ("prototype_auc", "basis", "training", "keys_values", "probe_gain", "nearest"):
        assert rows[key].figure is not None, rows[key].reason
    for key in ("sign_only_top1", "context"):
        assert rows[key].verdict == "cannot be tested"
        assert "text models only" in rows[key].reason
    assert "Here the background is all items" in rows["prototype_auc"].claim.method
    assert "background all" in rows["prototype_auc"].cell


def test_the_baseline_without_a_model_is_among_the_controls(rows, made):
    assert from_states.NO_MODEL in rows["training"].controls
    assert from_states.NO_MODEL in rows["nearest"].controls
    path, model = made
    pixels = reopen.reopen(Catalog(path), model).baseline(np.arange(CLASSES * PER_CLASS))
    found = rows["nearest"].controls[from_states.NO_MODEL]
    assert found == pytest.approx(_nearest(path, pixels > np.median(pixels, axis=0)), abs=1e-9)


def test_nearest_neighbours_share_a_class_not_a_superclass(rows, made):
    path = made[0]
    cell = Cell.read(Catalog(path))
    signs = cell.signs.bits(np.arange(cell.signs.items)) > 0
    assert rows["nearest"].figure.value == pytest.approx(_nearest(path, signs), abs=1e-9)


def _nearest(path, signs):
    """Share of items whose nearest others by Hamming are of their class (mean over ties)."""
    label = reading.fetch(path, media_queries.every())["label"].to_numpy()
    right = []
    for item, own in enumerate(signs):
        distance = (signs != own).sum(axis=1).astype(float)
        distance[item] = np.inf
        tied = distance == distance.min()
        right.append((label[tied] == label[item]).mean())
    return np.mean(right)


def test_superclasses_stand_beside_random_unions(rows):
    row = rows["superclasses"]
    assert row.n == 2 and row.unit == "superclasses"
    assert {"warm", "cold", "random unions of classes", "random sets of items"} <= set(row.controls)
    assert row.figure.value == pytest.approx((row.controls["warm"] + row.controls["cold"]) / 2)
    assert abs(row.controls["random sets of items"] - 0.5) < 0.05
    # A union of classes can be read where its classes can: the careless null is not enough.
    assert row.controls["random unions of classes"] > 0.6
    assert row.strongest == "random unions of classes"


def test_a_small_sample_cuts_the_categories(made):
    cell = Cell.read(Catalog(made[0]))
    sample = Sample.of(cell, most=300)
    assert len(sample.items) == 300 and (np.diff(sample.items) > 0).all()
    names = {one.name for one in cell.categories}
    assert 2 <= len(sample.categories) < len(names)
    for one in sample.categories:
        assert len(one.pool.members) >= 40 and one.anchors.shape[1] == len(one.pool.members)
        own = sample.items[one.pool.members]
        whole = next(c for c in cell.categories if c.name == one.name).pool
        assert np.isin(own, whole.members).all()
        assert len(one.pool.members) + len(one.pool.negatives) == 300


def test_without_the_files_rows_of_states_say_so(made, tmp_path):
    path, model = made
    folder = path.parent / "items"
    shutil.move(folder, tmp_path / "gone")
    try:
        found = {row.claim.key: row for row in table.rows(Catalog(path), model)}
    finally:
        shutil.move(tmp_path / "gone", folder)
    assert found["basis"].verdict == "cannot be tested" and "is not there" in found["basis"].reason
    assert found["prototype_auc"].figure is not None


def test_without_superclasses_there_is_no_row(made):
    cell = Cell.read(Catalog(made[0]))
    plain = {name: kind for name, kind in cell.kinds.items() if kind == "class"}
    kept = [one for one in cell.categories if one.name in plain]
    assert 0 < len(kept) < len(cell.categories)
    assert from_media.rows(dataclasses.replace(cell, kinds=plain, categories=kept)) == []


def test_superclasses_of_many_small_classes_are_tested(tmp_path):
    """Ten classes of nine items: none is measured, but unions of them are drawn all the same."""
    items = media.pictures(tmp_path / "items", 9, 10, size=32)
    files = sorted(p.relative_to(items).as_posix() for p in items.rglob("*.png"))
    rows = [(f, f.split("/")[0], "low" if f.split("/")[0] < "class 5" else "high") for f in files]
    table = pd.DataFrame(rows, columns=["path", "label", "superclass"])
    table.to_csv(items / "labels.csv", index=False)
    model = media.save("vit", tmp_path / "tiny-vit")
    path = build.build(build.Settings(str(model), items=items, sites="resid.1", out=tmp_path))
    findings.measure(Catalog(path), matched_nulls="primary")
    cell = Cell.read(Catalog(path))
    assert sorted(cell.kinds.values()) == ["class"] * 10 + ["superclass"] * 2
    found, counted = from_media.rows(cell)
    assert found.figure is not None and found.n == 2
    union = from_media._unions(cell, cell.categories[0], from_media._classes(cell))[0][0]
    assert len(union.members) == 5 * 9
    assert counted.verdict == "cannot be tested" and "6 are needed" in counted.reason

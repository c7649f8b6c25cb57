"""The same labelled images give the same answers, however their files lie and are called."""

import shutil

import numpy as np
import pandas as pd
import pytest

from catalog.building import build
from catalog.features import findings
from catalog.store import feature_queries, media_queries
from catalog.store.catalog import Catalog
from tests.given import media

CLASSES, PER_CLASS = 3, 24


@pytest.fixture(scope="module")
def catalogs(tmp_path_factory):
    """One model's catalogs of the same images: a folder per class, and a CSV of flat, odd names."""
    root = tmp_path_factory.mktemp("layouts")
    model = media.save("vit", root / "model")
    first = media.pictures(root / "folders", PER_CLASS, CLASSES)
    flat = root / "flat"
    flat.mkdir()
    order = np.random.default_rng(4).permutation(CLASSES * PER_CLASS)
    rows = []
    for place, path in zip(order.tolist(), sorted(first.rglob("*.png")), strict=True):
        shutil.copy(path, flat / f"{place}.png")
        rows.append((f"{place}.png", path.parent.name))
    table = pd.DataFrame(rows, columns=["path", "label"])
    table.to_csv(flat / "labels.csv", index=False)
    found = []
    for items in (first, flat):
        asked = build.Settings(
            str(model), items=items, sites="resid.1,resid.2", out=root, name=items.name
        )
        made = Catalog(build.build(asked))
        findings.measure(made, matched_nulls="primary")
        found.append(made)
    return found


def test_items_are_in_order_of_class_and_content(catalogs):
    tables = [one.fetch(media_queries.every()) for one in catalogs]
    assert tables[0]["sha256"].tolist() == tables[1]["sha256"].tolist()
    assert tables[0]["label"].tolist() == tables[1]["label"].tolist()
    assert tables[0]["path"].tolist() != tables[1]["path"].tolist()


def test_every_figure_of_every_feature_is_the_same(catalogs):
    rows = [one.fetch(feature_queries.features("zero", "all")) for one in catalogs]
    assert len(rows[0]) == CLASSES * 2
    columns = ["category", "site", "auc", "auc_low", "null_mean", "p", "q", "best_held_out"]
    pd.testing.assert_frame_equal(rows[0][columns], rows[1][columns])

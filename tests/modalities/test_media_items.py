"""Folders of items: subfolders, labels, datasets; what cannot be shown is named, never hidden."""

import json
import shutil
import tracemalloc

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

from catalog.building import plan
from catalog.errors import MediaUnreadable, SettingRefused
from catalog.features import from_words
from catalog.modalities import folders, scanning
from catalog.modalities.image import Images
from catalog.store import feature_queries, listing, media_queries, reading
from catalog.store.catalog import Catalog
from tests.given import media

ENDINGS = Images(None).endings


@pytest.fixture(scope="module")
def vit(tmp_path_factory):
    return media.save("vit", tmp_path_factory.mktemp("models") / "tiny-vit", classes=4)


@pytest.fixture(scope="module")
def ast(tmp_path_factory):
    return media.save("ast", tmp_path_factory.mktemp("models") / "tiny-ast")


def picture(path, colour=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (24, 24), (colour, 10, 250 - colour)).save(path)
    return path


def build(dims, model, items, *more):
    return dims("build", model, "--items", items, "--no-findings", *more)


def entries(listing):
    return [(one.path, one.label, one.superclass) for one in listing.entries]


def test_subfolders_are_classes(tmp_path):
    for name in ("b/2.png", "a/1.JPG", "a/deep/3.webp", "alone.png", "a/.hidden.png", ".x/4.png"):
        picture(tmp_path / name.replace(".JPG", ".jpg"))
    (tmp_path / "a/1.jpg").rename(tmp_path / "a/1.JPG")
    (tmp_path / "a/notes.txt").write_text("not an image")
    found = folders.listing(tmp_path, ENDINGS, "image")
    assert entries(found) == [
        ("a/1.JPG", "a", None),
        ("a/deep/3.webp", "a", None),
        ("alone.png", None, None),
        ("b/2.png", "b", None),
    ]
    assert found.ignored == 1 and not found.refused and found.kind == "subfolders"


def test_links_that_lead_outside_are_refused(tmp_path):
    secret = picture(tmp_path / "secret.png")
    inside = picture(tmp_path / "items/a/1.png")
    (tmp_path / "items/a/2.png").symlink_to(secret)
    (tmp_path / "items/a/3.png").symlink_to(inside)
    (tmp_path / "items/b").symlink_to(tmp_path)
    found = folders.listing(tmp_path / "items", ENDINGS, "image")
    assert [one.path for one in found.entries] == ["a/1.png", "a/3.png"]
    assert dict(found.refused) == {
        "a/2.png": "Leads outside the items folder.",
        "b/": "A link to a folder is not followed.",
    }
    for path in ("a/2.png", "../secret.png", "b/secret.png", str(secret)):
        with pytest.raises(MediaUnreadable, match="leads outside"):
            found.originals.open(path)
    with found.originals.open("a/3.png") as stream:
        assert stream.read() == inside.read_bytes()


def test_a_csv_of_labels(tmp_path):
    for number in range(3):
        picture(tmp_path / f"pics/{number}.png", number)
    picture(tmp_path.parent / "outside.png")
    (tmp_path / "labels.csv").write_text(
        "\ufeffPath, label ,superclass\npics/1.png,one,odd\npics\\0.png,zero,even\n"
        "pics/1.png,again,\ngone.png,x,\n../outside.png,x,\n/etc/passwd,x,\npics/2.png,,\nnotes.txt,x,\n"
    )
    expected = [("pics/0.png", "zero", "even"), ("pics/1.png", "one", "odd"),
                ("pics/2.png", None, None)]  # fmt: skip
    for place in (tmp_path, tmp_path / "labels.csv"):
        found = folders.listing(place, ENDINGS, "image")
        assert entries(found) == expected and found.kind == "labels"
        reasons = dict(found.refused)
        assert reasons["gone.png"] == "Named in the CSV, but there is no such file."
        assert reasons["pics/1.png"].startswith("Named twice")
        assert (
            reasons["../outside.png"] == reasons["/etc/passwd"] == "Leads outside the items folder."
        )
        assert reasons["notes.txt"].startswith("Not one of")


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"name,class\na,b\n", "it needs path and label"), (b"", "has the columns none"),
     (b"path,label\n\xff\xfe,a\n", "no CSV in UTF-8")],
)  # fmt: skip
def test_a_csv_that_is_none(content, told, tmp_path, vit, dims):
    (tmp_path / "labels.csv").write_bytes(content)
    found = build(dims, vit, tmp_path / "labels.csv")
    assert found.code == 1 and told in found.sentence


def dataset(folder, column="image", embedded=True):
    """As `datasets.Dataset.save_to_disk` leaves it: a stream of Arrow batches and its features."""
    rows = []
    for number in range(6):
        path = picture(folder / "made" / f"{number}.png", number * 20)
        rows.append({"bytes": path.read_bytes() if embedded else None, "path": f"{number}.png"})
    shutil.rmtree(folder / "made")
    table = pa.table({column: rows, "label": pa.array([0, 1, 0, 1, 0, None], pa.int64())})
    place = str(folder / "data-00000-of-00001.arrow")
    with pa.OSFile(place, "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=4)
    features = {
        column: {"_type": "Image"},
        "label": {"names": ["even", "odd"], "_type": "ClassLabel"},
    }
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))
    (folder / "state.json").write_text("{}")
    return folder


def test_a_saved_dataset(tmp_path, vit, dims):
    items = dataset(tmp_path)
    found = build(dims, vit, items)
    assert found.code == 0, found.err
    path = listing.catalogs()[0]["path"]
    rows = reading.fetch(path_of(path), media_queries.every())
    assert list(rows["label"].fillna("")) == ["", "even", "even", "even", "odd", "odd"]
    places = {f"data-00000-of-00001.arrow#{row}.image": row for row in range(6)}
    found = dict(zip(rows["path"].map(places), rows["label"].fillna(""), strict=True))
    assert found == {0: "even", 1: "odd", 2: "even", 3: "odd", 4: "even", 5: ""}
    assert dims("verify", path, "--sample", 6).code == 0


def test_a_dataset_without_its_files(tmp_path, vit, dims):
    told = build(dims, vit, dataset(tmp_path, embedded=False)).sentence
    assert "only a reference to a file elsewhere" in told


def test_a_dataset_of_something_else(tmp_path, vit, dims):
    told = build(dims, vit, dataset(tmp_path, column="picture")).sentence
    assert "needs one called image" in told


def path_of(text):
    from pathlib import Path

    return Path(text)


def test_corrupt_files_are_counted_and_named(tmp_path, vit, dims):
    items = media.pictures(tmp_path / "items", per_class=3, classes=2)
    (items / "class 0/bad\x1b[31m.png").write_bytes(b"not a picture")
    (items / "class 1/cut.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut short")
    shutil.copy(items / "class 0/000.png", items / "class 1/copy.png")
    Image.new("1", (9000, 9000)).save(items / "bomb.png")
    found = build(dims, vit, items, "--name", "x")
    assert found.code == 0
    assert "Skipped 3 of 10 files:" in found.sentence
    assert "bomb.png: It has more than 64 million pixels." in found.sentence
    assert "class 0/bad\\x1b[31m.png: It is no whole" in found.sentence
    assert "1 files are copies of others" in found.sentence
    known = dims("info", "x", "--json").json
    assert known["items"] == 7 and len(known["media"]["left_out"]) == 3
    rows = reading.fetch(path_of(known["path"]), media_queries.every())
    copied = rows[rows["path"] == "class 1/copy.png"].iloc[0]
    assert copied["duplicate_of"] == 0 and rows["duplicate_of"].isna().sum() == 6
    family = reading.fetch(path_of(known["path"]), feature_queries.items())["family"]
    assert family[copied["item"]] == 0


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda p: p / "nowhere", "There is no"),
        (lambda p: p, "holds no image that can be read"),
        (lambda p: (p / "notes.txt").write_text("x") and p, "holds no image that can be read"),
        (lambda p: (p / "a.png").write_bytes(b"x") and p, "1 left out; a.png: It is no whole"),
    ],
)
def test_nothing_to_show(make, told, tmp_path, vit, dims):
    items = make(tmp_path)
    found = build(dims, vit, items)
    assert found.code == 1 and told in found.sentence


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "say what to show it with --items FOLDER"),
        (("--items", ".", "--template", "bare"), "Leave --template out"),
        (("--items", ".", "--pooling", "max"), "--pooling is mean"),
        (("--items", ".", "--modality", "audio"), "is a model of image, not of audio"),
        (("--items", ".", "--modality", "video"), "--modality is one of text, image, audio"),
    ],
)
def test_options_that_do_not_fit(options, told, vit, dims):
    found = dims("build", vit, *options)
    assert found.code == 1 and told in found.sentence


@pytest.mark.parametrize(
    ("site", "told"), [("resid.9", "it has 3 blocks"), ("k.1", "residual sites and final only")]
)
def test_patch_sites_that_do_not_fit(site, told, tmp_path, vit, dims):
    items = media.pictures(tmp_path / "items", per_class=2, classes=1)
    found = build(dims, vit, items, "--per-patch", site)
    assert found.code == 1 and told in found.sentence


def test_patch_signs_above_the_limit_need_force(tmp_path, vit, dims, monkeypatch):
    monkeypatch.setattr(plan, "MOST_PATCH_BYTES", 100)
    items = media.pictures(tmp_path / "items", per_class=2, classes=1)
    found = build(dims, vit, items, "--per-patch", "resid.1")
    assert found.code == 1 and "insist with --force" in found.sentence
    found = build(dims, vit, items, "--per-patch", "resid.1", "--force")
    assert found.code == 0 and "signs of every patch at resid.1: 0.0 MB" in found.sentence


def test_text_models_take_no_items(llama, tmp_path, dims):
    found = dims("build", llama, "--items", tmp_path)
    assert found.code == 1 and "Leave --items out" in found.sentence
    found = dims("build", llama, "--per-patch", "resid.1")
    assert found.code == 1 and "have no patches" in found.sentence


def test_classes_and_superclasses_become_categories(tmp_path, ast, dims):
    items = media.tones(tmp_path / "items", per_class=21, classes=4)
    shutil.rmtree(items / "class 3")
    shutil.copytree(items / "class 2", items / "copies")  # another class of the same files
    files = sorted(p.relative_to(items).as_posix() for p in items.rglob("*.wav"))
    above = {"class 0": "low", "class 1": "low", "class 2": "high", "copies": "high"}
    rows = [(f, f.split("/")[0], above[f.split("/")[0]]) for f in files]
    rows.append((rows.pop(3)[0], "rare", "low"))
    pd.DataFrame(rows, columns=["path", "label", "superclass"]).to_csv(
        items / "labels.csv", index=False
    )
    found = dims("build", ast, "--items", items, "--layers", "1-2", "--name", "x")
    assert found.code == 0, found.err
    path = path_of(dims("info", "x", "--json").json["path"])
    listed = reading.fetch(path, feature_queries.categories()).set_index("category")
    assert listed["kind"].to_dict() == {
        "class 0": "class", "class 1": "class", "class 2": "class", "copies": "class",
        "rare": "class", "low": "superclass", "high": "superclass",
    }  # fmt: skip
    assert (
        listed.loc["rare", "status"] == "skipped"
        and "20 are needed" in listed.loc["rare", "reason"]
    )
    assert listed.loc["class 1", "status"] == "small" and listed.loc["class 1", "group"] == "low"
    assert listed.loc["copies", "families"] == listed.loc["high", "families"] == 21
    assert Catalog(path).primary.background == "all"
    features = dims("features", "x", "--json").json
    assert {row["background"] for row in features} == {"all"}
    assert {row["category"] for row in features} == set(listed.index) - {"rare"}
    assert all(row["p"] is not None and row["null_p95"] is not None for row in features)
    first = Catalog(path).primary
    every = reading.fetch(path, feature_queries.features(first.threshold, "all"))
    assert (every["q"].notna() == ~every["small"].astype(bool)).all()  # small: no verdict
    told = dims("feature", "x", "resid.2", "--category", "class 0", "--json").json
    assert told["background"] == "all" and told["prototype_auc"] > 0.9
    refused = dims("feature", "x", "resid.2", "--category", "low", "--background", "matched")
    assert refused.code == 1 and "--background is one of all" in refused.sentence


def test_one_class_only(tmp_path, vit, dims):
    items = media.pictures(tmp_path / "items", per_class=24, classes=1)
    found = dims("build", vit, "--items", items, "--name", "x")
    assert found.code == 0, found.err
    path = path_of(dims("info", "x", "--json").json["path"])
    (row,) = reading.fetch(path, feature_queries.categories()).to_dict("records")
    assert row["status"] == "skipped" and "nothing to tell its members apart" in row["reason"]


def test_a_concept_from_chosen_items(tmp_path, vit, dims):
    items = media.pictures(tmp_path / "items", per_class=24, classes=3)
    assert build(dims, vit, items, "--name", "x").code == 0
    path = path_of(dims("info", "x", "--json").json["path"])
    one = Catalog(path)

    def of_items(items, counter):
        named = ([f"#{number}" for number in some] for some in (items, counter))
        return from_words.made(one, "resid.2", "zero", *named)

    live = of_items(range(12), [50])
    assert live.pool.background == "all"
    assert live.concept.members == 12 and live.concept.auc > 0.8
    assert (live.agreeing(one).top(12)["item"] < 24).all()
    with pytest.raises(SettingRefused, match="In both lists"):
        of_items([1, 2], [2])


def test_many_files_take_bounded_memory_and_go_on(tmp_path):
    """Twenty thousand files of one byte string: previews stay on disk, and a scan resumes."""

    class Same:
        folder = tmp_path

        def open(self, path):
            return (tmp_path / "one.png").open("rb")

    picture(tmp_path / "one.png")
    entries = tuple(folders.Entry(f"{n:06d}.png", "a") for n in range(20_000))
    scan = scanning.Scan(tmp_path / "x.scan", folders.Listing(Same(), "subfolders", entries))
    looks = scanning.Looks(24, 24, preview=bytes(4000))
    calls = []

    def examine(stream):
        calls.append(1)
        if len(calls) == 6000:
            raise KeyboardInterrupt
        return looks

    tracemalloc.start()
    with pytest.raises(KeyboardInterrupt):
        scan.run(examine, lambda *_: None)
    scan.run(lambda _stream: (calls.append(1), looks)[1], lambda *_: None)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6  # their previews are 80 MB
    assert 20_000 <= len(calls) < 21_000  # what was looked at is not looked at again
    assert sum(1 for _ in scan.seen()) == 20_000
    first, sound = next(scan.previews(["000007.png"]))
    assert first == bytes(4000) and sound is None
    scan.remove()
    assert not list(tmp_path.glob("x.scan*"))


def test_a_changed_file_is_looked_at_again(tmp_path):
    path = picture(tmp_path / "a/1.png")
    listing = folders.listing(tmp_path / "a", ENDINGS, "image")
    scan = scanning.Scan(tmp_path / "x.scan", listing)
    scan.run(Images(None).examine, lambda *_: None)
    Image.new("RGB", (50, 60)).save(path)
    scan.run(Images(None).examine, lambda *_: None)
    (seen,) = scan.seen()
    assert (seen.looks.width, seen.looks.height) == (50, 60)
    np.testing.assert_equal(seen.problem, None)

"""Builds of tiny vision and audio models: every sign against transformers itself."""

import io
import shutil

import duckdb
import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from catalog.browse import describe, originals
from catalog.building import build, reopen
from catalog.edits import Edit
from catalog.errors import MediaUnreadable, ModelUnsupported, SettingRefused
from catalog.modalities import scanning
from catalog.model import loading, media_states, work
from catalog.signs import bits
from catalog.sites import Site
from catalog.store import file, media_queries, reading
from catalog.store.catalog import Catalog
from tests.given import media

PER_CLASS, CLASSES, BATCH = 10, 3, 7
ITEMS = PER_CLASS * CLASSES
OWN_COLUMNS = {"whisper": 35, "wav2vec2": 22}
"""Positions that sounds of 0.7 s fill: of 20 ms, and by convolutions of 10, 8 and 4."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Items by modality; not to be changed."""
    root = tmp_path_factory.mktemp("items")
    given = {"per_class": PER_CLASS, "classes": CLASSES}
    return {
        "image": media.pictures(root / "image", **given),
        "audio": media.tones(root / "audio", **given),
    }


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    made = {}

    def save(name, classes=0):
        key = f"{name}-{classes}"
        if key not in made:
            made[key] = media.save(name, root / key, classes)
        return made[key]

    return save


def modality_of(name):
    return "image" if name in media.IMAGES else "audio"


def settings(model, folder, out, **more):
    return build.Settings(str(model), items=folder, out=out, batch_size=BATCH, **more)


def packed(path, site, threshold="zero"):
    with file.open_readonly(path) as connection:
        rows = connection.execute(
            "SELECT bits FROM signs_by_item WHERE site = ? AND threshold = ? ORDER BY item",
            [site, threshold],
        ).fetchall()
    return bits.unpack(np.stack([np.frombuffer(b, np.uint8) for (b,) in rows]), media.DIMS)


def falsified(path, statement):
    """A copy that SQL has changed."""
    copy = shutil.copy(path, path.with_name("copy.duckdb"))
    with duckdb.connect(str(copy)) as connection:
        connection.execute(statement)
    return copy


def hidden_states(model, modality):
    """transformers' own states between the blocks: float32[items, positions, dims] each."""
    parts = []
    for start in range(0, ITEMS, BATCH):
        numbers = np.minimum(np.arange(start, start + BATCH), ITEMS - 1)
        arrays = {k: torch.from_numpy(v) for k, v in modality.inputs(numbers).items()}
        with torch.inference_mode():
            seen = model.parts.trunk(**arrays, output_hidden_states=True).hidden_states
        parts.append([one.numpy() for one in seen[:-1]])
    return [np.concatenate(layer)[:ITEMS] for layer in zip(*parts, strict=True)]


@pytest.mark.parametrize("name", sorted(media.ALL))
def test_signs_are_those_of_transformers(name, saved, folders, tmp_path):
    """Mean over patches at every site between the blocks; patch signs at one."""
    kind = modality_of(name)
    asked = settings(saved(name), folders[kind], tmp_path, per_patch="resid.1", modality=kind)
    path = build.build(asked)
    model = loading.load(str(saved(name)))
    shown = reopen.reopen(Catalog(path), model)
    prefix, norm = media.ALL[name][2:]
    assert model.modality == kind and shown.layout.prefix == prefix
    assert (model.parts.final_norm is not None) == norm
    layers = hidden_states(model, shown)
    assert len(layers) == media.BLOCKS
    own = OWN_COLUMNS.get(name, layers[0].shape[1] - prefix)
    for layer, hidden in enumerate(layers):
        expected = torch.from_numpy(hidden[:, prefix : prefix + own]).mean(1).numpy()
        wrong = packed(path, f"resid.{layer}") != (expected > 0)
        assert np.abs(expected[wrong]).max(initial=0) < 1e-5 and wrong.mean() < 0.002
    rows, columns = shown.grid
    assert rows * columns == layers[1].shape[1] - prefix
    found = originals.patches(Catalog(path), "resid.1", tuple(range(ITEMS)))
    patches = layers[1][:, prefix:].reshape(ITEMS, rows, columns, media.DIMS)
    wrong = found != (patches > 0)
    assert np.abs(patches[wrong]).max(initial=0) < 1e-5


def test_the_cls_position(saved, folders, tmp_path):
    path = build.build(settings(saved("vit"), folders["image"], tmp_path, pooling="cls"))
    model = loading.load(str(saved("vit")))
    expected = hidden_states(model, reopen.reopen(Catalog(path), model))[1][:, 0]
    wrong = packed(path, "resid.1") != (expected > 0)
    assert np.abs(expected[wrong]).max(initial=0) < 1e-5
    assert describe.info(Catalog(path))["reading"] == "cls"
    with pytest.raises(SettingRefused, match="no CLS position"):
        build.build(settings(saved("siglip"), folders["image"], tmp_path, pooling="cls"))


def test_grids_of_spectrograms_have_low_frequencies_first(saved, folders, tmp_path):
    """A change of the lowest mel bands shows in the first row of patches, and nowhere else."""
    path = build.build(settings(saved("ast"), folders["audio"], tmp_path, sites="resid.0"))
    source = reading.fetch(path, media_queries.source()).iloc[0]
    assert (source["grid_rows"], source["grid_columns"]) == (3, 5)  # (32-16)/8+1, (64-16)/12+1
    model = loading.load(str(saved("ast")))
    shown = reopen.reopen(Catalog(path), model)
    arrays = shown.inputs(np.array([0, 0]))
    arrays["input_values"][1, :, :8] += 1
    with media_states.patches(model, shown, Site.parse("resid.0")) as grid:
        model.parts.trunk(**{k: torch.from_numpy(v) for k, v in arrays.items()})
        before, after = grid.seen[Site.parse("resid.0")].reshape(2, 3, 5, -1)
    changed = (before != after).any(-1)
    assert changed[0].all() and not changed[1:].any()


def test_swin_is_refused_by_name(tmp_path, folders):
    config = transformers.SwinConfig(
        image_size=32, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[2, 2], window_size=4
    )
    transformers.SwinModel(config).save_pretrained(tmp_path)
    transformers.ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(tmp_path)
    with pytest.raises(ModelUnsupported, match="SwinModel cannot be read"):
        build.build(settings(tmp_path, folders["image"], tmp_path / "out"))


def interrupted(asked, stage_name, least):
    def report(name, done, _total):
        if name == stage_name and done >= least:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build.build(asked, report)


@pytest.mark.parametrize("name", ["vit", "wav2vec2"])
def test_an_interrupted_build_ends_with_the_same_bits(name, saved, folders, tmp_path, monkeypatch):
    monkeypatch.setattr(work, "PILOT_ITEMS", 14)
    monkeypatch.setattr(scanning, "_WINDOW", 8)
    given = saved(name), folders[modality_of(name)]
    site = "final" if name == "vit" else "resid.1"
    whole = build.build(settings(*given, tmp_path / "whole", per_patch=site))
    asked = settings(*given, tmp_path / "cut", per_patch=site)
    interrupted(asked, "items", 1)
    interrupted(asked, "pilot", 7)
    interrupted(asked, "states", 21)
    looked = []
    path = build.build(asked, lambda name, done, _all: looked.append((name, done)))
    assert ("items", ITEMS) in looked and "pilot" not in dict(looked)
    assert (
        describe.info(Catalog(path))["content_hash"]
        == describe.info(Catalog(whole))["content_hash"]
    )
    left = [p.name for p in (tmp_path / "cut").iterdir()]
    assert left == [path.name]  # neither the scan nor the folder of the build is left


def test_verify_finds_a_flipped_patch_and_a_changed_file(saved, folders, tmp_path, dims):
    items = shutil.copytree(folders["image"], tmp_path / "items")
    path = build.build(settings(saved("vit"), items, tmp_path, per_patch="resid.1"))
    assert dims("verify", path, "--sample", ITEMS).code == 0
    false = falsified(path, "UPDATE patch_signs SET bits = unhex('00') WHERE item = 3")
    told = dims("verify", false, "--sample", 5, "--json")
    assert told.code == 1 and not told.json["intact"]
    changed = items / "class 0" / "003.png"
    Image.new("RGB", (40, 40)).save(changed)
    told = dims("verify", path, "--sample", ITEMS)
    assert told.code == 1 and "is no longer the file that was first looked at" in told.sentence
    shutil.move(items, tmp_path / "moved")
    told = dims("verify", path)
    assert told.code == 1 and "which is not there" in told.sentence


def test_previews_and_originals(saved, folders, tmp_path):
    path = build.build(settings(saved("vit"), folders["image"], tmp_path))
    rows = reading.fetch(path, media_queries.previews((0, 11)))
    assert list(rows["label"]) == ["class 0", "class 1"]
    for row in rows.itertuples():
        with (
            Image.open(io.BytesIO(row.image)) as seen,
            Image.open(folders["image"] / row.path) as own,
        ):
            np.testing.assert_array_equal(np.asarray(seen.convert("RGB")), np.asarray(own))
        assert (
            originals.original(Catalog(path), row.item)
            == (folders["image"] / row.path).read_bytes()
        )
    assert reading.fetch(path, media_queries.sound(0)).empty
    false = falsified(path, "UPDATE media SET path = '../../../../etc/passwd' WHERE item = 0")
    with pytest.raises(MediaUnreadable, match="leads outside"):
        originals.original(Catalog(false), 0)


@pytest.fixture(scope="module")
def headed(saved, folders, tmp_path_factory):
    path = build.build(settings(saved("vit", 4), folders["image"], tmp_path_factory.mktemp("h")))
    model = loading.load(str(saved("vit", 4)))
    return model, reopen.reopen(Catalog(path), model)


def test_class_logits_are_the_models_own(headed):
    model, shown = headed
    numbers = np.array([3, 0, 17, 9])
    arrays = {k: torch.from_numpy(v) for k, v in shown.inputs(numbers).items()}
    with torch.inference_mode():
        expected = model.module(**arrays).logits.numpy()
    found = media_states.class_logits(model, shown, numbers)
    assert found.shape == (1, 4, 4)
    np.testing.assert_allclose(found[0], expected, atol=1e-5)
    assert media_states.class_names(model) == [f"class {n}" for n in range(4)]


def test_edits_change_only_their_condition(headed):
    model, shown = headed
    still = Edit(Site.parse("resid.1"), (0,), "scale", strength=1.0)
    loud = Edit(Site.parse("resid.1"), (0, 1, 2), "add", (3.0, 3.0, -3.0))
    numbers = np.arange(30)  # several batches
    plain, same, other = media_states.class_logits(model, shown, numbers, [(), (still,), (loud,)])
    np.testing.assert_array_equal(plain, same)
    assert (np.abs(other - plain).max(axis=1) > 1e-3).all()
    alone = media_states.class_logits(model, shown, numbers[:1], [(loud,)])
    np.testing.assert_allclose(alone[0], other[:1], atol=1e-5)
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.module.modules())


def test_without_a_head_there_are_no_logits(saved):
    with pytest.raises(SettingRefused, match="no head on classes"):
        media_states.class_names(loading.load(str(saved("vit"))))

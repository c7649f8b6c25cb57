"""Sounds shorter than the model's window: the mean over their own frames, or over padding too."""

import json
import shutil

import duckdb
import numpy as np
import pytest
import soundfile
import torch
import transformers
from PIL import Image

from catalog.building import build, reopen, verify
from catalog.errors import SettingRefused
from catalog.flips import flip
from catalog.modalities.audio import Sounds
from catalog.modalities.own import OwnColumns
from catalog.model import loading
from catalog.sites import Site
from catalog.store.catalog import Catalog
from tests.building.test_media_build import packed
from tests.given import media

LENGTHS = (0.06, 0.2, 0.31, 0.5, 0.66, 0.9, 1.5)
SITE = "resid.2"


def own_columns(name, seconds):
    """Columns that a sound fills, by the architecture's own arithmetic written out."""
    samples = round(seconds * media.RATE)
    if name == "whisper":  # 50 positions of 320 samples in its second
        return min(50, -(-samples // 320))
    if name == "ast":  # 64 frames of 400 samples every 160, patches of 16 frames every 12
        frames = min(64, (samples - 400) // 160 + 1)
        return max(1, (frames - 16) // 12 + 1)
    for width, step in ((10, 8), (8, 8), (4, 8)):
        samples = (samples - width) // step + 1
    return samples


@pytest.fixture(scope="module")
def items(tmp_path_factory):
    """Loud noise of these lengths, and one without padding anywhere."""
    folder = tmp_path_factory.mktemp("items")
    for number, seconds in enumerate(LENGTHS):
        wave = np.random.default_rng(number).normal(0, 0.2, round(seconds * media.RATE))
        place = folder / f"class {number % 2}"
        place.mkdir(exist_ok=True)
        soundfile.write(place / f"{number}.wav", wave, media.RATE, "FLOAT")
    return folder


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    return {name: media.save(name, root / name) for name in media.SOUNDS}


def built(model, items, out, **more):
    asked = build.Settings(str(model), items=items, out=out, batch_size=3, sites=SITE, **more)
    return build.build(asked)


def expected(path, model, name, whole):
    """Plain means of transformers' hidden states, in order of items: float64[items, dims]."""
    shown = reopen.reopen(Catalog(path), model)
    prefix, means = media.ALL[name][2], []
    for number, row in enumerate(shown.paths):
        arrays = {k: torch.from_numpy(v) for k, v in shown.inputs(np.array([number] * 3)).items()}
        with torch.inference_mode():
            out = model.parts.trunk(**arrays, output_hidden_states=True)
        rows, columns = shown.grid
        patches = out.hidden_states[2][0, prefix:].double().numpy().reshape(rows, columns, -1)
        own = columns if whole else own_columns(name, LENGTHS[int(row.split("/")[1][:-4])])
        means.append(patches[:, :own].mean((0, 1)))
    return np.stack(means)


@pytest.mark.parametrize("name", sorted(media.SOUNDS))
def test_the_mean_is_over_a_sounds_own_frames(name, models, items, tmp_path):
    own = built(models[name], items, tmp_path / "own")
    window = built(models[name], items, tmp_path / "window", pooling="mean-window")
    model = loading.load(str(models[name]))
    signs = {}
    for path, whole in ((own, False), (window, True)):
        means = expected(path, model, name, whole)
        signs[whole] = packed(path, SITE)
        wrong = signs[whole] != (means > 0)
        assert np.abs(means[wrong]).max(initial=0) < 1e-5
        assert sum(one["mismatches"] for one in verify.verify(Catalog(path), 7).sites) == 0
    differing = (signs[True] != signs[False]).mean(axis=1)
    paths = list(Catalog(own).items["token"])
    longest = paths.index("class 0/6.wav")
    assert differing[paths.index("class 0/0.wav")] > 0
    if name != "wav2vec2":  # whose window of 10 s none of them fills
        assert differing[longest] == 0
    assert (Catalog(own).build["reading"], Catalog(window).build["reading"]) == (
        "mean",
        "mean-window",
    )
    assert Catalog(own).build["identity"] != Catalog(window).build["identity"]


def test_a_mask_of_the_processor_is_obeyed(items, tmp_path):
    folder = media.save("wav2vec2", tmp_path / "model")
    transformers.Wav2Vec2FeatureExtractor(return_attention_mask=True).save_pretrained(folder)
    path = built(folder, items, tmp_path / "out")
    model = loading.load(str(folder))
    assert "attention_mask" in reopen.reopen(Catalog(path), model).inputs(np.array([0]))
    means = expected(path, model, "wav2vec2", False)
    wrong = packed(path, SITE) != (means > 0)
    assert np.abs(means[wrong]).max(initial=0) < 1e-5


@pytest.mark.parametrize("name", ["ast", "whisper"])  # the extractor of AST has a mean of its own
def test_an_older_catalog_keeps_what_its_mean_was(name, models, items, tmp_path):
    """Older builds averaged over the window and had nothing that says so."""
    window = built(models[name], items, tmp_path, pooling="mean-window")
    old = shutil.copy(window, tmp_path / "old.duckdb")
    with duckdb.connect(str(old)) as connection:
        (told,) = connection.execute("SELECT preprocessing FROM media_source").fetchone()
        plain = {name: value for name, value in json.loads(told).items() if name != "mean_over"}
        connection.execute("UPDATE media_source SET preprocessing = ?", [json.dumps(plain)])
        connection.execute("UPDATE build SET reading = 'mean'")
    found = verify.verify(Catalog(old), len(LENGTHS))
    assert found.passed and sum(one["mismatches"] for one in found.sites) == 0
    new = shutil.copy(window, tmp_path / "new.duckdb")
    with duckdb.connect(str(new)) as connection:
        connection.execute("UPDATE build SET reading = 'mean'")
    assert sum(one["mismatches"] for one in verify.verify(Catalog(new), len(LENGTHS)).sites) > 0


def test_a_flip_reads_what_the_catalog_reads(models, items, tmp_path):
    path = built(models["whisper"], items, tmp_path)
    model = loading.load(str(models["whisper"]))
    machine = flip.machine(model, Catalog(path))
    place = machine.sites.index(Site.parse(SITE))
    for item in range(len(LENGTHS)):
        found = machine.outputs(machine.encode(f"#{item}")[0], [()])[0, place] > 0
        np.testing.assert_array_equal(found, packed(path, SITE)[item])


def test_patches_of_padding_are_left_out_of_images(tmp_path):
    """SigLIP 2 gives each image patches by its own shape, and a mask of those that it has."""
    folder = tmp_path / "siglip2"
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3}
    sizes |= {"num_attention_heads": 4, "num_patches": 64, "patch_size": 8}
    config = transformers.Siglip2VisionConfig(**sizes)
    media.randomised(transformers.AutoModel.from_config(config)).save_pretrained(folder)
    reader = transformers.Siglip2ImageProcessorPil(patch_size=8, max_num_patches=7)
    reader.save_pretrained(folder)
    shapes = [(40, 40), (90, 20), (20, 90), (33, 60), (30, 31), (64, 8), (50, 21), (9, 40)]
    (tmp_path / "items").mkdir()
    for number, shape in enumerate(shapes):
        noise = np.random.default_rng(number).integers(0, 256, (*shape, 3), dtype=np.uint8)
        Image.fromarray(noise).save(tmp_path / "items" / f"{number}.png")
    path = built(folder, tmp_path / "items", tmp_path)
    whole = built(folder, tmp_path / "items", tmp_path / "window", pooling="mean-window")
    model = loading.load(str(folder))
    shown = reopen.reopen(Catalog(path), model)
    own, window = [], []
    for number in range(len(shapes)):
        arrays = shown.inputs(np.array([number]))
        mask = arrays["pixel_attention_mask"][0].astype(bool)
        given = {name: torch.from_numpy(array) for name, array in arrays.items()}
        with torch.inference_mode():
            out = model.parts.trunk(**given, output_hidden_states=True)
        patches = out.hidden_states[2][0].double().numpy()
        assert 3 < mask.sum() <= 7
        own.append(patches[mask].mean(0))
        window.append(patches.mean(0))
    for made, expected in ((path, np.stack(own)), (whole, np.stack(window))):
        wrong = packed(made, SITE) != (expected > 0)
        assert np.abs(expected[wrong]).max(initial=0) < 1e-5
        assert verify.verify(Catalog(made), 8).passed
    assert (packed(path, SITE) != packed(whole, SITE)).any()
    with pytest.raises(SettingRefused, match="have no patches"):
        built(folder, tmp_path / "items", tmp_path / "patches", per_patch=SITE)


def test_images_have_no_window(tmp_path):
    folder = media.save("vit", tmp_path / "vit")
    asked = {"items": media.pictures(tmp_path / "items"), "out": tmp_path / "out"}
    with pytest.raises(SettingRefused, match="pads no image"):
        build.build(build.Settings(str(folder), pooling="mean-window", **asked))


def test_columns_of_a_length():
    """Steps that do not give the model's own columns are not believed; then an even share."""
    conv = {"conv_kernel": [10, 8, 4], "conv_stride": [8, 8, 8]}
    known = OwnColumns.of(conv, 312, 160_000, (400, 160))
    assert known.filled(160_000) == known.filled(200_000) == 312
    assert known.filled(11_200) == 22 and known.filled(1) == 1
    squeezed = OwnColumns.of(conv, 156, 160_000, (400, 160))
    assert squeezed.steps == () and squeezed.filled(80_000) == 78 and squeezed.filled(80_100) == 79
    assert squeezed.filled(160_000, np.array([[1, 1, 1, 0]])) == 117


@pytest.mark.parametrize("kind", ["SeamlessM4TFeatureExtractor", "Speech2TextFeatureExtractor"])
def test_an_extractor_that_counts_frames_is_given_frames(kind):
    """`max_length` is frames to these: 160,000 of them (10 s in samples) took 51 GB."""
    medium = Sounds(getattr(transformers, kind)())
    short = medium.prepared([np.random.default_rng(0).normal(size=8000).astype(np.float32)])
    steps = short["input_features"].shape[1]
    assert 400 <= steps <= 1000  # 10 s of frames every 10 ms, some stack two
    assert 0.04 < short["attention_mask"].mean() < 0.06

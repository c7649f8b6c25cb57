"""The image and the sound model that ship: they load, and are as good as their cards say."""

import json

import numpy as np
import pytest

from catalog import places
from catalog.samples import digits, sounds

FLOORS = {"digits": 0.97, "sounds": 0.90}


def told(name):
    return json.loads((places.shipped_models()[name] / "training.json").read_text())


@pytest.fixture(scope="module")
def load():
    """load("digits") -> model and processor, from the folder alone."""
    import transformers as hf

    def one(name):
        folder = places.shipped_models()[name]
        if name == "digits":
            from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

            model = hf.ViTForImageClassification.from_pretrained(folder, dtype="float32")
            return model.eval(), ViTImageProcessorPil.from_pretrained(folder)
        model = hf.ASTForAudioClassification.from_pretrained(folder, dtype="float32")
        return model.eval(), hf.ASTFeatureExtractor.from_pretrained(folder)

    return one


def predicted(model, inputs):
    import torch

    with torch.no_grad():
        return model(torch.from_numpy(inputs)).logits.argmax(-1).numpy()


@pytest.mark.parametrize("name", FLOORS)
def test_the_figures_of_the_card_reach_the_floor_and_the_folder_is_small(name):
    folder = places.shipped_models()[name]
    assert told(name)["held_out_accuracy"] >= FLOORS[name]
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3e6
    assert f"{told(name)['held_out_accuracy']:.2%}" in (folder / "README.md").read_text()


def test_digits_are_read_as_well_as_told(load):
    from PIL import Image

    model, processor = load("digits")
    images, classes = digits.scans()
    _, held = digits.split()
    pictures = [Image.fromarray(image).convert("RGB") for image in images[held]]
    inputs = processor(pictures, return_tensors="np")["pixel_values"]
    share = (predicted(model, inputs) == classes[held]).mean()
    assert share == pytest.approx(told("digits")["held_out_accuracy"], abs=0.002)


def test_sounds_are_heard_as_well_as_told(load):
    """Every fourth held-out sound."""
    model, extractor = load("sounds")
    names = list(sounds.CLASSES)
    pairs = [(name, n) for name in names for n in range(0, sounds.PER_CLASS, 4)]
    waves = [sounds.sound(sounds.HELD_OUT_SEED, name, n) for name, n in pairs]
    made = extractor(waves, sampling_rate=sounds.RATE, return_tensors="np")["input_values"]
    inputs = np.asarray(made, np.float32)
    classes = np.array([names.index(name) for name, _ in pairs])
    right = predicted(model, inputs) == classes
    sd = np.sqrt(0.25 / len(pairs))
    assert abs(right.mean() - told("sounds")["held_out_accuracy"]) < 3 * sd


def test_the_model_names_the_classes_of_the_items():
    for name, wanted in (
        ("digits", {f"digit {digit}" for digit in range(10)}),
        ("sounds", set(sounds.CLASSES)),
    ):
        config = json.loads((places.shipped_models()[name] / "config.json").read_text())
        assert set(config["id2label"].values()) == wanted
        assert set(told(name)["by_class"]) == wanted


def test_held_out_digits_were_not_trained_on():
    train, held = digits.split()
    assert not set(train) & set(held)
    assert sorted([*train, *held]) == list(range(1797))
    _, classes = digits.scans()
    assert min(np.bincount(classes[held])) >= 80


def test_a_sound_depends_on_its_seed_class_and_number_alone():
    first = sounds.sound(1, "siren", 2)
    assert first.shape == (sounds.SAMPLES,) and first.dtype == np.float32
    assert np.array_equal(first, sounds.sound(1, "siren", 2))
    for other in (("siren", 3), ("warble", 2)):
        assert not np.array_equal(first, sounds.sound(1, *other))
    assert not np.array_equal(first, sounds.sound(2, "siren", 2))
    for name in sounds.CLASSES:
        wave = sounds.sound(1, name, 0)
        assert np.isfinite(wave).all() and 0.05 < np.abs(wave).max() <= 1


def test_classes_differ_in_what_they_are_named_after():
    """Spectral centroids of noise bands, and the way that sweeps go."""

    def centroid(wave):
        power = np.abs(np.fft.rfft(wave)) ** 2
        hertz = np.fft.rfftfreq(len(wave), 1 / sounds.RATE)
        return (power * hertz).sum() / power.sum()

    for number in range(5):
        low, high = (sounds.sound(3, f"noise {w}", number) for w in ("low", "high"))
        assert centroid(low) < 1000 < 3000 < centroid(high)
        for name, sign in (("sweep up", 1), ("sweep down", -1)):
            wave = sounds.sound(3, name, number)
            loud = np.flatnonzero(np.abs(wave) > 0.3 * np.abs(wave).max())
            third = (loud[-1] - loud[0]) // 3
            begin, end = wave[loud[0] : loud[0] + third], wave[loud[-1] - third : loud[-1]]
            assert sign * (centroid(end) - centroid(begin)) > 0


def test_samples_are_written_with_classes_and_superclasses(tmp_path):
    import csv

    count = digits.write(tmp_path / "digits")
    with (tmp_path / "digits" / "labels.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert count == len(rows) == len(digits.split()[1])
    assert {row["superclass"] for row in rows} == set(digits.SHAPES)
    assert all((tmp_path / "digits" / row["path"]).is_file() for row in rows)
    from PIL import Image

    images, _ = digits.scans()
    row = rows[0]
    stem = int(row["path"].split("/")[1].removesuffix(".png"))
    with Image.open(tmp_path / "digits" / row["path"]) as image:
        assert np.array_equal(np.asarray(image), images[stem])

"""Folders of vision and audio models that lack something, or are asked without items."""

import io
from contextlib import redirect_stderr

import numpy as np
import pytest
import transformers as hf

from catalog.building import build, verify
from catalog.commands import build as command
from catalog.errors import ModelUnavailable
from catalog.modalities.audio import Sounds
from catalog.model import loading, processors
from catalog.store.catalog import Catalog
from tests.given import media, models


@pytest.mark.parametrize("name", ["vit", "clip_vision", "ast", "whisper", "wav2vec2"])
def test_a_folder_without_a_processor_takes_sizes_from_the_config(name, tmp_path):
    kind = "image" if name in media.IMAGES else "audio"
    make = media.pictures if kind == "image" else media.tones
    folder = media.save(name, tmp_path / "model")
    (folder / "preprocessor_config.json").unlink()
    items = make(tmp_path / "items", 4, 2)
    asked = build.Settings(str(folder), items=items, out=tmp_path, sites="resid.1", batch_size=4)
    said = io.StringIO()
    with redirect_stderr(said):
        path = build.build(asked, announce=command.announce)
    told = " ".join(said.getvalue().split())
    assert "The model's folder has no preprocessor_config.json" in told
    assert {
        "image": f"scaled to {media.SIZE} x {media.SIZE}, mean and deviation 0.5",
        "audio": "sounds are prepared by",
    }[kind] in told
    assert sum(one["mismatches"] for one in verify.verify(Catalog(path), 8).sites) == 0
    made = loading.load(str(folder)).processor
    if kind == "image":
        grey = np.full((50, 40, 3), 255, np.uint8)
        pixels = made(images=[grey], return_tensors="np")["pixel_values"]
        assert pixels.shape == (1, 3, media.SIZE, media.SIZE) and np.allclose(pixels, 1)
    if name == "whisper":
        assert Sounds(made).window == 1 and made.feature_size == 16
    if name == "ast":
        assert (made.max_length, made.num_mel_bins) == (64, 32)


def test_a_config_without_a_size_is_refused():
    with pytest.raises(ModelUnavailable, match="and its config no image_size"):
        processors.images(hf.BertConfig(), "m")
    with pytest.raises(ModelUnavailable, match="ViTConfig no usual one"):
        processors.sounds(hf.ViTConfig(), "m")


def test_clap_is_told_that_sounds_are_needed_or_why_it_cannot_be_read(
    tmp_path, dims, data, monkeypatch
):
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    text = {**sizes, "intermediate_size": 32, "vocab_size": 60, "max_position_embeddings": 40}
    audio = {"patch_embeds_hidden_size": 8, "depths": [1, 1], "num_attention_heads": [1, 1]}
    audio |= {"hidden_size": 16, "spec_size": 64, "num_mel_bins": 16, "num_hidden_layers": 2}
    config = hf.ClapConfig(text_config=text, audio_config=audio, projection_dim=8)
    hf.ClapModel(config).save_pretrained(tmp_path / "clap")
    hf.ClapFeatureExtractor(feature_size=16).save_pretrained(tmp_path / "clap")
    models.tokenizer().save_pretrained(tmp_path / "clap")
    monkeypatch.setenv("DIMS_DEBUG", "")
    told = dims("build", tmp_path / "clap")
    assert told.code == 1 and told.sentence.endswith(".") and "Traceback" not in told.err
    assert "clap" in told.sentence.lower()


def test_a_model_of_images_or_sounds_asks_for_items(tmp_path, dims, data):
    for name in ("vit", "whisper"):
        told = dims("build", media.save(name, tmp_path / name))
        assert told.code == 1 and "say what to show it with --items FOLDER" in told.sentence

"""Tiny random vision and audio models with their processors, and folders of items: no download."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch
import transformers as hf
from PIL import Image
from torch import nn

BLOCKS, DIMS = 3, 32
SIZE, PATCH = 32, 8
RATE = 16_000

_SIZES: dict[str, Any] = {
    "hidden_size": DIMS,
    "intermediate_size": 64,
    "num_hidden_layers": BLOCKS,
    "num_attention_heads": 4,
}
_PICTURE = {**_SIZES, "image_size": SIZE, "patch_size": PATCH}
_SQUARE = {"height": SIZE, "width": SIZE}
_SHORTEST: dict[str, Any] = {"size": {"shortest_edge": SIZE}, "crop_size": _SQUARE}


def _ast() -> Any:
    return hf.ASTConfig(
        **_SIZES, patch_size=16, num_mel_bins=32, max_length=64, frequency_stride=8, time_stride=12
    )


def _whisper() -> Any:
    return hf.WhisperConfig(
        d_model=DIMS,
        encoder_layers=BLOCKS,
        encoder_attention_heads=4,
        encoder_ffn_dim=64,
        decoder_layers=1,
        decoder_attention_heads=4,
        decoder_ffn_dim=64,
        num_mel_bins=16,
        max_source_positions=50,
        max_target_positions=16,
        vocab_size=64,
        pad_token_id=0,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
    )


def _wav2vec2() -> Any:
    return hf.Wav2Vec2Config(
        **_SIZES,
        conv_dim=(16, 16, 16),
        conv_kernel=(10, 8, 4),
        conv_stride=(8, 8, 8),
        num_feat_extract_layers=3,
        num_conv_pos_embeddings=16,
        num_conv_pos_embedding_groups=2,
        vocab_size=32,
    )


def _clip() -> Any:
    text = {**_SIZES, "vocab_size": 50, "max_position_embeddings": 16}
    return hf.CLIPConfig(vision_config=_PICTURE, text_config=text, projection_dim=16)


def _siglip() -> Any:
    text = {**_SIZES, "vocab_size": 50, "max_position_embeddings": 16}
    return hf.SiglipConfig(vision_config=_PICTURE, text_config=text)


def _whisper_reader() -> Any:
    return hf.WhisperFeatureExtractor(feature_size=16, chunk_length=1, n_fft=400)


Kind = tuple[Callable[[], Any], Callable[[], Any], int, bool]
"""Config, processor, positions before the patches, whether a norm follows the last block."""

IMAGES: dict[str, Kind] = {
    "vit": (
        lambda: hf.ViTConfig(**_PICTURE),
        lambda: hf.ViTImageProcessorPil(size=_SQUARE),
        1,
        True,
    ),
    "dinov2": (
        lambda: hf.Dinov2Config(**_PICTURE, mlp_ratio=2),
        lambda: hf.BitImageProcessorPil(**_SHORTEST),
        1,
        True,
    ),
    "dinov2_with_registers": (
        lambda: hf.Dinov2WithRegistersConfig(**_PICTURE, mlp_ratio=2, num_register_tokens=4),
        lambda: hf.BitImageProcessorPil(**_SHORTEST),
        5,
        True,
    ),
    "deit": (
        lambda: hf.DeiTConfig(**_PICTURE),
        lambda: hf.DeiTImageProcessorPil(size=_SQUARE, crop_size=_SQUARE),
        2,
        True,
    ),
    "beit": (
        lambda: hf.BeitConfig(**_PICTURE),
        lambda: hf.BeitImageProcessorPil(size=_SQUARE, crop_size=_SQUARE),
        1,
        False,
    ),
    "clip": (_clip, lambda: hf.CLIPImageProcessorPil(**_SHORTEST), 1, False),
    "clip_vision": (
        lambda: hf.CLIPVisionConfig(**_PICTURE),
        lambda: hf.CLIPImageProcessorPil(**_SHORTEST),
        1,
        False,
    ),
    "siglip": (_siglip, lambda: hf.SiglipImageProcessorPil(size=_SQUARE), 0, True),
    "siglip_vision": (
        lambda: hf.SiglipVisionConfig(**_PICTURE),
        lambda: hf.SiglipImageProcessorPil(size=_SQUARE),
        0,
        True,
    ),
}
SOUNDS: dict[str, Kind] = {
    "ast": (
        _ast,
        lambda: quietly(lambda: hf.ASTFeatureExtractor(num_mel_bins=32, max_length=64)),
        2,
        True,
    ),
    "whisper": (_whisper, _whisper_reader, 0, True),
    "wav2vec2": (_wav2vec2, lambda: hf.Wav2Vec2FeatureExtractor(), 0, False),
}
ALL = {**IMAGES, **SOUNDS}


def quietly(make: Callable[[], Any]) -> Any:
    """A processor whose mel filters of few bins warn that some are empty."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


def randomised(module: nn.Module, seed: int = 0) -> nn.Module:
    """Every parameter drawn, norms and biases too, so that a step left out shows in the numbers."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            noise = torch.randn(parameter.shape, generator=generator) * 0.2
            parameter.copy_(noise if parameter.ndim > 1 else parameter + noise)
    return module.eval().requires_grad_(False)


def save(name: str, folder: Path, classes: int = 0) -> Path:
    """Save a tiny model with its processor; with `classes`, one with a head on classes."""
    config, processor = (make() for make in ALL[name][:2])
    if classes:
        config.id2label = {n: f"class {n}" for n in range(classes)}
        config.label2id = {f"class {n}": n for n in range(classes)}
        image = name in IMAGES
        auto = hf.AutoModelForImageClassification if image else hf.AutoModelForAudioClassification
        module = auto.from_config(config)
    else:
        module = hf.AutoModel.from_config(config)
    randomised(module).save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def pictures(folder: Path, per_class: int = 12, classes: int = 4, size: int = 40) -> Path:
    """A folder of PNGs in one subfolder per class; classes differ in colour."""
    generator = np.random.default_rng(0)
    for label in range(classes):
        place = folder / f"class {label}"
        place.mkdir(parents=True)
        base = generator.integers(40, 216, 3)
        for number in range(per_class):
            noise = generator.normal(0, 30, (size, size, 3))
            picture = (base + noise).clip(0, 255).astype(np.uint8)
            Image.fromarray(picture).save(place / f"{number:03d}.png")
    return folder


def tones(folder: Path, per_class: int = 12, classes: int = 4, seconds: float = 0.7) -> Path:
    """A folder of WAVs in one subfolder per class; classes differ in pitch."""
    generator = np.random.default_rng(1)
    time = np.arange(round(seconds * RATE)) / RATE
    for label in range(classes):
        place = folder / f"class {label}"
        place.mkdir(parents=True)
        for number in range(per_class):
            pitch = 300 * 2**label * generator.uniform(0.95, 1.05)
            wave = 0.4 * np.sin(2 * np.pi * pitch * time) + generator.normal(0, 0.05, len(time))
            soundfile.write(place / f"{number:03d}.wav", wave, RATE)
    return folder

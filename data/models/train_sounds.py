"""Train the small audio spectrogram transformer that ships with the catalog, on synthetic sounds.

    python data/models/train_sounds.py

The sounds come from catalog/samples/sounds.py: 16 classes, 16 kHz, 1.3 seconds; those trained on
and those held out have seeds of their own. Needs the installed package; about 10 minutes on one
core.
"""

from __future__ import annotations

import numpy as np
import torch
from classifiers import Data, export, parse_arguments, settings_of, train
from transformers import ASTConfig, ASTFeatureExtractor, ASTForAudioClassification

from catalog.samples import sounds

BINS, FRAMES = 64, 128
PER_CLASS = 200
"""Sounds of a class to train on."""


def features(extractor: ASTFeatureExtractor, seed: int, count: int) -> torch.Tensor:
    """Log-mel frames of `count` sounds of every class, float32[items, FRAMES, BINS]."""
    waves = [sounds.sound(seed, name, number) for name in sounds.CLASSES for number in range(count)]
    found = extractor(waves, sampling_rate=sounds.RATE, return_tensors="np")["input_values"]
    return torch.from_numpy(np.asarray(found, np.float32))


def new_extractor(mean: float, std: float) -> ASTFeatureExtractor:
    """64 mel bands by 128 frames; without torchaudio it computes in NumPy."""
    return ASTFeatureExtractor(
        sampling_rate=sounds.RATE, num_mel_bins=BINS, max_length=FRAMES, mean=mean, std=std
    )


def load() -> tuple[ASTFeatureExtractor, Data]:
    """The extractor, normalised to the training sounds (as AST's is to AudioSet), and the data."""
    plain = features(new_extractor(0.0, 0.5), sounds.TRAINING_SEED, PER_CLASS)
    mean, std = round(float(plain.mean()), 4), round(float(plain.std()), 4)
    extractor = new_extractor(mean, std)
    held = features(extractor, sounds.HELD_OUT_SEED, sounds.PER_CLASS)
    classes = torch.arange(len(sounds.CLASSES))
    train_classes = classes.repeat_interleave(PER_CLASS)
    held_classes = classes.repeat_interleave(sounds.PER_CLASS)
    return extractor, Data((plain - mean) / (2 * std), train_classes, held, held_classes)


def new_model() -> ASTForAudioClassification:
    """An AST of 128 x 4 with 7 x 8 patches, frequency by time; half overlapping in frequency."""
    names = dict(enumerate(sounds.CLASSES))
    config = ASTConfig(
        hidden_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=256,
        patch_size=16,
        frequency_stride=8,
        time_stride=16,
        num_mel_bins=BINS,
        max_length=FRAMES,
        hidden_dropout_prob=0.1,
        num_labels=len(names),
        id2label=names,
        label2id={name: i for i, name in names.items()},
    )
    return ASTForAudioClassification(config)


def moved(inputs: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each spectrogram moved in time by up to 8 frames (wrapping), and made louder or softer."""
    shifts = torch.randint(-8, 9, (len(inputs),), generator=generator)
    rolled = torch.stack(
        [torch.roll(one, int(by), 0) for one, by in zip(inputs, shifts, strict=True)]
    )
    return rolled + 0.1 * torch.randn(len(inputs), 1, 1, generator=generator)


def main() -> None:
    """Load, train, export, measure."""
    arguments = parse_arguments(__doc__, "sounds", epochs=24, rate=1e-3)
    settings = settings_of(arguments)
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    extractor, data = load()
    model = new_model()
    train(model, data, moved, settings)
    facts = {
        "data": "catalog/samples/sounds.py",
        "train_seed": sounds.TRAINING_SEED,
        "held_out_seed": sounds.HELD_OUT_SEED,
    }
    export(model, extractor, data, settings, facts, arguments.out)


if __name__ == "__main__":
    main()

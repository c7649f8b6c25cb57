"""Train the small vision transformer that ships with the catalog, on handwritten digits.

    python data/models/train_digits.py

Half of scikit-learn's 1,797 scans of 8 x 8 pixels are trained on, half are held out (which ones:
catalog/samples/digits.py). The model's own processor enlarges each to 32 x 32, so that a patch of
4 x 4 is one pixel of the scan. Needs the installed package; about 10 minutes on one core.
"""

from __future__ import annotations

import math

import torch
from classifiers import Data, export, parse_arguments, settings_of, train
from PIL import Image
from transformers import ViTConfig, ViTForImageClassification
from transformers.models.vit.image_processing_pil_vit import ViTImageProcessorPil

from catalog.samples import digits


def new_processor() -> ViTImageProcessorPil:
    """Bilinear to 32 x 32, then values from -1 to 1."""
    return ViTImageProcessorPil(
        size={"height": 32, "width": 32}, resample=2, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )


def new_model() -> ViTForImageClassification:
    """A ViT of 128 x 4 with 64 patches."""
    names = {digit: f"digit {digit}" for digit in range(10)}
    config = ViTConfig(
        hidden_size=128,
        num_hidden_layers=4,
        num_attention_heads=4,
        intermediate_size=256,
        image_size=32,
        patch_size=4,
        hidden_dropout_prob=0.1,
        num_labels=10,
        id2label=names,
        label2id={name: digit for digit, name in names.items()},
    )
    return ViTForImageClassification(config)


def load(processor: ViTImageProcessorPil) -> Data:
    """Both halves as the processor leaves them, float32[items, 3, 32, 32]."""
    images, classes = digits.scans()
    pictures = [Image.fromarray(image).convert("RGB") for image in images]
    inputs = processor(pictures, return_tensors="pt")["pixel_values"]
    labels = torch.from_numpy(classes).long()
    rows, held = (torch.from_numpy(part) for part in digits.split())
    return Data(inputs[rows], labels[rows], inputs[held], labels[held])


def moved(inputs: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Each image turned by up to 12 degrees, scaled by up to a tenth, shifted by up to a pixel."""
    count = len(inputs)
    drawn = torch.rand(count, 4, generator=generator) * 2 - 1
    angle, scale = drawn[:, 0] * math.radians(12), 1 + drawn[:, 1] * 0.1
    turns = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1)
    rotation = turns.view(count, 2, 2) * scale.view(count, 1, 1)
    matrix = torch.cat([rotation, drawn[:, 2:].view(count, 2, 1) / 8], 2)
    grid = torch.nn.functional.affine_grid(matrix, list(inputs.shape), align_corners=False)
    # Outside the image there is background, which the processor left at -1.
    return torch.nn.functional.grid_sample(inputs + 1, grid, align_corners=False) - 1


def main() -> None:
    """Load, train, export, measure."""
    arguments = parse_arguments(__doc__, "digits", epochs=60, rate=1e-3)
    settings = settings_of(arguments)
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    processor, model = new_processor(), new_model()
    data = load(processor)
    train(model, data, moved, settings)
    facts = {"data": "scikit-learn load_digits", "split_seed": digits.SEED}
    export(model, processor, data, settings, facts, arguments.out)


if __name__ == "__main__":
    main()

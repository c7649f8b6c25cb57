"""A build over images against decoding them and bare forward passes, at a ViT-tiny's shape."""

import tempfile
import time
from pathlib import Path
from unittest import mock

import numpy as np
import torch
import transformers
from PIL import Image

from catalog.building import build
from catalog.modalities.image import Images
from catalog.model import loading
from catalog.model.loading import LoadedModel
from tests.bench.figures import Figure, peak_memory

IMAGES, QUICK_IMAGES = 1000, 160
SIDE = 224


def run(quick: bool) -> list[Figure]:
    """Build ratio, time per 1,000 images, memory above the loaded model."""
    count = QUICK_IMAGES if quick else IMAGES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = loading.load(str(_saved(folder / "vit-tiny-shape")))
        _pictures(folder / "items", count)
        settings = build.Settings("vit-tiny-shape", items=folder / "items", out=folder / "out")
        _bare(model, folder / "items", 32)  # threads and caches warm
        bare = _bare(model, folder / "items", count)
        before = peak_memory()
        with mock.patch.object(loading, "load", lambda *_, **__: model):
            started = time.perf_counter()
            path = build.build(settings)
        whole = time.perf_counter() - started
        size = path.stat().st_size
    return [
        Figure("build over images / (decode + bare forward passes)", whole / bare, "ratio", 1.3),
        Figure("whole build: time per 1,000 images", whole / count * 1e3, "s"),
        Figure("memory above the loaded model", peak_memory() - before, "GB", 1.5),
        Figure("disk, previews included", size / count / 1e3, "kB/image"),
    ]


def _saved(folder: Path) -> Path:
    torch.manual_seed(0)
    config = transformers.ViTConfig(
        hidden_size=192,
        intermediate_size=768,
        num_hidden_layers=12,
        num_attention_heads=3,
        image_size=SIDE,
        patch_size=16,
    )
    transformers.ViTModel(config).save_pretrained(folder)
    transformers.ViTImageProcessorPil(size={"height": SIDE, "width": SIDE}).save_pretrained(folder)
    return folder


def _pictures(folder: Path, count: int) -> None:
    """Smooth noise, which compresses as photographs do."""
    generator = np.random.default_rng(0)
    for number in range(count):
        place = folder / f"class {number % 10}"
        place.mkdir(parents=True, exist_ok=True)
        coarse = generator.integers(0, 256, (28, 28, 3), dtype=np.uint8)
        image = Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        image.save(place / f"{number:05d}.jpg", quality=90)


@torch.inference_mode()
def _bare(model: LoadedModel, folder: Path, count: int) -> float:
    """Seconds to decode and prepare the images and run the trunk, one after the other."""
    medium = Images(model.processor)
    paths = sorted(folder.rglob("*.jpg"))[:count]
    batch = medium.usual_batch
    started = time.perf_counter()
    for first in range(0, count, batch):
        decoded = []
        for path in paths[first : first + batch]:
            with path.open("rb") as stream:
                decoded.append(medium.decode(stream))
        pixels = medium.prepared(decoded)["pixel_values"]
        model.parts.trunk(pixel_values=torch.from_numpy(pixels))
    return time.perf_counter() - started

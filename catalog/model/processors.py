"""A processor from a model's config, where its folder has none: sizes known, the rest usual."""

from pathlib import Path
from typing import Any

import transformers
from transformers import FEATURE_EXTRACTOR_MAPPING, AutoImageProcessor, ViTImageProcessorPil

from catalog.errors import ModelUnavailable

FILES = ("preprocessor_config.json", "processor_config.json")
"""Where a folder says how its items are prepared."""
_PLAIN = {"do_resize", "do_rescale", "do_normalize", "do_convert_rgb"}
"""What an image processor may do that another can do in its place."""
_HOP = 160
"""Samples between two frames of Whisper's spectrogram."""


def missing(place: str) -> bool:
    """Whether a model's place is a folder without a processor."""
    folder = Path(place)
    return folder.is_dir() and not any((folder / name).is_file() for name in FILES)


def images(config: Any, name: str) -> Any:
    """Pixels scaled to the config's size, mean and deviation 0.5; ModelUnavailable without a size.

    The processor's `from_config` says so in a sentence, for the build to repeat.
    """
    size = getattr(config, "image_size", None)
    if size is None:
        raise ModelUnavailable(
            f"{name} has no {FILES[0]}, and its config no image_size, so nothing says how large "
            "its images are. Copy the file there from where the model came."
        )
    height, width = (size, size) if isinstance(size, int) else (int(size[0]), int(size[1]))
    made = ViTImageProcessorPil(size={"height": height, "width": width})
    return _told(made, f"images are scaled to {height} x {width}, mean and deviation 0.5")


def pictures(place: str, given: dict[str, Any]) -> Any:
    """The image processor of a model's place, without torchvision.

    One that has no version without it, and only resizes, rescales and normalises (DINOv3), is
    replaced by ViT's with the same settings, which says so as `images` does.
    """
    try:
        return AutoImageProcessor.from_pretrained(place, backend="pil", **given)
    except (ImportError, ValueError) as error:
        own = ViTImageProcessorPil.from_pretrained(place, **given)
        steps = {name for name, on in own.to_dict().items() if name.startswith("do_") and on}
        if "orchvision" not in str(error) or steps - _PLAIN:
            raise
    own.from_config = (
        "The model's own image processor needs torchvision: ViT's is used with its size, mean and "
        "deviation. It scales bytes, the other numbers from 0 to 1: pixels may differ by 1/255."
    )
    return own


def sounds(config: Any, name: str) -> Any:
    """The usual extractor of the model's type, with the config's bands and length.

    ModelUnavailable where its type has none.
    """
    kind = FEATURE_EXTRACTOR_MAPPING.get(type(config), None)
    if kind is None:
        raise ModelUnavailable(
            f"{name} has no {FILES[0]}, and {type(config).__name__} no usual one. Copy the file "
            "there from where the model came."
        )
    given: dict[str, Any] = {}
    if kind is transformers.ASTFeatureExtractor:
        given = {"num_mel_bins": config.num_mel_bins, "max_length": config.max_length}
    elif kind is transformers.WhisperFeatureExtractor:
        samples = 2 * int(config.max_source_positions) * _HOP  # its second convolution halves time
        given = {"feature_size": config.num_mel_bins, "chunk_length": max(1, samples // 16_000)}
    made = kind(**given)
    told = ", ".join(f"{key} {value}" for key, value in given.items()) or "its defaults"
    return _told(made, f"sounds are prepared by {kind.__name__} with {told}")


def _told(processor: Any, how: str) -> Any:
    processor.from_config = (
        f"The model's folder has no {FILES[0]}: {how}, as its config has it. If it was trained "
        "otherwise, copy the file there and build again."
    )
    return processor

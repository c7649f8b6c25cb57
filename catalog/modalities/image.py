"""Images: jpeg, png and webp by Pillow, prepared by the model's own processor."""

import io
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import PIL
from numpy.typing import NDArray
from PIL import Image, ImageOps

from catalog.errors import SettingRefused
from catalog.modalities import Asked, Loaded, Stored, facts, showing
from catalog.modalities.grids import Grid
from catalog.modalities.media import MEAN_OVER, Media
from catalog.modalities.scanning import Looks, Unfit

PIXELS = 64_000_000
"""Most pixels of an image; more is taken for a decompression bomb and skipped."""
PREVIEW = 128
"""Longest side of a preview, in pixels."""
_SMALL = 64
"""Up to this side a preview is kept without loss: compression would smear its few pixels."""
_COARSE = 8
"""Rows and columns of the pixel baseline."""
_FORMATS = ("JPEG", "PNG", "WEBP")
_MASK = "pixel_attention_mask"
OWN_PATCHES = {MEAN_OVER: "own patches"}
"""Says in a catalog that its reading `mean` leaves padding out."""
_BOMB = f"It has more than {PIXELS / 1e6:.0f} million pixels."


@dataclass(frozen=True)
class Images:
    """Decodes images upright and in RGB, as transformers' `load_image` does."""

    processor: Any
    name: str = "image"
    kind: str = "image"
    endings: tuple[str, ...] = (".jpg", ".jpeg", ".png", ".webp")
    usual_batch: int = facts.OF["image"].batch
    window: float | None = None

    @property
    def identity(self) -> Mapping[str, Any]:
        """Class and settings of the processor, and what decodes."""
        own = {"processor": type(self.processor).__name__, "pillow": PIL.__version__}
        return {**own, **_told(self.processor), **(OWN_PATCHES if self.padded else {})}

    @property
    def padded(self) -> bool:
        """Whether the processor pads to a number of patches (SigLIP 2), and says which are own."""
        return getattr(self.processor, "max_num_patches", None) is not None

    def examine(self, stream: BinaryIO) -> Looks:
        """Size upright, and a preview of what the model sees."""
        image = self.decode(stream)
        return Looks(width=image.width, height=image.height, preview=preview(image))

    def decode(self, stream: BinaryIO) -> Image.Image:
        """RGB, turned as its EXIF data says; alpha is dropped, as transformers drops it.

        16-bit greyscale keeps its upper 8 bits. Raises Unfit.
        """
        try:
            with Image.open(stream, formats=_FORMATS) as opened:
                if opened.width * opened.height > PIXELS:
                    raise Unfit(_BOMB)
                opened.load()
                return rgb(ImageOps.exif_transpose(opened))
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise Unfit(_BOMB) from error
        except (OSError, ValueError, SyntaxError, EOFError, MemoryError) as error:
            raise Unfit(f"It is no whole {', '.join(_FORMATS)} image.") from error

    def prepared(self, decoded: Sequence[Image.Image]) -> dict[str, NDArray[Any]]:
        """pixel_values float32[items, 3, height, width]; of a processor that pads its patches,
        float32[items, patches, numbers] with their mask and the grid of each.
        """
        made = self.processor(images=list(decoded), return_tensors="np")
        beside = [name for name in made if name != "pixel_values"] if self.padded else []
        return {
            "pixel_values": np.asarray(made["pixel_values"], np.float32),
            **{name: np.asarray(made[name], np.int64) for name in beside},
        }

    def own(
        self, _decoded: Image.Image, prepared: Mapping[str, NDArray[Any]], _layout: Grid
    ) -> int | None:
        """Patches that the mask says are its own; None for a plain image, which fills its grid."""
        mask = prepared.get(_MASK)
        return None if mask is None else int(mask.sum())

    def plain(self, decoded: Image.Image) -> NDArray[np.float32]:
        """Mean colour of 8 x 8 fields: float32[192], 0 to 255."""
        small = decoded.resize((_COARSE, _COARSE), Image.Resampling.BOX)
        return np.asarray(small, np.float32).ravel()


def rgb(image: Image.Image) -> Image.Image:
    """Any mode as 8-bit RGB."""
    if image.mode.startswith(("I", "F")):
        wide = np.asarray(image)
        shift = 8 if image.mode.startswith("I") else 0
        image = Image.fromarray((wide.astype(np.int64) >> shift).clip(0, 255).astype(np.uint8))
    if image.mode == "P":
        image = image.convert("RGBA")  # its transparency may be bytes, which RGB alone warns of
    return image.convert("RGB")


def preview(image: Image.Image) -> bytes:
    """WebP of at most 128 x 128 pixels."""
    small = image.copy()
    small.thumbnail((PREVIEW, PREVIEW), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return webp(small, lossless=max(small.size) <= _SMALL)


def webp(image: Image.Image, lossless: bool = False) -> bytes:
    """An image as WebP."""
    held = io.BytesIO()
    image.save(held, "WEBP", quality=80, method=1, lossless=lossless)
    return held.getvalue()


def trial(processor: Any) -> dict[str, NDArray[Any]]:
    """Two images of noise, prepared."""
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    made = Images(processor).prepared([Image.fromarray(one) for one in noise])
    if made["pixel_values"].ndim != 4 and _MASK not in made:
        raise SettingRefused(
            f"{type(processor).__name__} gives {made['pixel_values'].ndim - 1}-dimensional images; "
            "only plain images (colour, height, width) are supported."
        )
    return made


def prepare(model: Loaded, asked: Asked, report: Callable[[str, int, int], None]) -> Media:
    """The images asked for."""
    return showing.prepare(Images(model.processor), model, asked, report)


def reopen(model: Loaded, stored: Stored) -> Media:
    """The images of a finished catalog."""
    return showing.reopen(Images(model.processor), model, stored)


def _told(processor: Any) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {name: _plain(value) for name, value in processor.to_dict().items()}


def _plain(value: Any) -> Any:
    """A setting as JSON can hold it."""
    if value is None or isinstance(value, str | bool | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    return int(value) if isinstance(value, int) else str(value)

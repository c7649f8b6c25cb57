"""Images decode as transformers would, whatever their file; what is not whole is named."""

import io

import numpy as np
import pytest
from PIL import Image
from transformers.image_utils import load_image

from catalog.modalities import image
from catalog.modalities.image import Images
from catalog.modalities.scanning import Unfit
from tests.given import media


def picture(size=(48, 40), seed=0):
    generator = np.random.default_rng(seed)
    return Image.fromarray(generator.integers(0, 256, (*size, 3), dtype=np.uint8))


def decoded(path):
    with path.open("rb") as stream:
        return Images(None).decode(stream)


@pytest.mark.parametrize("name", sorted(media.IMAGES))
def test_preparation_is_the_processors_own(name, tmp_path):
    """As a person would do it: transformers' own loading, then the processor on the image."""
    processor = media.IMAGES[name][1]()
    for number, size in enumerate([(48, 40), (32, 32), (20, 90)]):
        path = tmp_path / f"{number}.png"
        picture(size, number).save(path)
        expected = processor(images=load_image(str(path)), return_tensors="np")["pixel_values"]
        found = Images(processor).prepared([decoded(path)])["pixel_values"]
        assert found.dtype == np.float32 and found.shape == (1, 3, media.SIZE, media.SIZE)
        np.testing.assert_allclose(found, expected, atol=1e-5)


def saved(path, **how):
    picture().save(path, **how)
    return path


def _turned(folder):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    return saved(folder / "turned.jpg", exif=exif)


def _with_alpha(folder):
    layers = np.dstack([np.asarray(picture()), np.full((48, 40), 7, np.uint8)])
    Image.fromarray(layers, "RGBA").save(folder / "alpha.png")
    return folder / "alpha.png"


def _mode(folder, mode, ending):
    picture().convert(mode).save(folder / f"mode.{ending}")
    return folder / f"mode.{ending}"


@pytest.mark.parametrize(
    "make",
    [
        lambda f: saved(f / "plain.jpg"),
        lambda f: saved(f / "plain.webp", lossless=True),
        _turned,
        _with_alpha,
        lambda f: _mode(f, "L", "png"),
        lambda f: _mode(f, "LA", "png"),
        lambda f: _mode(f, "1", "png"),
        lambda f: _mode(f, "P", "png"),
        lambda f: _mode(f, "CMYK", "jpg"),
    ],
)
def test_every_kind_of_file_as_transformers_loads_it(make, tmp_path):
    path = make(tmp_path)
    found = decoded(path)
    assert found.mode == "RGB"
    np.testing.assert_array_equal(np.asarray(found), np.asarray(load_image(str(path))))


def test_exif_turns_the_image(tmp_path):
    assert decoded(saved(tmp_path / "plain.jpg")).size == (40, 48)
    assert decoded(_turned(tmp_path)).size == (48, 40)


def test_sixteen_bit_grey_keeps_its_upper_bits(tmp_path):
    values = np.random.default_rng(0).integers(0, 65536, (20, 30)).astype(np.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    found = np.asarray(decoded(tmp_path / "deep.png"))
    np.testing.assert_array_equal(found, np.repeat((values >> 8)[:, :, None], 3, axis=2))


def test_palette_with_transparent_entries(tmp_path):
    picture().quantize(8).save(tmp_path / "p.png", transparency=bytes([0, 128, 255]))
    assert decoded(tmp_path / "p.png").mode == "RGB"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_truncated_file_is_unfit(share, tmp_path):
    held = io.BytesIO()
    picture((200, 200)).save(held, "JPEG")
    whole = held.getvalue()
    with pytest.raises(Unfit, match="no whole JPEG"):
        Images(None).decode(io.BytesIO(whole[: int(len(whole) * share)]))


def test_other_formats_are_not_opened():
    held = io.BytesIO()
    picture().save(held, "GIF")
    with pytest.raises(Unfit):
        Images(None).decode(io.BytesIO(held.getvalue()))


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch, tmp_path):
    Image.new("1", (9000, 9000)).save(tmp_path / "bomb.png")  # 10 kB, 81 million pixels
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(Unfit, match="more than 64 million pixels"):
        decoded(tmp_path / "bomb.png")


def test_the_limit_of_pillow_itself_is_the_same_sentence(monkeypatch, tmp_path):
    saved(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(Unfit, match="more than 64 million pixels"):
        decoded(tmp_path / "a.png")


def test_previews_are_small_webp():
    for size, wanted in [((400, 300), (96, 128)), ((8, 8), (8, 8))]:
        with Image.open(io.BytesIO(image.preview(picture(size)))) as found:
            assert found.format == "WEBP" and found.size == wanted
    tiny = picture((8, 8))
    with Image.open(io.BytesIO(image.preview(tiny))) as found:  # not smeared
        np.testing.assert_array_equal(np.asarray(found.convert("RGB")), np.asarray(tiny))


def test_the_pixel_baseline_is_mean_colour():
    pixels = np.asarray(picture((16, 16)), np.float64)
    expected = pixels.reshape(8, 2, 8, 2, 3).mean(axis=(1, 3)).ravel()
    found = Images(None).plain(picture((16, 16)))
    np.testing.assert_allclose(found, expected, atol=1.01)  # Pillow rounds twice

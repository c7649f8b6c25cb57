"""Sounds arrive at the model as its own extractor would prepare them, whatever their file."""

import io

import numpy as np
import pytest
import scipy.signal
import soundfile
from PIL import Image

from catalog.modalities import audio
from catalog.modalities.audio import Sounds
from catalog.modalities.scanning import Unfit
from tests.given import media

RATE = media.RATE


def wave(seconds=0.7, rate=RATE, seed=0, channels=1):
    time = np.arange(round(seconds * rate)) / rate
    noise = np.random.default_rng(seed).normal(0, 0.05, (len(time), channels))
    return (0.4 * np.sin(2 * np.pi * 440 * time)[:, None] + noise).astype(np.float32)


def held(values, rate=RATE, ending="WAV", subtype="FLOAT"):
    stream = io.BytesIO()
    soundfile.write(stream, values, rate, format=ending, subtype=subtype)
    return io.BytesIO(stream.getvalue())


def sounds(name="ast"):
    return Sounds(media.SOUNDS[name][1]())


@pytest.mark.parametrize("name", sorted(media.SOUNDS))
@pytest.mark.parametrize("seconds", [0.3, 0.7, 1.5, 13.0])
def test_preparation_is_the_extractors_own(name, seconds):
    """The extractor on the whole sound: cutting what it would not hear changes nothing."""
    medium = sounds(name)
    values = wave(seconds)
    given = {"sampling_rate": RATE, "return_tensors": "np"}
    if name == "wav2vec2":
        given |= {"padding": "max_length", "max_length": 160_000, "truncation": True}
    expected = medium.processor(values[:, 0], **given)
    found = medium.prepared([medium.decode(held(values))])
    assert set(found) == set(expected)
    for key, array in found.items():
        np.testing.assert_allclose(array, np.asarray(expected[key]), atol=1e-5)


@pytest.mark.parametrize(
    ("ending", "subtype", "exact"),
    [("WAV", "PCM_16", 1e-4), ("FLAC", "PCM_24", 1e-6), ("OGG", "VORBIS", 0.1),
     ("MP3", "MPEG_LAYER_III", 0.1)],
)  # fmt: skip
def test_every_kind_of_file(ending, subtype, exact):
    values = wave(1.0)
    found = sounds("whisper").decode(held(values, ending=ending, subtype=subtype))
    assert found.dtype == np.float32
    assert np.abs(found[2000:14000] - values[2000:14000, 0]).mean() < exact


def test_channels_are_averaged():
    values = wave(0.5, channels=2)
    np.testing.assert_allclose(sounds().decode(held(values)), values.mean(axis=1), atol=1e-7)


@pytest.mark.parametrize("rate", [8000, 44_100, 48_000])
def test_resampling_is_polyphase_and_does_not_feel_the_cut(rate):
    medium = sounds()
    values = wave(3.0, rate)
    common = np.gcd(rate, RATE)
    whole = scipy.signal.resample_poly(values[:, 0], RATE // common, rate // common)
    expected = medium.prepared([whole.astype(np.float32)])["input_values"]
    found = medium.prepared([medium.decode(held(values, rate))])["input_values"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("name", sorted(media.SOUNDS))
@pytest.mark.parametrize("values", [np.zeros(8000), np.zeros(3), np.array([0.5])])
def test_silent_and_very_short_sounds_are_finite(name, values):
    medium = sounds(name)
    for array in medium.prepared([medium.decode(held(values))]).values():
        assert np.isfinite(array).all()


def test_a_very_long_sound_is_not_read_to_its_end():
    medium = sounds()
    stream = held(np.zeros(RATE * 60), subtype="PCM_16")
    assert len(medium.decode(stream)) <= RATE * (medium.window + 0.2)
    stream.seek(0)
    assert medium.examine(stream).seconds == pytest.approx(60)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "no whole sound"), (b"RIFF nothing", "no whole sound"),
     (held(np.zeros(0)).getvalue(), "no samples"),
     (held(np.array([0.1, np.nan])).getvalue(), "not finite")],
    ids=["empty", "no header", "no samples", "not finite"],  # sounds hold the time they were made
)  # fmt: skip
def test_what_is_no_sound_is_named(content, reason):
    with pytest.raises(Unfit, match=reason):
        sounds().decode(io.BytesIO(content))


def test_previews_can_be_seen_and_heard():
    medium = sounds("wav2vec2")
    looks = medium.examine(held(wave(8.0, 44_100), 44_100))
    assert (looks.rate, looks.seconds) == (44_100, pytest.approx(8.0))
    heard, rate = soundfile.read(io.BytesIO(looks.sound))
    assert rate == RATE and len(heard) == 5 * RATE and heard.ndim == 1
    assert np.abs(heard).max() > 0.2
    with Image.open(io.BytesIO(looks.preview)) as seen:
        assert seen.format == "WEBP" and seen.width <= 256 and seen.height == 96


def test_low_tones_lie_below_in_the_preview():
    time = np.arange(RATE) / RATE
    bright = []
    for pitch in (200, 4000):
        tone = np.sin(2 * np.pi * pitch * time).astype(np.float32)
        with Image.open(io.BytesIO(audio.spectrogram_preview(tone, RATE))) as image:
            bright.append(np.asarray(image.convert("L"), float).mean(axis=1).argmax())
    assert bright[0] > bright[1] + 20  # rows count from the top


def test_log_mel_against_scipy():
    values = wave(0.5)[:, 0]
    size = round(0.025 * RATE)
    frames = np.stack([values[s : s + size] for s in range(0, len(values) - size + 1, 160)])
    power = np.abs(scipy.fft.rfft(frames * np.hanning(size), 512, axis=1)) ** 2
    top = 2595 * np.log10(1 + 8000 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, 66) / 2595) - 1)
    grid = np.linspace(0, 8000, 257)
    weights = np.stack([np.interp(grid, edges[b : b + 3], [0, 1, 0]) for b in range(64)])
    expected = 10 * np.log10(power @ weights.T + 1e-10).T
    np.testing.assert_allclose(audio.log_mel(values, RATE), expected, atol=1e-3)

"""Sounds: any file that soundfile reads, mixed to one channel, at the rate the model hears."""

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog.errors import SettingRefused
from catalog.modalities import Asked, Loaded, Stored, facts, own, showing
from catalog.modalities.grids import Grid
from catalog.modalities.image import webp
from catalog.modalities.media import MEAN_OVER, Media
from catalog.modalities.scanning import Looks, Unfit

Wave = NDArray[np.float32]
SECONDS = 10.0
"""Length that a model hears whose processor sets none (Wav2Vec2): longer is cut, shorter padded."""
PREVIEW_SECONDS = 5.0
_MARGIN = 0.1
"""Seconds read beyond the model's window, so that resampling does not feel the cut."""
_SHORTEST = 0.025
"""Seconds of one analysis window: a shorter sound is padded with silence to it."""
_BANDS, _TALL, _WIDE = 64, 96, 256
"""Bands of the log-mel spectrum; pixels of a preview, at most."""


@dataclass(frozen=True)
class Sounds:
    """Decodes sounds to float32 at the processor's sampling rate."""

    processor: Any
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The model's config."""
    name: str = "audio"
    kind: str = "sound"
    endings: tuple[str, ...] = (".wav", ".flac", ".ogg", ".mp3")
    usual_batch: int = facts.OF["audio"].batch

    @property
    def rate(self) -> int:
        """Samples a second that the model hears."""
        return int(self.processor.sampling_rate)

    @property
    def padded(self) -> bool:
        """A sound shorter than the window is padded to it."""
        return True

    @property
    def window(self) -> float:
        """Seconds that the model hears: frames of 10 ms (AST), a chunk (Whisper), else SECONDS."""
        frames, chunk = (getattr(self.processor, n, None) for n in ("max_length", "n_samples"))
        chunk = getattr(self.processor, "nb_max_samples", chunk)
        if chunk is not None:
            return float(chunk) / self.rate
        return frames * _HOP + _SHORTEST - _HOP if frames is not None else SECONDS

    @property
    def identity(self) -> Mapping[str, Any]:
        """Class and settings of the processor, the seconds heard, and what decodes."""
        import soundfile  # type: ignore[import-untyped]  # no stubs; loads a library
        from scipy import __version__ as scipy

        settings = dict(self.processor.to_dict())
        kept = {k: v for k, v in settings.items() if isinstance(v, str | int | float | bool)}
        mine = {"processor": type(self.processor).__name__, "window": self.window}
        decoders = {"soundfile": soundfile.__libsndfile_version__, "scipy": scipy}
        return {**mine, **decoders, **kept, **OWN_FRAMES}

    def examine(self, stream: BinaryIO) -> Looks:
        """Length, and a preview to see and to hear."""
        wave, rate, seconds = read(stream, self.window + _MARGIN)
        wave = resampled(wave, rate, self.rate)[: round(self.window * self.rate)]
        return Looks(
            seconds=seconds,
            rate=rate,
            preview=spectrogram_preview(wave, self.rate),
            sound=ogg(wave[: round(PREVIEW_SECONDS * self.rate)], self.rate),
        )

    def decode(self, stream: BinaryIO) -> Wave:
        """float32[samples] at the model's rate, cut a little beyond what it hears. Raises Unfit."""
        wave, rate, _ = read(stream, self.window + _MARGIN)
        wave = resampled(wave, rate, self.rate)
        short = round(_SHORTEST * self.rate) - len(wave)
        return np.pad(wave, (0, max(0, short)))

    def prepared(self, decoded: Sequence[Wave]) -> dict[str, NDArray[Any]]:
        """The processor's arrays: input_values or input_features, and a mask where it makes one."""
        made = self._processed([np.asarray(one) for one in decoded], **self._padding)
        return {
            name: np.asarray(made[name], np.int64 if "mask" in name else np.float32)
            for name in made
        }

    def own(self, decoded: Wave, prepared: Mapping[str, NDArray[Any]], layout: Grid) -> int | None:
        """Columns of the grid that one sound fills: the processor's mask says it, else its length.

        None where nothing is padded with silence.
        """
        if own.repeats(self.processor):
            return None
        frame = round(_SHORTEST * self.rate), round(_HOP * self.rate)
        samples = round(self.window * self.rate)
        columns = own.OwnColumns.of(self.settings, layout.columns, samples, frame)
        mask = next((array for name, array in prepared.items() if "mask" in name), None)
        return columns.filled(len(decoded), mask)

    @cached_property
    def _padding(self) -> dict[str, Any]:
        """What makes every sound as long as the window, where the processor has none of its own.

        Its `max_length` is samples to some processors (Wav2Vec2) and frames of a spectrogram to
        others (Speech2Text, SeamlessM4T): a short sound padded to as many as it has samples tells.
        """
        if self._sets_length:
            return {}
        length = round(SECONDS * self.rate)
        noise = np.random.default_rng(0).standard_normal(length, dtype=np.float32) / np.float32(10)
        trial = noise[: round(4 * _SHORTEST * self.rate)]
        full = {"padding": "max_length", "truncation": True}
        plain = _steps(self._processed([trial]))
        padded = _steps(self._processed([trial], **full, max_length=len(trial)))
        if padded != plain:  # frames: as many as a sound of the whole window has
            frames = _steps(self._processed([noise]))
            length = round(frames * len(trial) / padded)
        return {**full, "max_length": length}

    @property
    def _sets_length(self) -> bool:
        lengths = ("max_length", "n_samples", "nb_max_samples")
        return any(getattr(self.processor, name, None) is not None for name in lengths)

    def _processed(self, waves: Sequence[Wave], **given: Any) -> Any:
        return self.processor(waves, sampling_rate=self.rate, return_tensors="np", **given)

    def plain(self, decoded: Wave) -> NDArray[np.float32]:
        """Mean log-mel spectrum of what the model hears: float32[64]."""
        heard = decoded[: round(self.window * self.rate)]
        return np.asarray(log_mel(heard, self.rate).mean(axis=1), np.float32)


_HOP = 0.01
"""Seconds between frames of AST's spectrogram."""
OWN_FRAMES = {MEAN_OVER: "own frames"}
"""Says in a catalog that its reading `mean` leaves padding out; older ones have no such entry."""


def _steps(made: Any) -> int:
    """Samples or frames of what a processor made of one sound: its longest axis but the bands."""
    array = next(np.asarray(made[n]) for n in made if n in ("input_values", "input_features"))
    return int(array.shape[1])


def read(stream: BinaryIO, seconds: float) -> tuple[Wave, int, float]:
    """First seconds of a file as one channel, its own rate, and its whole length in seconds.

    Channels are averaged. Raises Unfit for what is no sound, is empty, or is not finite.
    """
    import soundfile

    try:
        with soundfile.SoundFile(stream) as opened:
            rate = int(opened.samplerate)
            whole = opened.frames / rate
            values = opened.read(int(seconds * rate), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, OSError, ValueError, MemoryError) as error:
        raise Unfit("It is no whole sound that soundfile can read.") from error
    if not len(values):
        raise Unfit("It holds no samples.")
    if not np.isfinite(values).all():
        raise Unfit("It holds samples that are not finite.")
    return values.mean(axis=1, dtype=np.float32), rate, max(whole, len(values) / rate)


def resampled(wave: Wave, rate: int, wanted: int) -> Wave:
    """A sound at another rate (polyphase filter)."""
    if rate == wanted:
        return wave
    from scipy.signal import resample_poly

    common = int(np.gcd(rate, wanted))
    return np.asarray(resample_poly(wave, wanted // common, rate // common), np.float32)


def log_mel(wave: Wave, rate: int) -> NDArray[np.float32]:
    """Log-mel power in decibels: float32[64 bands, frames], bands from low to high.

    Hann windows of 25 ms every 10 ms, triangles equally wide in mel (O'Shaughnessy's formula).
    """
    size, hop = round(_SHORTEST * rate), max(1, round(_HOP * rate))
    wave = np.pad(wave, (0, max(0, size - len(wave))))
    frames = np.lib.stride_tricks.sliding_window_view(wave, size)[::hop]
    length = 1 << (size - 1).bit_length()
    power = np.abs(np.fft.rfft(frames * np.hanning(size), length)) ** 2
    return np.asarray(10 * np.log10(power @ _triangles(length, rate) + 1e-10).T, np.float32)


def _triangles(length: int, rate: int) -> NDArray[np.float64]:
    """Weights of a mel filter bank: float64[length / 2 + 1, bands]."""
    top = 2595 * np.log10(1 + rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, top, _BANDS + 2) / 2595) - 1)
    frequency = np.linspace(0, rate / 2, length // 2 + 1)[:, None]
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (frequency - low) / (middle - low), (high - frequency) / (high - middle)
    return np.asarray(np.maximum(0, np.minimum(rising, falling)))


def spectrogram_preview(wave: Wave, rate: int) -> bytes:
    """WebP of the log-mel spectrogram: time to the right, low frequencies below, 60 dB of grey."""
    level = log_mel(wave, rate)
    grey = (level - max(float(level.max()), -40.0) + 60) / 60 * 255
    image = Image.fromarray(grey[::-1].clip(0, 255).astype(np.uint8))
    wide = min(_WIDE, max(_TALL, image.width))
    return webp(image.resize((wide, _TALL), Image.Resampling.BILINEAR).convert("RGB"))


def ogg(wave: Wave, rate: int) -> bytes:
    """A sound as OGG Vorbis."""
    import soundfile

    held = io.BytesIO()
    with soundfile.SoundFile(held, "w", rate, 1, "VORBIS", format="OGG") as opened:
        for start in range(0, len(wave), rate):  # libsndfile may crash on one large write
            opened.write(np.clip(wave[start : start + rate], -1, 1))
    return held.getvalue()


def trial(processor: Any) -> dict[str, NDArray[Any]]:
    """Two seconds of noise, prepared."""
    if not hasattr(processor, "sampling_rate"):
        raise SettingRefused(
            f"{type(processor).__name__} names no sampling rate, so sounds cannot be prepared."
        )
    medium = Sounds(processor)
    noise = np.random.default_rng(0).standard_normal((2, medium.rate)).astype(np.float32) / 10
    return medium.prepared(list(noise))


def prepare(model: Loaded, asked: Asked, report: Callable[[str, int, int], None]) -> Media:
    """The sounds asked for."""
    return showing.prepare(Sounds(model.processor, model.settings), model, asked, report)


def reopen(model: Loaded, stored: Stored) -> Media:
    """The sounds of a finished catalog."""
    return showing.reopen(Sounds(model.processor, model.settings), model, stored)

"""Synthetic sounds in 16 classes and 4 superclasses: glides, pulses, noises and chords.

A sound is decided by (seed, class, number) alone. Pitch, length, loudness, timbre, onset and
background noise vary within a class; only what the class is named after stays.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Samples a second."""
SAMPLES = 20_720
"""Length of a sound, 1.295 s: 128 frames of 25 ms, 10 ms apart."""
HELD_OUT_SEED, TRAINING_SEED = 11, 12
PER_CLASS = 64
"""Held-out sounds of a class."""

Wave = NDArray[Any]
Random = np.random.Generator


def glide(rng: Random, start: float, end: float) -> Wave:
    """A tone whose frequency moves evenly in pitch by `start` to `end` octaves."""
    time = _time(rng.uniform(0.7, 1.2))
    octaves = np.linspace(start, end, len(time)) * rng.uniform(0.7, 1.3)
    return _tone(rng, _hertz(rng, 350, 900) * 2**octaves)


def wail(rng: Random, low: float, high: float, depth: float) -> Wave:
    """A tone whose pitch swings by `depth` octaves, `low` to `high` times a second."""
    time = _time(rng.uniform(0.9, 1.25))
    swing = np.sin(2 * np.pi * (rng.uniform(low, high) * time + rng.random()))
    return _tone(rng, _hertz(rng, 400, 1200) * 2 ** (swing * depth * rng.uniform(0.8, 1.2)))


def pulses(rng: Random, low: float, high: float, gather: float = 0.0) -> Wave:
    """Short tones, `low` to `high` a second; with `gather` their rate doubles that many times."""
    time = _time(rng.uniform(0.9, 1.25))
    rate = rng.uniform(low, high) * 2 ** (gather * time / time[-1])
    phase = (np.cumsum(rate) / RATE + rng.random()) % 1
    return _tone(rng, np.full(len(time), _hertz(rng, 300, 2000))) * (phase < rng.uniform(0.3, 0.5))


def clicks(rng: Random) -> Wave:
    """Sharp clicks at irregular times."""
    wave = np.zeros(int(rng.uniform(0.9, 1.25) * RATE))
    places = rng.integers(0, len(wave) - 400, rng.integers(6, 14))
    for place in places:
        decay = np.exp(-np.arange(400) / rng.uniform(8, 40))
        wave[place : place + 400] += rng.choice([-1, 1]) * rng.uniform(0.5, 1) * decay
    return wave


def noise(rng: Random, low: float, high: float, fade: float = 0.0) -> Wave:
    """Noise between two frequencies in Hz, both varied by a tenth; `fade` > 0 swells, < 0 fades."""
    wave = rng.standard_normal(int(rng.uniform(0.7, 1.25) * RATE))
    spectrum = np.fft.rfft(wave)
    hertz = np.fft.rfftfreq(len(wave), 1 / RATE)
    edges = np.array([low, high]) * rng.uniform(0.9, 1.1)
    spectrum[(hertz < edges[0]) | (hertz > edges[1])] = 0
    shape = np.linspace(0, 1, len(wave)) if fade > 0 else np.linspace(1, 0, len(wave))
    return np.fft.irfft(spectrum, len(wave)) * shape ** abs(fade)


def chord(rng: Random, *semitones: int) -> Wave:
    """Tones at these distances above a root, with overtones, that die away together."""
    time = _time(rng.uniform(0.7, 1.25))
    root = _hertz(rng, 260, 520)
    wave = sum(_tone(rng, np.full(len(time), root * 2 ** (s / 12))) for s in semitones)
    return np.asarray(wave) * np.exp(-time * rng.uniform(0.5, 2.5))


CLASSES: dict[str, tuple[str, Callable[[Random], Wave]]] = {
    "sweep up": ("glides", lambda rng: glide(rng, -1, 1)),
    "sweep down": ("glides", lambda rng: glide(rng, 1, -1)),
    "siren": ("glides", lambda rng: wail(rng, 1.5, 2.5, 0.5)),
    "warble": ("glides", lambda rng: wail(rng, 6, 10, 0.2)),
    "pulses slow": ("pulses", lambda rng: pulses(rng, 3, 5)),
    "pulses fast": ("pulses", lambda rng: pulses(rng, 9, 14)),
    "pulses gathering": ("pulses", lambda rng: pulses(rng, 2.5, 4, gather=2)),
    "clicks": ("pulses", clicks),
    "noise low": ("noises", lambda rng: noise(rng, 60, 600)),
    "noise high": ("noises", lambda rng: noise(rng, 3500, 7500)),
    "noise swelling": ("noises", lambda rng: noise(rng, 60, 7500, fade=1.5)),
    "noise fading": ("noises", lambda rng: noise(rng, 60, 7500, fade=-1.5)),
    "chord major": ("chords", lambda rng: chord(rng, 0, 4, 7)),
    "chord minor": ("chords", lambda rng: chord(rng, 0, 3, 7)),
    "chord open": ("chords", lambda rng: chord(rng, 0, 7, 12)),
    "chord cluster": ("chords", lambda rng: chord(rng, 0, 1, 2)),
}
"""Class -> superclass and how one sound of it is made."""


def sound(seed: int, name: str, number: int) -> NDArray[np.float32]:
    """One sound, float32[SAMPLES] within -1 to 1; the same for the same arguments."""
    rng = np.random.default_rng((seed, list(CLASSES).index(name), number))
    wave = CLASSES[name][1](rng)[:SAMPLES]
    wave = wave / max(float(np.abs(wave).max()), 1e-9)
    whole = np.zeros(SAMPLES)
    onset = rng.integers(0, SAMPLES - len(wave) + 1)
    whole[onset : onset + len(wave)] = wave * _edges(len(wave))
    hiss = rng.standard_normal(SAMPLES) * 10 ** rng.uniform(-3, -1.7)
    return (np.clip(whole + hiss, -1, 1) * 10 ** rng.uniform(-0.8, -0.1)).astype(np.float32)


def write(folder: Path) -> int:
    """Write the held-out sounds as `<class>/<number>.wav` with a labels.csv; returns how many."""
    import soundfile  # type: ignore[import-untyped]  # no stubs

    lines = []
    for name, (superclass, _) in CLASSES.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(PER_CLASS):
            path = f"{name}/{number:03d}.wav"
            soundfile.write(folder / path, sound(HELD_OUT_SEED, name, number), RATE, "PCM_16")
            lines.append((path, name, superclass))
    with (folder / "labels.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("path", "label", "superclass"), *sorted(lines)])
    return len(lines)


def _time(seconds: float) -> Wave:
    return np.arange(int(seconds * RATE)) / RATE


def _hertz(rng: Random, low: float, high: float) -> float:
    """A frequency, even in pitch between two."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _tone(rng: Random, hertz: Wave) -> Wave:
    """A tone of changing frequency with three overtones of random strength."""
    phase = 2 * np.pi * np.cumsum(hertz) / RATE
    strengths = (1.0, *rng.uniform(0.05, 0.6, 3))
    parts = [
        strength * np.sin(n * phase) * (n * hertz < RATE / 2)
        for n, strength in enumerate(strengths, 1)
    ]
    return np.asarray(np.sum(parts, axis=0))


def _edges(samples: int) -> Wave:
    """Ramps of 5 ms, so that a sound does not begin or end with a click."""
    ramp = np.minimum(np.arange(samples) / 80, 1)
    return np.minimum(ramp, ramp[::-1])

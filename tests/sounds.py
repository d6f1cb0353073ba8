"""Recordings for tests: bursts of a tone with silence between them, as WAV bytes."""

from __future__ import annotations

import io
import math
import wave
from array import array
from itertools import pairwise

import numpy as np


def tones(*parts: tuple[float, float], rate: int = 24_000, level: float = 0.3, channels: int = 1) -> bytes:
    """Each part is (Hz, seconds); 0 Hz is silence."""
    samples = array("h")
    for hertz, seconds in parts:
        step = 2 * math.pi * hertz / rate
        sound = (int(level * 32767 * math.sin(step * n)) if hertz else 0 for n in range(int(seconds * rate)))
        for value in sound:
            samples.extend([value] * channels)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(samples.tobytes())
    return file.getvalue()


def samples_of(data: bytes) -> tuple[array[int], int]:
    """Samples and rate of a WAV."""
    with wave.open(io.BytesIO(data)) as file:
        return array("h", file.readframes(file.getnframes())), file.getframerate()


def pitch(data: bytes) -> float:
    """Hz of a WAV with one tone in it: two crossings of zero are a cycle."""
    samples, rate = samples_of(data)
    crossings = sum((a < 0) != (b < 0) for a, b in pairwise(samples))
    return crossings * rate / 2 / len(samples)


def from_ulaw(data: bytes) -> np.ndarray:
    """Samples of G.711 mu-law, -1 to 1 (ITU-T G.711, table 2a)."""
    code = ~np.frombuffer(data, np.uint8)
    size = (((code & 0x0F).astype(int) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return np.where(code & 0x80, -size, size) / 32768


def from_pcm(data: bytes) -> np.ndarray:
    """Samples of s16le, -1 to 1."""
    return np.frombuffer(data, "<i2") / 32768


def peak(samples: np.ndarray, rate: int) -> float:
    """Hz of the strongest part of the sound."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 16))
    return float(np.argmax(spectrum)) * rate / (1 << 16)

"""What a sound of the `tone` engine says.

A character is 20 ms of `base + 50 * (code point mod 64)` Hz, so each of the 64 characters from the space to
the underscore has a tone of its own, and a text in capitals can be read back from its sound, whichever way
it came.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]
_QUIET = 1e-3
_SLIP = 0.005
"""Seconds by which two segments overlap where they meet."""


def said(sound: bytes, rate: int = 24_000, base: int = 400) -> str:
    """The text of a sound (s16le, mono, `rate` in Hz) in the voice tone-`base`; in capitals."""
    return said_of(np.frombuffer(sound, "<i2").astype(np.float64) / 32768, rate, base)


def said_of(samples: Samples, rate: int, base: int = 400) -> str:
    character, slip = rate // 50, round(rate * _SLIP)
    loud = np.flatnonzero(np.abs(samples) > _QUIET)
    at, end = int(loud[0]) if len(loud) else 0, len(samples)
    text = ""
    while end - at >= character // 2:
        at = max(0, min(at, end - character))
        hertz, purity = _tone(samples[at : at + character])
        if text:
            earlier = _tone(samples[at - slip : at - slip + character])
            if earlier[1] > 1.1 * purity:  # a seam is behind us
                hertz, at = earlier[0], at - slip
        text += chr(32 + (round((hertz - base) / 50) - 32) % 64)
        at += character
    return text


def sung(text: str) -> str:
    """What is read back of `text`, which may be in any letters."""
    return "".join(chr(32 + (ord(character) - 32) % 64) for character in text)


def seconds(sound: bytes, rate: int = 24_000) -> float:
    """Of s16le, mono."""
    return len(sound) / 2 / rate


def expanded(mulaw: bytes) -> Samples:
    """The samples of G.711 mu-law."""
    code = ~np.frombuffer(mulaw, np.uint8)
    size = (((code & 15).astype(np.int32) << 3) + 132 << ((code >> 4) & 7)) - 132
    return np.where(code & 128, -size, size) / 32768.0


def _tone(part: Samples) -> tuple[float, float]:
    """Hz of the loudest tone in 20 ms, and its share of their power: all of it, if they are one character,
    since tones that are 50 Hz apart are orthogonal over 20 ms."""
    power = np.abs(np.fft.rfft(part)) ** 2
    top = int(power.argmax())
    return top * 50.0, float(power[top] / (power.sum() or 1))

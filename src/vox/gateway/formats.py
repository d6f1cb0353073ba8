"""The audio formats by name: what a caller may ask for, and what the answer is called. The codec worker has
their encoders; WAV's header is made here too, since PCM at the engine's own rate needs no codec at all."""

from __future__ import annotations

from struct import pack
from typing import NamedTuple

from vox.errors import BadRequest, unknown

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Hz that a caller may ask for."""


class Format(NamedTuple):
    name: str
    media_type: str
    rate: int = 0
    """Hz, when the caller names none; 0 is the engine's own, which saves resampling."""
    width: int = 0
    """Bytes a sample, where an answer is samples and nothing else."""


FORMATS = {
    format.name: format
    for format in (
        Format("mp3", "audio/mpeg"),
        Format("opus", "audio/ogg"),
        Format("aac", "audio/aac"),
        Format("flac", "audio/flac"),
        Format("wav", "audio/wav"),
        Format("pcm", "audio/pcm", 24000, width=2),
        Format("ulaw", "audio/x-mulaw", 8000, width=1),
        Format("alaw", "audio/x-alaw", 8000, width=1),
    )
}

ALIASES = {
    "ogg": "opus",
    "mulaw": "ulaw",
    "g711_ulaw": "ulaw",
    "ulaw_8000": "ulaw",
    "pcm_mulaw": "ulaw",
    "audio/x-mulaw": "ulaw",
    "g711_alaw": "alaw",
    "alaw_8000": "alaw",
    "pcm_alaw": "alaw",
    "audio/x-alaw": "alaw",
}


def find(name: str, param: str = "response_format") -> Format:
    """The format called `name`, an alias included. Raises `BadRequest`."""
    word = name.strip().lower()
    found = FORMATS.get(ALIASES.get(word, word))
    if found is None:
        raise BadRequest(unknown("format", name, list(FORMATS)), param=param)
    return found


def output_rate(format: Format, asked: int | None) -> int:
    """Hz of the answer, 0 for the engine's own. Raises `BadRequest` for a rate that is none of `RATES`."""
    if asked is None:
        return format.rate
    if asked not in RATES:
        known = ", ".join(str(rate) for rate in RATES)
        raise BadRequest(f"sample_rate {asked} is not possible; use {known}", param="sample_rate")
    return asked


def wav_header(rate: int, size: int | None = None) -> bytes:
    """44 bytes for `size` bytes of s16le mono at `rate` Hz; without a size for a length not known yet: both
    sizes are 0xFFFFFFFF, which players read as "until the end"."""
    unknown_size = 0xFFFFFFFF
    whole, data = (unknown_size, unknown_size) if size is None else (36 + size, size)
    fmt = pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16)
    return pack("<4sI4s", b"RIFF", whole, b"WAVE") + fmt + pack("<4sI", b"data", data)

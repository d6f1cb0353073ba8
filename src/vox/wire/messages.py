"""The shapes of the control payloads, as typed dictionaries: JSON objects with known keys."""

from __future__ import annotations

from typing import Any, TypedDict

KINDS = (
    "markdown", "emoji", "url", "email", "phone", "date", "time", "money", "unit", "abbreviation", "number",
)  # fmt: skip
"""What can be written out in words, each by itself; in this order, as a date would be taken for numbers
otherwise."""


class Hello(TypedDict):
    """HELLO on stream 0: the worker runs and has imported its plug-in."""

    protocol: int
    name: str
    pid: int


class VoiceInfo(TypedDict):
    """One voice that an engine offers."""

    id: str
    name: str
    language: str  # BCP 47, lower case


class LoadRequest(TypedDict):
    """OPEN {"op": "load"}: the first stream of every worker."""

    op: str
    model: str
    directory: str | None  # where the model's files are
    device: str  # "auto", "cpu", "cuda", "mps"
    options: dict[str, Any]
    prompts: str | None  # where an engine's compiled voice prompts are kept
    slots: int  # jobs at once


class Loaded(TypedDict):
    """DONE of a load. `sample_rate` in Hz, 0 for a worker that makes no sound of its own."""

    sample_rate: int
    voices: list[VoiceInfo]


class Reference(TypedDict):
    """A recording to speak like, as `vox.workers.engine.Reference` describes it."""

    id: str  # 64 hexadecimal digits
    path: str
    transcript: str
    language: str


class SpeakRequest(TypedDict):
    """OPEN {"op": "speak"}: one segment. DATA answers it, s16le mono PCM at the loaded sample rate.

    DONE has `prompt` where the voice is a recording: "memory", "disk" or "made", which tells where its
    compiled form came from. OPEN {"op": "enroll", "reference": …} only sees to that."""

    op: str
    text: str | None  # None: it comes as DATA, UTF-8, while it is written
    voice: str
    language: str  # BCP 47, lower case
    speed: float  # 1.0 is the voice's own pace
    seed: int | None
    options: dict[str, Any]
    instructions: str
    reference: Reference | None


class TranscribeRequest(TypedDict):
    """OPEN {"op": "transcribe"} to a transcriber: DONE {"text", "language"}."""

    op: str
    path: str  # a WAV file: s16le, mono, 24 kHz
    language: str  # BCP 47, "" to find it out


class EncodeRequest(TypedDict):
    """OPEN {"op": "encode"} to the codec: s16le mono PCM comes in as DATA, the encoded stream goes out."""

    op: str
    format: str  # one of wav pcm mp3 opus aac flac ulaw alaw
    rate_in: int  # Hz
    rate_out: int  # Hz
    stretch: float  # 1.0 leaves the duration alone, 2.0 halves it; the pitch is kept


class ReferenceRequest(TypedDict):
    """OPEN {"op": "reference"} to the decoder: a recording in any container as DATA; a WAV file comes back
    (s16le, mono, 24 kHz, at most 15 s, trimmed and levelled), and DONE {"sound": SHA-256 of its samples,
    "seconds"}."""

    op: str
    whole: bool  # neither cut nor levelled: all of it, as it is


class DownloadRequest(TypedDict):
    """OPEN {"op": "download"} to the decoder: the bytes at an address as DATA, DONE {"found"}."""

    op: str
    url: str  # https, or http to a loopback host
    most: int  # bytes


class PlayRequest(TypedDict):
    """OPEN {"op": "play"} to the player: s16le mono PCM comes in; DONE once the last sample was heard."""

    op: str
    rate: int  # Hz


class DetectRequest(TypedDict):
    """OPEN {"op": "detect"} to the text worker: the text as DATA; DONE {"language": BCP 47}."""

    op: str


class NormalizeRequest(TypedDict):
    """OPEN {"op": "normalize"} to the text worker: the text as DATA, the same in words comes back as DATA."""

    op: str
    language: str  # BCP 47, lower case
    skip: list[str]  # kinds (`KINDS`) to leave as they are written


class Failure(TypedDict):
    """FAIL. `code` is a word of `vox.errors`, `param` the request field at fault, if one is."""

    code: str
    message: str
    param: str | None


class Report(TypedDict):
    """EVENT on stream 0, after each load and each job: memory in bytes."""

    rss: int
    vram: int

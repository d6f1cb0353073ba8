"""The shapes of the control payloads, as typed dictionaries: JSON objects with known keys."""

from __future__ import annotations

from typing import Any, TypedDict


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


class Loaded(TypedDict):
    """DONE of a load. `sample_rate` in Hz, 0 for a worker that makes no sound of its own."""

    sample_rate: int
    voices: list[VoiceInfo]


class SpeakRequest(TypedDict):
    """OPEN {"op": "speak"}: one segment. DATA answers it, s16le mono PCM at the loaded sample rate."""

    op: str
    text: str
    voice: str
    language: str  # BCP 47, lower case
    speed: float  # 1.0 is the voice's own pace
    seed: int | None
    options: dict[str, Any]


class EncodeRequest(TypedDict):
    """OPEN {"op": "encode"} to the codec: s16le mono PCM comes in as DATA, the encoded stream goes out."""

    op: str
    format: str  # one of wav pcm mp3 opus aac flac ulaw alaw
    rate_in: int  # Hz
    rate_out: int  # Hz
    stretch: float  # 1.0 leaves the duration alone, 2.0 halves it; the pitch is kept


class PlayRequest(TypedDict):
    """OPEN {"op": "play"} to the player: s16le mono PCM comes in; DONE once the last sample was heard."""

    op: str
    rate: int  # Hz


class DetectRequest(TypedDict):
    """OPEN {"op": "detect"} to the text worker: the text as DATA; DONE {"language": BCP 47}."""

    op: str


class Failure(TypedDict):
    """FAIL. `code` is a word of `vox.errors`, `param` the request field at fault, if one is."""

    code: str
    message: str
    param: str | None


class Report(TypedDict):
    """EVENT on stream 0, after each load and each job: memory in bytes."""

    rss: int
    vram: int

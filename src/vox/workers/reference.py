"""Recordings made ready to be spoken like: decoded, cut to the best stretch of speech, levelled.

The engines want 3 to 15 seconds of one voice without silence around it; longer ones make them slow, clipped
or quiet ones make them speak so. What can't become that is refused, with the reason.
"""

from __future__ import annotations

import hashlib
import io
import wave
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import av
import numpy as np
from av.filter import Graph
from numpy.typing import NDArray

from vox.workers.engine import EngineError
from vox.workers.service import Job

Samples = NDArray[np.int16]

RATE = 24_000
"""Hz of what comes out."""
SHORTEST, LONGEST = 1.0, 15.0
"""Seconds of a reference."""
MOST = 600.0
"""Seconds of sound that are decoded at all."""
LOUDNESS, PEAK = -20.0, -1.0
"""LUFS (EBU R 128) that a reference is brought to, and the level in dBFS that its samples keep below."""
_FRAME = RATE // 50
"""Samples: 20 ms."""
_QUIET = 35.0
"""dB below its loudest parts (the 95th percentile) a recording is silent."""
_SILENT = -60.0
"""dBFS: what is nowhere louder is silent."""
_PAUSE = 15
"""Frames of silence at which a recording may be cut: 300 ms."""
_EDGE = 5
"""Frames of silence left at both ends: 100 ms."""
_CLIPPED = 0.005
"""Share of samples at full scale from which on a recording is refused."""
_KINDS = "WAV, MP3, FLAC, Ogg or M4A"
_CONTAINERS = "wav,w64,aiff,au,caf,mp3,flac,ogg,aac,mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,amr,asf,mpegts,avi"
"""FFmpeg's names of what is read. Not all it knows: a playlist ("ffconcat", HLS, DASH) names other files, and
whoever sent it would hear those of this machine."""


def reference(request: dict[str, Any], job: Job) -> Iterator[bytes]:
    """The operation `reference` (`ReferenceRequest`). Raises `EngineError` (`invalid_value`)."""
    samples = decode(b"".join(job.read()))
    if not request["whole"]:
        samples = level(best(samples))
    job.note("sound", hashlib.sha256(samples.tobytes()).hexdigest())
    job.note("seconds", len(samples) / RATE)
    yield wav(samples)


def decode(data: bytes) -> Samples:
    """The first sound track of a file in any container, as int16 of shape (samples,) at `RATE`, mono."""
    if not data:
        raise _refused("the recording is empty")
    try:
        with av.open(io.BytesIO(data), "r", options={"format_whitelist": _CONTAINERS}) as container:
            if not container.streams.audio:
                raise _refused("the file has no sound in it")
            resampler = av.AudioResampler("s16", "mono", RATE)
            parts: list[Samples] = []
            size = 0
            for frame in container.decode(audio=0):
                made = [part.to_ndarray()[0] for part in resampler.resample(frame)]
                parts += made
                size += sum(map(len, made))
                if size > MOST * RATE:
                    raise _refused(f"the recording is longer than {MOST:.0f} s; send a part of it")
            parts += [part.to_ndarray()[0] for part in resampler.resample(None)]
    except av.ArgumentError:  # what is no container of ours, above all
        raise _refused(f"the file is no recording that can be read; send {_KINDS}") from None
    except av.FFmpegError as error:
        raise _refused(f"the recording can't be decoded ({error.strerror}); send {_KINDS}") from None
    if not parts:
        raise _refused("the recording has no sound in it")
    return np.concatenate(parts)


def best(samples: Samples) -> Samples:
    """The stretch of at most `LONGEST` seconds with the most speech in it, cut in pauses. Raises
    `EngineError` for a recording that is silent, clipped or too short."""
    levels = _levels(samples)
    if np.max(levels, initial=-120.0) < _SILENT:
        raise _refused("the recording is silent")
    clipped = float(np.mean(np.abs(samples.astype(np.int32)) >= 32_700))
    if clipped > _CLIPPED:
        raise _refused(f"the recording is clipped ({clipped:.1%} of it at full scale); record it less loud")
    loud = levels > max(float(np.percentile(levels, 95)) - _QUIET, _SILENT)
    first, last = _stretch(loud)
    speech = np.count_nonzero(loud[first:last]) * _FRAME / RATE
    if speech < SHORTEST:
        raise _refused(f"the recording has {speech:.1f} s of speech; at least {SHORTEST:g} s are needed")
    start, end = max(first - _EDGE, 0), min(last + _EDGE, len(loud))
    return samples[start * _FRAME : end * _FRAME]


def level(samples: Samples) -> Samples:
    """The same at `LOUDNESS`, or as near to it as `PEAK` allows. What is there already stays: a voice
    that was exported is the same after its import."""
    peak = float(np.max(np.abs(samples.astype(np.int32)))) / 32768
    gain = min(10 ** ((LOUDNESS - loudness(samples)) / 20), 10 ** (PEAK / 20) / peak)
    if abs(gain - 1) < 0.005:
        return samples
    return np.round(samples * gain).astype(np.int16)


def loudness(samples: Samples) -> float:
    """Integrated loudness in LUFS, by FFmpeg's `ebur128`; -70 where it is too quiet to be measured."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="s16", layout="mono")
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate = RATE
    source.push(frame)
    source.push(None)
    found = -70.0
    with suppress(av.EOFError):
        while True:
            found = float(sink.pull().metadata.get("lavfi.r128.I", found))
    return found


def wav(samples: Samples) -> bytes:
    """A WAV file: s16le, mono, `RATE`."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def _levels(samples: Samples) -> NDArray[np.float64]:
    """RMS of each frame, dBFS."""
    whole = samples[: len(samples) // _FRAME * _FRAME].astype(np.float64).reshape(-1, _FRAME) / 32768
    power = np.mean(whole**2, axis=1)
    levels: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-12))
    return levels


def _stretch(loud: NDArray[np.bool_]) -> tuple[int, int]:
    """First and last frame of the best stretch: it begins and ends with speech and, where it must be cut, is
    cut in a pause if there is one."""
    runs = _runs(loud)
    most = int((LONGEST * RATE) // _FRAME) - 2 * _EDGE
    spoken = np.concatenate(([0], np.cumsum(loud)))
    found = (0, 0)
    for index, (first, last) in enumerate(runs):
        end = min(last, first + most)
        for _, other in runs[index:]:
            if other - first > most:
                break
            end = other
        if spoken[end] - spoken[first] > spoken[found[1]] - spoken[found[0]]:
            found = (first, end)
    return found


def _runs(loud: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of speech without a pause in them, as frames."""
    frames = np.flatnonzero(loud)
    if not len(frames):
        return []
    breaks = np.flatnonzero(np.diff(frames) > _PAUSE)
    firsts = frames[np.concatenate(([0], breaks + 1))]
    lasts = frames[np.concatenate((breaks, [len(frames) - 1]))] + 1
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _refused(message: str) -> EngineError:
    return EngineError(message, code="invalid_value", param="audio_sample")

"""What is done to PCM before it is encoded: whole samples, another pace, another sample rate.

A stage takes and gives s16le mono PCM, keeps its state between pieces, and gives the same bytes however its
input was cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Protocol

import av
from av.filter import Graph

from vox.workers.encoders import audio_frame
from vox.workers.engine import EngineError


class Stage(Protocol):
    def feed(self, pcm: bytes) -> bytes:
        """Returns what is ready."""
        ...

    def finish(self) -> bytes:
        """The rest."""
        ...


class Whole:
    """Cuts at samples: a piece may end in the middle of one."""

    def __init__(self) -> None:
        self._half = b""

    def feed(self, pcm: bytes) -> bytes:
        pcm = self._half + pcm
        end = len(pcm) & ~1
        self._half = pcm[end:]
        return pcm[:end]

    def finish(self) -> bytes:
        if self._half:
            raise EngineError("the sound ended in the middle of a sample", code="codec_failed")
        return b""


class Stretch:
    """Another pace at the same pitch, by FFmpeg's `atempo` (waveform similarity overlap-add).

    `factor` is from 0.25 to 4; 2.0 halves the duration, to the sample. The first sound comes after 60 ms of
    input (200 at 4.0); a sound moves by up to 30 ms of input to where it fits its neighbours.
    """

    def __init__(self, rate: int, factor: float) -> None:
        self._rate, self._factor = rate, factor
        self._waiting = bytearray()
        self._taken = 0
        self._given = 0
        self._graph = Graph()
        self._graph.link_nodes(
            self._graph.add_abuffer(
                sample_rate=rate, format="s16", layout="mono", time_base=Fraction(1, rate)
            ),
            *(self._graph.add("atempo", repr(part)) for part in _parts(factor)),
            self._graph.add("abuffersink"),
        ).configure()

    def feed(self, pcm: bytes) -> bytes:
        self._waiting += pcm
        # The filter's choices depend on how its input is cut, so we always cut it alike: 20 ms.
        block = self._rate // 50 * 2
        end = len(self._waiting) // block * block
        for start in range(0, end, block):
            self._push(bytes(self._waiting[start : start + block]))
        del self._waiting[:end]
        return self._pull()

    def finish(self) -> bytes:
        length = round((self._taken + len(self._waiting) // 2) / self._factor)
        missing = 2 * max(0, length - self._given)
        # The filter loses the last milliseconds of what it is given: let that be silence.
        self._push(bytes(self._waiting) + bytes(self._rate // 10 * 2))
        self._graph.push(None)
        return self._pull()[:missing].ljust(missing, b"\0")

    def _push(self, pcm: bytes) -> None:
        frame = audio_frame(pcm, self._rate, self._taken)
        self._taken += frame.samples
        self._graph.push(frame)

    def _pull(self) -> bytes:
        # A plane may be longer than the samples in it.
        sound = b"".join(bytes(frame.planes[0])[: 2 * frame.samples] for frame in self._frames())
        self._given += len(sound) // 2
        return sound

    def _frames(self) -> Iterator[av.AudioFrame]:
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return
            assert isinstance(frame, av.AudioFrame)
            yield frame


def _parts(factor: float) -> list[float]:
    """`factor` as a product: outside 0.5 to 2 one `atempo` skips samples, or refuses."""
    return [factor] if 0.5 <= factor <= 2.0 else [factor**0.5] * 2


class Resample:
    """Another sample rate, by soxr at its high quality: exact length, aliases below the rounding (-90 dB)."""

    def __init__(self, rate_in: int, rate_out: int) -> None:
        import numpy  # 35 ms and 13 MB together, on the way to another rate only
        import soxr  # type: ignore[import-untyped] # it has hints, but not the file that says so

        self._numpy = numpy
        self._stream = soxr.ResampleStream(rate_in, rate_out, 1, dtype="float32", quality="HQ")

    def feed(self, pcm: bytes) -> bytes:
        return self._process(pcm, last=False)

    def finish(self) -> bytes:
        return self._process(b"", last=True)

    def _process(self, pcm: bytes, last: bool) -> bytes:
        np = self._numpy
        # As float: soxr dithers integers, by random numbers.
        samples = self._stream.resample_chunk(np.frombuffer(pcm, "<i2").astype(np.float32), last=last)
        rounded: bytes = np.rint(samples).clip(-32768, 32767).astype("<i2").tobytes()
        return rounded

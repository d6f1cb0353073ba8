"""What is done to PCM before it is encoded: whole samples, another pace, another sample rate.

A stage takes and gives s16le mono PCM, keeps its state between pieces, and gives the same bytes however its
input was cut.
"""

from __future__ import annotations

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
        if not self._half and not len(pcm) & 1:
            return pcm
        pcm = self._half + pcm
        end = len(pcm) & ~1
        self._half = pcm[end:]
        return pcm[:end]

    def finish(self) -> bytes:
        if self._half:
            raise EngineError("the sound ended in the middle of a sample", code="codec_failed")
        return b""


class _Filters:
    """A chain of FFmpeg's audio filters, each a name and its arguments."""

    def __init__(self, rate: int, *filters: tuple[str, str]) -> None:
        self._rate = rate
        self.taken = 0
        """Samples."""
        self._graph = graph = Graph()
        graph.threads = 1  # else every graph has as many as there are cores
        tick = Fraction(1, rate)
        self._source = graph.add_abuffer(sample_rate=rate, format="s16", layout="mono", time_base=tick)
        self._sink = graph.add("abuffersink")
        graph.link_nodes(self._source, *(graph.add(*each) for each in filters), self._sink).configure()

    def push(self, pcm: bytes) -> None:
        frame = audio_frame(pcm, self._rate)
        self.taken += frame.samples
        self._source.push(frame)

    def end(self) -> None:
        self._source.push(None)

    def pull(self) -> bytes:
        """The next piece that is ready; empty when none is."""
        try:
            frame = self._sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return b""
        assert isinstance(frame, av.AudioFrame)
        return bytes(frame.planes[0])[: 2 * frame.samples]  # a plane may be longer than the samples in it

    def pull_all(self) -> bytes:
        return b"".join(iter(self.pull, b""))


class Stretch:
    """Another pace at the same pitch, by FFmpeg's `atempo` (waveform similarity overlap-add).

    `factor` is from 0.25 to 4; 2.0 halves the duration, to the sample. The first sound comes after 60 ms of
    input (200 at 4.0); a sound moves by up to 30 ms of input to where it fits its neighbours.
    """

    def __init__(self, rate: int, factor: float) -> None:
        self._rate, self._factor = rate, factor
        self._waiting = bytearray()
        self._given = 0
        self._filters = _Filters(rate, *(("atempo", repr(part)) for part in _parts(factor)))

    def feed(self, pcm: bytes) -> bytes:
        self._waiting += pcm
        # The filter's choices depend on how its input is cut, so we always cut it alike: 20 ms.
        block = self._rate // 50 * 2
        end = len(self._waiting) // block * block
        for start in range(0, end, block):
            self._filters.push(bytes(self._waiting[start : start + block]))
        del self._waiting[:end]
        sound = self._filters.pull_all()
        self._given += len(sound) // 2
        return sound

    def finish(self) -> bytes:
        length = round((self._filters.taken + len(self._waiting) // 2) / self._factor)
        missing = 2 * max(0, length - self._given)
        # The filter loses the last milliseconds of what it is given: let that be silence.
        self._filters.push(bytes(self._waiting) + bytes(self._rate // 10 * 2))
        self._filters.end()
        return self._filters.pull_all()[:missing].ljust(missing, b"\0")


def _parts(factor: float) -> list[float]:
    """`factor` as a product: outside 0.5 to 2 one `atempo` skips samples, or refuses."""
    return [factor] if 0.5 <= factor <= 2.0 else [factor**0.5] * 2


class Resample:
    """Another sample rate, by FFmpeg's resampler: exact length, and each piece comes out at once.

    The filter is 8 ms long, so the sound is 4 ms late. What is 600 Hz and more below half of the lower rate
    it leaves as it is (for a phone: up to 3,400 Hz); from what is above that half, and would be heard folded
    back, it takes 78 dB. The figures, and those of others, are in docs/decisions/0017-phone-path.md.
    """

    def __init__(self, rate_in: int, rate_out: int) -> None:
        self._rate_in, self._rate_out = rate_in, rate_out
        self._given = 0
        taps = min(rate_in, rate_out) // 125  # at the lower rate
        options = {
            "filter_size": taps,
            "filter_type": "kaiser",
            "kaiser_beta": 8,
            "cutoff": f"{1 - 5.12 / taps:.4f}",  # the middle of the slope, which ends at 1
            "linear_interp": 1,  # for rates without a common measure; for others it costs nothing
            "internal_sample_fmt": "fltp",
            "out_sample_fmt": "s16",
        }
        arguments = ":".join(f"{name}={value}" for name, value in options.items())
        self._filters = _Filters(rate_in, ("aresample", f"{rate_out}:{arguments}"))

    def feed(self, pcm: bytes) -> bytes:
        if not pcm:
            return b""
        self._filters.push(pcm)
        sound = self._filters.pull()  # one piece in, at most one out
        self._given += len(sound) // 2
        return sound

    def finish(self) -> bytes:
        length = round(self._filters.taken * self._rate_out / self._rate_in)
        missing = 2 * max(0, length - self._given)
        self._filters.end()
        return self._filters.pull_all()[:missing].ljust(missing, b"\0")

"""The formats that sound is answered in: one table, and the encoders behind it.

Every encoder takes s16le mono PCM in whole samples and gives what is ready of the encoded stream, at once and
never more than once: the sinks can't seek, so nothing is patched afterwards.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from struct import pack
from typing import TYPE_CHECKING, NamedTuple, Protocol

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.format import AudioFormat
from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream

if TYPE_CHECKING:
    from numpy import uint8
    from numpy.typing import NDArray

_S16, _MONO = AudioFormat("s16"), AudioLayout("mono")
_UNKNOWN = 0xFFFFFFFF
"""The length field of a WAV file that is still being made."""


class Encoder(Protocol):
    def feed(self, pcm: bytes) -> bytes:
        """Encode; returns what is ready. The first call gives the header too, even for no samples."""
        ...

    def finish(self) -> bytes:
        """The rest of the stream."""
        ...

    def close(self) -> None:
        """Release what the encoder holds; may be called at any time, more than once."""
        ...


class Raw:
    """PCM as it is, behind a header."""

    def __init__(self, header: bytes = b"") -> None:
        self._header = header

    def feed(self, pcm: bytes) -> bytes:
        header, self._header = self._header, b""
        return header + pcm

    def finish(self) -> bytes:
        return self.feed(b"")

    def close(self) -> None:
        pass


def wav(rate: int) -> Raw:
    """RIFF WAVE with both lengths unknown, as every streamed WAV has them."""
    form = pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return Raw(pack("<4sI4s", b"RIFF", _UNKNOWN, b"WAVE") + form + pack("<4sI", b"data", _UNKNOWN))


class _Sink:
    """What libavformat writes to: no `seek`, so it takes the file for a pipe."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(data)
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


class Packets:
    """A codec of libavcodec in a container of libavformat, with the options of each."""

    def __init__(
        self, rate: int, codec: str, coding: dict[str, str], container: str, muxing: dict[str, str]
    ) -> None:
        self._rate, self._tick = rate, Fraction(1, rate)
        self._samples = 0
        self._sink = _Sink()
        self._container = av.open(self._sink, "w", format=container, options=muxing)
        stream = self._container.add_stream(codec, rate=rate, options=coding, layout="mono")
        assert isinstance(stream, AudioStream)
        self._stream = stream
        self._container.start_encoding()

    def feed(self, pcm: bytes) -> bytes:
        if pcm:
            frame = audio_frame(pcm, self._rate)
            frame.pts, frame.time_base = self._samples, self._tick
            self._samples += frame.samples
            self._container.mux(self._stream.encode(frame))
        return self._sink.take()

    def finish(self) -> bytes:
        if not self._samples:  # players refuse a file without a packet, so silence becomes 20 ms of it
            self._sink.write(self.feed(bytes(self._rate // 50 * 2)))
        self._container.mux(self._stream.encode(None))
        self.close()
        return self._sink.take()

    def close(self) -> None:
        self._container.close()


class G711:
    """Mu-law or A-law, headerless: a look-up a sample.

    That takes 1 µs for 20 ms, libavcodec's encoder 3; among 200 calls, with cold caches, it saves 4 of 25.
    """

    def __init__(self, rate: int, codec: str) -> None:
        import numpy  # 32 ms and 12 MB, when the first call comes in

        self._numpy, self._codes, self._any = numpy, _codes(codec), False
        self._silence = bytes(rate // 50 * 2)

    def feed(self, pcm: bytes) -> bytes:
        self._any |= bool(pcm)
        codes: bytes = self._codes.take(self._numpy.frombuffer(pcm, "<u2")).tobytes()
        return codes

    def finish(self) -> bytes:
        return b"" if self._any else self.feed(self._silence)  # as `Packets` does

    def close(self) -> None:
        """There is nothing to close."""


@lru_cache
def _codes(codec: str) -> NDArray[uint8]:
    """What libavcodec makes of every sample, in the order of their unsigned values."""
    import numpy as np

    context = av.CodecContext.create(codec, "w")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate, context.layout, context.format = 8_000, _MONO, _S16
    every = np.arange(1 << 16).astype("<u2").tobytes()
    return np.frombuffer(b"".join(map(bytes, context.encode(audio_frame(every, 8_000)))), np.uint8)


def audio_frame(pcm: bytes, rate: int) -> av.AudioFrame:
    """s16le mono PCM as a frame of libav, without a time."""
    frame = av.AudioFrame(_S16, _MONO, len(pcm) // 2)
    frame.planes[0].update(pcm)
    frame.sample_rate = rate
    return frame


def _mp3(rate: int) -> Packets:
    # Without a reservoir no frame waits for bits to save: 50 ms until the first one, not 80. Without tags,
    # answers can be joined.
    coding = {"b": _bits(rate), "reservoir": "0"}
    return Packets(rate, "libmp3lame", coding, "mp3", {"id3v2_version": "0"})


def _opus(rate: int) -> Packets:
    # A page of Ogg holds a second by default; this is a packet's duration, in microseconds.
    return Packets(rate, "libopus", {"b": "48k"}, "ogg", {"page_duration": "20000"})


def _aac(rate: int) -> Packets:
    return Packets(rate, "aac", {"b": _bits(rate)}, "adts", {})


def _flac(rate: int) -> Packets:
    # Blocks of 25 ms, where the encoder's own choice is 96; a header without 8 KiB of room for tags.
    return Packets(rate, "flac", {"frame_size": str(rate // 40)}, "flac", {"metadata_header_padding": "0"})


def _bits(rate: int) -> str:
    """Bits a second at which MP3 and AAC leave one voice as it is."""
    return "64k" if rate <= 24_000 else "96k"


class Format(NamedTuple):
    open: Callable[[int], Encoder]
    """Makes an encoder for a sample rate, in Hz."""
    rates: tuple[int, ...] = ()
    """Sample rates that it can hold, in Hz and descending; empty: all."""
    rate_is_free: bool = False
    """Whether the stream plays at a rate of its own, whatever the encoder was fed with (Opus: 48 kHz)."""

    def rate(self, asked: int) -> int | None:
        """The rate to feed the encoder with, in Hz; None where the format can't hold `asked`."""
        if not self.rates or asked in self.rates:
            return asked
        if self.rate_is_free:
            return min((rate for rate in self.rates if rate > asked), default=self.rates[0])
        return None


_MP3_RATES = (48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000)
_AAC_RATES = (96_000, 88_200, 64_000, *_MP3_RATES)
_OPUS_RATES = (48_000, 24_000, 16_000, 12_000, 8_000)

FORMATS: dict[str, Format] = {
    "wav": Format(wav),
    "pcm": Format(lambda rate: Raw()),
    "mp3": Format(_mp3, _MP3_RATES),
    "opus": Format(_opus, _OPUS_RATES, rate_is_free=True),
    "aac": Format(_aac, _AAC_RATES),
    "flac": Format(_flac),
    # G.711, rounded to the nearest step where the reference code truncates: the noise is a little lower.
    "ulaw": Format(lambda rate: G711(rate, "pcm_mulaw")),
    "alaw": Format(lambda rate: G711(rate, "pcm_alaw")),
}
"""Name on the wire → format. A new format is one entry."""

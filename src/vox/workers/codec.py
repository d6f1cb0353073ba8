"""The codec worker: PCM of any engine in, any format out, at any pace and sample rate.

A job encodes while its sound is still being made. Jobs share nothing but this module's code, and the thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import av

from vox.wire.messages import Loaded
from vox.workers.encoders import FORMATS, Encoder, Format
from vox.workers.engine import EngineError, Progress
from vox.workers.shaping import Resample, Stage, Stretch, Whole

RATES = (4_000, 192_000)
"""Hz: lowest and highest sample rate, in and out."""
STRETCH = (0.25, 4.0)


class Codec:
    """`Piping` with one operation, `encode` (`EncodeRequest`)."""

    def load(self, request: dict[str, Any], progress: Progress) -> Loaded:
        """Nothing is left to do once this module is imported: an encoder's first job takes 1 to 3 ms more
        than its second, and to try them all beforehand would take longer."""
        return {"sample_rate": 0, "voices": []}

    def open(self, op: str, request: dict[str, Any]) -> Encoding:
        """Raises `EngineError` for a value that is out of range."""
        if op != "encode":
            raise EngineError(f"the codec can't {op}", code="invalid_value")
        return Encoding(_wanted(request))

    def close(self) -> None:
        pass


class Encoding:
    """One sound on its way to its format, a `Pipe`. Its methods raise `EngineError` (`codec_failed`)."""

    def __init__(self, wanted: _Wanted) -> None:
        self._encoder: Encoder | None = None
        try:
            self._encoder = wanted.format.open(wanted.rate_out)
            self._stages: list[Stage] = [*_shaping(wanted), self._encoder]
        except av.FFmpegError as error:
            self.close()
            raise _failed(error) from error

    def feed(self, data: bytes) -> bytes:
        try:
            for stage in self._stages:
                data = stage.feed(data)
        except av.FFmpegError as error:
            raise _failed(error) from error
        return data

    def finish(self) -> bytes:
        rest = b""
        try:
            for stage in self._stages:
                rest = stage.feed(rest) + stage.finish()
        except av.FFmpegError as error:
            raise _failed(error) from error
        return rest

    def close(self) -> None:
        if self._encoder is not None:
            self._encoder.close()


def _failed(error: av.FFmpegError) -> EngineError:
    return EngineError(f"the sound could not be encoded: {error}", code="codec_failed")


class _Wanted(NamedTuple):
    format: Format
    rate_in: int
    rate_out: int
    """What the encoder is fed with."""
    stretch: float


def _wanted(request: dict[str, Any]) -> _Wanted:
    name, rate_out, stretch = request["format"], request["rate_out"], request["stretch"]
    format = FORMATS.get(name)
    if format is None:
        raise _refused(f"unknown format {name!r}; known: {', '.join(FORMATS)}", "format")
    for rate in (request["rate_in"], rate_out):
        if not RATES[0] <= rate <= RATES[1]:
            message = f"a sample rate of {rate} Hz is not between {RATES[0]} and {RATES[1]}"
            raise _refused(message, "sample_rate")
    rate_fed = format.rate(rate_out)
    if rate_fed is None:
        known = ", ".join(map(str, format.rates))
        raise _refused(
            f"{name} can't hold a sample rate of {rate_out} Hz; it can hold {known}", "sample_rate"
        )
    if not STRETCH[0] <= stretch <= STRETCH[1]:  # so says NaN, too
        raise _refused(f"a pace of {stretch} is not between {STRETCH[0]} and {STRETCH[1]}", "speed")
    return _Wanted(format, request["rate_in"], rate_fed, stretch)


def _refused(message: str, param: str) -> EngineError:
    return EngineError(message, code="invalid_value", param=param)


def _shaping(wanted: _Wanted) -> Iterator[Stage]:
    yield Whole()
    if wanted.stretch != 1.0:
        yield Stretch(wanted.rate_in, wanted.stretch)
    if wanted.rate_in != wanted.rate_out:
        yield Resample(wanted.rate_in, wanted.rate_out)

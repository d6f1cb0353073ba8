"""What a client of Wyoming sends, taken apart: bytes in, events out, within limits."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from wyoming.event import Event

from vox.errors import BadRequest
from vox.gateway.http import decode


class Broken(BadRequest):
    """What came is no event, and where the next one begins can't be known."""


_Size = Annotated[int, msgspec.Meta(ge=0)]


class _Head(msgspec.Struct):
    type: str
    data: dict[str, Any] | None = None
    data_length: _Size | None = None
    payload_length: _Size | None = None


class VoiceData(msgspec.Struct):
    """A multi-speaker voice is several voices here, so that `speaker` means nothing."""

    name: str | None = None
    language: str | None = None


class StartData(msgspec.Struct, kw_only=True):
    voice: VoiceData | None = None
    text_format: str | None = None


class WholeData(StartData, kw_only=True):
    text: str


class ChunkData(msgspec.Struct):
    text: str


class PingData(msgspec.Struct):
    text: str | None = None


class Inbox:
    """Bytes in, events out."""

    def __init__(self, most: int) -> None:
        """`most`: bytes of one event."""
        self._most = most
        self._bytes = bytearray()
        self._head: _Head | None = None

    @property
    def size(self) -> int:
        """Bytes that are held."""
        return len(self._bytes)

    @property
    def partial(self) -> bool:
        """Whether an event has begun, where `next` gave none."""
        return bool(self._bytes) or self._head is not None

    def feed(self, data: memoryview) -> None:
        self._bytes += data

    def next(self) -> Event | None:
        """The next event that is whole, without its payload: nothing that is listened to has one. Raises
        `BadRequest`, which is `Broken` where none can follow."""
        head = self._head = self._head or self._take_head()
        if head is None:
            return None
        size = head.data_length or 0
        whole = size + (head.payload_length or 0)
        if len(self._bytes) < whole:
            return None
        data = bytes(self._bytes[:size])
        del self._bytes[:whole]
        self._head = None
        return Event(head.type, (head.data or {}) | (decode(data, dict[str, Any]) if data else {}))

    def _take_head(self) -> _Head | None:
        end = self._bytes.find(b"\n")
        if end < 0:
            self._check(len(self._bytes))
            return None
        line = bytes(self._bytes[:end])
        del self._bytes[: end + 1]
        try:
            head = decode(line, _Head)
        except BadRequest as error:
            raise Broken(f"an event begins with a line of JSON that has its type: {error.message}") from None
        self._check(end + (head.data_length or 0) + (head.payload_length or 0))
        return head

    def _check(self, size: int) -> None:
        if size > self._most:
            raise Broken(f"an event may have {self._most:,} bytes", code="too_large")

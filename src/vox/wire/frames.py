"""Length-prefixed binary frames over a byte stream, sans I/O.

A frame is a 9-byte header (kind u8, stream u32, length u32, big endian) and a payload of at most 1 MiB.
Control payloads are JSON objects, audio is raw PCM; nothing is ever unpickled.

Rules of a stream:

* The gateway opens it (`OPEN`, odd or even does not matter: only the gateway opens). Stream 0 is the
  worker's own: its `HELLO`, and its unasked `EVENT`s.
* Both sides may send `DATA`, each within the bytes that the other has granted: `WINDOW` at first, more by
  `CREDIT`. One slow listener so never stalls another stream on the same socket.
* The gateway ends its input by `END`, or gives up by `CANCEL`.
* The worker ends a stream by exactly one `DONE` or `FAIL`. End of file before that is an error, never an end.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from enum import IntEnum
from struct import Struct
from typing import Any, NamedTuple

HEADER = Struct(">BII")
CREDIT_AMOUNT = Struct(">I")
MAX_PAYLOAD = 1 << 20
"""Bytes; a longer frame is refused, and its connection with it."""
WINDOW = 256 * 1024
"""Bytes that either side may send on a new stream before the first `CREDIT`."""
PROTOCOL = 1
"""Version of these rules; a worker's `HELLO` carries it."""


class Kind(IntEnum):
    HELLO = 1  # worker: who I am (stream 0)
    OPEN = 2  # gateway: {"op": …} starts a stream
    DATA = 3  # both: bytes
    END = 4  # gateway: no more input on this stream
    EVENT = 5  # worker: JSON; on stream 0 a report about the whole worker
    DONE = 6  # worker: the stream is complete; JSON figures
    FAIL = 7  # worker: the stream failed; JSON {"code", "message", "param"}
    CANCEL = 8  # gateway: stop this stream; answered by DONE {"cancelled": true}
    CREDIT = 9  # both: u32 more bytes may be sent on this stream


class Frame(NamedTuple):
    kind: Kind
    stream: int
    payload: bytes

    def json(self) -> dict[str, Any]:
        """The control payload; raises `WireError` unless it is a JSON object."""
        try:
            value = json.loads(self.payload)
        except (ValueError, RecursionError) as error:
            raise WireError(f"{self.kind.name} frame is not JSON: {error}") from None
        if not isinstance(value, dict):
            raise WireError(f"{self.kind.name} frame is not a JSON object")
        return value


class WireError(Exception):
    """The other side broke the rules; the connection can't be trusted any further."""


def pack(kind: Kind, stream: int, payload: bytes = b"") -> bytes:
    """One frame as bytes. Raises `ValueError` over `MAX_PAYLOAD`."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a frame of {len(payload)} bytes is over the cap of {MAX_PAYLOAD}")
    return HEADER.pack(kind, stream, len(payload)) + payload


def pack_json(kind: Kind, stream: int, value: Any) -> bytes:
    """A control frame."""
    return pack(kind, stream, json.dumps(value, separators=(",", ":")).encode())


class Decoder:
    """Bytes in, frames out, however the bytes are cut."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes | memoryview) -> Iterator[Frame]:
        """All frames completed by `data`. Raises `WireError` on an unknown kind or an oversized frame."""
        buffer = self._buffer
        buffer += data
        at = 0
        try:
            while len(buffer) - at >= HEADER.size:
                kind, stream, length = HEADER.unpack_from(buffer, at)
                if length > MAX_PAYLOAD:
                    raise WireError(f"a frame announces {length} bytes, over the cap of {MAX_PAYLOAD}")
                end = at + HEADER.size + length
                if len(buffer) < end:
                    break
                payload = bytes(buffer[at + HEADER.size : end])
                at = end
                yield Frame(_kind(kind), stream, payload)
        finally:
            del buffer[:at]

    @property
    def at_boundary(self) -> bool:
        """Whether no frame is half received: an end of file elsewhere tore one."""
        return not self._buffer


def _kind(value: int) -> Kind:
    try:
        return Kind(value)
    except ValueError:
        raise WireError(f"unknown frame kind {value}") from None

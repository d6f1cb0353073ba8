"""A WebSocket client that costs little: Deepgram's messages over a Unix socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

from bench.daemon import Daemon


class Frames:
    """What a server sends, cut into messages: text as `str`, binary as `bytes`; others are left out."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[str | bytes]:
        self._buffer += data
        while (message := self._next()) is not None:
            opcode, payload = message
            if opcode in (1, 2):
                yield payload if opcode == 2 else payload.decode()

    def _next(self) -> tuple[int, bytes] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        size, at = buffer[1], 2
        if size == 126:
            size, at = int.from_bytes(buffer[2:4], "big"), 4
        elif size == 127:
            size, at = int.from_bytes(buffer[2:10], "big"), 10
        if len(buffer) < at + size:
            return None
        opcode, payload = buffer[0] & 15, bytes(buffer[at : at + size])
        del buffer[: at + size]
        return opcode, payload


def masked(message: dict[str, str]) -> bytes:
    """A text frame of a client, under a mask of zeros."""
    payload = json.dumps(message).encode()
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else bytes([0xFE]) + length.to_bytes(2, "big")
    return b"\x81" + size + bytes(4) + payload


def dial(gateway: Daemon, query: str) -> socket.socket:
    """A WebSocket whose handshake is through."""
    sock = gateway.connect()
    head = (
        f"GET /v1/speak?{query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    )
    sock.sendall(
        head.encode() + b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    seen = b""
    while b"\r\n\r\n" not in seen:
        seen += sock.recv(1)
    if not seen.startswith(b"HTTP/1.1 101"):
        raise RuntimeError(seen.decode())
    return sock

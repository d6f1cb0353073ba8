"""The client's HTTP: whatever the pieces in which an answer comes, and wherever it ends."""

from __future__ import annotations

import json
import socket
from _socket import socket as Socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vox.client import http11
from vox.client.http11 import Answer, BrokenOff
from vox.errors import VoxError

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@contextmanager
def received(data: bytes) -> Iterator[Answer]:
    """The answer in `data`, after which the gateway hangs up."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data)
        theirs.close()
        yield Answer(ours)


class Dribble:
    """A connection on which `data` comes in the given pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    def recv(self, size: int) -> bytes:
        return self.pieces.pop(0) if self.pieces else b""


@given(st.lists(st.binary(min_size=1, max_size=40)), st.data())
def test_a_chunked_body_survives_any_cutting(parts: list[bytes], data: st.DataObject) -> None:
    body = b"".join(b"%x;ext=1\r\n%b\r\n" % (len(part), part) for part in parts)
    raw = CHUNKED + body + b"0\r\n\r\n"
    cuts = sorted(data.draw(st.sets(st.integers(1, len(raw) - 1), max_size=12)))
    pieces = [raw[a:b] for a, b in zip([0, *cuts], [*cuts, len(raw)], strict=True)]
    connection: Socket = Dribble(pieces)  # type: ignore[assignment]
    assert Answer(connection).read() == b"".join(parts)


@pytest.mark.parametrize("missing", range(1, 14))
def test_a_chunked_body_that_ends_early_is_broken_off(missing: int) -> None:
    raw = CHUNKED + b"4\r\nRIFF\r\n0\r\n\r\n"
    with received(raw[:-missing]) as answer:
        if missing <= 2:  # the end itself was received
            assert answer.read() == b"RIFF"
        else:
            with pytest.raises(BrokenOff):
                answer.read()


def test_a_connection_reset_in_the_body_is_broken_off() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(b"what the gateway never reads")
        theirs.sendall(CHUNKED + b"4\r\nRI")
        theirs.close()
        with pytest.raises(BrokenOff):
            Answer(ours).read()


def test_a_body_of_known_length_ends_there() -> None:
    with received(b"HTTP/1.1 200 OK\r\ncontent-length:4\r\n\r\nRIFFmore") as answer:
        assert answer.read() == b"RIFF"
    with received(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nRIFF") as answer, pytest.raises(BrokenOff):
        answer.read()


@pytest.mark.parametrize("length", ["", "Content-Length: x\r\n", "Transfer-Encoding: chunked\r\n"])
def test_a_body_without_a_valid_length_is_refused(length: str) -> None:
    with (
        received(f"HTTP/1.1 200 OK\r\n{length}\r\nRIFF\r\n".encode()) as answer,
        pytest.raises(BrokenOff, match="no valid length"),
    ):
        answer.read()


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", b"SSH-2.0\r\n\r\n", b"HTTP/1.1 OK\r\n\r\n"])
def test_a_head_that_is_not_one_is_refused(head: bytes) -> None:
    with pytest.raises(BrokenOff), received(head):
        pass


def test_an_endless_head_is_refused() -> None:
    connection: Socket = Dribble([b"x" * 60_000] * 3)  # type: ignore[assignment]
    with pytest.raises(BrokenOff, match="65536"):
        Answer(connection)


def test_a_refusal_carries_the_gateways_words() -> None:
    error = {"message": "no such voice", "type": "invalid_request_error", "param": "voice", "code": "unknown"}
    body = json.dumps({"error": error}).encode()
    head = b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n" % len(body)
    with received(head + body) as answer, pytest.raises(VoxError) as refusal:
        answer.check()
    failure = refusal.value
    assert (failure.message, failure.kind, failure.param, failure.code) == tuple(error.values())
    head = b"HTTP/1.1 502 No\r\nContent-Length: 2\r\n\r\n"
    with received(head + b"{}") as answer, pytest.raises(VoxError, match="status 502"):
        answer.check()


def test_a_request_is_sent_whole_and_may_be_refused_before_it_was_read() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n\r\n")
        theirs.close()
        assert http11.exchange(ours, "POST", "/speak", b"x" * 1_000_000).status == 413


def test_a_gateway_that_left_without_reading_lets_the_request_go_elsewhere() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        ours.sendall(b"GET")
        theirs.close()
        with pytest.raises(ConnectionResetError):
            http11.exchange(ours, "GET", "/health")

"""Just enough HTTP/1.1 for the gateway's Unix socket: one request, one streamed answer, then the end.

Written on `_socket`, because `socket` alone costs 6 ms of start and `http.client` 27; for the same reason
`_collections_abc`, which the interpreter has loaded already, and not `collections.abc`.
"""

from __future__ import annotations

from _collections_abc import Iterator
from _socket import AF_UNIX, SOCK_STREAM, socket

from vox import paths
from vox.errors import VoxError

HEAD_MAX = 65_536
"""Bytes; no head of the gateway comes near."""
_PIECE = 65_536


class BrokenOff(VoxError):
    """The gateway ended, or ended the answer, before the answer was whole."""

    default_code = "broken_off"


def connect(path: str) -> socket | None:
    """A connection to the gateway that listens at `path`; None when nobody does.

    Raises `VoxError` when somebody may, but not for us.
    """
    sock = socket(AF_UNIX, SOCK_STREAM)
    try:
        sock.connect(path)
    except (FileNotFoundError, ConnectionRefusedError, NotADirectoryError):
        sock.close()
        return None
    except OSError as error:
        sock.close()
        raise VoxError(f"can't connect to {path}: {error.strerror}", code="no_connection") from None
    except BaseException:
        sock.close()
        raise
    return sock


JSON = "application/json"


def exchange(sock: socket, method: str, path: str, body: bytes = b"", kind: str = JSON) -> Answer:
    """Send one request and wait for the head of its answer; `body` is of the media type `kind`, or empty for
    none.

    Raises `ConnectionResetError` when the gateway left before it read the request, so that it can be sent
    elsewhere; `BrokenOff` when it left after that.
    """
    about = f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n" if body else ""
    head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{about}Connection: close\r\n\r\n"
    try:  # noqa: SIM105  contextlib costs 2 ms
        sock.sendall(head.encode() + body)
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before all of it was read: the reason may wait to be received
    return Answer(sock)


class Answer:
    """A response whose head has arrived. `headers` has lower-case names."""

    def __init__(self, sock: socket) -> None:
        self._sock = sock
        self._buffer = b""
        lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        try:
            self.status = int(lines[0].split(" ", 2)[1])
        except (IndexError, ValueError):
            raise BrokenOff(f"the gateway's answer is not HTTP: {lines[0][:80]!r}") from None
        pairs = [line.partition(":") for line in lines[1:]]
        self.headers = {name.strip().lower(): value.strip() for name, _, value in pairs}

    def chunks(self) -> Iterator[bytes]:
        """The body as it arrives. Raises `BrokenOff` when it ends too soon."""
        try:
            if self.headers.get("transfer-encoding", "").lower() == "chunked":
                while size := int(self._until(b"\r\n").partition(b";")[0], 16):
                    yield from self._exactly(size)
                    self._until(b"\r\n")
            else:
                yield from self._exactly(int(self.headers["content-length"]))
        except (ValueError, KeyError):
            raise BrokenOff("the gateway's answer has no valid length") from None
        except ConnectionResetError:
            raise broken_off() from None

    def read(self) -> bytes:
        """All of the body."""
        return b"".join(self.chunks())

    def json(self) -> dict[str, object]:
        """The body as a JSON object. Raises `BrokenOff` when it is none, or ends too soon."""
        from json import loads

        body = self.read()
        try:
            value = loads(body)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise BrokenOff(f"the gateway's answer is not a JSON object: {body[:80]!r}")
        return value

    def check(self) -> None:
        """Raises `VoxError` with the gateway's own words unless the status is a 2xx."""
        if self.status // 100 == 2:
            return
        error = self.json().get("error")
        if not isinstance(error, dict):
            error = {"message": f"the gateway answered with status {self.status}"}
        failure = VoxError(str(error.get("message")), code=error.get("code"), param=error.get("param"))
        failure.status, failure.kind = self.status, str(error.get("type") or failure.kind)
        raise failure

    def close(self) -> None:
        """Hang up; what is not received by now is cancelled."""
        self._sock.close()

    def _until(self, mark: bytes) -> bytes:
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > HEAD_MAX:
                raise BrokenOff(f"the gateway's answer has a line of over {HEAD_MAX} bytes")
            self._buffer += self._receive()
        found, self._buffer = self._buffer[:end], self._buffer[end + len(mark) :]
        return found

    def _exactly(self, size: int) -> Iterator[bytes]:
        while size:
            if not self._buffer:
                self._buffer = self._receive()
            piece, self._buffer = self._buffer[:size], self._buffer[size:]
            size -= len(piece)
            yield piece

    def _receive(self) -> bytes:
        data = self._sock.recv(_PIECE)
        if not data:
            raise broken_off()
        return data


def broken_off() -> BrokenOff:
    return BrokenOff(f"the answer broke off before it was complete; its log: {paths.daemon_log()}")

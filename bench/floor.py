"""The floor that figures are read against: a bare relay on asyncio and h11, without an app or a server.

    python -m bench.floor worker SOCKET            answers every request at once
    python -m bench.floor relay LISTEN SOCKET      HTTP on the Unix socket LISTEN, from the worker at SOCKET

A request's JSON body is `{"chunks": number, "bytes": size of each}`; the worker gets it as it is, and its
chunks become the chunks of the response. `Upstream` and `start` are shared by whatever is compared to it.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

import h11

from vox.wire.frames import Decoder, Kind, pack, pack_json


def work(path: str) -> None:
    """A worker for one relay: sends what it is asked for, a frame a chunk, as fast as it can."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        connection, _ = listener.accept()
    decoder = Decoder()
    with connection:
        while data := connection.recv(65536):
            for frame in decoder.feed(data):
                if frame.kind is Kind.OPEN:
                    wish = frame.json()
                    chunk = pack(Kind.DATA, frame.stream, bytes(wish["bytes"]))
                    for _ in range(wish["chunks"]):
                        connection.sendall(chunk)
                    connection.sendall(pack_json(Kind.DONE, frame.stream, {}))


class Upstream(asyncio.Protocol):
    """The relay's side of the wire. `on_data` and `on_done` are those of the stream that is open."""

    def __init__(self) -> None:
        self.on_data: Callable[[bytes], None]
        self.on_done: Callable[[], None]
        self._decoder = Decoder()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        for frame in self._decoder.feed(data):
            if frame.kind is Kind.DATA:
                self.on_data(frame.payload)
            else:
                self.on_done()

    def open(self, wish: bytes, on_data: Callable[[bytes], None], on_done: Callable[[], None]) -> None:
        self.on_data, self.on_done = on_data, on_done
        self.transport.write(pack(Kind.OPEN, 1, wish))


class BareRelay(asyncio.Protocol):
    """HTTP in, frames out; frames in, chunks out. No deadlines, no errors, no second thoughts."""

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream
        self._http = h11.Connection(h11.SERVER)
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Data):
                self._body += event.data
            elif isinstance(event, h11.EndOfMessage):
                body, self._body = self._body, b""
                self._upstream.open(body, self._first, self._done)
            elif not isinstance(event, h11.Request):
                return

    def _first(self, data: bytes) -> None:
        head = h11.Response(status_code=200, headers=[(b"content-type", b"audio/pcm")])
        self._transport.writelines([self._http.send(head), self._http.send(h11.Data(data=data))])
        self._upstream.on_data = self._rest

    def _rest(self, data: bytes) -> None:
        self._transport.writelines(self._http.send_with_data_passthrough(h11.Data(data=data)) or [])

    def _done(self) -> None:
        self._transport.write(self._http.send(h11.EndOfMessage()))
        self._http.start_next_cycle()

    def pause_writing(self) -> None:
        self._upstream.transport.pause_reading()

    def resume_writing(self) -> None:
        self._upstream.transport.resume_reading()


async def relay(listen: str, worker: str) -> None:
    loop = asyncio.get_running_loop()
    _, upstream = await loop.create_unix_connection(Upstream, worker)
    server = await loop.create_unix_server(lambda: BareRelay(upstream), listen)
    await server.serve_forever()


def start(module: str, role: str, listen: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A process of the comparison, which listens at `listen` when this returns. Like the gateway it keeps
    asyncio from importing ssl, which costs 4 MB."""
    program = f"import sys; sys.modules['ssl'] = None; from {module} import main; main()"
    command = [sys.executable, "-c", program, role, listen, *arguments]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[1])
    deadline = time.monotonic() + 10
    while not os.path.exists(listen):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{' '.join(command)} did not start")
        time.sleep(0.01)
    return process


def wish(chunks: int, size: int) -> bytes:
    """A request for `chunks` chunks of `size` bytes."""
    body = json.dumps({"chunks": chunks, "bytes": size}).encode()
    head = b"POST /v1/audio/speech HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def main() -> None:
    role, *paths = sys.argv[1:]
    if role == "worker":
        work(*paths)
    else:
        asyncio.run(relay(*paths))


if __name__ == "__main__":
    main()

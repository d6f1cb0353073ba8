"""A gateway of the tests: speaks the gateway's HTTP and its start-up protocol, but has no engines.

Run in the place of the interpreter, as `stand_in_gateway.py -m vox.gateway …` (see `e2e/test_cli_client.py`).
What it does wrong is told by `$VOX_HOME/fake.json`; what it was asked stands in `$VOX_HOME/asked`, a JSON
object a line.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import socket
import struct
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler
from socketserver import BaseServer, ThreadingUnixStreamServer

from vox import __version__, paths

RATE = 24_000
PCM = bytes(range(256)) * 375
"""Two seconds of 16-bit mono."""
LENGTH_UNKNOWN = 0xFFFFFFFF
HEADER = struct.pack(
    "<4sI4s4sIHHIIHH4sI",
    *(b"RIFF", LENGTH_UNKNOWN, b"WAVE", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16, b"data", LENGTH_UNKNOWN),
)
VOICES = [
    {"id": "af_bella", "name": "Bella", "language": "en-us", "model": "kokoro"},
    {"id": "bf_emma", "name": "Emma", "language": "en-gb", "model": "kokoro"},
    {"id": "zf_xiaobei", "name": "小贝", "language": "cmn", "model": "kokoro"},
]
WORKER = {
    "name": "kokoro/82m",
    "pid": 4711,
    "state": "ready",
    "rss": 412_000_000,
    "vram": 0,
    "idle": 3.0,
    "expires_in": 240.0,
    "running": 0,
}


def note(**what: object) -> None:
    with open(os.path.join(os.environ["VOX_HOME"], "asked"), "a", encoding="utf-8") as file:
        file.write(json.dumps(what) + "\n")


def faults() -> dict[str, object]:
    try:
        with open(os.path.join(os.environ["VOX_HOME"], "fake.json"), encoding="utf-8") as file:
            found: dict[str, object] = json.load(file)
            return found
    except FileNotFoundError:
        return {}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        note(method="GET", path=self.path)
        if self.path == "/health":
            self.json(
                status="ok",
                uptime=125.0,
                version=faults().get("version", __version__),
                loaded_models=["kokoro/82m"],
                vram_usage=0,
                queue=0,
                pid=os.getpid(),
            )
        elif self.path == "/api/ps":
            self.json(workers=[WORKER], queue=0)
        elif self.path.startswith("/v1/audio/voices"):
            self.json(voices=VOICES)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        note(method="POST", path=self.path, body=body, type=self.headers["content-type"])
        error = faults().get("error")
        if error:
            self.json(400, error=error)
        elif self.path == "/v1/audio/speech":
            self.speech(body["response_format"])
        elif self.path == "/speak":
            self.speak()
        elif self.path == "/stop":
            self.json(status="stopping")
            threading.Thread(target=self.server.shutdown).start()

    def speak(self) -> None:
        if faults().get("hang"):
            note(hung=True)
            note(left=self.left())
            return
        self.json(seconds=2.0, first_audio_ms=12.5)

    def left(self) -> bool:
        """Wait for what the client does next: whether it hangs up, which with bytes unread is a reset."""
        try:
            return not self.connection.recv(1)
        except ConnectionResetError:
            return True

    def speech(self, form: str) -> None:
        if faults().get("die"):
            os._exit(3)
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        data = (HEADER if form == "wav" else b"") + PCM
        data += bytes(int(str(faults().get("more", 0))))
        for at in range(0, len(data), 9_999):
            piece = data[at : at + 9_999]
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            if faults().get("break"):
                return
            if faults().get("hang"):
                note(hung=True)
                note(left=self.left())
                return
        self.wfile.write(b"0\r\n\r\n")

    def json(self, status: int = 200, /, **value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class Server(ThreadingUnixStreamServer):
    request_queue_size = 128
    daemon_threads = True


def daemon(ready: int | None) -> None:
    def tell(word: bytes) -> None:
        if ready is not None:
            os.write(ready, word)
            os.close(ready)

    refusal = faults().get("refuse")
    if refusal:
        return tell(b"E" + str(refusal).encode())
    if faults().get("crash"):
        raise SystemExit("no reason given")
    paths.make_private(paths.runtime_dir())
    lock = os.open(paths.lock_path(), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return tell(b"L")
    if os.path.lexists(paths.socket_path()):
        os.unlink(paths.socket_path())
    time.sleep(float(str(faults().get("slow", 0))))
    with Server(paths.socket_path(), Handler) as server:
        tell(b"R")
        server.serve_forever(poll_interval=0.02)
        os.unlink(paths.socket_path())
    return None


def one_shot(fd: int) -> None:
    if faults().get("crash"):
        raise SystemExit("no reason given")
    with socket.socket(fileno=fd) as connection:
        Handler(connection, ("", 0), BaseServer(("", 0), Handler))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("-P", action="store_true")
    parser.add_argument("-m", dest="module")
    parser.add_argument("--lazy", action="store_true")
    parser.add_argument("--one-shot", action="store_true")
    parser.add_argument("--fd", type=int)
    parser.add_argument("--ready-fd", type=int)
    given, _ = parser.parse_known_args()
    if given.module is None:
        return  # `-c pass`: somebody measures the interpreter's start
    note(started=sys.argv[1:], cwd=os.getcwd(), pid=os.getpid(), own_session=os.getsid(0) == os.getpid())
    if given.module == "vox.gateway.admin":
        print(json.dumps(faults().get("engines", [])))
    elif given.one_shot:
        one_shot(given.fd)
    else:
        daemon(given.ready_fd)


if __name__ == "__main__":
    main()

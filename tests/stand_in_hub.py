"""A stand-in for the model hub on loopback: lists and serves the files below a directory.

It answers what `huggingface_hub` asks to list a repository and to download a file, as the hub itself does:
the listing with the checksums of the files, `resolve` with an entity tag, the commit, and byte ranges. Below
`/elsewhere/` it is a web server as others are, for what is on no hub.
"""

from __future__ import annotations

import hashlib
import json
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

LARGE = 1 << 16
"""Files from here on are listed as large ones, with their SHA-256."""


class Asked(NamedTuple):
    method: str
    path: str
    range: str | None


class Hub:
    """`with Hub(root) as hub`: serves `root/OWNER/NAME/…` at `hub.address`, `root/elsewhere/…` as it is."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.revisions = {"main": "c" * 40}
        """Commits by branch or tag; every repository has the same."""
        self.asked: list[Asked] = []
        self.cut_at: int | None = None
        """Break the connection once, after so many bytes of a file."""
        self.hold_at: int | None = None
        """Send so many bytes of a file and then nothing, until the hub closes."""
        self.holding = threading.Event()
        self.damage = False
        """Send something else than what is listed."""
        self.ranges = True
        """Heed requests for a part of a file."""
        self.redirects: dict[str, str] = {}
        """Addresses by path."""
        self.failures: list[int] = []
        """Statuses of the next answers from elsewhere."""
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, self))
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Hub:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def downloads(self) -> list[Asked]:
        """The requests for the content of files so far."""
        return [asked for asked in self.asked if asked.method == "GET" and "/resolve/" in asked.path]

    def commit(self, revision: str) -> str | None:
        return revision if len(revision) == 40 else self.revisions.get(revision)

    def listing(self, repository: str, revision: str) -> dict[str, Any]:
        folder = self.root / repository
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        siblings = [_listed(path, str(path.relative_to(folder))) for path in files]
        return {"id": repository, "sha": self.commit(revision), "siblings": siblings}


def _listed(path: Path, name: str) -> dict[str, Any]:
    content = path.read_bytes()
    git = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    entry: dict[str, Any] = {"rfilename": name, "size": len(content), "blobId": git}
    if len(content) >= LARGE:
        sha256 = hashlib.sha256(content).hexdigest()
        entry["lfs"] = {"sha256": sha256, "size": len(content), "pointerSize": 134}
    return entry


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, hub: Hub, *arguments: Any) -> None:
        self.hub = hub
        super().__init__(*arguments)  # which answers the request

    def log_message(self, format: str, *arguments: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        self.hub.asked.append(Asked(self.command, path, self.headers.get("Range")))
        if path in self.hub.redirects or path.startswith("/elsewhere/"):
            self._elsewhere(path)
            return
        listing, file = path.startswith("/api/models/"), "/resolve/" in path
        repository, _, rest = (
            path.removeprefix("/api/models").strip("/").partition("/revision/" if listing else "/resolve/")
        )
        revision, _, name = rest.partition("/")
        if not (listing or file) or not (self.hub.root / repository).is_dir():
            self._refuse(401, "RepoNotFound", "Invalid username or password.")
        elif (self.hub.root / repository / "GATED").exists():
            self._refuse(403, "GatedRepo", "Access to this model is restricted.")
        elif self.hub.commit(revision) is None:
            self._refuse(404, "RevisionNotFound", "Invalid rev id")
        elif listing:
            self._send(json.dumps(self.hub.listing(repository, revision)).encode(), "application/json")
        elif not (self.hub.root / repository / name).is_file():
            self._refuse(404, "EntryNotFound", "Entry not found")
        else:
            self._file(self.hub.root / repository / name, str(self.hub.commit(revision)))

    def _elsewhere(self, path: str) -> None:
        file = self.hub.root / path[1:]
        if self.hub.failures:
            self._refuse(self.hub.failures.pop(0), "Failure", "As the test wants it")
        elif path in self.hub.redirects:
            self.send_response(302)
            self.send_header("Location", self.hub.redirects[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif not file.is_file():
            self._refuse(404, "NotFound", "Not found")
        else:
            self._file(file, "")

    def _refuse(self, status: int, code: str, message: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", message)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _file(self, path: Path, commit: str) -> None:
        content = path.read_bytes()
        tag, size = hashlib.sha256(content).hexdigest(), len(content)
        asked = self.headers.get("Range") if self.hub.ranges else None
        if self.headers.get("If-Range", f'"{tag}"') != f'"{tag}"':
            asked = None
        start = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
        if self.hub.damage:
            content = bytes(byte ^ 1 for byte in content)
        self.send_response(206 if asked else 200)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{size - 1}/{size}")
        self.send_header("ETag", f'"{tag}"')
        self.send_header("X-Repo-Commit", commit)
        self._send(content[start:], "application/octet-stream", headed=True)

    def _send(self, body: bytes, kind: str, headed: bool = False) -> None:
        if not headed:
            self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if headed and self.hub.cut_at is not None:
            self.wfile.write(body[: self.hub.cut_at])
            self.hub.cut_at, self.close_connection = None, True
        elif headed and self.hub.hold_at is not None:
            self.wfile.write(body[: self.hub.hold_at])
            self.wfile.flush()
            self.hub.holding.set()
            self.hub.closing.wait()
            self.close_connection = True
        else:
            self.wfile.write(body)

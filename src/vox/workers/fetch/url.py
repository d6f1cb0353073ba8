"""Files from an address: one as it is, or what an archive has in its outermost directory."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import ssl
import urllib.request
from contextlib import closing, suppress
from http.client import HTTPException
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit

from vox.workers.fetch.archive import ENDINGS, unpack
from vox.workers.fetch.files import BLOCK, PARTS, Arrived, Refused, Say, digests, inside, megabytes, settle

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TIMEOUT = 30.0
"""Seconds without a byte."""


def bring(
    source: dict[str, Any], known: dict[str, Any], directory: str, mirror: str, say: Say
) -> dict[str, Any]:
    """Bring the file or the archive at `source["url"]`; returns what the record says of it. `known` is what
    it said, `mirror` an address or a directory that stands before host and path, or "". Raises `Refused`, and
    `OSError` or `HTTPException` where it can't be had."""
    url, into = source["url"], source["into"]
    address = _address(url, mirror)
    part = os.path.join(directory, PARTS, hashlib.sha256(address.encode()).hexdigest()[:16])
    os.makedirs(os.path.dirname(part), exist_ok=True)
    _download(address, part, say)
    if urlsplit(url).path.endswith(ENDINGS):
        members = unpack(part, url, part + ".unpacked")
        arrived = {inside(into, name): path for name, path in members.items()}
    else:
        arrived = {inside(into): part}
    if gone := [path for path in known["files"] if path not in arrived]:
        raise Refused(f"{url} no longer has {gone[0]}; to do without it, delete {directory} and pull again")
    files = {
        path: settle(directory, path, Arrived(here, digests(here)[0]), known["files"].get(path), url)
        for path, here in arrived.items()
    }
    return {"endpoint": address, "files": files}


def explain(error: Exception, source: dict[str, Any]) -> str:
    """What went wrong, for the user."""
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    return f"{source['url']} can't be had ({reason}); what has arrived is kept: pull again"


def _address(url: str, mirror: str) -> str:
    """Where to ask. Raises `Refused` for what anybody on the way could change."""
    parts = urlsplit(url)
    if mirror.startswith("/"):
        return os.path.join(mirror, parts.netloc, unquote(parts.path).lstrip("/"))
    if mirror:
        return f"{mirror}/{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    if not _safe(url):
        raise Refused(f"{url} is not https")
    return url


def _safe(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """From https to https only."""

    def redirect_request(self, req: Any, *answer: Any) -> urllib.request.Request | None:
        target = answer[-1]
        if req.type == "https" and not _safe(target):
            raise Refused(f"{req.full_url} leads to {target}, which is not https")
        return super().redirect_request(req, *answer)


def _opener() -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()
    with suppress(ImportError):  # interpreters that uv fetches may find no certificates of the system's
        import certifi

        context.load_verify_locations(certifi.where())
    return urllib.request.build_opener(_Redirects, urllib.request.HTTPSHandler(context=context))


def _download(address: str, part: str, say: Say) -> None:
    """Bring the file to `part`, from where an interruption left it."""
    if address.startswith("/"):
        say(f"{os.path.basename(address)}: {megabytes(os.path.getsize(address))}, from {address}")
        shutil.copyfile(address, part)
        return
    while True:
        before = os.path.getsize(part) if os.path.exists(part) else 0
        try:
            _transfer(address, part, say)
            return
        except (OSError, HTTPException) as error:
            if isinstance(error, HTTPError) and error.code == 416:  # it has become shorter than what is here
                os.unlink(part)
                raise
            if os.path.getsize(part) <= before:
                raise


def _transfer(address: str, part: str, say: Say) -> None:
    """One answer's worth of it. What there is at `part` is continued where the server can say that it still
    belongs to the same file. Raises `OSError`, `HTTPException`."""
    begun = _begun(part)
    with open(part, "ab") as file:
        if file.tell() and file.tell() == begun["size"]:
            return
        headers = {"User-Agent": "vox"}
        if file.tell() and begun["tag"]:
            headers |= {"Range": f"bytes={file.tell()}-", "If-Range": begun["tag"]}
        request = urllib.request.Request(address, headers=headers)
        with closing(_opener().open(request, timeout=_TIMEOUT)) as answer:
            if answer.status != 206:
                file.seek(0)
                file.truncate()
                begun = _begin(part, answer.headers)
                name = os.path.basename(urlsplit(address).path)
                say(f"{name}: {megabytes(begun['size'])}, from {address}")
            _write(answer, file, begun["size"], say)
        if begun["size"] is not None and file.tell() != begun["size"]:
            raise OSError(f"{file.tell()} bytes arrived of {begun['size']}")


def _begun(part: str) -> dict[str, Any]:
    with suppress(OSError, ValueError), open(part + ".json", encoding="utf-8") as file:
        begun: dict[str, Any] = json.load(file)
        return begun
    return {"size": None, "tag": None}


def _begin(part: str, headers: Any) -> dict[str, Any]:
    """Keep what a later request needs to go on from here."""
    size, tag = headers["Content-Length"], headers["ETag"] or ""
    tag = headers["Last-Modified"] if tag.startswith("W/") or not tag else tag
    begun = {"size": int(size) if size else None, "tag": tag}
    with open(part + ".json", "w", encoding="utf-8") as file:
        json.dump(begun, file)
    return begun


def _write(answer: IO[bytes], file: IO[bytes], size: int | None, say: Say) -> None:
    step = max((size or 0) // 10, 10 * BLOCK)
    due = file.tell() + step
    while block := answer.read(BLOCK):
        file.write(block)
        if file.tell() >= due:
            due += step
            say(f"{megabytes(file.tell())} of {megabytes(size)}")

"""Brings what is at an address, for the gateway, which has no client of its own."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from vox.workers.engine import EngineError
from vox.workers.service import Job

TIMEOUT = 20.0
"""Seconds without an answer or a byte."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_PIECE = 64 * 1024


class _SameHost(HTTPRedirectHandler):
    """The user allows a host, not whatever that host sends us to."""

    def redirect_request(self, req: Request, *others: Any) -> Any:
        *_, target = others
        if urlsplit(target)[:2] != urlsplit(req.full_url)[:2]:
            raise EngineError(f"{req.full_url} leads to another host, {target}", code="source_failed")
        return super().redirect_request(req, *others)


def download(request: dict[str, Any], job: Job) -> Iterator[bytes]:
    """The operation `download` (`DownloadRequest`). Raises `EngineError` (`source_failed`)."""
    url, most = str(request["url"]), int(request["most"])
    address = urlsplit(url)
    if address.scheme != "https" and not (address.scheme == "http" and address.hostname in _LOOPBACK):
        raise EngineError(f"{url} is no https:// address", code="source_failed")
    job.note("found", True)
    try:
        with build_opener(_SameHost).open(url, timeout=TIMEOUT) as answer:
            size = 0
            while data := answer.read(_PIECE):
                size += len(data)
                if size > most:
                    raise EngineError(f"{url} is over {most:,} bytes", code="source_failed")
                yield data
            if answer.length:
                raise EngineError(f"{url} broke off after {size:,} bytes", code="source_failed")
    except HTTPError as error:
        if error.code not in (404, 410):
            raise EngineError(f"{url} answers {error.code} {error.reason}", code="source_failed") from None
        job.note("found", False)
    except (HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        raise EngineError(f"{url} can't be reached: {reason}", code="source_failed") from None

"""Answers that are whole at once: JSON, and errors in the shape that OpenAI's clients read."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterable

import msgspec

from vox.errors import BadRequest, VoxError, WorkerDied
from vox.gateway.server.asgi import Header, Scope, Send

_REASONS = {
    101: b"Switching Protocols",
    200: b"OK",
    202: b"Accepted",
    204: b"No Content",
    400: b"Bad Request",
    401: b"Unauthorized",
    403: b"Forbidden",
    404: b"Not Found",
    405: b"Method Not Allowed",
    408: b"Request Timeout",
    413: b"Content Too Large",
    415: b"Unsupported Media Type",
    424: b"Failed Dependency",
    426: b"Upgrade Required",
    429: b"Too Many Requests",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    501: b"Not Implemented",
    503: b"Service Unavailable",
}


def reason(status: int) -> bytes:
    """The phrase after a status, for people; `http.HTTPStatus` would cost memory."""
    return _REASONS.get(status, b"")


def date() -> bytes:
    """The Date header's value (RFC 9110 §6.6.1)."""
    return _format_date(int(time.time()))


@functools.lru_cache(maxsize=1)
def _format_date(second: int) -> bytes:
    # English names: nothing in the gateway sets another locale.
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(second)).encode()


def refusal(status: int, message: str) -> VoxError:
    """A failure that only the server itself knows: a request that never becomes one."""
    error = BadRequest(message, code=None if status == 400 else "http_error")
    error.status = status
    return error


def error_body(error: VoxError) -> bytes:
    """`{"error": {"message", "type", "param", "code"}}` as JSON."""
    detail = {"message": error.message, "type": error.kind, "param": error.param, "code": error.code}
    return msgspec.json.encode({"error": detail})


def error_headers(error: VoxError) -> list[Header]:
    """`Retry-After` where the error says when; where the same request would only fail again,
    `x-should-retry: false`, which keeps OpenAI's clients from trying a 500 twice more."""
    headers = []
    if error.retry_after is not None:
        headers.append((b"retry-after", b"%d" % error.retry_after))
    if error.status == 500 and not isinstance(error, WorkerDied):
        headers.append((b"x-should-retry", b"false"))
    if error.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.status == 426:
        headers += [(b"upgrade", b"websocket"), (b"sec-websocket-version", b"13")]
    return headers


def json_headers(payload: bytes, headers: Iterable[Header] = ()) -> list[Header]:
    """The headers of a JSON answer, `headers` after them."""
    length = b"%d" % len(payload)
    return [(b"content-type", b"application/json"), (b"content-length", length), *headers]


async def send_json(send: Send, status: int, payload: bytes, headers: Iterable[Header] = ()) -> None:
    """A whole answer; `payload` is JSON already."""
    await send_whole(send, status, payload, json_headers(payload, headers))


async def send_whole(send: Send, status: int, body: bytes, headers: list[Header]) -> None:
    """An answer that is complete; `headers` say how long and what it is."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def send_error(send: Send, error: VoxError, body: Callable[[VoxError], bytes] = error_body) -> None:
    """The whole answer to a request that failed before its response began."""
    await send_json(send, error.status, body(error), error_headers(error))


async def refuse_upgrade(scope: Scope, send: Send, error: VoxError, header: bytes = b"") -> None:
    """The same to a client that wants a WebSocket, with the message in `header` too, if there is one. A
    server that can't tell it the error says 403."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close", "code": 1008, "reason": error.message[:120]})
        return
    payload = error_body(error)
    headers = json_headers(payload, error_headers(error))
    if header:
        headers.append((header, " ".join(error.message.split()).encode("latin-1", errors="replace")))
    await send({"type": "websocket.http.response.start", "status": error.status, "headers": headers})
    await send({"type": "websocket.http.response.body", "body": payload})

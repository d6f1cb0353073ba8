"""Requests and responses over plain ASGI: what the surfaces share, and nothing of what they mean."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from vox.errors import BadRequest, TooLarge, UnsupportedMedia, VoxError
from vox.gateway.server.asgi import Receive, Scope, Send
from vox.gateway.server.respond import error_body
from vox.gateway.socket import Upgrade, query

if TYPE_CHECKING:
    from vox.gateway.core import Gateway

T = TypeVar("T")

JSON = b"application/json"


class Request:
    """One HTTP request, its body not read yet. `param` is what stands in the place of the path's
    `{parameter}`."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, most: int, param: str = "") -> None:
        self.scope, self.receive, self.send, self.param = scope, receive, send, param
        self._most = most

    @property
    def path(self) -> str:
        return str(self.scope["path"])

    def query(self, name: str) -> str:
        """The last value of a query parameter, "" without one."""
        return query(self.scope, name)

    async def body(self) -> bytes:
        """Raises `TooLarge` beyond `max_body` bytes."""
        parts, size = [], 0
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise BadRequest("the connection closed before the body was complete")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._most:
                raise TooLarge(
                    f"the body is over {self._most:,} bytes; raise the limit with: vox config set max_body N"
                )
            if not message.get("more_body"):
                return b"".join(parts)

    async def form(self, shape: type[T]) -> tuple[T, dict[str, bytes]]:
        """The body as multipart/form-data: its text fields as `shape`, its files by field name. Raises
        `BadRequest` whose `param` is the field at fault, `UnsupportedMedia`."""
        from vox.gateway import upload  # its parser takes 2 MB

        kind = next((value for name, value in self.scope["headers"] if name == b"content-type"), b"")
        if not kind.lower().startswith(b"multipart/form-data"):
            raise UnsupportedMedia("send a form: Content-Type: multipart/form-data")
        fields, files = upload.parse(kind.decode("latin-1"), await self.body())
        return convert(fields, shape), files

    async def json(self, shape: type[T]) -> T:
        """The body as `shape`. Raises `BadRequest` whose `param` is the field at fault."""
        return decode(await self.body() or b"{}", shape)


class Response(msgspec.Struct, frozen=True):
    """An answer that is complete."""

    status: int
    body: bytes
    media_type: bytes = JSON


def json_response(value: Any, status: int = 200) -> Response:
    return Response(status, msgspec.json.encode(value))


Handler = Callable[["Gateway", Request], Awaitable[Response | None]]
"""Answers by a `Response`, or has sent its own and gives None."""


class Route(msgspec.Struct, frozen=True):
    """One operation of a surface. The rest of it, the OpenAPI document says."""

    method: str
    path: str
    """With `{name}` in the place of a parameter, of which there may be one; it may have slashes in it."""
    handler: Handler
    summary: str
    body: type | None = None
    """The shape of the request's JSON body, or of its form."""
    answers: str = "application/json"
    files: tuple[str, ...] = ()
    """Names of the form's file fields; with any the body is multipart/form-data and may be `max_upload`
    bytes."""
    error: Callable[[VoxError], bytes] = error_body
    """The JSON of an error, as the clients of this protocol read it."""
    header: bytes = b""
    """Only for requests that have this header: another protocol has the same path without it."""


class Channel(msgspec.Struct, frozen=True):
    """One WebSocket of a surface. Its handler says the rest: see `vox.gateway.socket`."""

    path: str
    """As that of a `Route`."""
    handler: Callable[[Gateway, Upgrade], Awaitable[None]]
    summary: str


class Paths:
    """Which entry of a table a path means: the one that is written just so, else the longest that fits."""

    def __init__(self, known: Iterable[str]) -> None:
        entries = set(known)
        self._plain = {path for path in entries if "{" not in path}
        shapes = []
        for path in entries - self._plain:
            head, _, rest = path.partition("{")
            shapes.append((path, head, rest.partition("}")[2]))
        self._shapes = sorted(shapes, key=lambda shape: len(shape[1] + shape[2]), reverse=True)

    def find(self, path: str) -> tuple[str, str]:
        """The entry, and what stands in the place of its parameter; ("", "") without one."""
        if path in self._plain:
            return path, ""
        for entry, head, tail in self._shapes:
            if path.startswith(head) and path.endswith(tail) and len(path) > len(head + tail):
                return entry, path[len(head) : len(path) - len(tail)]
        return "", ""


def decode(data: bytes, shape: type[T]) -> T:
    """JSON as `shape`. Raises `BadRequest` that names the field."""
    try:
        return msgspec.json.decode(data, type=shape, strict=True)
    except msgspec.ValidationError as error:
        raise _misfit(error) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest(f"the body is not valid JSON: {error}", code="invalid_json") from None


def convert(fields: dict[str, str], shape: type[T]) -> T:
    """The text fields of a form as `shape`. Raises `BadRequest` that names the field."""
    try:
        return msgspec.convert(fields, shape, strict=False)
    except msgspec.ValidationError as error:
        raise _misfit(error) from None


def number(given: str, name: str) -> float | None:
    """A parameter that is a number; None where there is none. Raises `BadRequest` that names it."""
    try:
        return float(given) if given else None
    except ValueError:
        raise BadRequest(f"{name} is a number, not {given[:40]!r}", param=name) from None


def whole(given: str, name: str, digits: int) -> int | None:
    """The same for a whole number of at most so many digits."""
    if given and not (given.isascii() and given.isdigit() and len(given) <= digits):
        raise BadRequest(f"{name} is a whole number, not {given[:40]!r}", param=name)
    return int(given) if given else None


def _misfit(error: msgspec.ValidationError) -> BadRequest:
    message, _, place = str(error).partition(" - at `$")
    param = place.strip("`").strip(".").partition(".")[0].partition("[")[0] or None
    if param is None and "required field" in message:
        param = message.rpartition("field `")[2].strip("`")
    where = f"{param}: " if param else ""
    return BadRequest(where + message[:1].lower() + message[1:], param=param)

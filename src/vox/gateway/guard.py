"""Who may call: the outermost layer of the app, in the way of web pages above all.

A page in the user's browser can reach a loopback port, so every request has to pass, in this order:
its Host names this machine (a page that rebinds its own name to 127.0.0.1 keeps its Host), its Origin is
ours or listed, its Sec-Fetch-Site is not `cross-site`, its key is right where keys are set, and a method
that does something carries a JSON content type (which a page can't send to another site unasked).
"""

from __future__ import annotations

import os
import time
from _operator import _compare_digest  # what hmac.compare_digest is; hmac imports hashlib, 4 MB
from collections.abc import Callable
from typing import TYPE_CHECKING

from vox.errors import BadRequest, Forbidden, MethodNotAllowed, Unauthorized, UnsupportedMedia, VoxError
from vox.gateway import tickets
from vox.gateway.server.listen import is_loopback
from vox.gateway.server.respond import refuse_upgrade, send_error
from vox.gateway.socket import query, split_credential

if TYPE_CHECKING:
    from vox.config import Config
    from vox.gateway.server.asgi import App, Header, Message, Receive, Scope, Send
    from vox.gateway.sink import Sink

_READING = ("GET", "HEAD", "OPTIONS")
_DOING = ("POST", "PUT", "PATCH")
_METHODS = (*_READING, *_DOING, "DELETE")
_DISCOVERY = ("/v1/models", "/v1/audio/models", "/v1/audio/voices")
UPLOADS = ("/v1/audio/voices", "/v1/audio/speech/clone", "/v1/audio/voice-conversion")
"""Where forms are taken, with files in them."""
_BARE = ("/warmup",)
"""What callers' webhooks post to with no body, and so with no type of one."""
_SIGNED = "/twilio/"
"""WebSockets below it need no key: what follows in the path is a ticket."""
_HOST_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")

Fields = dict[bytes, list[bytes]]


class Guard:
    """ASGI middleware. `config` is asked at each request, so that new keys and names hold at once."""

    def __init__(self, app: App, config: Callable[[], Config]) -> None:
        self._app = app
        self._config = config

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        config = self._config()
        fields: Fields = {}
        for name, value in scope["headers"]:
            fields.setdefault(name, []).append(value)
        try:
            origin = _check_source(scope, fields, config)
            if origin is not None and scope["type"] == "http":
                scope, send = _with_cors(scope, send, origin)
                if scope.get("method") == "OPTIONS" and b"access-control-request-method" in fields:
                    return await _answer_preflight(send, fields)
            _check_key(scope, fields, config)
            _check_form(scope, fields)
        except VoxError as error:
            return await _refuse(scope, send, error)
        return await self._app(scope, receive, send)


async def _refuse(scope: Scope, send: Send, error: VoxError) -> None:
    if scope["type"] == "websocket":
        await refuse_upgrade(scope, send, error)
    else:
        await send_error(send, error)


# Where it comes from


def _check_source(scope: Scope, fields: Fields, config: Config) -> bytes | None:
    """The listed origin that asks, None for all other callers. Raises `VoxError`."""
    if not scope["path"].startswith("/") and scope["path"] != "*":
        raise BadRequest("the request's target is no path of ours")
    hosts = fields.get(b"host", [])
    known = len(hosts) == 1 and _is_ours(hosts[0], [*config.allowed_hosts, config.host])
    if _on_unix_socket(scope):
        _check_peer(scope)  # no name leads a browser there, so any Host will do
    elif not known:
        name = hosts[0].decode("latin-1")[:100] if len(hosts) == 1 else ""
        raise Forbidden(
            f"Host {name!r} is not a name of this machine; allow it with `vox config set allowed_hosts NAME`"
        )
    listed = _check_origin(fields.get(b"origin", []), hosts[0] if known else None, config)
    if listed is None and any(site.lower() == b"cross-site" for site in fields.get(b"sec-fetch-site", ())):
        raise Forbidden("a page of another site may not call here")
    return listed


def _check_origin(origins: list[bytes], host: bytes | None, config: Config) -> bytes | None:
    if not origins:
        return None
    origin = origins[0]
    if len(origins) == 1 and origin != b"null":
        if origin.decode("latin-1") in config.allowed_origins:
            return origin
        scheme, separator, authority = origin.partition(b"://")
        # Our own /docs page. Its Host was found to be ours before.
        if host is not None and separator and scheme in (b"http", b"https") and authority == host.lower():
            return None
    shown = origin.decode("latin-1")[:100]
    raise Forbidden(
        f"Origin {shown!r} may not call here; allow it with `vox config set allowed_origins ORIGIN`"
    )


def _is_ours(value: bytes, names: list[str]) -> bool:
    host = split_host(value)
    return host is not None and (is_loopback(host) or host in (name.lower().strip("[]") for name in names))


def split_host(value: bytes) -> str | None:
    """The host of a Host header (RFC 9112 §3.2: uri-host [":" port]) in lower case, an IPv6 address without
    its brackets; None unless it is a plain DNS name or an address, with a port up to 65535 or none."""
    try:
        text = value.decode("ascii").lower()
    except UnicodeDecodeError:
        return None
    if text.startswith("["):
        host, bracket, port = text[1:].partition("]")
        plain = bool(bracket) and ":" in host and set(host) <= frozenset("0123456789abcdef:.")
        separator, port = port[:1], port[1:]
    else:
        host, separator, port = text.partition(":")
        plain = bool(host) and set(host) <= _HOST_CHARACTERS
    if separator not in ("", ":") or not (
        port == "" or (port.isdigit() and len(port) <= 5 and int(port) < 65536)
    ):
        return None
    return host if plain else None


def _on_unix_socket(scope: Scope) -> bool:
    peer = scope.get("extensions", {}).get("vox.peer")
    return peer is not None and bool(peer["unix"])


def _check_peer(scope: Scope) -> None:
    uid = scope["extensions"]["vox.peer"]["uid"]
    if uid not in (None, 0, os.getuid()):
        raise Forbidden("this socket belongs to another user")


# What it may do


def _check_key(scope: Scope, fields: Fields, config: Config) -> None:
    if not config.api_keys or _on_unix_socket(scope) or _is_public(scope, config):
        return
    given = _given_keys(scope, fields)
    if not given:
        raise Unauthorized("an API key is needed: Authorization: Bearer KEY")
    # All are compared: the time must not tell which one was close.
    if not sum(_compare_digest(ours.encode(), theirs) for ours in config.api_keys for theirs in given):
        raise Unauthorized("this API key is not one of ours")


def _given_keys(scope: Scope, fields: Fields) -> list[bytes]:
    """The keys of a request, where the clients of each protocol send them: headers; for a WebSocket also the
    subprotocols, all that a browser can set, or as a last resort the query, which others may log."""
    given = fields.get(b"x-api-key", []) + fields.get(b"xi-api-key", [])
    for value in fields.get(b"authorization", []):
        scheme, _, key = value.partition(b" ")
        if scheme.lower() in (b"bearer", b"token"):
            given.append(key.strip())
    if scope["type"] == "websocket":
        _, offered, _ = split_credential(scope)
        given += [word.encode() for word in (offered, query(scope, "api_key"), query(scope, "token")) if word]
    return given


def _is_public(scope: Scope, config: Config) -> bool:
    path: str = scope["path"]
    if scope["type"] == "websocket":
        ticket = path.removeprefix(_SIGNED)
        return ticket != path and tickets.valid(ticket, config.api_keys, "twilio", time.time())
    if scope["method"] not in ("GET", "HEAD"):
        return False
    if path == "/health":
        return True
    if path not in _DISCOVERY and not path.startswith("/v1/models/"):
        return False
    if config.public_discovery == "loopback":
        return scope.get("client") is not None and is_loopback(scope["client"][0])
    return config.public_discovery == "always"


def _check_form(scope: Scope, fields: Fields) -> None:
    if scope["type"] != "http":
        return
    method = scope["method"]
    if method not in _METHODS:
        raise MethodNotAllowed(f"method {method[:20]!r} is not known here")
    if method in _DOING and not (scope["path"] in _BARE and _is_bare(fields)):
        types = [value.partition(b";")[0].strip().lower() for value in fields.get(b"content-type", [])]
        # A page could send a form to another site unasked, but not without an Origin, which was looked at.
        if types != [b"application/json"] and (types, scope["path"] in UPLOADS) != (
            [b"multipart/form-data"],
            True,
        ):
            form = "a form, with Content-Type: multipart/form-data"
            json = "JSON, with Content-Type: application/json, even without a body"
            raise UnsupportedMedia(f"send {form if scope['path'] in UPLOADS else json}")


def _is_bare(fields: Fields) -> bool:
    said = fields.keys() & {b"content-type", b"transfer-encoding"}
    return not said and fields.get(b"content-length", [b"0"]) == [b"0"]


# Listed origins: CORS (https://fetch.spec.whatwg.org/#http-cors-protocol)


def _with_cors(scope: Scope, send: Send, origin: bytes) -> tuple[Scope, Send]:
    """Scope and send that add the CORS headers to every response, those of the audio's own way too."""
    extra: list[Header] = [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]

    async def send_with_cors(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *extra]}
        await send(message)

    extensions = dict(scope.get("extensions", {}))
    direct: Callable[[int, list[Header]], Sink] | None = extensions.get("vox.sink")
    if direct is not None:
        extensions["vox.sink"] = lambda status, headers: direct(status, [*headers, *extra])
    return {**scope, "extensions": extensions}, send_with_cors


async def _answer_preflight(send: Send, fields: Fields) -> None:
    wanted = fields.get(b"access-control-request-headers", [])
    headers = [
        (b"access-control-allow-methods", ", ".join(_METHODS).encode()),
        (b"access-control-allow-headers", b", ".join(wanted)),
        (b"access-control-max-age", b"600"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})

"""Who is let in by a WebSocket: the checks are those of a request, the places of a key are more."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from vox.config import Config
from vox.gateway import tickets
from vox.gateway.guard import Guard

if TYPE_CHECKING:
    from vox.gateway.server.asgi import Message, Receive, Scope, Send

LOCAL = (b"host", b"localhost:8869")
KEYS = Config(api_keys=["sk-first", "sk-zweite-ü"])
TICKET = f"/twilio/{tickets.issue('sk-first', 'twilio', None)}"


def web_socket(
    *headers: tuple[bytes, bytes],
    config: Config | None = None,
    path: str = "/ws",
    query: bytes = b"",
    protocols: tuple[str, ...] = (),
    extensions: dict[str, Any] | None = None,
) -> tuple[bool, list[Message]]:
    sent: list[Message] = []
    reached: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["type"])

    async def send(message: Message) -> None:
        sent.append(message)

    scope: dict[str, Any] = {"type": "websocket", "path": path, "query_string": query, "client": None}
    scope |= {"headers": list(headers), "subprotocols": protocols, "extensions": extensions or {}}
    asyncio.run(Guard(app, lambda: config or Config())(scope, send, send))  # type: ignore[arg-type]
    return bool(reached), sent


def test_a_web_socket_passes_the_same_checks() -> None:
    assert web_socket(LOCAL) == (True, [])
    for headers in [[(b"host", b"evil.example")], [LOCAL, (b"origin", b"https://evil.example")]]:
        reached, sent = web_socket(*headers)
        assert not reached
        assert (sent[0]["type"], sent[0]["code"]) == ("websocket.close", 1008)


def test_a_server_that_can_answer_a_web_socket_by_http_does() -> None:
    extensions: dict[str, Any] = {"websocket.http.response": {}}
    _, (head, body) = web_socket((b"host", b"evil.example"), extensions=extensions)
    assert (head["type"], head["status"]) == ("websocket.http.response.start", 403)
    assert json.loads(body["body"])["error"]["code"] == "forbidden"


@pytest.mark.parametrize(
    ("way", "good"),
    [
        ({"protocols": ("token", "sk-first")}, True),
        ({"protocols": ("Bearer", "sk-first", "x")}, True),
        ({"protocols": ("token", "sk-x")}, False),
        ({"protocols": ("token",)}, False),
        ({"protocols": ("sk-first",)}, False),
        ({"protocols": ("x", "token", "sk-first")}, False),
        ({"query": b"api_key=sk-first"}, True),
        ({"query": b"token=sk-zweite-%C3%BC"}, True),
        ({"query": b"api_key=sk-first&api_key=x"}, False),
        ({"query": b"key=sk-first"}, False),
        ({"path": TICKET}, True),
        ({"path": "/x" + TICKET}, False),
        ({"path": "/twilio/TOKEN"}, False),
        ({"path": "/twilio"}, False),
        ({}, False),
    ],
)
def test_a_web_sockets_key_may_stand_where_a_browser_can_put_it(way: dict[str, Any], good: bool) -> None:
    assert web_socket(LOCAL, config=KEYS, **way)[0] is good
    assert not web_socket((b"host", b"evil.example"), config=KEYS, **way)[0]

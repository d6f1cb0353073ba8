"""Who is let in, against an oracle that was written from the rules and not from the code."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import itertools
import json
import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vox.config import Config
from vox.gateway import guard
from vox.gateway.guard import Guard, split_host
from vox.gateway.sink import open_sink

if TYPE_CHECKING:
    from vox.gateway.server.asgi import Message, Receive, Scope, Send

LISTED = b"https://app.example"
JSON = b"application/json"


class Reply:
    def __init__(self, status: int, headers: dict[bytes, bytes], body: bytes, reached: bool) -> None:
        self.status, self.headers, self.body, self.reached = status, headers, body, reached

    @property
    def error(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["error"]
        return found


def ask(
    *headers: tuple[bytes, bytes],
    config: Config | None = None,
    method: str = "GET",
    path: str = "/x",
    client: tuple[str, int] | None = ("127.0.0.1", 5),
    extensions: dict[str, Any] | None = None,
    query: bytes = b"",
) -> Reply:
    """One request through the guard to an app that answers 200."""
    sent: list[Message] = []
    reached = False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal reached
        reached = True
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        raise AssertionError("the guard reads no body")

    scope: dict[str, Any] = {"type": "http", "method": method, "path": path, "client": client}
    scope |= {"headers": list(headers), "extensions": extensions or {}, "query_string": query}
    work = Guard(app, lambda: config or Config())(scope, receive, send)
    with pytest.raises(StopIteration):
        work.send(None)  # it never waits
    return Reply(sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"], reached)


def on_unix(uid: int | None) -> dict[str, Any]:
    return {"vox.peer": {"unix": True, "uid": uid}}


LOCAL = (b"host", b"localhost:8869")

# The matrix: what each value means is written down beside it.

HOSTS: dict[tuple[bytes, ...], bool] = {
    (b"localhost:8869",): True,
    (b"LocalHost",): True,
    (b"vox.localhost:1",): True,
    (b"127.0.0.1:8869",): True,
    (b"127.9.9.9",): True,
    (b"[::1]:8869",): True,
    (b"studio.lan:80",): True,
    (b"evil.example",): False,
    (b"localhost.evil.example:8869",): False,
    (b"localhost@evil.example",): False,
    (b"0.0.0.0:8869",): False,
    (b"::1",): False,
    (b"localhost:65536",): False,
    (b"",): False,
    (): False,
    (b"localhost", b"localhost"): False,
    (b"localhost", b"evil.example"): False,
}
SAME = b"same"  # stands for the request's own host
ORIGINS: dict[tuple[bytes, ...], str] = {
    (): "none",
    (SAME,): "same",
    (LISTED,): "listed",
    (b"null",): "bad",
    (b"http://localhost:3000",): "bad",
    (LISTED, LISTED): "bad",
}
SITES: list[bytes | None] = [None, b"same-origin", b"none", b"cross-site"]
METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "TRACE"]
TYPES: dict[bytes | None, bool] = {
    None: False,
    JSON: True,
    b"Application/JSON; charset=utf-8": True,
    b"text/plain": False,
    b"text/plain; application/json": False,
    b"application/jsonp": False,
}


def expected(host_good: bool, origin: str, site: bytes | None, method: str, json_body: bool) -> int:
    if not host_good or origin == "bad":
        return 403
    if site == b"cross-site" and origin != "listed":
        return 403
    if method == "TRACE":
        return 405
    if method in ("POST", "PUT") and not json_body:
        return 415
    return 200


@pytest.mark.parametrize(("hosts", "host_good"), HOSTS.items(), ids=repr)
def test_only_what_the_rules_allow_gets_through(hosts: tuple[bytes, ...], host_good: bool) -> None:
    config = Config(allowed_hosts=["Studio.LAN"], allowed_origins=[LISTED.decode()])
    cases = itertools.product(ORIGINS.items(), SITES, METHODS, TYPES.items())
    for (origins, kind), site, method, (media_type, json_body) in cases:
        headers = [(b"host", host) for host in hosts]
        for origin in origins:
            own = b"http://" + hosts[0].lower() if hosts else b"http://"
            headers.append((b"origin", own if origin == SAME else origin))
        if site is not None:
            headers.append((b"sec-fetch-site", site))
        if media_type is not None:
            headers.append((b"content-type", media_type))
        reply = ask(*headers, method=method, config=config)
        wanted = expected(host_good, kind, site, method, json_body)
        assert reply.status == wanted, headers
        assert reply.reached is (wanted == 200)
        allowed = host_good and kind == "listed"
        assert reply.headers.get(b"access-control-allow-origin") == (LISTED if allowed else None)
        if wanted != 200:
            assert set(reply.error) == {"message", "type", "param", "code"}


HOST_FORM = re.compile(
    rb"(?:(?P<name>[a-z0-9._-]+)|\[(?P<six>[0-9a-f:.]+)\])(?::(?P<port>[0-9]{0,5}))?", re.IGNORECASE
)


def is_local(value: bytes) -> bool:
    """The oracle: by regular expression and by the standard library's addresses."""
    match = HOST_FORM.fullmatch(value)
    if match is None or int(match["port"] or 0) > 65535:
        return False
    try:
        if match["six"]:
            six = ipaddress.IPv6Address(match["six"].decode())
            return six.is_loopback or (six.ipv4_mapped is not None and six.ipv4_mapped.is_loopback)
        return ipaddress.IPv4Address(match["name"].decode()).is_loopback
    except ValueError:
        name = (match["name"] or b"").lower()
        return name == b"localhost" or name.endswith(b".localhost")


PIECES = [b"localhost", b"127.0.0.1", b"127", b".", b":", b"[", b"]", b"::1", b"80", b"@", b"%", b"0", b"a"]


@settings(max_examples=1000, deadline=None)
@given(st.one_of(st.binary(max_size=40), st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join)))
@example(b"[::1%25lo]")
@example(b"[::ffff:127.0.0.1]")
@example("localhost\u0660".encode())
@example(b"127.0.0.1:\xb2")
def test_any_host_is_judged_and_none_raises(value: bytes) -> None:
    assert ask((b"host", value)).reached is is_local(value)


@pytest.mark.parametrize(
    ("value", "host"),
    [
        (b"A.Example:80", "a.example"),
        (b"a:", "a"),
        (b"[FE80::1]:1", "fe80::1"),
        (b"[v1.a]", None),
        (b"[127.0.0.1]", None),
        (b"[::1", None),
        (b"[::1]80", None),
        (b"a:-1", None),
        (b"a:+1", None),
        (b"a b", None),
        (b"a/b", None),
        (b"\xff", None),
    ],
)
def test_a_host_is_split_by_the_grammar(value: bytes, host: str | None) -> None:
    assert split_host(value) == host


def test_two_content_types_are_not_json() -> None:
    types = [(b"content-type", JSON), (b"content-type", b"text/plain")]
    assert ask(LOCAL, *types, method="POST").status == 415


def test_a_webhook_may_post_to_warmup_without_a_body() -> None:
    length, page = (b"content-length", b"0"), (b"origin", b"https://evil.example")
    assert ask(LOCAL, method="POST", path="/warmup").reached
    assert ask(LOCAL, length, method="POST", path="/warmup").reached
    assert ask(LOCAL, (b"content-type", JSON), method="POST", path="/warmup").reached
    for name, value in {b"content-length": b"1", b"content-type": b"text/plain"}.items():
        assert ask(LOCAL, (name, value), method="POST", path="/warmup").status == 415
    assert ask(LOCAL, length, method="POST", path="/preload").status == 415
    assert ask(LOCAL, page, method="POST", path="/warmup").status == 403
    assert ask(LOCAL, method="POST", path="/warmup", config=KEYS).status == 401


def test_a_path_that_is_no_path_is_refused() -> None:
    assert ask(LOCAL, path="http://evil.example/").status == 400


def test_a_host_by_address_may_be_configured() -> None:
    config = Config(allowed_hosts=["192.168.1.5", "[fd00::5]"])
    assert ask((b"host", b"192.168.1.5:8869"), config=config).reached
    assert ask((b"host", b"[fd00::5]"), config=config).reached
    assert not ask((b"host", b"192.168.1.6"), config=config).reached


def test_a_refusal_says_how_to_allow_it() -> None:
    assert "vox config set allowed_hosts" in ask((b"host", b"studio.lan")).error["message"]
    refused = ask(LOCAL, (b"origin", b"http://studio.lan"))
    assert "vox config set allowed_origins" in refused.error["message"]


# The Unix socket


def test_any_host_will_do_on_the_unix_socket() -> None:
    for uid in (None, 0, os.getuid()):
        assert ask((b"host", b"whatever"), extensions=on_unix(uid)).reached


def test_another_users_process_is_refused_on_the_unix_socket() -> None:
    assert ask(LOCAL, extensions=on_unix(12345)).status == 403


def test_a_web_page_behind_a_proxy_is_refused_on_the_unix_socket_too() -> None:
    page = (b"origin", b"http://evil.example")
    assert ask((b"host", b"evil.example"), page, extensions=on_unix(None)).status == 403


# Keys

KEYS = Config(api_keys=["sk-first", "sk-zweite-ü"])


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ((b"authorization", b"Bearer sk-first"), 200),
        ((b"authorization", b"bearer  sk-zweite-\xc3\xbc"), 200),
        ((b"authorization", b"Token sk-first"), 200),
        ((b"x-api-key", b"sk-first"), 200),
        ((b"xi-api-key", b"sk-first"), 200),
        ((b"authorization", b"Bearer sk-firs"), 401),
        ((b"authorization", b"Bearer "), 401),
        ((b"authorization", b"Basic sk-first"), 401),
        ((b"authorization", b"sk-first"), 401),
        ((b"x-api-key", b"sk-FIRST"), 401),
        ((b"x-other", b"sk-first"), 401),
    ],
)
def test_a_key_is_asked_where_keys_are_set(header: tuple[bytes, bytes], status: int) -> None:
    reply = ask(LOCAL, header, config=KEYS)
    assert reply.status == status
    if status == 401:
        assert reply.error["code"] == "invalid_api_key"
        assert reply.headers[b"www-authenticate"] == b"Bearer"
        assert b"sk-" not in reply.body


def test_no_key_is_asked_on_the_unix_socket() -> None:
    assert ask(config=KEYS, extensions=on_unix(None)).reached


def test_every_key_is_compared_even_after_a_match(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = []

    def compare(ours: bytes, theirs: bytes) -> bool:
        compared.append(ours)
        return hmac.compare_digest(ours, theirs)

    monkeypatch.setattr(guard, "_compare_digest", compare)
    assert ask(LOCAL, (b"x-api-key", b"sk-first"), config=KEYS).reached
    assert len(compared) == 2


HERE, ELSEWHERE = ("127.0.0.1", 5), ("192.168.1.9", 5)
DISCOVERY = ["/v1/models", "/v1/models/kokoro/82m", "/v1/audio/models", "/v1/audio/voices"]


@pytest.mark.parametrize("mode", ["loopback", "always", "never"])
@pytest.mark.parametrize("client", [HERE, ("::1", 5), ELSEWHERE, None])
def test_discovery_is_public_as_configured(mode: str, client: tuple[str, int] | None) -> None:
    config = Config(api_keys=["sk"], public_discovery=mode)
    public = mode == "always" or (mode == "loopback" and client not in (ELSEWHERE, None))
    for path in DISCOVERY:
        assert ask(LOCAL, path=path, client=client, config=config).reached is public
        assert ask(LOCAL, path=path, client=client, config=config, method="HEAD").reached is public
        assert not ask(LOCAL, path=path, client=client, config=config, method="DELETE").reached
    assert ask(LOCAL, path="/health", client=client, config=config).reached


@pytest.mark.parametrize("path", ["/", "/health/", "/Health", "/v1/modelsx", "/v1/audio/voices/x", "/api/ps"])
def test_nothing_else_is_public(path: str) -> None:
    config = Config(api_keys=["sk"], public_discovery="always")
    assert ask(LOCAL, path=path, config=config).status == 401
    assert ask(LOCAL, path="/health", method="POST", config=config).status == 401


def test_a_requests_key_does_not_stand_in_its_query() -> None:
    assert ask(LOCAL, path="/twilio/TOKEN", config=KEYS).status == 401
    assert ask(LOCAL, query=b"api_key=sk-first", config=KEYS).status == 401


# Listed origins

FROM_LISTED = (b"origin", LISTED)
WITH_LISTED = Config(allowed_origins=[LISTED.decode()], api_keys=["sk"])


def test_a_preflight_from_a_listed_origin_is_answered_without_a_key() -> None:
    wish = (b"access-control-request-method", b"POST")
    names = (b"access-control-request-headers", b"authorization,x-stainless-os")
    reply = ask(LOCAL, FROM_LISTED, wish, names, method="OPTIONS", config=WITH_LISTED)
    assert (reply.status, reply.reached) == (204, False)
    assert reply.headers[b"access-control-allow-origin"] == LISTED
    assert b"POST" in reply.headers[b"access-control-allow-methods"]
    assert reply.headers[b"access-control-allow-headers"] == b"authorization,x-stainless-os"
    assert reply.headers[b"vary"] == b"Origin"
    assert b"access-control-allow-credentials" not in reply.headers


def test_a_preflight_from_any_other_origin_is_refused() -> None:
    wish = (b"access-control-request-method", b"POST")
    reply = ask(LOCAL, (b"origin", b"https://evil.example"), wish, method="OPTIONS", config=WITH_LISTED)
    assert reply.status == 403
    assert not any(name.startswith(b"access-control") for name in reply.headers)


def test_a_listed_page_can_read_why_it_was_refused() -> None:
    reply = ask(LOCAL, FROM_LISTED, config=WITH_LISTED)
    assert (reply.status, reply.headers[b"access-control-allow-origin"]) == (401, LISTED)


def test_the_audios_own_way_carries_the_same_headers() -> None:
    opened: list[list[tuple[bytes, bytes]]] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        open_sink(scope, receive, send, 200, [(b"content-type", b"audio/wav")])

    async def nothing(*_: Any) -> Any:
        raise AssertionError

    scope: Scope = {"type": "http", "method": "GET", "path": "/", "headers": [LOCAL, FROM_LISTED]}
    scope["extensions"] = {"vox.sink": lambda status, headers: opened.append(headers)}
    config = Config(allowed_origins=[LISTED.decode()])
    asyncio.run(Guard(app, lambda: config)(scope, nothing, nothing))
    cors = [(b"access-control-allow-origin", LISTED), (b"vary", b"Origin")]
    assert opened == [[(b"content-type", b"audio/wav"), *cors]]


# Other scopes


def test_new_settings_hold_for_the_next_request() -> None:
    config = Config()
    assert ask(LOCAL, config=config).reached
    config.api_keys = ["sk"]
    assert ask(LOCAL, config=config).status == 401


def test_the_apps_own_life_is_not_guarded() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(Guard(app, Config)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]

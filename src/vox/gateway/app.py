"""The ASGI application: which path is whose, and what becomes of an error.

Any ASGI server can carry it; on our own the audio has a direct way to the socket (see `sink.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from vox.errors import EngineFailed, MethodNotAllowed, NotFound, VoxError
from vox.gateway import openapi
from vox.gateway.core import Gateway, LiveConfig
from vox.gateway.guard import UPLOADS, Guard
from vox.gateway.http import Channel, Paths, Request, Response, Route
from vox.gateway.server.asgi import App, Header, Message, Receive, Scope, Send
from vox.gateway.server.respond import error_body, refusal, send_error, send_whole
from vox.gateway.sink import Aborted, Body
from vox.gateway.socket import Left, Upgrade
from vox.gateway.surfaces import (
    calls,
    deepgram,
    elevenlabs,
    elevenlabs_ws,
    native,
    openai,
    playback,
    stream,
    twilio,
    voices,
    warm,
)

log = logging.getLogger("vox")

ROUTES: tuple[Route, ...] = (
    *openai.ROUTES,
    *voices.ROUTES,
    *native.ROUTES,
    *warm.ROUTES,
    *playback.ROUTES,
    *deepgram.ROUTES,
    *elevenlabs.ROUTES,
    *twilio.ROUTES,
)
SOCKETS: tuple[Channel, ...] = (
    *stream.SOCKETS,
    *calls.SOCKETS,
    *deepgram.SOCKETS,
    *twilio.SOCKETS,
    *elevenlabs_ws.SOCKETS,
)


class Application:
    """Routes requests to the surfaces. Bring it up with the lifespan protocol, or by `open` and `close`."""

    def __init__(self, config: LiveConfig) -> None:
        self._config = config
        self._gateway: Gateway | None = None
        routes = (*ROUTES, *openapi.routes(ROUTES))
        self._routes = {(route.method, route.path, route.header): route for route in routes}
        self._telling = {route.header for route in routes if route.header}
        self._paths = Paths(route.path for route in routes)
        self._channels = {channel.path: channel for channel in SOCKETS}
        self._channel_paths = Paths(self._channels)

    @property
    def gateway(self) -> Gateway:
        assert self._gateway is not None, "the application is not open"
        return self._gateway

    async def open(self) -> Gateway:
        self._gateway = Gateway(self._config)
        return self._gateway

    async def close(self) -> None:
        await self.gateway.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.open()
        except VoxError as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False
        self.gateway.desk.tally.requests += 1

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        def watched_sink(status: int, headers: list[Header]) -> Body:
            nonlocal started
            started = True
            assert direct is not None
            return direct(status, headers)

        direct: Callable[[int, list[Header]], Body] | None = scope.get("extensions", {}).get("vox.sink")
        if direct is not None:
            scope["extensions"]["vox.sink"] = watched_sink
        config = self._config()
        most = config.max_upload if scope["path"] in UPLOADS else config.max_body
        request = Request(scope, receive, watched, most)
        shape: Callable[[VoxError], bytes] = error_body
        try:
            route, request.param = self._find(scope)
            shape = route.error
            response = await route.handler(self.gateway, request)
            if response is not None:
                await _send(response, watched)
        except Aborted:
            raise  # the server breaks the connection: what was sent must not look whole
        except VoxError as error:
            if started:
                raise
            await send_error(send, error, shape)
        except Exception as error:
            log.exception("%s %s failed", scope["method"], request.path)
            if started:
                raise
            await send_error(send, _internal(error), shape)

    def _find(self, scope: Scope) -> tuple[Route, str]:
        method, path = scope["method"], scope["path"]
        known, param = self._paths.find(path)
        telling = self._telling & {name for name, _ in scope["headers"]}
        for header in (*telling, b""):
            if (route := self._routes.get((method, known, header))) is not None:
                return route, param
        if known:
            raise MethodNotAllowed(f"{path} does not take {method}")
        if self._channel_paths.find(path)[0]:
            raise refusal(426, f"{path} is a WebSocket; a proxy must pass on Upgrade and Connection")
        raise NotFound(f"there is nothing at {path}; GET /openapi.json lists what there is")

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        known, param = self._channel_paths.find(scope["path"])
        upgrade = Upgrade(scope, receive, send, param)
        try:
            if not known:
                raise NotFound(f"there is no WebSocket at {upgrade.path}")
            with suppress(Left):
                await self._channels[known].handler(self.gateway, upgrade)
            await upgrade.finish()
        except asyncio.CancelledError:
            if not upgrade.left:
                raise
        except VoxError as error:
            await upgrade.fail(error)
        except Exception as error:
            log.exception("WebSocket %s failed", upgrade.path)
            await upgrade.fail(_internal(error))


def _internal(error: Exception) -> VoxError:
    message = f"vox failed: {type(error).__name__}; the daemon's log has the details"
    return EngineFailed(message, code="internal_error")


async def _send(response: Response, send: Send) -> None:
    length = str(len(response.body)).encode()
    headers = [(b"content-type", response.media_type), (b"content-length", length)]
    await send_whole(send, response.status, response.body, headers)


def build(config: LiveConfig) -> tuple[Application, App]:
    """The application, and the same behind its guard: what a server is given."""
    application = Application(config)
    return application, Guard(application, config.refreshed)

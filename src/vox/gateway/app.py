"""The ASGI application: which path is whose, and what becomes of an error.

Any ASGI server can carry it; on our own the audio has a direct way to the socket (see `sink.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from vox.errors import EngineFailed, MethodNotAllowed, NotFound, VoxError
from vox.gateway import openapi
from vox.gateway.core import Gateway, LiveConfig
from vox.gateway.guard import UPLOADS, Guard
from vox.gateway.http import Request, Response, Route
from vox.gateway.server.asgi import App, Header, Message, Receive, Scope, Send
from vox.gateway.server.respond import send_error, send_whole
from vox.gateway.sink import Aborted, Body
from vox.gateway.surfaces import native, openai, voices

log = logging.getLogger("vox")

ROUTES: tuple[Route, ...] = (*openai.ROUTES, *voices.ROUTES, *native.ROUTES)


class Application:
    """Routes requests to the surfaces. Bring it up with the lifespan protocol, or by `open` and `close`."""

    def __init__(self, config: LiveConfig) -> None:
        self._config = config
        self._gateway: Gateway | None = None
        self._routes = {(route.method, route.path): route for route in (*ROUTES, *openapi.routes(ROUTES))}
        self._paths = {path for _, path in self._routes}

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
        try:
            response = await self._find(scope["method"], request.path).handler(self.gateway, request)
            if response is not None:
                await _send(response, watched)
        except Aborted:
            raise  # the server breaks the connection: what was sent must not look whole
        except VoxError as error:
            if started:
                raise
            await send_error(send, error)
        except Exception as error:
            log.exception("%s %s failed", scope["method"], request.path)
            if started:
                raise
            message = f"vox failed: {type(error).__name__}; the daemon's log has the details"
            await send_error(send, EngineFailed(message, code="internal_error"))

    def _find(self, method: str, path: str) -> Route:
        known = path if path in self._paths else self._prefix(path)
        if known is None:
            raise NotFound(f"there is nothing at {path}; GET /openapi.json lists what there is")
        route = self._routes.get((method, known))
        if route is None:
            raise MethodNotAllowed(f"{path} does not take {method}")
        return route

    def _prefix(self, path: str) -> str | None:
        """The route with a parameter that `path` begins like."""
        return next(
            (known for known in self._paths if "{" in known and path.startswith(known.partition("{")[0])),
            None,
        )


async def _send(response: Response, send: Send) -> None:
    length = str(len(response.body)).encode()
    headers = [(b"content-type", response.media_type), (b"content-length", length)]
    await send_whole(send, response.status, response.body, headers)


def build(config: LiveConfig) -> tuple[Application, App]:
    """The application, and the same behind its guard: what a server is given."""
    application = Application(config)
    return application, Guard(application, config.refreshed)

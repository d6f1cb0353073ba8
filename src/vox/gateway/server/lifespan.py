"""The app's own start and end, by ASGI's lifespan protocol."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from vox.gateway.server.asgi import App, Message

log = logging.getLogger("vox.server")


class Lifespan:
    """Runs beside the server. An app that knows no lifespan is served all the same (the ASGI rule)."""

    def __init__(self, app: App) -> None:
        self.state: dict[str, Any] = {}
        self._app = app
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._answers: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def startup(self) -> None:
        """Raises `RuntimeError` with the app's message when it could not start."""
        self._task = asyncio.create_task(self._run())
        answer = await self._ask("lifespan.startup")
        if answer["type"] == "lifespan.startup.failed":
            raise RuntimeError(answer.get("message") or "the app could not start")

    async def shutdown(self) -> None:
        """Raises `RuntimeError` with the app's message when it could not end in order."""
        if self._task is None or self._task.done():
            return
        answer = await self._ask("lifespan.shutdown")
        await self._task
        if answer["type"] == "lifespan.shutdown.failed":
            raise RuntimeError(answer.get("message") or "the app could not end in order")

    async def _ask(self, what: str) -> Message:
        self._inbox.put_nowait({"type": what})
        return await self._answers.get()

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self.state}
        try:
            await self._app(scope, self._inbox.get, self._answers.put)
        except Exception as error:  # noqa: BLE001 - any exception is how an app says that it has no lifespan
            log.info("the app has no lifespan: %r", error)
        finally:
            self._answers.put_nowait({"type": "lifespan.none"})

"""This machine's own loudspeaker, where nothing is to be said."""

from __future__ import annotations

from vox.gateway.core import Gateway
from vox.gateway.http import Request, Response, Route, json_response


async def stop(gateway: Gateway, request: Request) -> Response:
    """Stop what is heard and forget what is queued, whoever asked for it."""
    busy = gateway.playback.busy
    await gateway.playback.interrupt()
    return json_response({"status": "stopped" if busy else "idle"})


ROUTES = (Route("POST", "/playback/stop", stop, "Stop what is playing"),)

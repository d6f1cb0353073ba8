"""The HTTP server: any ASGI app on h11 and asyncio, within deadlines and caps, plus a direct way for audio.

`server.Server` owns the sockets, `connection.Connection` one client's bytes and deadline,
`exchange.Exchange` one request and its answer, `lifespan.Lifespan` the app's own start and end. `listen`
makes the sockets, `respond` the answers that are whole at once. Nothing here knows of speech.
"""

from vox.gateway.server.server import Limits, Server

__all__ = ["Limits", "Server"]

"""The HTTP server: any ASGI app on h11 and asyncio, within deadlines and caps, plus a direct way for audio.

`server.Server` owns the sockets, `line.Line` is one client's socket and deadline. On it,
`connection.Connection` speaks HTTP and `exchange.Exchange` is one request and its answer; `websocket` has
both for WebSockets.
`lifespan.Lifespan` is the app's own start and end. `listen` makes the sockets, `respond` the answers that are
whole at once. Nothing here knows of speech.
"""

from vox.gateway.server.server import Limits, Server

__all__ = ["Limits", "Server"]

"""`vox mcp`: tools for coding agents, by the Model Context Protocol on the standard streams."""

from __future__ import annotations

import os
import signal

from vox.client import arguments
from vox.client.console import Parser
from vox.errors import VoxError


def run(argv: list[str]) -> int:
    """Serve until the standard input ends. Raises `VoxError` where the SDK is missing."""
    Parser(prog="vox mcp", description="Speak for a coding agent, as an MCP server on stdio.").read(argv)
    defaults = arguments.parse([])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            # There is nothing to clean up, and a thread that reads the standard input hears of no exception.
            signal.signal(number, signal.SIG_DFL)
    _find_the_daemon()
    try:
        from vox.client import mcp_server
    except ImportError as error:
        raise VoxError(
            f"vox mcp needs the MCP SDK ({error}); install it with: pip install 'vox-daemon[mcp]'",
            code="not_installed",
        ) from None
    return mcp_server.serve(defaults)


def _find_the_daemon() -> None:
    """Clients start their servers with a bare environment; without this variable the command would miss the
    user's daemon, and a daemon that it starts the user's sound server."""
    usual = f"/run/user/{os.getuid()}"
    if not os.environ.get("XDG_RUNTIME_DIR") and os.path.isdir(usual):
        os.environ["XDG_RUNTIME_DIR"] = usual

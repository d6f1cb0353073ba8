"""`vox serve`: the gateway in the foreground; this process becomes it."""

from __future__ import annotations

import os

from vox.client import spawn
from vox.client.console import Parser, add_listener, listener_arguments


def run(argv: list[str]) -> int:
    """Never returns."""
    parser = Parser(prog="vox serve", description="Run the gateway in the foreground, until Ctrl-C.")
    add_listener(parser)
    command = spawn.command(*listener_arguments(parser.read(argv)))
    environment = spawn.environment()
    os.chdir("/")
    os.execve(command[0], command, environment)

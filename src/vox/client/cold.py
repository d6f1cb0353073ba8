"""No daemon answers: start one, or start a gateway for this call only.

A light engine never starts a daemon, a heavy one does where the configuration says `daemon = true`.
"""

from __future__ import annotations

import sys
from _socket import socket, socketpair

from vox import config, paths
from vox.client import autostart, http11, spawn


def connect(engine: str, no_daemon: bool) -> tuple[socket, bool]:
    """A connection to a gateway, and whether it is a daemon's. Raises `VoxError`."""
    if no_daemon:
        return _one_shot(), False
    settings = config.load()
    name = (engine or settings.engine).partition("/")[0]
    heavy = name not in settings.light
    if heavy and settings.daemon:
        return autostart.connect_or_start(), True
    sock = http11.connect(paths.socket_path())
    if sock is not None:
        return sock, True
    if heavy and sys.stderr.isatty():
        print(
            f"vox: no daemon; starting {name} for this call only (vox config set daemon true keeps it warm)",
            file=sys.stderr,
        )
    return _one_shot(), False


def _one_shot() -> socket:
    """The same pipeline without a listener, over a socket that it inherits; it leaves when we hang up."""
    ours, theirs = socketpair()
    try:
        spawn.gateway("--one-shot", "--fd", str(theirs.fileno()), descriptor=theirs.fileno())
    except BaseException:
        ours.close()
        raise
    finally:
        theirs.close()
    return ours

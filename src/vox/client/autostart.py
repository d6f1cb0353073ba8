"""Start the daemon, once, however many callers want it at the same instant.

A caller that finds no socket takes a lock, looks again, and spawns `python -m vox.gateway` with the write end
of a pipe; the gateway writes there `R` when it listens, `L` when another holds the daemon's own lock, or `E`
and the reason when it can't start. The callers' lock (the runtime directory itself, by `flock`) only saves
the work of fifty starts of which forty-nine lose; the daemon's lock is what makes it the only one.
"""

from __future__ import annotations

import fcntl
import os
import select
import time
from _socket import socket

from vox import paths
from vox.client import http11, spawn
from vox.errors import Unavailable, VoxError

PATIENCE = 15.0
"""Seconds until a start has failed."""
_POLL = 0.02


def connect_or_start() -> socket:
    """A connection to the daemon, started by us if need be. Raises `VoxError` when there is none in time."""
    deadline = time.monotonic() + PATIENCE
    directory = os.open(paths.make_private(paths.runtime_dir()), os.O_RDONLY | os.O_CLOEXEC)
    try:
        while time.monotonic() < deadline:
            locked = _lock(directory)
            sock = http11.connect(paths.socket_path())
            if sock is not None:
                return sock
            if locked and not start("--lazy", deadline=deadline):
                sock = wait_for_listener(min(deadline, time.monotonic() + 1))
                if sock is not None:
                    return sock
            elif not locked:
                time.sleep(_POLL)
    finally:
        os.close(directory)
    raise Unavailable(f"the daemon did not answer within {PATIENCE:g} s; its log: {paths.daemon_log()}")


def start(*arguments: str, deadline: float) -> bool:
    """Spawn a gateway and wait until it listens; False when another daemon holds the lock.

    Raises `VoxError` with the gateway's reason when it can't start, or has not by `deadline` (monotonic).
    """
    reading, writing = os.pipe()
    try:
        try:
            spawn.gateway(*arguments, "--ready-fd", str(writing), descriptor=writing)
        finally:
            os.close(writing)
        word = _read(reading, deadline)
        if word in (b"R", b"L"):
            return word == b"R"
        reason = _rest(reading, deadline) if word == b"E" else ""
    finally:
        os.close(reading)
    raise VoxError(reason or f"the daemon ended before it was ready; its log: {paths.daemon_log()}")


def wait_for_listener(deadline: float) -> socket | None:
    """A connection to the daemon that another starts; None if there is none by `deadline` (monotonic)."""
    while time.monotonic() < deadline:
        sock = http11.connect(paths.socket_path())
        if sock is not None:
            return sock
        time.sleep(_POLL)
    return None


def _lock(directory: int) -> bool:
    try:
        fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(fd: int, deadline: float) -> bytes:
    ready, _, _ = select.select([fd], [], [], max(0.0, deadline - time.monotonic()))
    if not ready:
        raise Unavailable(f"the daemon is not ready after {PATIENCE:g} s; its log: {paths.daemon_log()}")
    return os.read(fd, 1)


def _rest(fd: int, deadline: float) -> str:
    message = b""
    while piece := _read(fd, deadline):
        message += piece
    return message.decode("utf-8", "replace").strip()

"""Makes the listening sockets, and knows which hosts are this machine's own."""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import stat
from typing import Any

from vox.errors import BadRequest, Unavailable, VoxError
from vox.paths import make_private

BACKLOG = 1024
"""Callers that the kernel keeps waiting; it caps this itself (SOMAXCONN)."""


def bind_unix(path: str) -> socket.socket:
    """A listening Unix socket, 0600 in a 0700 directory; from now on the kernel queues callers.

    Replaces a stale socket file, so call it only while holding the daemon's lock. Raises
    `PermissionError` where the directory is not private, `FileExistsError` where `path` is no socket.
    """
    make_private(os.path.dirname(path))
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise FileExistsError(f"{path} is in the way and is not a socket; remove it")
        os.unlink(path)
    mask = os.umask(0o177)  # private from its first moment, not by a chmod after it
    try:
        return _listening(socket.AF_UNIX, path)
    finally:
        os.umask(mask)


def bind_tcp(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of `host`, at one port; port 0 takes a free one.

    Raises `BadRequest` for a host or port that can't be bound here, `Unavailable` for a taken port.
    """
    sockets: list[socket.socket] = []
    missing: OSError | None = None
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, address in dict.fromkeys((entry[0], entry[4]) for entry in found):
            try:
                sockets.append(_listening(family, (address[0], port, *address[2:])))
            except OSError as error:
                if error.errno not in (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT):
                    raise
                missing = error  # `localhost` has an IPv6 address even where IPv6 is off
            else:
                port = sockets[0].getsockname()[1]
        if not sockets:
            raise missing or OSError("no address")
    except (OSError, OverflowError, UnicodeError) as error:
        for sock in sockets:
            sock.close()
        raise _explained(error, host, port) from None
    return sockets


def _listening(family: int, address: Any) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if family != socket.AF_UNIX:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except (OSError, OverflowError):
        sock.close()
        raise
    return sock


def _explained(error: Exception, host: str, port: int) -> VoxError:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return Unavailable(
            f"port {port} on {host} is taken by another program; choose another with --port "
            "or `vox config set port N`",
            param="port",
        )
    if number == errno.EACCES:
        return BadRequest(f"port {port} on {host} needs root; choose one over 1023 with --port", param="port")
    return BadRequest(f"can't listen on host {host!r}, port {port}: {error}", param="host")


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or a bare address) can only mean this machine: `localhost` and names
    below it (RFC 6761 §6.3), 127.0.0.0/8, `::1`, also written as IPv6. Never asks a resolver."""
    name = host.lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    if ":" in name:
        try:
            packed = socket.inet_pton(socket.AF_INET6, name)
        except (OSError, UnicodeError, ValueError):
            return False
        return packed == b"\0" * 15 + b"\1" or packed.startswith(b"\0" * 10 + b"\xff\xff\x7f")
    parts = name.split(".")
    return len(parts) == 4 and parts[0] == "127" and all(map(_octet, parts))


def _octet(text: str) -> bool:
    # Strict: some systems read 0177 as octal, and 127.1 as 127.0.0.1.
    return text.isascii() and text.isdigit() and len(text) <= 3 and str(int(text)) == text and int(text) < 256

"""The life of the gateway process: lock, listen, serve, drain, leave."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import logging
import os
import signal
import socket
import sys
from contextlib import suppress
from typing import Any

from vox import paths
from vox.config import Config
from vox.errors import BadRequest, NotInstalled, Unavailable, VoxError
from vox.gateway.app import Application, build
from vox.gateway.core import Gateway, LiveConfig
from vox.gateway.guard import UPLOADS
from vox.gateway.server import Limits, Server
from vox.gateway.server.listen import bind_tcp, bind_unix, is_loopback

log = logging.getLogger("vox")

_LOOK = 15.0
"""Seconds between two looks whether an auto-started daemon idles: its limit may have been changed."""


def main(argv: list[str]) -> int:
    """Exit code: 0 after a clean end, 1 when it could not start, 2 for wrong usage."""
    try:
        options = _options(argv)
    except ValueError as error:
        print(f"vox.gateway: {error}", file=sys.stderr)  # noqa: T201
        return 2
    try:
        config = LiveConfig({key: options[key] for key in ("host", "port") if key in options})
        if "one_shot" in options:
            return asyncio.run(_one_shot(config, int(options["fd"])))
        return _daemon(config, options)
    except (VoxError, OSError) as error:
        _tell(options, b"E" + str(error).encode())
        print(f"vox: {error}", file=sys.stderr)  # noqa: T201
        return 1


def _options(argv: list[str]) -> dict[str, Any]:
    """The command line, by hand: `argparse` would stay in memory for as long as the daemon lives."""
    options: dict[str, Any] = {}
    words = iter(argv)
    for word in words:
        name = word.removeprefix("--").replace("-", "_")
        if word in ("--lazy", "--one-shot"):
            options[name] = True
        elif word in ("--host", "--port", "--fd", "--ready-fd"):
            value = next(words, None)
            if value is None:
                raise ValueError(f"{word} needs a value")
            options[name] = value if name == "host" else int(value)
        else:
            raise ValueError(f"unknown option {word}")
    if ("one_shot" in options) != ("fd" in options):
        raise ValueError("--one-shot and --fd belong together")
    return options


def _tell(options: dict[str, Any], word: bytes) -> None:
    """To whoever started us and waits."""
    if "ready_fd" in options:
        with suppress(OSError):
            os.write(options["ready_fd"], word)
            os.close(options.pop("ready_fd"))


def _daemon(config: LiveConfig, options: dict[str, Any]) -> int:
    _check_door(config())
    lock = _lock()
    if lock is None:
        if "ready_fd" in options:
            _tell(options, b"L")
            return 0
        raise VoxError("a daemon runs already; see: vox daemon status")
    sockets = [bind_unix(paths.socket_path())]
    try:
        sockets += _bind_tcp(config(), lazy="lazy" in options)
        asyncio.run(_serve(config, sockets, options, lock))
    finally:
        with suppress(FileNotFoundError):  # by now it is gone, unless the start failed
            if sockets[0].fileno() >= 0:
                os.unlink(paths.socket_path())
    return 0


def _bind_tcp(config: Config, lazy: bool) -> list[socket.socket]:
    """The TCP listener, unless it is turned off. A daemon that the command line started for itself needs only
    the Unix socket: a taken port then costs it nothing else."""
    if not config.port:
        return []
    try:
        return bind_tcp(config.host, config.port)
    except Unavailable as error:
        if not lazy:
            raise
        log.warning("no TCP: %s", error)
        return []


def _check_door(config: Config) -> None:
    if not is_loopback(config.host) and not config.api_keys:
        raise BadRequest(
            f"refusing to listen on {config.host} without an API key; "
            "set one with: vox config set api_keys YOUR-KEY",
            param="host",
        )


def _lock() -> int | None:
    """The daemon's lock, held until the descriptor is closed; None when another holds it."""
    paths.make_private(os.path.dirname(paths.lock_path()))
    lock = os.open(paths.lock_path(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock


async def _serve(
    config: LiveConfig, sockets: list[socket.socket], options: dict[str, Any], lock: int
) -> None:
    application, app = build(config)
    server = Server(app, _limits(config()))
    await server.start(sockets)
    gateway = application.gateway
    if config().wyoming_port:
        _open_wyoming(gateway, server, lazy="lazy" in options)
    loop = asyncio.get_running_loop()
    seen: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _signalled, gateway, number, seen)
    gateway.socket, gateway.address = paths.socket_path(), _address(sockets)
    print(f"vox listens on {gateway.address or 'no port'} and {gateway.socket}", file=sys.stderr, flush=True)  # noqa: T201
    _write_pid()
    gc.collect()
    gc.freeze()  # what is here now stays: the collector need not walk it again
    _tell(options, b"R")
    if "lazy" in options:
        await _until_idle(gateway, server)
    else:
        await gateway.stopping.wait()
    server.retire()  # the name of the socket goes first, so that from now on a new daemon may be started
    with suppress(FileNotFoundError):
        os.unlink(paths.pid_path())
    os.close(lock)
    await _drain(application, server)


def _open_wyoming(gateway: Gateway, server: Server, lazy: bool) -> None:
    """The port for Home Assistant: who has none loads nothing for it. A daemon that the command line started
    for itself does without it, too, where it can't be had."""
    try:
        try:
            from vox.gateway.surfaces import wyoming
        except ModuleNotFoundError:
            raise NotInstalled(
                "wyoming_port is set, but its package is missing; run: pip install 'vox-daemon[wyoming]'"
            ) from None
        wyoming.serve(gateway, server)
    except VoxError as error:
        if not lazy:
            raise
        log.warning("no port for Home Assistant: %s", error)


async def _until_idle(gateway: Gateway, server: Server) -> None:
    """Return when there was nothing to do for `idle_exit`, or somebody asked for the end."""
    loop = asyncio.get_running_loop()
    busy_at = loop.time()
    while not gateway.stopping.is_set():
        limit = gateway.config().idle_exit
        if not gateway.quiet or server.busy or server.connections:
            busy_at = loop.time()
        left = busy_at + limit - loop.time()
        if left <= 0 and limit >= 0:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(
                min(max(left, 0.01), max(limit / 4, 0.01), _LOOK) if limit >= 0 else _LOOK
            ):
                await gateway.stopping.wait()


async def _drain(application: Application, server: Server) -> None:
    gateway = application.gateway
    gateway.stop()
    await server.wind_down()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + gateway.config().drain_timeout
    with suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await gateway.playback.finish()
    await gateway.playback.interrupt()
    await server.drain(max(deadline - loop.time(), 0.0))


def _signalled(gateway: Gateway, number: int, seen: list[int]) -> None:
    """The first signal drains; one that comes meanwhile does not wait, and the workers die with us."""
    if seen or gateway.stopping.is_set():
        os._exit(128 + number)
    seen.append(number)
    gateway.stop()


async def _one_shot(config: LiveConfig, descriptor: int) -> int:
    """Serve the one connection that was inherited."""
    application, app = build(config)
    server = Server(app, _limits(config()))
    await server.start([])
    await server.adopt(socket.socket(fileno=descriptor))
    await application.gateway.playback.finish()
    await server.drain(config().drain_timeout)
    return 0


def _limits(config: Config) -> Limits:
    return Limits(
        header_timeout=config.header_timeout,
        body_timeout=config.body_timeout,
        write_timeout=config.write_timeout,
        max_body=config.max_body,
        max_body_of=dict.fromkeys(UPLOADS, config.max_upload),
        max_connections=config.max_connections,
        max_sessions=config.max_sessions,
        max_message=config.max_message,
    )


def _address(sockets: list[socket.socket]) -> str | None:
    found = [sock.getsockname() for sock in sockets if sock.family != socket.AF_UNIX]
    if not found:
        return None
    host, port = found[0][:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _write_pid() -> None:
    with suppress(OSError):  # information only
        paths.make_private(paths.config_dir())
        with open(paths.pid_path(), "w") as file:
            file.write(f"{os.getpid()}\n")

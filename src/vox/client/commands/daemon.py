"""`vox daemon`: the gateway in the background, by hand. One started so stays until it is stopped."""

from __future__ import annotations

import argparse
import fcntl
import os
import sys
import time
from typing import Any

from vox import config, paths
from vox.client import autostart, door
from vox.client.commands.ps import show_workers
from vox.client.console import (
    NOT_RUNNING,
    Parser,
    add_listener,
    duration,
    listener_arguments,
    show_json,
    size,
)
from vox.errors import Unavailable, VoxError
from vox.options import parse

STOP_PATIENCE = 45.0
"""Seconds; a stopping daemon finishes what it speaks first, for 30 s unless configured otherwise."""
_POLL = 0.02


def run(argv: list[str]) -> int:
    parser = Parser(prog="vox daemon", description="The gateway in the background.")
    actions = parser.add_subparsers(dest="action", required=True, metavar="start|stop|restart|status")
    for name, text in (("start", "start it"), ("restart", "stop it, then start it")):
        add_listener(actions.add_parser(name, help=text))
    actions.add_parser("stop", help="let it finish what it speaks, and leave")
    status = actions.add_parser("status", help="what it runs, and what that costs")
    status.add_argument("--json", action="store_true", help="as a JSON object")
    given = parser.read(argv)
    return _ACTIONS[given.action](given)


def _start(given: argparse.Namespace) -> int:
    health: dict[str, Any] | None = door.ask_daemon("GET", "/health")
    state = "is already running"
    if health is None:
        deadline = time.monotonic() + autostart.PATIENCE
        if autostart.start(*listener_arguments(given), deadline=deadline):
            state = "is running"
        elif sock := autostart.wait_for_listener(deadline):  # another was just starting it
            sock.close()
        health = door.ask_daemon("GET", "/health")
    if health is None:
        raise Unavailable("another daemon was just leaving: start it again")
    told = listener_arguments(given)
    late = ""
    if told and state == "is already running":
        verb = "takes" if len(told) == 2 else "take"
        late = f"; {' and '.join(told[::2])} {verb} effect after: vox daemon restart {' '.join(told)}"
    print(f"the daemon {state} (pid {health['pid']}){late}")
    return 0


def _stop(given: argparse.Namespace) -> int:
    answer = door.ask_daemon("POST", "/stop")
    if answer is None:
        if not lock_is_free():
            raise Unavailable(
                f"a daemon holds the lock but does not answer; its pid is in {paths.pid_path()}"
            )
        print("the daemon is not running")
        return 0
    deadline = time.monotonic() + STOP_PATIENCE
    while not lock_is_free():
        if time.monotonic() > deadline:
            raise VoxError(f"the daemon is still finishing what it speaks after {STOP_PATIENCE:g} s")
        time.sleep(_POLL)
    if answer.get("speaking"):
        print(f"the daemon takes nothing new and finishes what it speaks; at once: kill {answer.get('pid')}")
    else:
        print("the daemon has stopped")
    return 0


def _restart(given: argparse.Namespace) -> int:
    config.load()  # what would refuse to start must not cost the daemon that runs
    if given.port is not None:
        parse(config.find("port"), given.port)
    _stop(given)
    return _start(given)


def _status(given: argparse.Namespace) -> int:
    health: dict[str, Any] | None = door.ask_daemon("GET", "/health")
    workers: dict[str, Any] | None = door.ask_daemon("GET", "/api/ps") if health is not None else None
    if given.json:
        show_json({"running": health is not None, **(health or {}), **(workers or {})})
    elif health is None:
        print(f"vox: {NOT_RUNNING}", file=sys.stderr)
    else:
        _show(health, workers)
    return 0 if health is not None else 1


def _show(health: dict[str, Any], workers: dict[str, Any] | None) -> None:
    print(f"running  pid {health.get('pid')}, version {health['version']}, up {duration(health['uptime'])}")
    addresses = (health.get("address"), health.get("wyoming"), health.get("socket") or paths.socket_path())
    print(f"at       {' and '.join(filter(None, addresses))}")
    print(f"log      {paths.daemon_log()}")
    print(f"loaded   {', '.join(health['loaded_models']) or 'nothing'}")
    print(f"queue    {health.get('queue', '-')}")
    print(f"VRAM     {size(health['vram_usage'])}")
    if workers is not None and workers["workers"]:
        print()
        show_workers(workers)


def lock_is_free() -> bool:
    """Whether no daemon runs, starts or leaves. Shared, and for an instant: it hinders nobody for long."""
    try:
        fd = os.open(paths.lock_path(), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(fd)
    return True


_ACTIONS = {"start": _start, "stop": _stop, "restart": _restart, "status": _status}

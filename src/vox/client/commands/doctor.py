"""`vox doctor`: what is wrong on this machine, and what to do about it. One line a finding."""

from __future__ import annotations

import errno
import json
import os
import platform
import shutil
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from importlib.util import find_spec
from typing import Any, NamedTuple

from vox import __version__, config, paths
from vox.client import door
from vox.client.commands.daemon import lock_is_free
from vox.client.console import Parser, show_json, size
from vox.errors import VoxError

SLOW_START = 60.0
"""Milliseconds; a bare interpreter starts in 10 to 30."""
LITTLE_DISK = 2e9
"""Bytes; the environment of a torch engine takes more."""


class Finding(NamedTuple):
    state: str
    """ok, warn or fail; - for what is not there and need not be."""
    what: str
    detail: str


def run(argv: list[str]) -> int:
    """Exit code 1 when anything fails; a warning is none."""
    parser = Parser(prog="vox doctor", description="Check this installation, and say what to do.")
    parser.add_argument("--json", action="store_true", help="as a JSON list")
    given = parser.read(argv)
    findings = []
    for finding in _examine():
        findings.append(finding)
        if not given.json:
            print(f"{finding.state:4}  {finding.what:12}  {finding.detail}", flush=True)
    if given.json:
        show_json([finding._asdict() for finding in findings])
    return 1 if any(finding.state == "fail" for finding in findings) else 0


def _examine() -> Iterator[Finding]:
    yield Finding("ok", "vox", f"{__version__} on Python {platform.python_version()}, {sys.executable}")
    yield _interpreter()
    for place in (paths.config_dir, paths.data_dir, paths.cache_dir, paths.log_dir, paths.runtime_dir):
        yield _place(place.__name__.removesuffix("_dir"), place())
    try:
        settings = config.load()
        yield Finding("ok", "settings", paths.config_path())
    except VoxError as error:
        settings = config.Config()
        yield Finding("fail", "settings", f"{error.message} (vox config unset KEY, or edit the file)")
    health, finding = _daemon()
    yield finding
    yield _pid_file(health)
    yield _port(settings, health)
    if settings.wyoming_port:
        yield _wyoming(settings, health)
    yield _loudspeaker()
    yield _installer()
    yield _disk()
    yield from _engines(settings)


def _interpreter() -> Finding:
    """A version manager's shim, or many `.pth` files, cost every call of `vox`."""
    bare, full = _start_time("-I", "-S"), _start_time()
    detail = f"starts in {full:.0f} ms, {bare:.0f} ms of them without its site packages"
    if full < SLOW_START:
        return Finding("ok", "interpreter", detail)
    return Finding("warn", "interpreter", f"{detail}; each vox call pays: try an environment of its own")


def _start_time(*options: str) -> float:
    """Milliseconds; the best of three."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        subprocess.run([sys.executable, *options, "-c", "pass"], check=False, stdin=subprocess.DEVNULL)
        times.append(time.perf_counter() - begin)
    return min(times) * 1000


def _place(name: str, directory: str) -> Finding:
    existing = directory
    while not os.path.lexists(existing):
        existing = os.path.dirname(existing)
    if not os.path.isdir(existing):
        return Finding("fail", name, f"{existing} is not a directory: move it away, or set VOX_HOME")
    if not os.access(existing, os.W_OK | os.X_OK):
        return Finding("fail", name, f"{existing} can't be written: change its owner, or set VOX_HOME")
    info = os.stat(existing)
    if existing == directory and name == "runtime" and info.st_uid != os.getuid():
        return Finding("fail", name, f"{directory} belongs to another user: remove it, or set VOX_HOME")
    if existing == directory and stat.S_IMODE(info.st_mode) & 0o022:
        return Finding("warn", name, f"others may write in {directory}: chmod go-w {directory}")
    return Finding("ok", name, directory)


def _daemon() -> tuple[dict[str, Any] | None, Finding]:
    try:
        health: dict[str, Any] | None = door.ask_daemon("GET", "/health")
    except VoxError as error:
        return None, Finding("fail", "daemon", error.message)
    if health is not None and health["version"] != __version__:
        advice = f"version {health['version']} still runs: vox daemon restart"
        return health, Finding("warn", "daemon", advice)
    if health is not None:
        return health, Finding("ok", "daemon", f"runs (pid {health['pid']}) at {paths.socket_path()}")
    if not lock_is_free():
        reason = f"something holds {paths.lock_path()} but does not answer; see {paths.daemon_log()}"
        return None, Finding("fail", "daemon", reason)
    return None, Finding("ok", "daemon", "not running; vox daemon start keeps voices warm")


def _pid_file(health: dict[str, Any] | None) -> Finding:
    path = paths.pid_path()
    if not os.path.exists(path):
        return Finding("ok", "pid file", "none" if health is None else f"none at {path}; nothing needs it")
    if health is None and lock_is_free():
        return Finding("warn", "pid file", f"{path} is left from a daemon that was killed; it is harmless")
    return Finding("ok", "pid file", path)


def _port(settings: config.Config, health: dict[str, Any] | None) -> Finding:
    place = f"{settings.host}:{settings.port}"
    if settings.port == 0:
        return Finding("ok", "port", "turned off")
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            refused = error
        else:
            return Finding("ok", "port", f"{place} is free")
    if refused.errno != errno.EADDRINUSE:
        return Finding("fail", "port", f"{place}: {refused.strerror}; vox config set host ADDRESS")
    if health is not None and _pid_behind(settings) == health["pid"]:
        return Finding("ok", "port", f"{place} is the daemon's")
    return Finding("fail", "port", f"{place} is another program's; vox config set port NUMBER (0: none)")


def _wyoming(settings: config.Config, health: dict[str, Any] | None) -> Finding:
    """The port for Home Assistant."""
    place = f"tcp://{settings.wyoming_host}:{settings.wyoming_port}"
    if find_spec("wyoming") is None:
        return Finding("fail", "wyoming", "its package is missing: pip install 'vox-daemon[wyoming]'")
    if settings.wyoming_host not in ("127.0.0.1", "::1", "localhost"):
        return Finding("warn", "wyoming", f"{place} is open to everybody who reaches it: it has no keys")
    if health is not None and not health.get("wyoming"):
        return Finding("warn", "wyoming", f"the daemon does not listen on {place}: vox daemon restart")
    return Finding("ok", "wyoming", f"{place}{'' if health else ', once the daemon runs'}")


def _pid_behind(settings: config.Config) -> Any:
    """The process id that a gateway on the TCP port names; None when it is no gateway."""
    connection = HTTPConnection(settings.host, settings.port, timeout=1)
    try:
        connection.request("GET", "/health")
        return json.loads(connection.getresponse().read(65_536)).get("pid")
    except (OSError, HTTPException, ValueError, AttributeError):
        return None
    finally:
        connection.close()


def _loudspeaker() -> Finding:
    """Whether a sound system is in sight; only playing something would prove it."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}")
    servers = [f"{runtime}/pipewire-0", f"{runtime}/pulse/native", "/mnt/wslg/PulseServer"]
    devices = os.listdir("/dev/snd") if os.path.isdir("/dev/snd") else []
    if sys.platform == "darwin" or os.environ.get("PULSE_SERVER") or any(map(os.path.exists, servers)):
        return Finding("ok", "loudspeaker", "a sound server is there")
    if any(name.startswith("pcm") and name.endswith("p") for name in devices):
        return Finding("ok", "loudspeaker", "a sound card is there")
    return Finding("warn", "loudspeaker", "no sound card or sound server in sight: save with -o FILE")


def _installer() -> Finding:
    uv = shutil.which("uv")
    if uv:
        return Finding("ok", "uv", uv)
    return Finding("warn", "uv", "not found: engines install with pip, slower, and with no Python but yours")


def _disk() -> Finding:
    directory = paths.data_dir()
    while not os.path.isdir(directory):
        directory = os.path.dirname(directory)
    free = shutil.disk_usage(directory).free
    state = "ok" if free >= LITTLE_DISK else "warn"
    advice = "" if state == "ok" else "; an engine may need more than that"
    return Finding(state, "disk", f"{size(free)} free in {directory}{advice}")


def _engines(settings: config.Config) -> Iterator[Finding]:
    """What `vox engines --json` says of each. Only the engine that speaks by default has to be there."""
    command = [sys.executable, "-P", "-m", "vox.gateway.admin", "engines", "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    try:
        engines = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip() or "it said nothing").splitlines()[-1].removeprefix("vox: ")
        yield Finding("fail", "engines", f"vox engines failed: {last}")
        return
    for engine in engines:
        yield _engine(engine, settings)


def _engine(engine: dict[str, Any], settings: config.Config) -> Finding:
    name = engine["name"]
    what = f"engine {name}"
    default = name == settings.engine.partition("/")[0]
    if "models" not in engine:  # its file is broken
        return Finding("fail", what, engine["why_not"])
    if not engine["installed"]:
        reason = engine["why_not"].removeprefix(f"engine {name!r} ")
        return Finding("fail" if default else "-", what, reason)
    model = engine["models"][0]
    own = settings.of_engine(name).get("directory")
    if model["pulled"]:
        return Finding("ok", what, f"ready, from {model['directory']}" if own else "ready")
    if own:
        return Finding("fail" if default else "warn", what, model["why_not"])
    reason = f"installed, but without weights: vox pull {name}/{model['name']}"
    return Finding("fail" if default else "-", what, reason)

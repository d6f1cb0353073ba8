"""How the gateway's process is started: its command line, its place, its log."""

from __future__ import annotations

import os
import subprocess
import sys

from vox import paths

_PLACES = (
    "VOX_HOME",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
    "XDG_RUNTIME_DIR",
)


def command(*arguments: str) -> list[str]:
    """The gateway's command line, recognisable in `ps`."""
    return [sys.executable, "-m", "vox.gateway", *arguments]


def environment() -> dict[str, str]:
    """Ours, with every place absolute: the gateway runs in `/`, so that it keeps no directory busy and no
    module in the caller's directory shadows one of its own."""
    places = {name: os.path.abspath(os.environ[name]) for name in _PLACES if os.environ.get(name)}
    return {**os.environ, **places}


def gateway(*arguments: str, descriptor: int) -> None:
    """Start a gateway of its own session that inherits `descriptor`; what it prints goes to the daemon's log.

    It is not waited for: what it has to say it says over `descriptor`.
    """
    log = _log()
    try:
        process = subprocess.Popen(
            command(*arguments),
            cwd="/",
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            pass_fds=(descriptor,),
        )
    finally:
        os.close(log)
    process.returncode = 0  # else its destructor complains that we leave first


def _log() -> int:
    path = paths.daemon_log()
    try:
        paths.make_private(os.path.dirname(path))
        return os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        return os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)  # to speak needs no disk

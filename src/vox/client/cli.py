"""`vox`: which words are a verb, which are text; and the last boundary of every failure.

The verbs are files of `commands/`, each with `run(argv) -> exit code`, imported when they are called.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # not in typeshed; `signal` costs 3 ms
import os
import sys

VERBS = {
    "config": "config",
    "daemon": "daemon",
    "doctor": "doctor",
    "engine": "admin",
    "engines": "admin",
    "mcp": "mcp",
    "models": "admin",
    "ps": "ps",
    "pull": "admin",
    "serve": "serve",
    "stop": "playback",
    "voices": "voices",
}
"""Verb, and the module of `commands/` that does it; `say` is the default and needs none."""


def main() -> int:
    """Run `sys.argv`; the exit code is 0, 1 for a failure, 2 for wrong usage, 130 for Ctrl-C."""
    _occupy_closed_streams()
    for number in (_signal.SIGTERM, _signal.SIGHUP):
        if _signal.getsignal(number) is _signal.SIG_DFL:
            _signal.signal(number, _leave)
    argv = sys.argv[1:]
    try:
        code = _run(argv)
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1  # nobody reads any more, and nobody wants to hear about it
    except Exception as error:  # noqa: BLE001  the outermost boundary: told in one line, traceback to a log
        from vox.client.report import report

        return report(error, argv)


def _run(argv: list[str]) -> int:
    verb = argv[0] if argv else ""
    if verb in VERBS:
        from importlib import import_module

        code: int = import_module(f"vox.client.commands.{VERBS[verb]}").run(argv)
        return code
    from vox.client import say

    return say.run(argv[1:] if verb == "say" else argv)


def _leave(number: int, frame: object) -> None:
    """A polite end is an exception, so that half-written files are removed."""
    raise SystemExit(128 + number)


def _occupy_closed_streams() -> None:
    """Give closed standard streams the null device: else a socket gets their number, and audio the socket."""
    if None in (sys.stdin, sys.stdout, sys.stderr):
        while (fd := os.open(os.devnull, os.O_RDWR)) <= 2:
            pass
        os.close(fd)
    if sys.stderr is None:  # `print(file=None)` would write to the standard output
        sys.stderr = os.fdopen(2, "w", closefd=False)

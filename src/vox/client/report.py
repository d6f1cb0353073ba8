"""How a failure is told: one line on the standard error, a JSON object for `--json`, and the exit code."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from contextlib import suppress
from typing import TextIO

from vox import __version__, paths
from vox.client.arguments import UsageError
from vox.errors import VoxError


def report(error: Exception, argv: list[str]) -> int:
    """Tell the user about `error`; a traceback goes to a log, never to them."""
    failure = in_a_sentence(error)
    usage = isinstance(failure, UsageError)
    _tell(f"vox: {failure.message}" + ("\ntry: vox --help" if usage else ""), sys.stderr)
    options = argv[: argv.index("--")] if "--" in argv else argv
    if "--json" in options:
        error_object = {
            "message": failure.message,
            "type": failure.kind,
            "param": failure.param,
            "code": failure.code,
        }
        _tell(json.dumps({"ok": False, "error": error_object}), sys.stdout)
    return 2 if usage else 1


def in_a_sentence(error: Exception) -> VoxError:
    """`error` as the user is told of it; the traceback of one that nobody expected is in a log by then."""
    if isinstance(error, VoxError):
        return error
    if isinstance(error, OSError):
        where = f": {error.filename!r}" if error.filename else ""
        return VoxError(f"{error.strerror or error}{where}", code="system")
    return VoxError(_unexpected(error), code="bug")


def _unexpected(error: Exception) -> str:
    """One sentence that names the log which now has the traceback."""
    path = paths.client_log()
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(path, "a", encoding="utf-8", errors="replace") as log:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} vox {__version__}\n")
            log.write("".join(traceback.format_exception(error)))
        place = f"the traceback is in {path}"
    except OSError as refused:
        place = f"and {path} can't be written: {refused.strerror}"
    return f"unexpected {type(error).__name__}: {error}; {place}"


def _tell(line: str, stream: TextIO | None) -> None:
    with suppress(OSError):  # nobody listens; the exit code still tells
        print(line, file=stream, flush=True)

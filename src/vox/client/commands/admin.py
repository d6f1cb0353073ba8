"""`vox engines`, `engine`, `models`, `pull`: what concerns engines on disk is done by the gateway's own side,
which knows them; this process becomes that one."""

from __future__ import annotations

import os
import sys


def run(argv: list[str]) -> int:
    """Never returns. `-P`: no module in the caller's directory shadows one of ours."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os.execv(sys.executable, [sys.executable, "-P", "-m", "vox.gateway.admin", *argv])

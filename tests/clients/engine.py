"""What the daemon's engine does meanwhile."""

from __future__ import annotations

import time

from tests.harness import Daemon


def frees_itself(daemon: Daemon, within: float = 1.0) -> bool:
    """Whether the engine has nothing left to do, `within` so many seconds."""
    end = time.monotonic() + within
    while any(worker["running"] for worker in daemon.workers().values()):
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True

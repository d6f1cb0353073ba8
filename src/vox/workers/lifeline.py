"""A worker dies with its gateway, and takes its children along.

The lifeline is a pipe whose other end only the gateway holds; nothing is ever written to it. When the
gateway goes, however it goes, the pipe ends. A thread waits for that, and on Linux the kernel does too: it is
asked to send SIGKILL to the whole process group at the moment the pipe changes, so that an engine that never
lets go of the interpreter (a long call in C) can't outlive its gateway either.

`PR_SET_PDEATHSIG` is not used: it follows the thread that spawned us, not the process, and it would kill this
process before it could take its own children along.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import threading


def hold(descriptor: int) -> None:
    """Tie this process group, of which this process must be the leader, to the pipe `descriptor`."""
    if sys.platform == "linux":
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, -os.getpgrp())
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGKILL)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)
    # Started after the above: a gateway that died in between has closed the pipe, and the read below sees it.
    threading.Thread(target=_wait, args=(descriptor,), name="lifeline", daemon=True).start()


def _wait(descriptor: int) -> None:
    os.read(descriptor, 1)
    os.killpg(os.getpgrp(), signal.SIGKILL)

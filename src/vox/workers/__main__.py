"""`python -m vox.workers NAME SOCKET LIFELINE [ENGINE_FILE]`: one worker, named in `ps` by its arguments.

SOCKET and LIFELINE are inherited descriptors: a connected socket that carries frames, and a pipe that ends
when the gateway does.
"""

from __future__ import annotations

import contextlib
import socket
import sys

from vox.workers import lifeline


def main() -> None:
    name, descriptor, pipe, *rest = sys.argv[1:]
    lifeline.hold(int(pipe))
    with contextlib.suppress(OSError), open("/proc/self/comm", "w") as file:
        file.write(f"vox:{name}")
    from vox.workers.host import Host

    Host(name, rest[0] if rest else None, socket.socket(fileno=int(descriptor))).run()


main()

"""Spawn, kill, reap: the only module that knows process ids."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import threading
from contextlib import suppress

import msgspec

from vox import paths
from vox.gateway.fleet import envs
from vox.gateway.fleet.link import Link

_GRACE = 0.5
"""Seconds between hanging up and SIGKILL: a worker has nothing to save."""
_TICKS = os.sysconf("SC_CLK_TCK")


class Recipe(msgspec.Struct, frozen=True):
    """All that makes one worker; two equal recipes share a process."""

    name: str
    """"kokoro/82m", "codec", …: what people see."""
    python: str
    """The interpreter of its environment."""
    path: str | None = None
    """The engine's file; None for a service of vox's own."""
    model: str = ""
    directory: str | None = None
    device: str = "auto"
    options: tuple[tuple[str, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    """What its environment has beyond ours, by name: `envs.variables`."""
    keep_alive: float = 300.0
    """Seconds; infinite keeps it for ever."""
    slots: int = 1
    """Jobs at once."""
    prompts: str | None = None
    """Where an engine's compiled voice prompts are kept."""


class Process:
    """One running worker process, its group, and the gateway's ends of its socket and lifeline."""

    def __init__(self, recipe: Recipe) -> None:
        """Start it; returns as soon as the kernel has. Raises `OSError`."""
        self.log = paths.worker_log(recipe.name)
        os.makedirs(os.path.dirname(self.log), mode=0o700, exist_ok=True)
        ours, theirs = socket.socketpair()
        lifeline, self._lifeline = os.pipe()
        command = [recipe.python, "-m", "vox.workers", recipe.name, str(theirs.fileno()), str(lifeline)]
        try:
            with open(self.log, "wb") as log:
                self._child = subprocess.Popen(
                    command + ([recipe.path] if recipe.path else []),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    env=envs.environment(dict(recipe.variables)),
                    pass_fds=(theirs.fileno(), lifeline),
                    start_new_session=True,
                )
        except OSError:
            ours.close()
            os.close(self._lifeline)
            raise
        finally:
            theirs.close()
            os.close(lifeline)
        self.pid = self._child.pid
        self.exited: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        """The exit code, negative for a signal; set once nothing of the process is left."""
        self._socket = ours
        threading.Thread(target=self._reap, args=(asyncio.get_running_loop(),), daemon=True).start()

    async def connect(self, link: Link) -> None:
        await asyncio.get_running_loop().create_connection(lambda: link, sock=self._socket)

    def _reap(self, loop: asyncio.AbstractEventLoop) -> None:
        code = self._child.wait()
        with suppress(RuntimeError):  # the loop is closed: the gateway is leaving
            loop.call_soon_threadsafe(self._gone, code)

    def _gone(self, code: int) -> None:
        self.kill()  # whatever it started and left behind
        os.close(self._lifeline)
        self._socket.close()
        self.exited.set_result(code)

    def kill(self) -> None:
        """SIGKILL to the whole group."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    async def end(self) -> int:
        """After the link was closed: give it a moment, then kill it. Returns the exit code."""
        done, _ = await asyncio.wait([self.exited], timeout=_GRACE)
        if not done:
            self.kill()
        return await self.exited

    def last_words(self) -> str:
        """The last line that it printed, which for Python is the exception."""
        with suppress(OSError), open(self.log, "rb") as log:
            log.seek(max(0, os.path.getsize(self.log) - 4096))
            lines = log.read().decode(errors="replace").strip().splitlines()
            return lines[-1].strip()[:300] if lines else ""
        return ""

    def effort(self) -> int | None:
        """A number that grows as long as it works: CPU ticks and bytes read. None where the system does not
        tell (then only messages count as progress)."""
        try:
            with open(f"/proc/{self.pid}/stat") as file:
                fields = file.read().rpartition(")")[2].split()
            with open(f"/proc/{self.pid}/io") as file:
                read = int(file.readline().split()[1])
        except (OSError, ValueError, IndexError):
            return None
        cpu = int(fields[11]) + int(fields[12])
        return cpu + (read >> 16)


def explain(code: int) -> str:
    """An exit code in words."""
    if code == -signal.SIGKILL:
        return "it was killed, possibly for lack of memory"
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}"
    return f"it exited with code {code}"

"""`vox stop`: what concerns the sound that is playing. The daemon itself is stopped by `vox daemon stop`."""

from __future__ import annotations

from vox.client import door
from vox.client.console import Parser


def run(argv: list[str]) -> int:
    """Nothing to stop is no failure."""
    parser = Parser(
        prog="vox stop", description="Stop what the daemon is playing, and forget what is queued."
    )
    parser.read(argv)
    answer = door.ask_daemon("POST", "/playback/stop")
    if answer is None or answer["status"] == "idle":
        print("nothing is playing")
    return 0

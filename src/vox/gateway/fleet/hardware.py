"""What this machine has to run models on."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from functools import cache


@cache
def card_memory() -> int:
    """Megabytes on the largest NVIDIA card, or half of the memory that an Apple GPU shares; 0 without either.
    Asked for once: it takes a moment."""
    if sys.platform == "darwin":
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**21
    if not os.path.exists("/dev/nvidiactl"):
        return 0
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout
        return max((int(line) for line in answer.split()), default=0)
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


async def look() -> None:
    """Ask now, in a thread, so that `card_memory` holds nobody up for as long as `nvidia-smi` takes."""
    if not card_memory.cache_info().currsize and os.path.exists("/dev/nvidiactl"):
        await asyncio.to_thread(card_memory)

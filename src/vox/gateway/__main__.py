"""`python -m vox.gateway`: the daemon, or with `--one-shot` the same pipeline for one caller.

    python -m vox.gateway [--host H] [--port P] [--lazy] [--ready-fd N]
    python -m vox.gateway --one-shot --fd N

`--lazy` leaves after `idle_exit`. On N of `--ready-fd` comes one byte: `R` it listens, `L` another daemon
holds the lock, `E` it can't start, and why.
"""

from __future__ import annotations

import sys

# OpenSSL, 4 MB that nothing here uses: asyncio would import it, and wsproto by way of hashlib, which then
# has its own SHA-1.
sys.modules["ssl"] = sys.modules["_hashlib"] = None  # type: ignore[assignment]

from vox.gateway.run import main  # noqa: E402

sys.exit(main(sys.argv[1:]))

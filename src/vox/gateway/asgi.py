"""The gateway for somebody else's ASGI server: `uvicorn vox.gateway.asgi:app`."""

from __future__ import annotations

from vox.gateway.app import build
from vox.gateway.core import LiveConfig

_, app = build(LiveConfig({}))

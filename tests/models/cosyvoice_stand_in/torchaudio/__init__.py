"""As version 2.11 is without another package."""

from __future__ import annotations

from typing import Any


def load(path: str, **_: Any) -> Any:
    raise ImportError("TorchCodec is required for load_with_torchcodec")

"""Takes the root logger for itself, as upstream's."""

from __future__ import annotations

import logging
from typing import Any

import torchaudio

logging.basicConfig(level=logging.DEBUG)


def load_wav(path: str) -> Any:
    return torchaudio.load(path, backend="soundfile")

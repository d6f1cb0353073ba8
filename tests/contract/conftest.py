"""An environment for kokoro."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import environments


@pytest.fixture(scope="session")
def kokoro_python() -> Path:
    """The interpreter of an environment that has what kokoro needs, and `onnx`."""
    if sys.version_info >= (3, 14):
        pytest.skip("kokoro-onnx 0.6.1 has no package for this Python")
    return environments.python("kokoro")

"""The engine `cosyvoice` on a stand-in of its checkout. For the real one: `tests/engines`."""

from __future__ import annotations

import os
import sys
import wave
from collections.abc import Iterator

import pytest

from tests.models.cosyvoice_tried import Tried, files
from vox.workers.engine import Prompt, Reference

_OURS = ("cosyvoice", "torch", "torchaudio", "matcha")


@pytest.fixture(scope="module")
def alone() -> Iterator[None]:
    """Leaves no stand-in behind for other tests."""
    path, environment = sys.path[:], dict(os.environ)
    yield
    sys.path[:] = path
    os.environ.clear()
    os.environ.update(environment)
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]


@pytest.fixture(scope="module")
def two(alone: None, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    return Tried(files(tmp_path_factory.mktemp("two")))


@pytest.fixture(scope="module")
def three(alone: None, tmp_path_factory: pytest.TempPathFactory) -> Tried:
    return Tried(files(tmp_path_factory.mktemp("three"), 3), 3)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    """Two seconds."""
    path = tmp_path_factory.mktemp("recording") / "voice.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 24_000, 0, "NONE", ""))
        file.writeframes(b"\x00\x40" * 48_000)
    return Reference("a" * 64, str(path), "What I say.", "en")


@pytest.fixture(scope="module")
def voice(two: Tried, recording: Reference) -> Prompt:
    prompt: Prompt = two.engine.enroll(recording)
    return prompt


@pytest.fixture(scope="module")
def silent(two: Tried, recording: Reference) -> Prompt:
    """A voice without a transcript."""
    prompt: Prompt = two.engine.enroll(recording._replace(transcript=""))
    return prompt

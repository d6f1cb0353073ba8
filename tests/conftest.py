"""What all tests share: a home of their own, and real daemons in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import Daemon, Start, free_port


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test touches the user's own configuration, cache or daemon."""
    for name in [name for name in os.environ if name.startswith(("VOX_", "XDG_"))]:
        if not name.startswith("VOX_TEST_"):
            monkeypatch.delenv(name)
    place = tmp_path / "home"
    monkeypatch.setenv("VOX_HOME", str(place))
    monkeypatch.setenv("VOX_PORT", "0")
    return place


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """`start(VOX_KEEP_ALIVE="0.2")` gives a daemon; all are stopped at the end, and none may have printed a
    traceback unless the test took it away with `end()`."""
    daemons: list[Daemon] = []

    def begin(*arguments: str, tcp: bool = False, port: int = 0, **environment: str) -> Daemon:
        daemon = Daemon(home, free_port() if tcp else port, *arguments, **environment)
        daemons.append(daemon)
        assert daemon.word == b"R", (daemon.word, daemon.end())
        return daemon

    yield begin
    for daemon in daemons:
        ended = daemon.process.poll() is not None
        printed = "" if ended else daemon.end()
        daemon.http.close()
        if daemon.process.stderr is not None:
            daemon.process.stderr.close()
        assert "Traceback" not in printed, printed


@pytest.fixture
def daemon(start: Start) -> Daemon:
    """A daemon that caches nothing, so that every request reaches an engine."""
    return start(VOX_CACHE="false")

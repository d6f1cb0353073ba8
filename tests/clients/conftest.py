"""Daemons for clients that others wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness import Daemon, Start


@pytest.fixture
def served(start: Start) -> Daemon:
    """It speaks with `tone` unless told otherwise, and caches nothing."""
    return start(tcp=True, VOX_CACHE="false", VOX_ENGINE="tone")


@pytest.fixture
def slow_load(home: Path) -> float:
    """The engine of this test's daemon takes so many seconds to load: longer than clients wait in silence."""
    home.mkdir(parents=True)
    (home / "config.toml").write_text('[engines.tone]\n"option.load_seconds" = 4\n')
    return 4.0


@pytest.fixture
def real_time(home: Path) -> None:
    """The engine of this test's daemon speaks no faster than one would listen."""
    home.mkdir(parents=True)
    (home / "config.toml").write_text('[engines.tone]\n"option.pace" = 1\n')

"""A home without a daemon, and one with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.cli.home import Home


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    place = Home(tmp_path)
    yield place
    place.stop()


@pytest.fixture
def daemon(home: Home) -> Home:
    code, _, err = home.vox("daemon", "start")
    assert code == 0, err
    return home
